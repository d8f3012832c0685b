"""One call to a system, with everything around it: turn, retries, sign-in, and giving up before it does harm.

One `Caller` per connection, shared by its threads: when the system asks one of them to wait, all of them do.
"""

from __future__ import annotations

import time
from collections import deque
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from connectors.errors import (
    ConnectorError,
    Deferred,
    NoToken,
    Paused,
    QuotaSpent,
    Refused,
    SignedOut,
    Throttled,
    Unknown,
)
from connectors.retry import Retry, hint_s

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from connectors.budget import Gate, Window

T = TypeVar("T")

#: Tokens: what a whole run may spend on repeating, as AWS' clients do it (reference/reliability.md, section 3).
TOKENS = 500
RETRY_COSTS = 5
TIMEOUT_COSTS = 10
SUCCESS_EARNS = 1
#: So many calls in a row that failed, over so many seconds with no success among them, are an outage however few.
IN_A_ROW = 3
OUTAGE_S = 60.0


class Bucket:
    """The retry budget of one connection: an outage costs a hundred repetitions, however many calls there are."""

    def __init__(self, tokens: int = TOKENS) -> None:
        self._most = tokens
        self._tokens = tokens
        self._lock = Lock()

    def take(self, cost: int) -> bool:
        """Pay for a repetition; False: there is nothing left to pay with."""
        with self._lock:
            if self._tokens < cost:
                return False
            self._tokens -= cost
            return True

    def earn(self) -> None:
        with self._lock:
            self._tokens = min(self._most, self._tokens + SUCCESS_EARNS)


class Breaker:
    """Stops calling a system that mostly fails, and lets one call through now and then to see whether it is back.

    It opens when, of at least 20 calls in the last minute, more than half failed; when for a minute all calls failed,
    at least three: calls that time out are too few for the first rule; or when of the last 1,000 calls more than
    *share* got an error for a reply: HubSpot asks its callers to stay below that.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, share: float | None = 0.05) -> None:
        self._clock = clock
        self._share = share
        self._recent: deque[tuple[float, bool]] = deque()
        self._last: deque[bool] = deque(maxlen=1000)
        self._failed_in_a_row = 0
        self._failing_since = 0.0
        self._closed_again_at: float | None = None
        self._rest_s = 0.0
        self._probing = False
        self._lock = Lock()

    @property
    def is_open(self) -> bool:
        return self._closed_again_at is not None

    def check(self, name: str) -> None:
        """Let a call through.

        Raises:
            Paused: Not now.
        """
        with self._lock:
            if self._closed_again_at is None:
                return
            left = self._closed_again_at - self._clock()
            if left > 0:
                raise Paused(
                    f"connection `{name}` failed too often and is left alone for {left:.0f} s",
                    next_step="Nothing to do: the next run tries again. For hours? Look at the system's status page.",
                )
            self._closed_again_at = self._clock() + self._rest_s  # this one call probes; the others go on waiting
            self._probing = True

    def note(self, *, good: bool, was_told: bool = True, took_s: float = 0.0) -> None:
        """Count what became of a call that took so many seconds; *was_told*: the system itself said so."""
        with self._lock:
            now = self._clock()
            if self._closed_again_at is not None:
                if self._probing:  # else it was under way before
                    self._probed(now, good=good)
                return
            self._recent.append((now, good))
            self._last.append(good or not was_told)
            while self._recent[0][0] < now - 60.0:
                self._recent.popleft()
            failed = sum(not each for _, each in self._recent) if not good else 0
            mostly = len(self._recent) >= 20 and failed * 2 > len(self._recent)
            if mostly or self._nothing_else(now, took_s, good=good) or self._too_large_a_share(good=good):
                self._rest_s = 30.0
                self._closed_again_at = now + self._rest_s

    def _probed(self, now: float, *, good: bool) -> None:
        self._probing = False
        if good:
            self._closed_again_at = None
            self._failed_in_a_row = 0
            self._recent.clear()
            self._last.clear()
        else:
            self._rest_s = min(600.0, self._rest_s * 2)
            self._closed_again_at = now + self._rest_s

    def _nothing_else(self, now: float, took_s: float, *, good: bool) -> bool:
        if good:
            self._failed_in_a_row = 0
            return False
        if not self._failed_in_a_row:
            self._failing_since = now - took_s
        self._failed_in_a_row += 1
        return self._failed_in_a_row >= IN_A_ROW and now - self._failing_since >= OUTAGE_S

    def _too_large_a_share(self, *, good: bool) -> bool:
        if self._share is None or good or len(self._last) < 1000:
            return False
        return self._last.count(False) > self._share * 1000


class Caller:
    """Calls one connection.

    Args:
        name: The connection's.
        gate: Whose turn it is.
        retry: How patient; also the clock, sleep and randomness of everything here.
        renew: Gets a new token; None: the token cannot be renewed.
        bucket: The retry budget.
        breaker: When to leave the system alone.
    """

    def __init__(  # noqa: PLR0913 - each part can be told apart in tests
        self,
        name: str,
        *,
        gate: Gate,
        retry: Retry,
        renew: Callable[[], None] | None = None,
        bucket: Bucket | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self.name = name
        self.retry = retry
        self.bucket = bucket or Bucket()
        self.breaker = breaker or Breaker(retry.clock)
        self._gate = gate
        self._renew = renew
        self._signing_in = Lock()
        self._tokens = 0
        self._quiet_until = float("-inf")

    @property
    def calls(self) -> int:
        """See `Calling.calls`."""
        return self._gate.calls

    def call(self, attempt: Callable[[], T], *, repeatable: bool = True, windows: Sequence[Window] = ()) -> T:
        """Return what *attempt* returns: one HTTP call, made again while that is safe and worth it.

        Args:
            attempt: Raises our errors only.
            repeatable: Whether doing it twice leaves what doing it once does; else a lost answer ends it.
            windows: Limits that this call falls under besides the connection's.

        Raises:
            ConnectorError: The last one; `Unknown`, caused by the last one, when an earlier attempt may have worked.
        """
        doubts: list[Unknown] = []
        try:
            return self.retry.call(
                lambda: self._once(attempt, windows, doubts), worth_it=lambda error: self._again(error, repeatable)
            )
        except (Deferred, Refused) as error:
            if doubts:
                raise doubts[-1] from error
            raise

    def _once(self, attempt: Callable[[], T], windows: Sequence[Window], doubts: list[Unknown]) -> T:
        renewed_for: set[type[SignedOut]] = set()
        while True:
            used = self._tokens
            try:
                return self._counted(attempt, windows)
            except SignedOut as error:
                # A token that had to be asked for first may still be refused once, as any other.
                if self._renew is None or type(error) in renewed_for:
                    raise
                renewed_for.add(type(error))
                self._sign_in(self._renew, used)
            except Unknown as error:
                doubts.append(error)
                raise

    def _counted(self, attempt: Callable[[], T], windows: Sequence[Window]) -> T:
        self.breaker.check(self.name)
        quiet = self._quiet_until - self.retry.clock()
        if quiet > 0:
            self.retry.sleep(quiet)
        turn = self._gate.enter(*windows)
        began = self.retry.clock()
        try:
            result = attempt()
        except (Deferred, Unknown) as error:
            # A spent quota is an answer: the system is well.
            took_s = self.retry.clock() - began
            self.breaker.note(good=isinstance(error, QuotaSpent), was_told=error.was_told, took_s=took_s)
            if isinstance(error, Throttled) and self.retry.policy.worth_it(error):
                wait = hint_s(error) or self.retry.policy.throttled_base_s
                self._quiet_until = max(self._quiet_until, self.retry.clock() + wait)
            raise
        except NoToken:
            raise  # nothing was asked: `_sign_in` will see how the system is
        except ConnectorError:
            self.breaker.note(good=True)
            raise
        finally:
            self._gate.left(turn, self.retry.clock() - began, *windows)
        self.breaker.note(good=True)
        self.bucket.earn()
        return result

    def _sign_in(self, renew: Callable[[], None], used: int) -> None:
        """Get a new token, unless another thread did since the one that failed was used."""
        with self._signing_in:
            if self._tokens != used:
                return
            began = self.retry.clock()
            try:
                renew()
            except Deferred as error:  # counted as the calls are: else a sign-in that is down would never be left alone
                self.breaker.note(good=False, was_told=error.was_told, took_s=self.retry.clock() - began)
                raise
            self.breaker.note(good=True)
            self._tokens += 1

    def _again(self, error: BaseException, repeatable: bool) -> bool:  # noqa: FBT001 - called by `call` alone
        if isinstance(error, Paused) or self.breaker.is_open:
            return False
        if isinstance(error, Unknown):
            return repeatable and self.bucket.take(TIMEOUT_COSTS)
        return self.retry.policy.worth_it(error) and self.bucket.take(RETRY_COSTS)
