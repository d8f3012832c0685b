"""What tests of calls share: a system that fails as told, and a caller on a clock of their own."""

from __future__ import annotations

from itertools import chain, repeat
from threading import Lock
from typing import TYPE_CHECKING

from connectors.budget import Gate, MemoryMeter
from connectors.calling import Breaker, Bucket, Caller
from connectors.retry import Policy, Retry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.unit.fake_time import FakeTime


class Line:
    """A system that fails as told, then is well."""

    def __init__(self, *errors: Exception | None, rest: Iterable[Exception | None] = repeat(None)) -> None:
        self.errors = chain(errors, rest)
        self.calls = 0
        self._lock = Lock()

    def __call__(self) -> str:
        with self._lock:
            self.calls += 1
            error = next(self.errors)
        if error is not None:
            raise error
        return "done"


def caller(
    time: FakeTime,
    *,
    policy: Policy | None = None,
    renew: Callable[[], None] | None = None,
    bucket: Bucket | None = None,
    breaker: Breaker | None = None,
) -> Caller:
    retry = Retry(policy=policy or Policy(), sleep=time.sleep, random=lambda: 1.0, clock=time)
    gate = Gate("crm", MemoryMeter(time), sleep=time.sleep)
    return Caller("crm", gate=gate, retry=retry, renew=renew, bucket=bucket, breaker=breaker)
