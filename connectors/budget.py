"""How many calls may go out: rolling windows and daily shares, shared by everybody who uses the same meter.

A vendor counts calls in any window, not in windows of ours, and a bucket that refills lets nearly twice the limit
through within one of them. So the times of the calls themselves are kept, and a call waits until the one that is
`calls` before it has left the window.
"""

from __future__ import annotations

import time
from bisect import insort
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from connectors.errors import Deferred, QuotaSpent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: Seconds that a window is held longer than the vendor's: calls arrive later than they are granted, not all equally.
MARGIN_S = 0.25
#: Seconds that a call is taken to have been under way at most, where its answer took longer; see `Gate.left`.
LATEST_S = 0.75
#: Seconds of a rolling day, and of the slots in which its calls are counted.
DAY_S = 86_400
SLOT_S = 600
#: Seconds that one call waits for its turn; longer means that others take every turn.
PATIENCE_S = 600.0
#: Calls of a day that are taken at once; what a run leaves of them is not used.
SEVERAL = 20
_BLINK_S = 0.001


@dataclass(frozen=True, slots=True)
class Window:
    """At most *calls* in any *seconds*."""

    calls: int
    seconds: float
    #: Tells this window from others of the same connection: `search`.
    name: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a meter says of one call."""

    #: Seconds after which it is worth asking again; 0.0: the call was counted, send it now.
    wait_s: float
    #: When it was counted, by the meter's clock.
    at: float


class Meter(Protocol):
    """Counts calls for everybody who shares it; threads and, where it says so, processes."""

    def reserve(self, name: str, windows: Sequence[Window]) -> Turn:
        """Take one call from all *windows* of connection *name*, or from none of them."""
        ...

    def postpone(self, name: str, windows: Sequence[Window], turn: Turn, late_s: float) -> None:
        """Count a call so many seconds later than it was granted."""
        ...

    def reserve_day(self, name: str, *, calls: int, most: int | None) -> float:
        """Take *calls* from the last 24 hours' *most*; return 0.0, or the seconds until there is room for them.

        None is not known yet: the calls are counted, and never refused.
        """
        ...


class MemoryMeter:
    """A meter of one process.

    Args:
        clock: Seconds; monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._granted: dict[str, list[float]] = {}
        self._slots: dict[str, dict[int, int]] = {}

    def reserve(self, name: str, windows: Sequence[Window]) -> Turn:
        """See `Meter.reserve`."""
        with self._lock:
            now = self._clock()
            lines = [(self._granted.setdefault(f"{name}.{each.name}", []), each) for each in windows]
            wait = max((wait_s(line, now, each) for line, each in lines), default=0.0)
            if not wait:
                for line, each in lines:
                    insort(line, now)
                    del line[: -each.calls]
            return Turn(wait, now)

    def postpone(self, name: str, windows: Sequence[Window], turn: Turn, late_s: float) -> None:
        """See `Meter.postpone`."""
        with self._lock:
            for each in windows:
                key = f"{name}.{each.name}"
                self._granted[key] = postponed(self._granted.get(key, ()), turn.at, late_s)

    def reserve_day(self, name: str, *, calls: int, most: int | None) -> float:
        """See `Meter.reserve_day`."""
        with self._lock:
            now = self._clock()
            slots = self._slots.setdefault(name, {})
            wait = day_wait_s(slots, now, calls, NO_LIMIT if most is None else most)
            if not wait:
                slots[slot(now)] = slots.get(slot(now), 0) + calls
                for old in [each for each in slots if each < forgotten(now)]:
                    del slots[old]
            return wait


def wait_s(granted: Sequence[float], now: float, window: Window) -> float:
    """Seconds until *window* has room again; 0.0: it has room.

    Args:
        granted: When calls were granted, oldest first; more than the window's are not needed.
        now: By the same clock.
        window: The limit.

    >>> wait_s([0.0, 1.0], 4.0, Window(2, 10.0)), wait_s([0.0], 4.0, Window(2, 10.0))
    (6.25, 0.0)
    """
    if len(granted) < window.calls:
        return 0.0
    # A time that is yet to come is of before the machine was started again: as if it were now.
    oldest = min(granted[-window.calls], now) if window.calls > 0 else now
    return max(0.0, oldest + window.seconds + MARGIN_S - now)


def postponed(granted: Sequence[float], at: float, late_s: float) -> list[float]:
    """Return *granted* with the call of *at* counted *late_s* later; one that is not there any longer does not matter.

    >>> postponed([1.0, 2.0, 3.0], 2.0, 1.5), postponed([3.0], 2.0, 1.5)
    ([1.0, 3.0, 3.5], [3.0])
    """
    moved = list(granted)
    if at in moved:
        moved[moved.index(at)] = at + late_s
    return sorted(moved)


def slot(now: float) -> int:
    """Return the slot of the day that *now* falls into."""
    return int(now // SLOT_S)


def forgotten(now: float) -> int:
    """Return the first slot that still counts."""
    return slot(now - DAY_S)


def day_wait_s(slots: Mapping[int, int], now: float, calls: int, most: int) -> float:
    """Seconds until the last 24 hours have room for *calls*; 0.0: they have.

    >>> day_wait_s({0: 90}, 1200.0, 10, 100), day_wait_s({0: 91}, 1200.0, 10, 100)
    (0.0, 85800.0)
    """
    counted = sorted((each, number) for each, number in slots.items() if each >= forgotten(now))
    excess = sum(number for _, number in counted) + calls - most
    if excess <= 0:
        return 0.0
    for each, number in counted:
        excess -= number
        if excess <= 0:
            return max(_BLINK_S, (each + 1) * SLOT_S + DAY_S - now)
    return float(DAY_S)


#: Where nobody knows how many calls a day has.
NO_LIMIT = 2**31 - 1
#: The turn of a call without limits.
_AT_ONCE = Turn(0.0, 0.0)


def _utc() -> datetime:
    return datetime.now(tz=UTC)


@dataclass(slots=True)
class _Line:
    """Calls that wait for the same limits: the first alone asks the meter, for no other has its turn before it."""

    lock: Lock = field(default_factory=Lock)
    #: Seconds, all of them together.
    waited_s: float = 0.0


class Gate:
    """Lets calls to one connection out, one at a time, as its limits allow.

    Args:
        name: The connection's.
        meter: Shared by everybody who calls with the same sign-in.
        windows: The limits that every call falls under.
        most_a_day: Our share of the daily quota. None: no limit, or not known yet.
        told_later: The vendor tells it with its replies: the calls before the first one are counted all the same.
        sleep: Takes seconds.
        now: Aware; for the time at which a spent quota is full again.
    """

    def __init__(  # noqa: PLR0913 - each has its default
        self,
        name: str,
        meter: Meter,
        windows: Sequence[Window] = (),
        most_a_day: int | None = None,
        *,
        told_later: bool = False,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = _utc,
    ) -> None:
        self.name = name
        self.most_a_day = most_a_day
        self._told_later = told_later
        self._meter = meter
        self._windows = tuple(windows)
        self._sleep = sleep
        self._now = now
        self._lock = Lock()
        #: By limits, those who wait for them.
        self._lines: dict[tuple[Window, ...], _Line] = {}
        #: Calls taken from the day in advance.
        self._ahead = 0
        #: Calls let out.
        self.calls = 0

    def enter(self, *more: Window) -> Turn:
        """Return when one call may go out; *more* are limits that it falls under besides.

        Raises:
            QuotaSpent: Our share of the day is used up.
            Deferred: Others took every turn for `PATIENCE_S`.
        """
        self._take_from_day()
        windows = (*self._windows, *more)
        with self._lock:
            self.calls += 1
            if not windows:
                return _AT_ONCE
            line = self._lines.setdefault(windows, _Line())
        came = line.waited_s
        with line.lock:
            while (turn := self._meter.reserve(self.name, windows)).wait_s > 0.0:
                waited = line.waited_s - came
                if waited > PATIENCE_S:
                    raise Deferred(
                        f"connection `{self.name}`: other runs used every call for {waited:.0f} s",
                        next_step="Spread the schedules of the mappings that use it.",
                    )
                self._sleep(max(turn.wait_s, _BLINK_S))
                line.waited_s += turn.wait_s
        return turn

    def left(self, turn: Turn, took_s: float, *more: Window) -> None:
        """Say how long the call of *turn* took until its answer.

        It may have arrived at any time until then: on a busy machine a request leaves late. One that took longer than
        the margin is counted later by that, up to a bound, for a slow answer is more likely than a slow request.
        """
        late_s = min(took_s, LATEST_S) - MARGIN_S
        if late_s > 0.0 and turn is not _AT_ONCE:
            self._meter.postpone(self.name, (*self._windows, *more), turn, late_s)

    def _take_from_day(self) -> None:
        """Count a call in the day; some at once where the day has thousands, because counting costs more than a row."""
        most = self.most_a_day
        if most is None and not self._told_later:
            return
        with self._lock:
            if self._ahead:
                self._ahead -= 1
                return
            several = min(SEVERAL, (most or 0) // 1000)
            if several > 1 and not self._meter.reserve_day(self.name, calls=several, most=most):
                self._ahead = several - 1
                return
        wait = self._meter.reserve_day(self.name, calls=1, most=most)
        if wait > 0.0:
            raise QuotaSpent(
                f"connection `{self.name}`: our share of the day's calls is used up",
                resume_at=self._now() + timedelta(seconds=wait),
            )
