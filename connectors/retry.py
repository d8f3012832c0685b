"""Trying again, as values: how often, how long to wait, and what is worth it.

Wrap one attempt that is safe to repeat, never a function that makes several writes. Sleep, randomness and the clock
come in as arguments, so that a test neither waits nor depends on luck.
"""

from __future__ import annotations

import math
import random as random_module
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.stop import stop_base
from tenacity.wait import wait_base

from connectors.errors import Deferred, Paused, QuotaSpent, Throttled

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How patient we are with one call."""

    #: Calls at most, the first included.
    attempts: int = 4
    #: Seconds; the first wait is drawn from 0 to this, the next from 0 to twice this, and so on ("full jitter").
    base_s: float = 0.2
    #: Seconds; the same where the other side said that we are too many or too fast.
    throttled_base_s: float = 1.0
    #: Seconds; no drawn wait is longer.
    cap_s: float = 30.0
    #: Seconds from the first call after which no further one starts; above this a run looks hung to its scheduler.
    within_s: float = 120.0
    #: Seconds; a server that asks for more is not waited for here: the engine parks the stream instead.
    hint_cap_s: float = 300.0
    #: Seconds to connect, and seconds between two bytes of a reply: Salesforce ends a call after 600 s, but above 120 s
    #: a run looks hung.
    timeout: tuple[float, float] = (10.0, 110.0)

    def wait_s(self, attempt: int, error: BaseException | None, random: Callable[[], float]) -> float:
        """Seconds to wait after failed *attempt* (1 is the first).

        >>> Policy(base_s=1.0, cap_s=5.0).wait_s(4, None, lambda: 1.0)
        5.0
        >>> Policy().wait_s(1, Throttled("busy", retry_after_s=float("nan")), lambda: 1.0)
        1.0
        """
        # tenacity's own exponential jitter loses its jitter at the cap, and its hook for server hints
        # dies of `nan` and replaces the error it was asked about (reference/reliability.md, section 3).
        base_s = self.throttled_base_s if isinstance(error, Throttled) else self.base_s
        drawn = random() * min(self.cap_s, base_s * 2.0 ** min(attempt - 1, 32))
        return max(drawn, hint_s(error) or 0.0)

    def worth_it(self, error: BaseException) -> bool:
        """Say whether the same call may succeed soon."""
        if not isinstance(error, Deferred) or isinstance(error, Paused | QuotaSpent):
            return False
        return (hint_s(error) or 0.0) <= self.hint_cap_s


#: For databases: a lock or a restart passes in a moment, and a person may be waiting at the terminal.
DATABASE = Policy(attempts=3, base_s=0.2, cap_s=2.0, within_s=20.0)
#: For services on the web.
SERVICE = Policy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A policy with the means to carry it out."""

    policy: Policy = DATABASE
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random_module.random
    #: Seconds, monotonic.
    clock: Callable[[], float] = time.monotonic

    def call(self, attempt: Callable[[], T], *, worth_it: Callable[[BaseException], bool] | None = None) -> T:
        """Return what *attempt* returns, trying again while that is worth it; its last error passes through.

        Args:
            attempt: One call.
            worth_it: Asked after each failure; the policy is, when there is none.
        """
        tries = Retrying(
            stop=stop_after_attempt(self.policy.attempts) | _Within(self.policy.within_s, self.clock),
            wait=_Wait(self.policy, self.random),
            retry=retry_if_exception(worth_it or self.policy.worth_it),
            sleep=self.sleep,
            reraise=True,
        )
        return tries(attempt)


def hint_s(error: BaseException | None) -> float | None:
    """Seconds that the other side asked us to wait; None for no hint or one that is no length of time.

    >>> hint_s(Throttled("busy", retry_after_s=7.0)), hint_s(Throttled("busy", retry_after_s=-1.0))
    (7.0, None)
    """
    if not isinstance(error, Throttled) or not math.isfinite(error.retry_after_s) or error.retry_after_s < 0:
        return None
    return error.retry_after_s


class _Wait(wait_base):
    def __init__(self, policy: Policy, random: Callable[[], float]) -> None:
        self._policy = policy
        self._random = random

    def __call__(self, retry_state: RetryCallState) -> float:
        error = retry_state.outcome.exception() if retry_state.outcome else None
        return self._policy.wait_s(retry_state.attempt_number, error, self._random)


class _Within(stop_base):
    """Stop before a wait that would end too late; tenacity's `stop_before_delay` reads a clock of its own."""

    def __init__(self, within_s: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until = clock() + within_s

    def __call__(self, retry_state: RetryCallState) -> bool:
        return self._clock() + retry_state.upcoming_sleep > self._until
