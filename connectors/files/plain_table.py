"""A file that is read for what its columns are called: the first row names them, every other row is one item."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from connectors.errors import Refused
from connectors.files.delimited import DelimitedTable
from connectors.files.header import shown
from connectors.files.opening import open_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from connectors.files.table import Row, Table

#: Rows read at once: bounds the memory of reading.
AT_ONCE = 20_000


class PlainTable:
    """The rows of one file of any kind, opened once and read as often as needed.

    Raises:
        Refused: There is no such file (E110).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "no such file"
            raise Refused(f"`{path}`: {what}", code="E110", next_step="Check the path; name each file.")

    @cached_property
    def titles(self) -> list[str]:
        """The cells of the first row."""
        return next(self._chunks(), [[]])[0]

    def rows(self, header: int = 1) -> Iterator[list[list[str]]]:
        """Yield the rows below the first *header* ones, at most `AT_ONCE` together, each as wide as the header.

        Raises:
            Refused: The file cannot be read (E111), or is no table (E112).
        """
        width = len(self.titles)
        for part in self._chunks():
            rows, header = part[header:], max(0, header - len(part))
            yield [cells[:width] if len(cells) >= width else cells + [""] * (width - len(cells)) for cells in rows]

    def head(self, count: int) -> list[Row]:
        """Return the first *count* rows."""
        return list(enumerate(next(self._chunks(), [])[:count], 1))

    def _chunks(self) -> Iterator[list[list[str]]]:
        try:
            for _, part in self._table.chunks(AT_ONCE):
                if rows := [cells for cells in part if any(cells)]:
                    yield rows
        except OSError as error:
            raise self._unreadable(error) from None

    @cached_property
    def _table(self) -> Table:
        try:
            table = open_table(self.path, name=self.path.name)
            if isinstance(table, DelimitedTable):
                table.check()
        except UnicodeDecodeError:
            return open_table(self.path, name=self.path.name, encoding="cp1252")
        except OSError as error:
            raise self._unreadable(error) from None
        return table

    def _unreadable(self, error: OSError) -> Refused:
        return Refused(
            f"{self.path.name}: cannot be read ({error.strerror})", code="E111", next_step="Check who may read it."
        )


def told_of(file: str, what: str, titles: Sequence[str], taken: Iterable[tuple[str, tuple[int, ...]]]) -> str:
    """Say what the columns of a file were taken for, and which were left; headers only, never what stands in them."""

    def names(places: Iterable[int]) -> str:
        return ", ".join((shown([titles[at]]) or [f"column {at + 1}"])[0] for at in places)

    used = [(meaning, places) for meaning, places in taken if places]
    left = sorted(set(range(len(titles))) - {at for _, places in used for at in places})
    lines = [f"{file}: {what}", "  " + "; ".join(f"{meaning} = {names(places)}" for meaning, places in used)]
    return "\n".join([*lines, *([f"  not used: {names(left)}"] if left else [])])
