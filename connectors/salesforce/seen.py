"""What look-ups read of records a moment ago, so that the read before their first write costs no call of its own.

Each record's values are handed out once, for a quarter of an hour at most, and forgotten when the record is written.
They lie in a file without a name: a first sync looks a hundred thousand records up before it writes one.
"""

from __future__ import annotations

import sqlite3
from threading import Lock
from typing import TYPE_CHECKING

import orjson

from connectors.salesforce.ids import is_id, widened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from connectors.values import FieldValue

#: Seconds that values are good for.
FRESH_S = 900.0
#: Ids in one question to the file.
_AT_ONCE = 500
_TABLE = "CREATE TABLE seen (object TEXT, id TEXT, at REAL, held BLOB, PRIMARY KEY (object, id)) WITHOUT ROWID"


class Seen:
    """The values of one org's records.

    Args:
        clock: Seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._file: sqlite3.Connection | None = None
        #: Object → the fields that are kept of its records.
        self._names: dict[str, tuple[str, ...]] = {}

    def keep(self, object_: str, names: Sequence[str], held: Iterable[tuple[str, Sequence[FieldValue]]]) -> None:
        """Keep what records hold of *names*, by their ids in the long form."""
        with self._lock:
            file = self._opened()
            if self._names.get(object_) != tuple(names):
                file.execute("DELETE FROM seen WHERE object = ?", [object_])
                self._names[object_] = tuple(names)
            now = self._clock()
            rows = ((object_, id_, now, orjson.dumps(values)) for id_, values in held)
            file.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?)", rows)

    def take(self, object_: str, ids: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, FieldValue]]:
        """Return, for the last time, what is known of all *names* of records, by their ids as they are asked for."""
        found: dict[str, dict[str, FieldValue]] = {}
        with self._lock:
            kept = self._names.get(object_, ())
            if self._file is None or not set(names) <= set(kept):
                return found
            asked = {widened(id_): id_ for id_ in ids if is_id(id_)}
            for id_, held in self._popped(self._file, object_, list(asked)):
                values = dict(zip(kept, orjson.loads(held), strict=True))
                found[asked[id_]] = {name: values[name] for name in names}
        return found

    def _popped(self, file: sqlite3.Connection, object_: str, ids: Sequence[str]) -> list[tuple[str, bytes]]:
        since, found = self._clock() - FRESH_S, list[tuple[str, bytes]]()
        for start in range(0, len(ids), _AT_ONCE):
            part = ids[start : start + _AT_ONCE]
            these = f"object = ? AND id IN ({','.join('?' * len(part))})"
            soon = f"SELECT id, held FROM seen WHERE {these} AND at >= ?"  # noqa: S608 - of question marks
            found += file.execute(soon, [object_, *part, since])
            file.execute(f"DELETE FROM seen WHERE {these}", [object_, *part])  # noqa: S608 - the same
        return found

    def forget(self, object_: str, ids: Sequence[str] | None) -> None:
        """Forget records that are about to be written; without *ids* all of the object."""
        with self._lock:
            any_ = "SELECT 1 FROM seen WHERE object = ? LIMIT 1"
            if self._file is None or self._file.execute(any_, [object_]).fetchone() is None:
                return
            if ids is None:
                self._file.execute("DELETE FROM seen WHERE object = ?", [object_])
            else:
                gone = ((object_, widened(id_)) for id_ in ids if is_id(id_))
                self._file.executemany("DELETE FROM seen WHERE object = ? AND id = ?", gone)

    def _opened(self) -> sqlite3.Connection:
        if self._file is None:
            self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._file.execute("PRAGMA journal_mode = OFF")  # what is lost here is read again
            self._file.execute(_TABLE)
        return self._file

    def close(self) -> None:
        """Drop the file."""
        with self._lock:
            if self._file is not None:
                self._file.close()
            self._file = None
            self._names.clear()
