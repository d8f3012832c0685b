"""Sending over real sockets: limits shared and never exceeded, and no lie about any row under any fault."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest

from connectors.batching import WRITTEN, Sent, Verdict, send
from connectors.budget import Gate, MemoryMeter, Window
from connectors.calling import Caller
from connectors.http import new_session
from connectors.replies import Complaint, Reply, Rule, Table
from connectors.retry import SERVICE, Retry
from connectors.values import OutcomeKind
from sandbox import Faults, Limits, Service
from sandbox import Reply as Answer
from sandbox import Window as Allowed
from sandbox.faults import TRANSPORT
from sync.ledger.budgets import SharedMeter
from sync.ledger.side import Side
from tests.unit.fake_time import FakeTime

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from requests import Session

    from sandbox import Request
    from sandbox.limits import Verdict as Refused

NOW = datetime(2026, 11, 22, tzinfo=UTC)
RULES: Sequence[Rule] = ()
TABLE = Table(system="CRM", rules=RULES, complaints=lambda body: [Complaint(each["code"]) for each in body])
ROWS = 400
PAIRS = [*[(name,) for name in TRANSPORT], *combinations(TRANSPORT, 2)]


class Numbers:
    """A service that takes lists of numbers and counts how often it took each."""

    def __init__(self) -> None:
        self.taken: Counter[int] = Counter()

    def handle(self, request: Request) -> Answer:
        if self.poison & set(request.json()):
            return Answer.json([{"code": "POISON"}], status=400)
        self.taken.update(request.json())
        return Answer.json(request.json())

    def throttled(self, _verdict: Refused) -> Answer:
        return Answer.json([{"code": "SLOW_DOWN"}], status=429)

    poison: frozenset[int] = frozenset()


def caller(session: Session, url: str, gate: Gate, retry: Retry) -> tuple[Caller, Any]:
    def call(batch: Sequence[int]) -> Sequence[Verdict | None]:
        try:
            reply = session.post(url, json=list(batch))
        except Exception as error:  # noqa: BLE001 - sorted by the table, which raises what is not of the wire
            raise TABLE.failure(error, what="writing", writes=True, now=NOW) from None
        said = set(TABLE.decoded(Reply.of(reply), what="writing", writes=True, now=NOW))
        return [WRITTEN if row in said else None for row in batch]

    return Caller("crm", gate=gate, retry=retry), call


def sent(service: Service, rows: Sequence[int], *, repeatable: bool) -> Sent:
    clock = FakeTime()
    gate = Gate("crm", MemoryMeter(clock), sleep=clock.sleep)
    with new_session(read_s=5.0) as session:
        shared, call = caller(session, service.url, gate, Retry(policy=SERVICE, sleep=clock.sleep, clock=clock))
        return send(rows, call, size=20, workers=4, caller=shared, repeatable=repeatable)


@pytest.mark.parametrize("repeatable", [True, False])
@pytest.mark.parametrize("faults", PAIRS, ids="-".join)
def test_no_verdict_is_a_lie_and_the_next_run_finishes(faults: tuple[str, ...], repeatable: bool) -> None:
    world = Numbers()
    switches = Faults(7, slow_s=0.0)
    for name in faults:
        switches.set(name, 0.15)
    with Service(world, faults=switches) as service:
        first = sent(service, range(ROWS), repeatable=repeatable)
        for row, verdict in enumerate(first.verdicts):
            match verdict.kind:
                case OutcomeKind.WRITTEN:
                    assert world.taken[row] >= 1
                case OutcomeKind.DEFERRED:
                    assert world.taken[row] == 0
                case kind:
                    assert kind is OutcomeKind.UNKNOWN
        if not repeatable:
            assert max(world.taken.values()) == 1
        service.faults.clear()
        left = [row for row, verdict in enumerate(first.verdicts) if verdict is not WRITTEN and not world.taken[row]]
        again = sent(service, left, repeatable=repeatable)

    assert set(again.verdicts) <= {WRITTEN}
    assert set(world.taken) == set(range(ROWS))


def test_poison_is_found_among_faults() -> None:
    world = Numbers()
    world.poison = frozenset({17, 230})
    with Service(world, faults=Faults(3, cut_after=0.05, status_503=0.05, truncated=0.05)) as service:
        result = sent(service, range(ROWS), repeatable=True)

    assert {row for row, verdict in enumerate(result.verdicts) if verdict is not WRITTEN} == {17, 230}
    assert {result.verdicts[row].code for row in (17, 230)} == {"POISON"}


def test_two_runs_with_eight_workers_stay_within_one_window_together(tmp_path: Path) -> None:
    """Judged by the service's own log, in any window; no call is refused, and the wait is no longer than it must be."""
    side = Side(f"sqlite:///{tmp_path}/ledger.db")
    allowed = Limits([Allowed(40, 2.0)])
    began = time.monotonic()

    def run(url: str) -> Sent:
        gate = Gate("crm", SharedMeter(side), [Window(40, 2.0)])
        with new_session() as session:
            shared, call = caller(session, url, gate, Retry(policy=SERVICE))
            return send(range(80), call, size=1, workers=4, caller=shared)

    with Service(Numbers(), limits=allowed) as service, ThreadPoolExecutor(2) as pool:
        results = list(pool.map(run, [service.url] * 2))
        most, calls = service.log.most_in_window(2.0), len(service.log)
    side.close()

    assert [result.calls for result in results] == [80, 80]
    assert calls == 160
    assert most <= 40
    assert time.monotonic() - began < 3 * 2.25 + 3.0
