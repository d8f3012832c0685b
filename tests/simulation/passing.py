"""Time that only the simulation moves, and the words for what it breaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

EPOCH = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


class Crash(BaseException):
    """The process is gone; nothing of ours may catch it."""


class Violation(AssertionError):
    """An invariant does not hold. Its first word names it: `I5`."""


@dataclass(slots=True)
class Time:
    """Two clocks: one that people set, and one that only goes on."""

    #: Seconds since the start; never goes back.
    passed_s: float = 0.0
    #: Seconds that the wall clock is ahead of it.
    ahead_s: float = 0.0
    #: Called when time passes.
    woken: list[Callable[[], None]] = field(default_factory=list)

    def now(self) -> datetime:
        """The wall clock: aware, UTC."""
        return EPOCH + timedelta(seconds=round(self.passed_s + self.ahead_s, 3))

    def monotonic(self) -> float:
        return self.passed_s

    def sleep(self, seconds: float) -> None:
        """Pass *seconds* at once."""
        self.passed_s += seconds
        for wake in self.woken:
            wake()

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward, or back."""
        self.ahead_s += seconds
