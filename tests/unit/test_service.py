"""The service, on a clock of its own: it survives what a run, the config or the ledger does, and ends when asked."""

from __future__ import annotations

import signal
import tracemalloc
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from sync.errors import Exit, Problem, UserError
from sync.ledger.services import Standing
from sync.service import Plan, Service
from sync.timetable import Start, Timetable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DAY = datetime(2026, 11, 22, tzinfo=UTC)
OTHER = Standing(state="runs", host="a", process=7, every_s=60, next_at=None, expires_at="")
BROKEN = UserError("E103", Problem(where="config.yaml:1:1", what="something is wrong"))


@dataclass
class Played:
    """Work that does nothing, in time that passes only when somebody sleeps."""

    now: float = 0.0
    plans: list[Plan] = field(default_factory=lambda: [Plan(sources={"crm": "survey"}, every_s=60.0)])
    runs: list[tuple[float, Start]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    newest: dict[str, int] = field(default_factory=dict)
    others: list[Standing] = field(default_factory=list)
    #: Second → what happens then.
    events: dict[int, Callable[[], object]] = field(default_factory=dict)
    statuses: list[Exit] = field(default_factory=list)
    broken: UserError | None = None
    left: int = 0

    def plan(self) -> Plan | None:
        if self.broken is not None:
            raise self.broken
        return self.plans.pop() if self.plans else None

    def take(self, _every_s: float, _next_at: datetime | None) -> Standing | None:
        return self.others[0] if self.others else None

    def leave(self) -> None:
        self.left += 1

    def arrivals(self) -> Mapping[str, int]:
        return self.newest

    def run(self, start: Start, step: Callable[[], None]) -> Exit:
        step()
        self.runs.append((self.now, start))
        return self.statuses.pop() if self.statuses else Exit.DONE

    def told(self, sentence: str) -> None:
        self.said.append(sentence)

    def sleep(self, seconds: float) -> None:
        before, self.now = self.now, self.now + seconds
        for second in range(int(before) + 1, int(self.now) + 1):
            self.events.get(second, lambda: None)()

    def service(self, until: int = 200) -> Service:
        self.events.setdefault(until, lambda: self.asked.append(signal.SIGTERM))
        return Service(
            work=self,
            timetable=Timetable(rand=lambda: 0.0),
            asked=self.asked,
            clock=lambda: DAY + timedelta(seconds=self.now),
            timer=lambda: self.now,
            sleep=self.sleep,
        )

    @property
    def began(self) -> list[float]:
        return [at for at, _ in self.runs]


def test_it_runs_at_once_and_then_at_each_interval() -> None:
    played = Played()
    played.service().serve()

    assert [0.0, 60.0, 120.0, 180.0] == played.began
    assert 1 == played.left


def test_a_failed_run_ends_nothing() -> None:
    played = Played(statuses=[Exit.DONE, Exit.SIGN_IN, Exit.UNAVAILABLE, Exit.SOME_ROWS_FAILED])
    played.service().serve()

    assert 4 == len(played.runs)


def test_an_event_starts_a_run_within_a_second_and_only_once() -> None:
    played = Played(newest={"survey": 5})
    played.events[31] = lambda: played.newest.update(survey=7, other=1)
    played.service(59).serve()

    assert [(0.0, Start("crm", told=False)), (31.0, Start("crm", told=True))] == played.runs


def test_a_config_that_breaks_is_told_once_and_the_runs_go_on() -> None:
    played = Played()
    played.events[10] = lambda: setattr(played, "broken", BROKEN)
    played.service(130).serve()

    assert [0.0, 60.0, 120.0] == played.began
    assert 1 == len(played.said)
    assert played.said[0].endswith("[E103] npsync help E103")


def test_a_changed_interval_counts_at_once() -> None:
    played = Played()
    played.events[10] = lambda: played.plans.append(Plan(sources={"crm": "survey", "new": "file"}, every_s=20.0))
    played.service(45).serve()

    assert [0.0, 10.0, 30.0, 30.0] == played.began


def test_a_second_service_says_who_runs_and_takes_over() -> None:
    played = Played(others=[OTHER])
    played.events[30] = played.others.clear
    played.service(40).serve()

    assert [30.0] == played.began
    assert ["another service runs: process 7 on a; this one waits for it to end. Ctrl-C leaves."] == played.said


def test_one_that_waits_can_be_ended_too() -> None:
    played = Played(others=[OTHER])
    played.service(7).serve()

    assert not played.runs
    assert 0 == played.left


def test_asked_within_a_run_it_ends_before_the_next_durable_step() -> None:
    class Asked(Played):
        def run(self, start: Start, step: Callable[[], None]) -> Exit:
            self.asked.append(signal.SIGTERM)
            return super().run(start, step)

    played = Asked()

    with pytest.raises(KeyboardInterrupt):
        played.service().serve()
    assert not played.runs
    assert 1 == played.left


def test_once_runs_each_mapping_and_ends_with_the_gravest_status() -> None:
    played = Played(plans=[Plan(sources={"a": "x", "b": "x"}, every_s=60.0)], statuses=[Exit.DONE, Exit.UNAVAILABLE])

    assert Exit.UNAVAILABLE == played.service().once()
    assert ["a", "b"] == [start.mapping for _, start in played.runs]


def test_once_leaves_the_work_to_a_service_that_runs() -> None:
    played = Played(others=[OTHER])

    assert Exit.LEASE_HELD == played.service().once()
    assert not played.runs


def test_memory_does_not_grow_with_the_number_of_runs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL", logger="sync")  # what is told would be kept for the test's own report

    class Forgetful(Played):
        def run(self, start: Start, step: Callable[[], None]) -> Exit:
            step()
            self.newest = {"survey": self.newest.get("survey", 0) + 1}
            return Exit(0 if start.told else 5)

    played, sizes = Forgetful(), []
    played.events |= dict.fromkeys((3_000, 9_000), lambda: sizes.append(tracemalloc.get_traced_memory()[0]))
    service = played.service(9_001)
    tracemalloc.start()
    try:
        service.serve()
    finally:
        tracemalloc.stop()

    assert sizes[1] - sizes[0] < 4_096
