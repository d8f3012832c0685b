"""CSV, TSV and their relatives: the delimiter is found, quoted line breaks count as the editor counts them."""

from __future__ import annotations

import csv
import re
from itertools import chain, islice
from typing import TYPE_CHECKING

from connectors.files.table import MAX_CELL, Chunk, Row, refused
from connectors.files.text_file import check_text, encoding_of, lines, looks_mojibake

if TYPE_CHECKING:
    from _csv import Reader
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 1 << 16
_SAMPLE_ROWS = 25
_BREAK = re.compile(r"\r\n|\r|\n")
# Follows the last line. If it arrives inside a cell, that cell's quote was never closed.
_END = "npsync: end of file"


class DelimitedTable:
    """A delimited text file. See `Table`."""

    kind = "csv"
    epoch_1904 = False

    def __init__(self, path: Path, *, name: str, encoding: str | None = None, delimiter: str | None = None) -> None:
        self.path = path
        self._name = name
        with path.open("rb") as file:
            head = file.read(_SAMPLE)
        self.encoding = encoding or encoding_of(head)
        sample = head.decode(self.encoding, errors="replace")
        hint = _hinted(sample)
        self.hinted = hint is not None
        self.delimiter = delimiter or hint or find_delimiter(sample.splitlines())
        notes = [] if self.encoding.startswith("utf-8") else [f"encoding: {self.encoding}"]
        if looks_mojibake(sample):
            notes.append("text looks as if UTF-8 had been read as Windows-1252 before; it is kept as it stands")
        self.notes = tuple(notes)

    def check(self) -> None:
        """Read all text once, without cutting it into cells: is it text, in this encoding, in lines?

        Raises:
            Refused: It is binary, or a line is too long (E112).
            UnicodeDecodeError: It is in another encoding.
        """
        check_text(self.path, self.encoding, name=self._name)

    def rows(self) -> Iterator[Row]:
        """See `Table.rows`. This names the line of a fault; `chunks` is the fast way."""
        reader, start = self._reader()
        begun = start
        try:
            for cells in reader:
                if cells == [_END]:
                    return
                if cells:
                    yield start, cells
                begun, start = start, reader.line_num + 1
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
            f"line {begun}: a quoted cell starts in this row and is never closed",
            "Close the quote, or export the file again.",
        )

    def chunks(self, size: int) -> Iterator[Chunk]:
        reader, start = self._reader()
        try:
            while part := list(islice(reader, size)):
                ended = part[-1] == [_END]
                if ended:
                    part.pop()
                follows = reader.line_num + 1 - ended
                even = follows - start == len(part)
                yield (range(start, follows) if even else _numbers(part, start)), part
                start = follows
                if ended:
                    return
        except csv.Error:
            pass
        for _ in self.rows():
            pass  # raises, with the line

    def _reader(self) -> tuple[Reader, int]:
        csv.field_size_limit(MAX_CELL)
        source = chain(lines(self.path, self.encoding, name=self._name), (_END,))
        reader = csv.reader(source, delimiter=self.delimiter)
        if self.hinted:
            next(reader)
        return reader, reader.line_num + 1


def _numbers(part: list[list[str]], start: int) -> list[int]:
    """Return the line each row starts on, where some rows span several."""
    numbers = []
    for cells in part:
        numbers.append(start)
        start += 1 + sum(len(_BREAK.findall(cell)) for cell in cells if "\n" in cell or "\r" in cell)
    return numbers


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
