"""A clock that only sleeping moves, for several threads."""

from __future__ import annotations

from threading import Lock


class FakeTime:
    """Seconds; `sleep` returns at once and moves the clock on."""

    def __init__(self, now: float = 1000.0) -> None:
        self._now = now
        self._lock = Lock()
        self.slept: list[float] = []

    def __call__(self) -> float:
        with self._lock:
            return self._now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            assert seconds >= 0.0
            self._now += seconds
            self.slept.append(seconds)
