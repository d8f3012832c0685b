"""CSV as Bulk jobs take and give it: one delimiter, one line ending, newlines only within quotes."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

DELIMITERS = {"COMMA": ",", "TAB": "\t", "PIPE": "|", "SEMICOLON": ";", "CARET": "^", "BACKQUOTE": "`"}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
#: Characters of one field and of one record; the Bulk guide, read 2026-09.
LONGEST_FIELD = 32_000
LONGEST_RECORD = 400_000
MOST_FIELDS = 5_000


class Unusable(ValueError):
    """Data that no row can be taken from; the job fails with these words."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a job writes its lines."""

    delimiter: str = "COMMA"
    line_ending: str = "LF"

    def line(self, cells: Iterable[str]) -> str:
        """Write one line, every cell in quotes.

        >>> Form("PIPE").line(["1", "é", 'a "b" c']).rstrip()
        '"1"|"é"|"a ""b"" c"'
        """
        quoted = (f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells)
        return DELIMITERS[self.delimiter].join(quoted) + LINE_ENDINGS[self.line_ending]

    def rows(self, data: bytes) -> Iterator[list[str]]:
        """Yield the cells of each line of *data*, the header's first; blank lines are passed over.

        Raises:
            Unusable: The data is no CSV of this form.
        """
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as problem:
            raise Unusable("InvalidBatch : Failed to read query. Invalid UTF-8 sequence") from problem
        self._check_ending(text)
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[self.delimiter], strict=True)
        width = 0
        try:
            for cells in lines:
                if cells:
                    width = width or len(cells)
                    _check(cells, width)
                    yield cells
        except csv.Error as problem:
            raise Unusable(f"InvalidBatch : Failed to parse CSV: {problem}") from problem

    def _check_ending(self, text: str) -> None:
        end = text.find("\n")
        found = "CRLF" if end > 0 and text[end - 1] == "\r" else "LF"
        if end >= 0 and found != self.line_ending:
            raise Unusable(
                "ClientInputError : LineEnding is invalid on user data. "
                f"Current LineEnding setting is {self.line_ending}"
            )


def _check(cells: Sequence[str], width: int) -> None:
    if len(cells) != width:
        raise Unusable(f"InvalidBatch : Failed to parse CSV: {len(cells)} columns where the header has {width}")
    if width > MOST_FIELDS:
        raise Unusable(f"InvalidBatch : Too many columns, max is {MOST_FIELDS}")
    if max(map(len, cells)) > LONGEST_FIELD:
        raise Unusable(f"InvalidBatch : Field value too long, max length is {LONGEST_FIELD}")
    if sum(map(len, cells)) > LONGEST_RECORD:
        raise Unusable(f"InvalidBatch : Record too long, max length is {LONGEST_RECORD}")
