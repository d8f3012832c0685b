"""Cursors: what is left of a query's answer between one page and the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.salesforce.soql import Selection

#: How long a cursor lives: two days; the REST guide, read 2026-09.
SECONDS = 2 * 24 * 3600


@dataclass(slots=True)
class Cursor:
    """Which records a query found, not what they held; that is read with each page."""

    selection: Selection
    ids: list[str]
    #: Records on a page.
    size: int
    #: Seconds since 1970.
    made: float


@dataclass(slots=True)
class Cursors:
    """The cursors of an org by their ids."""

    by_id: dict[str, Cursor] = field(default_factory=dict)

    def forget(self, now: float) -> None:
        """Drop those that are too old."""
        for name in [name for name, cursor in self.by_id.items() if now - cursor.made > SECONDS]:
            del self.by_id[name]
