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
#: Records kept of an object; most hold nothing of ours yet, and take an id's room.
MOST = 200_000
#: Characters kept of all values together: some tens of megabytes.
MOST_CHARACTERS = 20_000_000


@dataclass(slots=True)
class Seen:
    """The values of one account's records.

    Args:
        clock: The time.
        most: Records kept of an object.
    """

    clock: Callable[[], datetime]
    most: int = MOST
    #: Object → record → when it was read, of which properties, and what it held.
    _held: dict[str, dict[str, tuple[float, tuple[str, ...], tuple[str | None, ...]]]] = field(default_factory=dict)
    _characters: int = 0
    _lock: Lock = field(default_factory=Lock)

    def keep(self, object_: str, names: Sequence[str], records: Iterable[Mapping[str, Any]]) -> None:
        """Keep what *records* hold of *names*, as far as there is room."""
        of = tuple(names)
        # One entry for all that hold nothing yet.
        blank = (self.clock().timestamp(), of, (None,) * len(of))
        with self._lock:
            held = self._held.setdefault(object_, {})
            for record in records:
                values = held_by(record)
                kept = tuple(values.get(name) or None for name in of)
                self._characters += sum(map(len, filter(None, kept)))
                if len(held) < self.most and self._characters < MOST_CHARACTERS:
                    held[str(record.get("id"))] = blank if kept == blank[2] else (blank[0], of, kept)

    def take(self, object_: str, ids: Iterable[str], names: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Return, for the last time, those records of which all of *names* are known, in the form of HubSpot's."""
        since, found = self.clock().timestamp() - FRESH_S, dict[str, Mapping[str, Any]]()
        with self._lock:
            held = self._held.get(object_, {})
            for id_ in ids if held else ():
                at, of, kept = held.pop(id_, (0.0, (), ()))
                values = dict(zip(of, kept, strict=True))
                if at >= since and all(name in values for name in names):
                    found[id_] = {"id": id_, "properties": values}
        return found

    def forget(self, object_: str, ids: Iterable[str] | None = None) -> None:
        """Forget records that are about to be written; without *ids* all of the object."""
        with self._lock:
            held = self._held.get(object_)
            if held and ids is not None:
                for id_ in ids:
                    held.pop(id_, None)
            elif held:
                held.clear()
            if not any(self._held.values()):
                self._characters = 0
