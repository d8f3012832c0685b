"""What a vendor allows: calls in a rolling window, calls a day, calls at once.

A refused call does not count against a limit here, but stands in the request log, by which our own budgets are judged.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.exchange import Allowance, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Window:
    """At most *calls* in any *seconds*; of one group, of some, or (None) of all."""

    calls: int
    seconds: float
    group: str | tuple[str, ...] | None = None
    name: str = "window"


@dataclass(frozen=True, slots=True)
class Daily:
    """At most *calls* between two midnights, in a time zone that many seconds ahead of UTC."""

    calls: int
    group: str | tuple[str, ...] | None = None
    name: str = "daily"
    ahead_s: int = 0


@dataclass(frozen=True, slots=True)
class Concurrent:
    """At most *calls* under way at once, of those that have lasted *lasting_s* already."""

    calls: int
    lasting_s: float = 0.0
    group: str | tuple[str, ...] | None = None
    name: str = "concurrent"


Limit = Window | Daily | Concurrent


@dataclass(frozen=True, slots=True)
class Verdict:
    """A call that is refused, and by what; `world.throttled` puts it into the vendor's words."""

    #: The limit's name: "window", "daily", "concurrent", or what the vendor package called it.
    name: str
    group: str
    #: Seconds until the same call would be let in, if nobody else called.
    retry_after: float


def _ungrouped(request: Request) -> str:  # noqa: ARG001 - the form of a grouping
    return ""


class Limits:
    """Counts calls and refuses those beyond the limits. Not safe by itself: the server asks one call at a time."""

    def __init__(self, limits: Iterable[Limit] = (), group_of: Callable[[Request], str] = _ungrouped) -> None:
        #: Names the family of calls by which a vendor counts; goes into the request log.
        self.group_of = group_of
        self._counters = [_counter(limit) for limit in limits]
        self._lock = threading.Lock()

    def admit(self, request: Request) -> Verdict | None:
        """Count *request* under every limit and note on it what is left, or count nothing and say which forbids it."""
        group = self.group_of(request)
        concerned = [counter for counter in self._counters if counter.concerns(group)]
        with self._lock:
            for counter in concerned:
                wait = counter.wait(request.arrived)
                if wait is not None:
                    return Verdict(counter.limit.name, group, wait)
            for counter in concerned:
                counter.take(request.arrived)
            request.allowances = tuple(
                allowance for counter in concerned if (allowance := counter.allowance(request.arrived))
            )
        return None

    def done(self, request: Request) -> None:
        """Count *request*, which was admitted, as no longer under way."""
        group = self.group_of(request)
        with self._lock:
            for counter in self._counters:
                if isinstance(counter, _UnderWay) and counter.concerns(group):
                    counter.done(request.arrived)

    def used(self, name: str) -> int:
        """Return how many calls the limit of that name has counted: now under way, today, or in the window."""
        return sum(counter.used for counter in self._counters if counter.limit.name == name)


class _Counter(ABC):
    """What one limit has counted."""

    limit: Limit
    used = 0

    def concerns(self, group: str) -> bool:
        wanted = self.limit.group
        return wanted is None or group == wanted or (isinstance(wanted, tuple) and group in wanted)

    @abstractmethod
    def wait(self, now: float) -> float | None:
        """Seconds until a call would be let in, None: it may come in now."""

    @abstractmethod
    def take(self, now: float) -> None:
        """Count a call that comes in now."""

    def allowance(self, now: float) -> Allowance | None:  # noqa: ARG002 - only a day's end needs it
        return None


class _InWindow(_Counter):
    def __init__(self, limit: Window) -> None:
        self.limit: Window = limit
        self._arrivals: deque[float] = deque()

    def wait(self, now: float) -> float | None:
        while self._arrivals and now - self._arrivals[0] >= self.limit.seconds:
            self._arrivals.popleft()
        self.used = len(self._arrivals)
        if self.used < self.limit.calls:
            return None
        return self._arrivals[0] + self.limit.seconds - now if self._arrivals else self.limit.seconds

    def take(self, now: float) -> None:
        self._arrivals.append(now)
        self.used += 1

    def allowance(self, now: float) -> Allowance:  # noqa: ARG002 - its window ends at this very call
        return Allowance(self.limit.name, self.limit.calls, self.limit.calls - self.used, self.limit.seconds)


class _Today(_Counter):
    def __init__(self, limit: Daily) -> None:
        self.limit: Daily = limit
        self._day = -1

    def wait(self, now: float) -> float | None:
        day, second = divmod(now + self.limit.ahead_s, DAY_S)
        if day != self._day:
            self._day, self.used = int(day), 0
        return None if self.used < self.limit.calls else DAY_S - second

    def take(self, now: float) -> None:  # noqa: ARG002 - `wait` has looked at the day
        self.used += 1

    def allowance(self, now: float) -> Allowance:  # noqa: ARG002 - a day is a day
        return Allowance(self.limit.name, self.limit.calls, self.limit.calls - self.used, DAY_S)


class _UnderWay(_Counter):
    def __init__(self, limit: Concurrent) -> None:
        self.limit: Concurrent = limit
        self._arrivals: list[float] = []

    def wait(self, now: float) -> float | None:
        self.used = sum(now - arrived >= self.limit.lasting_s for arrived in self._arrivals)
        return None if self.used < self.limit.calls else 1.0

    def take(self, now: float) -> None:
        self._arrivals.append(now)

    def done(self, arrived: float) -> None:
        self._arrivals.remove(arrived)


def _counter(limit: Limit) -> _Counter:
    match limit:
        case Window():
            return _InWindow(limit)
        case Daily():
            return _Today(limit)
        case Concurrent():
            return _UnderWay(limit)
