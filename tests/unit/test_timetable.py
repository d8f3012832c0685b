"""When a mapping is due: intervals that were missed are not made up for, and arrivals do not move the interval."""

from __future__ import annotations

import pytest

from sync.errors import Exit
from sync.timetable import AGAIN_S, MOST_JITTER_S, REST_S, Start, Timetable

EVERY = 900.0


def timetable(*, rand: float = 0.0, **sources: str) -> Timetable:
    made = Timetable(rand=lambda: rand)
    made.plan(sources or {"crm": "survey"}, EVERY, 0.0)
    return made


def run(table: Timetable, start: Start | None, began: float, ended: float, status: Exit = Exit.DONE) -> None:
    assert start is not None
    table.began(start, began)
    table.ended(start, status, ended)


def test_a_mapping_is_due_at_once_and_then_at_each_interval() -> None:
    table = timetable()
    run(table, table.due(0.0), 0.0, 3.0)

    assert table.due(EVERY - 1) is None
    assert Start("crm", told=False) == table.due(EVERY)


def test_intervals_missed_are_left_out() -> None:
    """A run that took three intervals is followed by one at the next full interval, not by three at once."""
    table = timetable()
    run(table, table.due(0.0), 0.0, 3 * EVERY + 10)

    assert table.due(3 * EVERY + 10) is None
    assert EVERY - 10 == table.next_s(3 * EVERY + 10)


def test_the_one_that_waits_for_longest_goes_first() -> None:
    table = timetable(a="x", b="x")
    run(table, table.due(0.0), 0.0, 2 * EVERY)

    assert Start("b", told=False) == table.due(2 * EVERY)


@pytest.mark.parametrize("every", [60.0, EVERY, 86_400.0])
def test_jitter_stays_small(every: float) -> None:
    table = Timetable(rand=lambda: 0.999)
    table.plan({"crm": "survey"}, every, 0.0)
    run(table, table.due(0.0), 0.0, 1.0)

    assert every <= (table.next_s(0.0) or 0.0) <= every + min(every / 10, MOST_JITTER_S)


def test_a_burst_of_arrivals_is_one_run_beside_the_interval() -> None:
    table = timetable(crm="survey", other="file")
    run(table, table.due(0.0), 0.0, 1.0)
    run(table, table.due(0.0), 0.0, 1.0)
    for second in range(100, 103):
        table.arrived("survey", second)

    assert Start("crm", told=True) == table.due(102.0)
    run(table, table.due(102.0), 102.0, 103.0)
    assert table.due(EVERY - 1) is None
    assert Start("crm", told=False) == table.due(EVERY)


def test_arrivals_start_a_run_every_few_seconds_at_most() -> None:
    table = timetable()
    run(table, table.due(0.0), 0.0, 1.0)
    table.arrived("survey", 1.0)

    assert table.due(REST_S - 1) is None
    assert Start("crm", told=True) == table.due(REST_S)


def test_what_arrives_for_a_mapping_that_cannot_run_waits_for_its_interval() -> None:
    """Without a valid sign-in, each event would be a refused call; vendors lock such apps out."""
    table = timetable()
    run(table, table.due(0.0), 0.0, 1.0, Exit.SIGN_IN)
    table.arrived("survey", 10.0)
    assert table.due(EVERY - 1) is None

    run(table, table.due(EVERY), EVERY, EVERY + 1)
    table.arrived("survey", EVERY + 10)
    assert Start("crm", told=True) == table.due(EVERY + 10)


@pytest.mark.parametrize("told", [False, True])
def test_a_mapping_that_another_process_runs_is_tried_again_soon(told: bool) -> None:
    table = timetable()
    run(table, table.due(0.0), 0.0, 1.0)
    run(table, Start("crm", told=told), 50.0, 51.0, Exit.LEASE_HELD)

    assert table.due(51.0) is None
    assert Start("crm", told=told) == table.due(51.0 + AGAIN_S)


def test_a_new_plan_keeps_what_was_due_and_forgets_who_is_gone() -> None:
    table = timetable(a="x", b="x")
    run(table, table.due(0.0), 0.0, 1.0)
    table.arrived("x", 5.0)
    table.plan({"b": "x", "c": "x"}, 60.0, 10.0)

    assert {"b", "c"} == {name for name in "abc" if name in table._due}
    assert Start("b", told=False) == table.due(10.0)
    assert "a" not in table._told
