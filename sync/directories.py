"""Several objects of one destination, searched as one directory: contacts and leads, say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.contract import Accounts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from connectors.contract import Directory


class Directories:
    """See `Directory` and `Accounts` in `connectors.contract`.

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
