"""CSV, TSV and their relatives: the delimiter is found, quoted line breaks count as the editor counts them."""

from __future__ import annotations

import csv
from itertools import chain, islice
from typing import TYPE_CHECKING

from connectors.files.table import MAX_CELL, Row, refused
from connectors.files.text_file import encoding_of, lines, looks_mojibake

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 1 << 16
_SAMPLE_ROWS = 25
# Follows the last line. If it arrives inside a cell, that cell's quote was never closed.
_END = "npsync: end of file"


class DelimitedTable:
    """A delimited text file. See `Table`."""

    kind = "csv"
    epoch_1904 = False

    def __init__(self, path: Path, *, name: str, encoding: str | None = None, delimiter: str | None = None) -> None:
        self._path = path
        self._name = name
        with path.open("rb") as file:
            head = file.read(_SAMPLE)
        self.encoding = encoding or encoding_of(head)
        sample = head.decode(self.encoding, errors="replace")
        hint = _hinted(sample)
        self._hinted = hint is not None
        self.delimiter = delimiter or hint or find_delimiter(sample.splitlines())
        notes = [] if self.encoding.startswith("utf-8") else [f"encoding: {self.encoding}"]
        if looks_mojibake(sample):
            notes.append("text looks as if UTF-8 had been read as Windows-1252 before; it is kept as it stands")
        self.notes = tuple(notes)

    def rows(self) -> Iterator[Row]:
        csv.field_size_limit(MAX_CELL)
        source = chain(lines(self._path, self.encoding, name=self._name), (_END,))
        reader = csv.reader(source, delimiter=self.delimiter)
        start = 1
        cells: list[str] = []
        if self._hinted:
            next(reader)
            start = 2
        try:
            for cells in reader:
                if cells:
                    if cells[0] == _END and len(cells) == 1:
                        return
                    yield start, cells
                start = reader.line_num + 1
        except csv.Error as error:
            too_large = "field larger" in str(error)
            what = f"a cell is larger than {MAX_CELL >> 20} MiB" if too_large else f"is not CSV ({error})"
            raise refused(
                self._name,
                f"line {start}: {what}",
                "Look for a quote that is never closed on that line, and export the file again.",
            ) from None
        raise refused(
            self._name,
            f"line {start}: a quoted cell starts here and is never closed",
            "Close the quote, or export the file again.",
        )


def _hinted(sample: str) -> str | None:
    first = sample.lstrip("\ufeff")[:6]
    return first[4] if first.lower().startswith("sep=") and first[5:6] in ("\r", "\n") else None


def find_delimiter(sample: Sequence[str]) -> str:
    r"""Return the delimiter that cuts the first rows into the most columns, evenly.

    >>> find_delimiter(["a;b;c", "1,5;2;3", "2,5;3;4"])
    ';'
    >>> find_delimiter(["score", "9"])
    ','
    """
    best, best_score = ",", (0.0, 0)
    for delimiter in _DELIMITERS:
        widths = _widths(sample, delimiter)
        if not widths or widths[0] < 2:
            continue
        even = sum(width == widths[0] for width in widths) / len(widths)
        score = (round(even, 1), widths[0])
        if score[0] >= 0.8:
            score = (1.0, widths[0])
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _widths(sample: Sequence[str], delimiter: str) -> list[int]:
    # The sample may end inside a row; its last row does not count.
    reader = csv.reader((line + "\n" for line in sample), delimiter=delimiter)
    try:
        widths = [len(cells) for cells in islice(reader, _SAMPLE_ROWS) if cells]
    except csv.Error:
        return []
    return widths[:-1] if len(widths) == _SAMPLE_ROWS or len(sample) > _SAMPLE_ROWS else widths
