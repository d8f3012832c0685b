"""Many rows in batches: cut, sent in parallel, looked through for the one row that spoils a batch, all accounted for.

Every row gets exactly one verdict, whatever happens: what was not sent is DEFERRED, what may have arrived is UNKNOWN.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from connectors.calling import RETRY_COSTS
from connectors.contract import Applied
from connectors.errors import (
    Conflict,
    ConnectorError,
    Deferred,
    Gone,
    Paused,
    QuotaSpent,
    Refused,
    Rejected,
    SchemaDrift,
    Throttled,
    Unknown,
)
from connectors.values import Outcome, OutcomeKind
from connectors.verdicts import WRITTEN, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from connectors.budget import Window
    from connectors.calling import Caller

__all__ = ["WRITTEN", "Sent", "Verdict", "send"]

T = TypeVar("T")

#: How often a row that somebody else holds is tried again within a run.
LOCK_TRIES = 5
#: So many rows one after the other with the same trouble are no accident of these rows.
IN_A_ROW = 3

_UNKNOWN = Verdict(OutcomeKind.UNKNOWN)
_DEFERRED = Verdict(OutcomeKind.DEFERRED)


class _Halted(Exception):
    """Another batch ended the sending before this one was sent."""


@dataclass(slots=True)
class Sent:
    """What became of rows: a verdict for each, in their order."""

    verdicts: list[Verdict]
    #: Why the rest was not sent.
    stopped: ConnectorError | None = None
    #: Attempts, the repeated ones too.
    calls: int = 0
    #: Places of the rows that went out in an attempt that was not answered; it may still arrive.
    in_doubt: set[int] = field(default_factory=set)

    def applied(self, object_: str, ids: Sequence[str]) -> Applied:
        """Return it as a destination says it; *ids* as `Block.ids` gives them."""
        others = [
            Outcome(
                object=object_,
                id=id_,
                kind=verdict.kind,
                code=verdict.code,
                fields=verdict.fields,
                in_doubt=place in self.in_doubt,
            )
            for place, (id_, verdict) in enumerate(zip(ids, self.verdicts, strict=True))
            if (verdict is not WRITTEN and verdict.kind is not OutcomeKind.WRITTEN) or place in self.in_doubt
        ]
        return Applied(written=len(self.verdicts) - len(others), others=others, stopped=self.stopped)


def send(  # noqa: PLR0913 - all of it belongs to one sending
    rows: Sequence[T],
    call: Callable[[Sequence[T]], Sequence[Verdict | None]],
    *,
    size: int,
    workers: int,
    caller: Caller,
    repeatable: bool = True,
    windows: Sequence[Window] = (),
) -> Sent:
    """Send *rows* in batches of at most *size*, with up to *workers* calls at the same time.

    Args:
        rows: No record twice: batches go out in any order.
        call: Makes one HTTP call for one batch and returns a verdict for each of its rows, in their order. None: the
            reply does not mention the row. DEFERRED: somebody holds it, so it is sent again, with fewer beside it.
            Raises our errors; `Rejected`, `Conflict` and `Gone` mean that one row of the batch kept all from being
            written, and the batch is halved until that row stands alone.
        size: The vendor's largest batch.
        workers: Threads.
        caller: The connection.
        repeatable: See `Caller.call`.
        windows: See `Caller.call`.
    """
    sending = _Sending(rows, call, caller, repeatable, tuple(windows), Sent([_DEFERRED] * len(rows)))
    batches = [range(start, min(start + size, len(rows))) for start in range(0, len(rows), size)]
    if len(batches) <= 1 or workers <= 1:
        for batch in batches:
            sending.batch(batch)
        return sending.sent
    pool = ThreadPoolExecutor(min(workers, len(batches)), thread_name_prefix="send")
    try:
        for done in [pool.submit(sending.batch, batch) for batch in batches]:
            done.result()
    finally:
        # After an interruption nothing more is begun; what is under way is waited for.
        sending.halted = True
        pool.shutdown(wait=True, cancel_futures=True)
    return sending.sent


@dataclass(slots=True)
class _Sending(Generic[T]):
    rows: Sequence[T]
    call: Callable[[Sequence[T]], Sequence[Verdict | None]]
    caller: Caller
    repeatable: bool
    windows: tuple[Window, ...]
    sent: Sent
    halted: bool = False
    lock: Lock = field(default_factory=Lock)

    def batch(self, places: Sequence[int], tries: int = 0) -> None:
        """Send the rows at *places* and keep their verdicts; they are DEFERRED until then."""
        if self.halted:
            return
        begun: list[bool] = []
        try:
            said = self.caller.call(lambda: self._once(places, begun), repeatable=self.repeatable, windows=self.windows)
        except _Halted:
            return
        except (Rejected, Conflict, Gone) as error:
            self._spoilt(places, error)
        except Unknown as error:
            self._all(places, _UNKNOWN)
            if isinstance(error.__cause__, ConnectorError):
                self._ended(error.__cause__)
        except (Deferred, Refused, SchemaDrift) as error:
            self._ended(error)
        else:
            self._said(places, said, tries)

    def _once(self, places: Sequence[int], begun: list[bool]) -> Sequence[Verdict | None]:
        if self.halted and not begun:  # while it waited for its turn
            raise _Halted
        begun.append(True)
        with self.lock:
            self.sent.calls += 1
        try:
            return self.call([self.rows[place] for place in places])
        except Unknown:
            with self.lock:
                self.sent.in_doubt.update(places)
            raise

    def _spoilt(self, places: Sequence[int], error: Rejected | Conflict | Gone) -> None:
        if len(places) > 1:
            middle = len(places) // 2
            self.batch(places[:middle])
            self.batch(places[middle:])
            return
        kind = {Conflict: OutcomeKind.CONFLICT, Gone: OutcomeKind.GONE}.get(type(error), OutcomeKind.REJECTED)
        fields = error.fields if isinstance(error, Rejected) else ()
        self._all(places, Verdict(kind, error.code, fields))

    def _said(self, places: Sequence[int], said: Sequence[Verdict | None], tries: int) -> None:
        if len(said) != len(places):  # the reply fits no request of ours
            self._all(places, _UNKNOWN)
            return
        systemic = self._is_systemic(said)
        verdicts, locked = self.sent.verdicts, []
        for place, verdict in zip(places, said, strict=True):
            if verdict is None:
                verdicts[place] = _UNKNOWN
            elif verdict.kind is OutcomeKind.DEFERRED:
                locked.append(place)
            elif not (systemic and verdict.systemic):
                verdicts[place] = verdict
        if locked:
            self._locked(locked, tries + 1)

    def _locked(self, places: list[int], tries: int) -> None:
        """Send rows again that somebody held: after a while, and in smaller batches."""
        retry = self.caller.retry
        if self.halted or tries > LOCK_TRIES or not self.caller.bucket.take(RETRY_COSTS):
            return
        retry.sleep(retry.policy.wait_s(tries, None, retry.random))
        size = max(1, (len(places) + 1) // 2)
        for start in range(0, len(places), size):
            self.batch(places[start : start + size], tries)

    def _is_systemic(self, said: Sequence[Verdict | None]) -> bool:
        """Stop when every row would fail alike: thousands of failures would say no more than one message."""
        run = 0
        for verdict in said:
            run = run + 1 if verdict is not None and verdict.systemic else 0
            if verdict is not None and run == IN_A_ROW:
                named = f" {', '.join(verdict.fields)}" if verdict.fields else ""
                self._ended(
                    SchemaDrift(
                        f"connection `{self.caller.name}` refuses every record: {verdict.code or 'no code'}{named}",
                        next_step="Correct the mapping, or the rights and fields there: `npsync auth test CONNECTION`.",
                    )
                )
                return True
        return False

    def _all(self, places: Sequence[int], verdict: Verdict) -> None:
        for place in places:
            self.sent.verdicts[place] = verdict

    def _ended(self, error: ConnectorError) -> None:
        """Remember why rows were left; a system that is merely busy is still asked for the other batches."""
        with self.lock:
            worse = self.sent.stopped is None or isinstance(self.sent.stopped, Deferred)
            self.sent.stopped = error if worse else self.sent.stopped
            passing = isinstance(error, Deferred) and not isinstance(error, Paused | QuotaSpent)
            if not passing or (isinstance(error, Throttled) and not self.caller.retry.policy.worth_it(error)):
                self.halted = True
