"""The way to the survey service and the CRM, on which calls fail as the history says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from connectors.errors import (
    ConnectorError,
    Deferred,
    QuotaSpent,
    Refused,
    Rejected,
    SignedOut,
    Throttled,
    Unknown,
)
from connectors.values import OutcomeKind
from connectors.verdicts import Verdict

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Sequence

    from tests.simulation.crm import Crm, Order
    from tests.simulation.passing import Time
    from tests.simulation.process import Process

T = TypeVar("T")


class Fault(StrEnum):
    """What can go wrong with one call."""

    #: 429 without, with, and with a longer hint than we wait for.
    THROTTLED = "throttled"
    THROTTLED_HINT = "throttled_hint"
    THROTTLED_LONG = "throttled_long"
    ERROR = "error_500"
    UNAVAILABLE = "unavailable_503"
    #: No connection.
    NEVER_LEFT = "never_left"
    #: No reply; nothing was applied, all was, or all will be.
    LOST_REQUEST = "lost_request"
    LOST_REPLY = "lost_reply"
    LATE = "late"
    #: The reply does not mention the first row, which was applied, or was not.
    OMITTED = "omitted"
    OMITTED_UNAPPLIED = "omitted_unapplied"
    #: Somebody holds the first row.
    LOCKED = "locked"
    #: The first row is refused; the whole batch is, for one row's sake.
    INVALID = "invalid"
    POISON = "poison"
    SIGNED_OUT = "signed_out"
    #: And no new token is to be had.
    REVOKED = "revoked"
    QUOTA = "quota"
    SLOW = "slow"
    #: The process dies: before the call leaves, or with the reply on its way.
    CRASH_BEFORE = "crash_before"
    CRASH_AFTER = "crash_after"


#: Those that only a write can meet.
OF_WRITES = frozenset({Fault.LATE, Fault.OMITTED, Fault.OMITTED_UNAPPLIED, Fault.LOCKED, Fault.INVALID, Fault.POISON})
_OMITTED = (Fault.OMITTED, Fault.OMITTED_UNAPPLIED)
_HINT_S = {Fault.THROTTLED: 0.0, Fault.THROTTLED_HINT: 7.0, Fault.THROTTLED_LONG: 900.0}
LATE_BY_S = (5.0, 90.0, 400.0)


@dataclass(slots=True)
class Remote:
    """Carries calls of one process."""

    time: Time
    crm: Crm
    process: Process
    #: Call of this run, and write of this run, from 1 → what happens to it.
    faults: dict[int, Fault]
    write_faults: dict[int, Fault]
    met: Counter[str]
    log: Callable[[str], None]
    #: Told before each call; the world may change there.
    before: Callable[[int], None]
    revoked: bool = False
    signed_out: bool = False
    calls: int = 0
    writes: int = 0
    #: When the CRM was called.
    called: list[float] = field(default_factory=list)
    #: When the survey service was.
    pulled: list[float] = field(default_factory=list)
    #: Records that the CRM refused by itself or by a fault, with what.
    complained: dict[tuple[str, str], str] = field(default_factory=dict)

    def read(self, what: str, answer: Callable[[], T]) -> T:
        """Make a call that changes nothing."""
        fault = self._sent(what)
        if fault is not None and fault not in OF_WRITES:
            self._raise(fault, writes=False)
            result = answer()
            self._lost_on_the_way_back(fault, writes=False)
            return result
        return answer()

    def write(self, orders: Sequence[Order]) -> list[Verdict | None]:
        """Make a call that writes; a verdict for each order."""
        self.writes += 1
        ids = ",".join(order.id.replace("\x1f", "+") for order in orders)
        fault = self._sent(f"write {orders[0].object} {ids}", self.write_faults.get(self.writes))
        if fault is None:
            return [self._apply(order) for order in orders]
        self._raise(fault, writes=True)
        if fault is Fault.LATE:
            self.met[fault] += 1
            delay_s = LATE_BY_S[self.calls % len(LATE_BY_S)]
            self.crm.late.append((self.time.passed_s + delay_s, list(orders)))
            raise self._unknown("no reply")
        if fault is Fault.POISON:
            self.met[fault] += 1
            if len(orders) == 1:
                self.complained[orders[0].object, orders[0].id] = fault
            raise Rejected("one row of the batch cannot be read", code="E502")
        first, *others = orders
        verdict = self._of_first(first, fault)
        verdicts = [verdict, *(self._apply(order) for order in others)]
        self._lost_on_the_way_back(fault, writes=True)
        return verdicts

    def _of_first(self, order: Order, fault: Fault) -> Verdict | None:
        if fault in _OMITTED:
            self.met[fault] += 1
            if fault is Fault.OMITTED:
                self._apply(order)
            return None
        if fault is Fault.LOCKED:
            self.met[fault] += 1
            return Verdict(OutcomeKind.DEFERRED)
        if fault is Fault.INVALID:
            self.met[fault] += 1
            self.complained[order.object, order.id] = fault
            return Verdict(OutcomeKind.REJECTED, "INVALID_EMAIL_ADDRESS", ("score",))
        return self._apply(order)

    def _apply(self, order: Order) -> Verdict:
        verdict = self.crm.apply(order)
        if verdict.kind is OutcomeKind.WRITTEN:
            self.complained.pop((order.object, order.id), None)
        else:
            self.complained[order.object, order.id] = verdict.code or verdict.kind
        return verdict

    def _sent(self, what: str, also: Fault | None = None) -> Fault | None:
        """Count a call and let the world go on to it."""
        self.process.check()
        self.calls += 1
        (self.pulled if what == "pull" else self.called).append(self.time.passed_s)
        self.before(self.calls)
        self.process.check()
        self.crm.arrive()
        fault = self.faults.get(self.calls) or also
        if fault is Fault.REVOKED:
            self.met[fault] += 1
            self.revoked = self.signed_out = True
        self.log(f"call {self.calls} {what}{f' !{fault}' if fault else ''}")
        self.time.sleep(30.0 if fault is Fault.SLOW else 0.2)
        if self.signed_out:
            raise SignedOut("the token is not taken")
        return fault

    def _raise(self, fault: Fault, *, writes: bool) -> None:
        match fault:
            case Fault.THROTTLED | Fault.THROTTLED_HINT | Fault.THROTTLED_LONG:
                error: ConnectorError = Throttled("the CRM asks us to wait", retry_after_s=_HINT_S[fault])
            case Fault.ERROR | Fault.UNAVAILABLE:
                error = Deferred("the CRM is down")
            case Fault.NEVER_LEFT:
                error = Deferred("no connection")
                error.was_told = False
            case Fault.LOST_REQUEST:
                error = self._unknown("no reply") if writes else Deferred("no reply")
            case Fault.SIGNED_OUT:
                self.signed_out = True
                error = SignedOut("the token is not taken")
            case Fault.QUOTA:
                resume_at = self.time.now() + timedelta(hours=1)
                error = QuotaSpent("no calls are left", resume_at=resume_at)
            case Fault.CRASH_BEFORE:
                self.met[fault] += 1
                self.process.die("before a call")
            case _:
                if fault is Fault.SLOW:
                    self.met[fault] += 1
                return
        self.met[fault] += 1
        raise error

    def _lost_on_the_way_back(self, fault: Fault, *, writes: bool) -> None:
        if fault is Fault.CRASH_AFTER:
            self.met[fault] += 1
            self.process.die("after a call")
        if fault is Fault.LOST_REPLY:
            self.met[fault] += 1
            raise self._unknown("the reply was lost") if writes else Deferred("the reply was lost")

    def _unknown(self, message: str) -> Unknown:
        error = Unknown(message)
        error.was_told = False
        return error

    def renew(self) -> None:
        """Get a new token."""
        self.process.check()
        if self.revoked:
            raise Refused("the app's access was taken away", next_step="Sign in again.")
        self.signed_out = False
