"""Every request a service got, without bodies, so that budgets are checked against what really arrived."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """One request and what became of it."""

    #: In order of arrival, from 1.
    number: int
    #: Seconds since 1970, by the service's clock.
    arrived: float
    finished: float
    method: str
    #: Without the query, which may hold what people typed.
    path: str
    #: 0: the connection was cut without a reply.
    status: int
    #: Records that the reply carried or confirmed.
    rows: int
    #: The family of calls by which the vendor counts: "search", "token", …; "" where it does not.
    group: str


def most_in_window(arrivals: Iterable[float], seconds: float) -> int:
    """Return the largest number of *arrivals* in any window of that length; its end belongs to the next.

    >>> most_in_window([0, 9, 9.5, 10, 18.9], 10), most_in_window([0, 10], 10)
    (4, 1)
    """
    times = sorted(arrivals)
    most = first = 0
    for last, end in enumerate(times):
        while end - times[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


class RequestLog:
    """Entries in order of arrival; safe to read while requests come in."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._lock = threading.Lock()
        self._file: IO[str] | None = None

    @property
    def entries(self) -> list[Entry]:
        """What is finished, in order of arrival."""
        with self._lock:
            return sorted(self._entries, key=lambda entry: entry.number)

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, entry: Entry) -> None:
        """Note one request that is finished."""
        with self._lock:
            self._entries.append(entry)
            if self._file:
                self._file.write(_line(entry))

    def most_in_window(self, seconds: float, group: str | None = None) -> int:
        """Return the largest number of arrivals in any rolling window, of all groups or one."""
        return most_in_window((entry.arrived for entry in self.select(group=group)), seconds)

    def count(self, method: str | None = None, path_contains: str = "", group: str | None = None) -> int:
        """Return how many requests are of that method, path part and group."""
        return len(self.select(method, path_contains, group))

    def select(self, method: str | None = None, path_contains: str = "", group: str | None = None) -> list[Entry]:
        """Return the entries of that method, path part and group, in order of arrival."""
        return [
            entry
            for entry in self.entries
            if method in (None, entry.method) and group in (None, entry.group) and path_contains in entry.path
        ]

    def clear(self) -> None:
        """Forget what was noted; numbers go on."""
        with self._lock:
            self._entries.clear()

    def write(self, path: Path) -> None:
        """Write what is noted as JSON lines, in order of arrival."""
        path.write_text("".join(map(_line, self.entries)), encoding="utf-8")

    def follow(self, path: Path) -> None:
        """Add a JSON line to *path* whenever a request is finished, until `close`."""
        # One line at a time reaches the file: somebody may be watching it.
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def close(self) -> None:
        """Stop writing lines."""
        with self._lock:
            if self._file:
                self._file.close()
                self._file = None


def _line(entry: Entry) -> str:
    return json.dumps(asdict(entry)) + "\n"
