"""Batches: every row has one verdict, a poisoned one is found in few calls, and what stops one stops all."""

from __future__ import annotations

from collections import Counter
from itertools import repeat
from threading import Event, Lock, Timer
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.batching import WRITTEN, Sent, Verdict, send
from connectors.budget import Gate, MemoryMeter, Turn, Window
from connectors.calling import Breaker, Caller
from connectors.errors import Conflict, ConnectorError, Deferred, Refused, Rejected, SchemaDrift, Throttled, Unknown
from connectors.retry import Policy, Retry
from connectors.values import OutcomeKind
from tests.unit.fake_time import FakeTime

if TYPE_CHECKING:
    from collections.abc import Sequence

LOCKED = Verdict(OutcomeKind.DEFERRED, "UNABLE_TO_LOCK_ROW")
DRIFT = Verdict(OutcomeKind.REJECTED, "INVALID_FIELD", ("NPS__c",), systemic=True)


class Vendor:
    """Writes numbers; refuses whole batches that hold a poisoned one, and does what it is told for others."""

    def __init__(self, **says: object) -> None:
        self.says = says
        self.poisoned: set[int] = set()
        self.written: Counter[int] = Counter()
        self.calls: list[int] = []
        self.fail: list[ConnectorError] = []
        #: The write is done, and its answer lost, in so many calls.
        self.lose = 0
        self._lock = Lock()

    def __call__(self, batch: Sequence[int]) -> Sequence[Verdict | None]:
        with self._lock:
            self.calls.append(len(batch))
            if self.fail:
                raise self.fail.pop(0)
            if self.poisoned & set(batch):
                raise Rejected("the batch was refused", fields=("NPS__c",), code="INVALID")
            verdicts = [self._one(row) for row in batch]
            if self.lose:
                self.lose -= 1
                raise Unknown("lost")
            return verdicts

    def _one(self, row: int) -> Verdict | None:
        said = self.says.get(f"r{row}", WRITTEN)
        if isinstance(said, list):
            said = said.pop(0) if said else WRITTEN
        if said is WRITTEN:
            self.written[row] += 1
        assert said is None or isinstance(said, Verdict)
        return said


def caller(time: FakeTime, policy: Policy | None = None) -> Caller:
    retry = Retry(policy=policy or Policy(), sleep=time.sleep, random=lambda: 0.5, clock=time)
    gate = Gate("crm", MemoryMeter(time), sleep=time.sleep)
    return Caller("crm", gate=gate, retry=retry, breaker=Breaker(time))


def sent(rows: int, vendor: Vendor, *, size: int = 100, workers: int = 1, repeatable: bool = True) -> Sent:
    return send(range(rows), vendor, size=size, workers=workers, caller=caller(FakeTime()), repeatable=repeatable)


def kinds(result: Sent) -> Counter[str]:
    return Counter(verdict.kind.value for verdict in result.verdicts)


@pytest.mark.parametrize("place", [0, 1, 37, 49, 50, 62, 98, 99])
def test_one_poisoned_record_in_100_is_found_in_15_calls_and_the_99_are_written(place: int) -> None:
    vendor = Vendor()
    vendor.poisoned = {place}

    result = sent(100, vendor)

    assert result.calls == len(vendor.calls) <= 15
    assert kinds(result) == {"written": 99, "rejected": 1}
    assert result.verdicts[place] == Verdict(OutcomeKind.REJECTED, "INVALID", ("NPS__c",))
    assert vendor.written == Counter(set(range(100)) - {place})


@given(st.sets(st.integers(0, 249), max_size=30), st.integers(1, 100), st.integers(1, 8))
def test_poison_anywhere_never_costs_a_good_row(poisoned: set[int], size: int, workers: int) -> None:
    vendor = Vendor()
    vendor.poisoned = set(poisoned)

    result = sent(250, vendor, size=size, workers=workers)

    assert vendor.written == Counter(set(range(250)) - poisoned)
    assert {place for place, verdict in enumerate(result.verdicts) if verdict is not WRITTEN} == poisoned
    assert result.stopped is None


errors = st.sampled_from([Deferred("x"), Throttled("x", retry_after_s=1.0), Unknown("x"), Refused("x"), Conflict("x")])


@given(st.lists(errors, max_size=12), st.integers(0, 8), st.booleans(), st.sampled_from([1, 4]))
def test_every_row_has_one_verdict_and_none_lies(
    failures: list[ConnectorError], lose: int, repeatable: bool, workers: int
) -> None:
    """DEFERRED means never applied; WRITTEN means applied; only UNKNOWN may be either."""
    vendor = Vendor()
    vendor.fail, vendor.lose = list(failures), lose

    result = sent(60, vendor, size=10, workers=workers, repeatable=repeatable)

    assert len(result.verdicts) == 60
    for row, verdict in enumerate(result.verdicts):
        if verdict.kind is OutcomeKind.WRITTEN:
            assert vendor.written[row] >= 1
        if verdict.kind in {OutcomeKind.DEFERRED, OutcomeKind.REJECTED, OutcomeKind.CONFLICT}:
            assert vendor.written[row] == 0
    if not repeatable:
        assert max(vendor.written.values(), default=0) <= 1
    if kinds(result)["deferred"]:
        assert result.stopped is not None


def test_rows_of_an_unanswered_attempt_stay_in_doubt_when_the_next_one_is_confirmed() -> None:
    """The first attempt may still arrive, after whatever is written meanwhile."""
    vendor = Vendor()
    vendor.lose = 1

    result = sent(3, vendor, size=2)
    applied = result.applied("Contact", ["a", "b", "c"])

    assert [verdict.kind for verdict in result.verdicts] == [OutcomeKind.WRITTEN] * 3
    assert [(each.id, each.kind, each.in_doubt) for each in applied.others] == [
        ("a", OutcomeKind.WRITTEN, True),
        ("b", OutcomeKind.WRITTEN, True),
    ]
    assert applied.written == 1


def test_a_row_that_the_reply_forgets_is_unknown() -> None:
    result = sent(5, Vendor(r3=None))

    assert kinds(result) == {"written": 4, "unknown": 1}


def test_a_reply_of_another_length_leaves_all_unknown() -> None:
    result = send(range(5), lambda _batch: [WRITTEN] * 4, size=9, workers=1, caller=caller(FakeTime()))

    assert kinds(result) == {"unknown": 5}


def test_locked_rows_are_sent_again_with_fewer_beside_them() -> None:
    vendor = Vendor(**{f"r{row}": [LOCKED, LOCKED] for row in range(8)})

    result = sent(20, vendor)

    assert kinds(result) == {"written": 20}
    assert vendor.calls == [20, 4, 2, 2, 4, 2, 2]
    assert max(vendor.written.values()) == 1


def test_a_row_that_stays_locked_waits_for_the_next_run() -> None:
    vendor = Vendor(r3=[LOCKED] * 50)

    result = sent(20, vendor)

    assert kinds(result) == {"written": 19, "deferred": 1}
    assert vendor.calls == [20, 1, 1, 1, 1, 1]


def test_three_rows_in_a_row_with_the_mappings_own_trouble_stop_all() -> None:
    """Ten thousand failures would say no more than one message; what was written still counts."""
    vendor = Vendor(**{f"r{row}": DRIFT for row in range(2, 9)})

    result = sent(40, vendor, size=10)

    assert isinstance(result.stopped, SchemaDrift)
    assert "INVALID_FIELD NPS__c" in str(result.stopped)
    assert vendor.calls == [10]
    assert kinds(result) == {"written": 3, "deferred": 37}


def test_two_such_rows_are_failures_of_their_own() -> None:
    result = sent(10, Vendor(r2=DRIFT, r3=DRIFT))

    assert kinds(result) == {"written": 8, "rejected": 2}


def test_a_refusal_stops_the_batches_that_were_not_sent() -> None:
    vendor = Vendor()
    vendor.fail = [Refused("no right")]

    result = sent(500, vendor)

    assert isinstance(result.stopped, Refused)
    assert kinds(result) == {"deferred": 500}
    assert len(vendor.calls) == 1


def test_batches_that_wait_for_their_turn_are_not_sent_after_a_refusal() -> None:
    """They stand at the gate while the first one learns that nobody may write."""
    time = FakeTime()
    vendor = Vendor()
    vendor.fail = [Refused("no right")]
    waiting = Event()

    class Slow(MemoryMeter):
        def reserve(self, name: str, windows: Sequence[Window]) -> Turn:
            turn = super().reserve(name, windows)
            if turn.wait_s:
                waiting.wait(timeout=10.0)
            return turn

    gate = Gate("crm", Slow(time), [Window(1, 10.0)], sleep=time.sleep)
    retry = Retry(policy=Policy(), sleep=time.sleep, random=lambda: 0.5, clock=time)

    def call(batch: Sequence[int]) -> Sequence[Verdict | None]:
        try:
            return vendor(batch)
        finally:
            Timer(0.2, waiting.set).start()

    result = send(range(400), call, size=100, workers=4, caller=Caller("crm", gate=gate, retry=retry))

    assert vendor.calls == [100]
    assert kinds(result) == {"deferred": 400}
    assert isinstance(result.stopped, Refused)


def test_one_batch_that_never_came_through_does_not_keep_the_others_back() -> None:
    vendor = Vendor()
    vendor.fail = [Deferred("down")] * 4

    result = sent(300, vendor)

    assert isinstance(result.stopped, Deferred)
    assert kinds(result) == {"deferred": 100, "written": 200}


def test_a_system_that_is_down_is_not_asked_for_every_batch() -> None:
    vendor = Vendor()
    vendor.fail = list(repeat(Deferred("down"), 10_000))

    result = sent(100_000, vendor, workers=8)

    assert kinds(result) == {"deferred": 100_000}
    assert len(vendor.calls) <= 30


def test_a_long_wait_is_left_to_the_next_run() -> None:
    vendor = Vendor()
    vendor.fail = [Throttled("later", retry_after_s=4000.0)]

    result = sent(300, vendor)

    assert isinstance(result.stopped, Throttled)
    assert vendor.calls == [100]


def test_a_mistake_of_ours_ends_the_sending() -> None:
    def broken(_batch: Sequence[int]) -> Sequence[Verdict | None]:
        raise KeyError("x")

    for workers in (1, 4):
        with pytest.raises(KeyError):
            send(range(900), broken, size=10, workers=workers, caller=caller(FakeTime()))


def test_outcomes_name_their_records() -> None:
    applied = sent(3, Vendor(r1=DRIFT)).applied("Contact", ["a", "b", "c"])

    assert applied.written == 2
    assert [(each.object, each.id, each.code, each.fields) for each in applied.others] == [
        ("Contact", "b", "INVALID_FIELD", ("NPS__c",))
    ]
