"""A clock that tests move by hand; called like `time.time`."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Seconds since 1970: those of *ticks*, moved ahead by what `advance` added.

    >>> clock = Clock(lambda: 100.0)
    >>> clock.advance(60)
    >>> clock()
    160.0
    """

    def __init__(self, ticks: Callable[[], float] = time.time) -> None:
        self._ticks = ticks
        self._ahead = 0.0
        self._lock = threading.Lock()

    @classmethod
    def standing(cls, at: float) -> Clock:
        """Make one that moves only by `advance`."""
        return cls(lambda: at)

    def __call__(self) -> float:
        return self._ticks() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move ahead; a clock that goes back is none.

        Raises:
            ValueError: *seconds* is negative.
        """
        if seconds < 0:
            raise ValueError(f"a clock cannot be moved by {seconds} s")
        with self._lock:
            self._ahead += seconds
