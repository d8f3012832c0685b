"""What every kind of file is read as: numbered rows of text cells."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from connectors.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The row's number as an editor shows it, and its cells. The list is the reader's own to change.
Row = tuple[int, list[str]]

#: Row numbers and rows of a part of a file. Rows may be blank or uneven.
Chunk = tuple[Sequence[int], list[list[str]]]

#: More columns than any survey has; a header wider than this is an attack or a mistake.
MAX_COLUMNS = 4096
#: Cells that are held at once, where a few bytes can ask for many.
MAX_CELLS = 1 << 20
#: A cell of more characters is not an answer. Excel itself ends at 32,767.
MAX_CELL = 1 << 20


class Table(Protocol):
    """A file's rows, which can be read again from the start and are the same each time."""

    #: `csv`, `xlsx`, `xls`, `json` or `jsonl`.
    kind: str
    #: The workbook counts its days from 1904.
    epoch_1904: bool
    #: What was decided while opening, for the person running it.
    notes: tuple[str, ...]

    def rows(self) -> Iterator[Row]:
        """Yield every row that is not empty, headers included.

        Raises:
            Refused: The file is hostile, binary or corrupt (E112).
            UnicodeDecodeError: The text is not in the encoding it was opened with.
            OSError: The file cannot be read.
        """
        ...

    def chunks(self, size: int) -> Iterator[Chunk]:
        """Yield all rows, at most *size* at a time. See `rows`; blank rows may be among them."""
        ...


def chunked(rows: Iterator[Row], size: int) -> Iterator[Chunk]:
    """Gather single rows into chunks, of fewer rows where rows are very wide: a few bytes may name column 4,000."""
    while first := next(rows, None):
        least = max(1, MAX_CELLS // max(1, len(first[1])))
        part = [first, *islice(rows, min(size, least) - 1)]
        yield [number for number, _ in part], [cells for _, cells in part]


def refused(file: str, what: str, next_step: str) -> Refused:
    """Say that *file* is not read: hostile, binary or corrupt."""
    return Refused(f"{file}: {what}", code="E112", next_step=next_step)


def plain_number(value: float) -> str:
    """Write a workbook's number as text: 9.0 is `9`, and what lost digits shows it.

    Excel keeps 15 digits. A longer id has already been changed, so it is written in scientific notation,
    which the row reader refuses in an id.

    >>> plain_number(9.0), plain_number(7.5), plain_number(1234567890123456)
    ('9', '7.5', '1.234568E+15')
    """
    if abs(value) >= 1e15:
        return f"{value:E}"
    return str(int(value)) if value == int(value) else repr(float(value))
