"""When each mapping is due: a fixed interval with some jitter, and at once when something arrived for it.

It knows no clock and starts nothing; moments are seconds of whatever clock its caller reads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sync.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

#: Share of the interval by which a start is put off at random, and the most of it: services of many companies that
#: began at the same full hour do not all call at the same second.
JITTER, MOST_JITTER_S = 0.1, 60.0
#: Between two starts that arrivals cause: a burst of events becomes one run, not one for each.
REST_S = 5.0
#: Another process was at work on the mapping; it may have read before the event came.
AGAIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Start:
    """A run that is due."""

    mapping: str
    #: Something arrived, and the interval is not over yet.
    told: bool


@dataclass(slots=True)
class Timetable:
    """The next start of every mapping. Intervals that were missed are left out, not made up for."""

    #: A share from 0 to 1.
    rand: Callable[[], float]
    every_s: float = 900.0
    #: The moment from which intervals are counted.
    base: float = 0.0
    #: Mapping → its source.
    sources: dict[str, str] = field(default_factory=dict)
    _due: dict[str, float] = field(default_factory=dict)
    #: What arrivals made due, beside the interval.
    _told: dict[str, float] = field(default_factory=dict)
    _began: dict[str, float] = field(default_factory=dict)
    #: Mappings whose last run came to nothing: an event does not start the next one.
    _unwell: set[str] = field(default_factory=set)

    def plan(self, sources: Mapping[str, str], every_s: float, now: float) -> None:
        """Take *sources* (mapping → its source) and the interval; a mapping that is new is due at once."""
        if every_s != self.every_s:
            self.every_s, self.base = every_s, now
            self._due = {name: min(at, self._regular(now)) for name, at in self._due.items()}
        self.sources = dict(sources)
        self._due = {name: self._due.get(name, now) for name in sources}
        for kept in (self._began, self._told):
            for name in kept.keys() - sources.keys():
                del kept[name]
        self._unwell &= set(sources)

    def due(self, now: float) -> Start | None:
        """Return the run that has been due for longest; None: none is."""
        waiting = [(at, name, told) for told in (False, True) for name, at in self._all(told=told) if at <= now]
        if not waiting:
            return None
        _, name, told = min(waiting)
        return Start(name, told and self._due[name] > now)

    def next_s(self, now: float) -> float | None:
        """Seconds until the next start; None when there are no mappings."""
        return max(0.0, min(self._due.values()) - now) if self._due else None

    def arrived(self, source: str, now: float) -> None:
        """Make the mappings that read *source* due."""
        for name, of in self.sources.items():
            if of == source and name not in self._unwell:
                rested = self._began.get(name, now - REST_S) + REST_S
                self._told.setdefault(name, max(now, rested))

    def began(self, start: Start, now: float) -> None:
        """Say that a run begins. After one that the interval asked for, the next interval still to come is due."""
        self._began[start.mapping] = now
        self._told.pop(start.mapping, None)
        if not start.told:
            self._due[start.mapping] = self._regular(now)

    def ended(self, start: Start, status: Exit, now: float) -> None:
        """Say how it ended."""
        name = start.mapping
        if name not in self._due:
            return
        if self._due[name] <= now and not start.told:
            self._due[name] = self._regular(now)
        if status is Exit.LEASE_HELD and start.told:
            self._told[name] = now + AGAIN_S
        elif status is Exit.LEASE_HELD:
            self._due[name] = min(self._due[name], now + AGAIN_S)
        if status in (Exit.DONE, Exit.SOME_ROWS_FAILED, Exit.LEASE_HELD):
            self._unwell.discard(name)
        else:
            self._unwell.add(name)

    def _all(self, *, told: bool) -> Iterable[tuple[str, float]]:
        return (self._told if told else self._due).items()

    def _regular(self, now: float) -> float:
        intervals = (now - self.base) // self.every_s + 1
        return self.base + intervals * self.every_s + self.rand() * min(JITTER * self.every_s, MOST_JITTER_S)
