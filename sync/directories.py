"""Several objects of one destination, searched as one directory: contacts and leads, say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.contract import Accounts, Moves
from sync.packed import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from connectors.contract import Directory
    from connectors.values import Moved


class Directories:
    """See `Directory`, `Accounts` and `Moves` in `connectors.contract`.

    Args:
        home: The directory of the mapping's own object; it alone knows accounts.
        others: Those of further objects.
    """

    def __init__(self, home: Directory, others: Sequence[Directory]) -> None:
        self._home = home
        self._others = others

    def find(self, keys: pa.Table) -> Iterator[pa.Table]:
        """See `Directory.find`."""
        for directory in (self._home, *self._others):
            yield from directory.find(keys)

    def version(self) -> str:
        """See `Directory.version`."""
        return "\x1f".join(directory.version() for directory in (self._home, *self._others))

    def sizes(self, accounts: Sequence[str]) -> Mapping[str, int]:
        """See `Accounts.sizes`; empty where the home directory cannot tell."""
        return self._home.sizes(accounts) if isinstance(self._home, Accounts) else {}

    def moves(self, cursor: str | None) -> tuple[Sequence[Moved], str]:
        """See `Moves.moves`; the cursor holds one for each directory that can tell, by its place."""
        before = {} if cursor is None else unpack(cursor)
        told: list[Moved] = []
        after: dict[str, str] = {}
        for place, directory in enumerate((self._home, *self._others)):
            if isinstance(directory, Moves):
                own = before.get(str(place))
                moved, after[str(place)] = directory.moves(None if own is None else str(own))
                told += moved
        return told, pack(after)
