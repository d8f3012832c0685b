"""What look-ups read of records a moment ago, so that the read before their first write costs no call of its own.

Each record's values are handed out once, for a quarter of an hour at most, and forgotten when the record is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from connectors.hubspot.batches import held_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

#: Seconds; a hundred thousand contacts are looked up in a hundred.
FRESH_S = 900.0
#: Records kept; most hold nothing of ours yet and share one entry.
MOST = 200_000
#: Characters kept of all values together: some tens of megabytes.
MOST_CHARACTERS = 20_000_000


@dataclass(slots=True)
class Seen:
    """The values of one account's records.

    Args:
        clock: The time.
        most: Records kept.
    """

    clock: Callable[[], datetime]
    most: int = MOST
    _held: dict[tuple[str, str], tuple[float, tuple[str, ...], tuple[str | None, ...]]] = field(default_factory=dict)
    _characters: int = 0
    _lock: Lock = field(default_factory=Lock)

    def keep(self, object_: str, names: Sequence[str], records: Iterable[Mapping[str, Any]]) -> None:
        """Keep what *records* hold of *names*, as far as there is room."""
        at, of, blank = self.clock().timestamp(), tuple(names), (None,) * len(names)
        with self._lock:
            for record in records:
                values = held_by(record)
                kept = tuple(values.get(name) or None for name in of)
                kept = blank if kept == blank else kept
                self._characters += sum(map(len, filter(None, kept)))
                if len(self._held) < self.most and self._characters < MOST_CHARACTERS:
                    self._held[object_, str(record.get("id"))] = at, of, kept

    def take(self, object_: str, ids: Iterable[str], names: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Return, for the last time, those records of which all of *names* are known, in the form of HubSpot's."""
        since, found = self.clock().timestamp() - FRESH_S, dict[str, Mapping[str, Any]]()
        with self._lock:
            for id_ in ids if self._held else ():
                at, of, kept = self._held.pop((object_, id_), (0.0, (), ()))
                values = dict(zip(of, kept, strict=True))
                if at >= since and all(name in values for name in names):
                    found[id_] = {"id": id_, "properties": values}
        return found

    def forget(self, object_: str, ids: Iterable[str] | None = None) -> None:
        """Forget records that are about to be written; without *ids* all of the object."""
        with self._lock:
            gone = [each for each in self._held if each[0] == object_] if ids is None and self._held else ()
            for id_ in ids or ():
                self._held.pop((object_, id_), None)
            for each in gone:
                del self._held[each]
            if not self._held:
                self._characters = 0
