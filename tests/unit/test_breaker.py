"""The breaker: a system that mostly fails is left alone, and looked at now and then."""

from __future__ import annotations

from itertools import repeat

import pytest

from connectors.calling import Breaker, Caller
from connectors.errors import (
    Deferred,
    Paused,
    Rejected,
)
from connectors.retry import Policy
from tests.unit.calls import Line, caller
from tests.unit.fake_time import FakeTime


def failing(shared: Caller, times: int) -> int:
    calls = 0
    for _ in range(times):
        line = Line(rest=repeat(Deferred("down")))
        with pytest.raises(Deferred):
            shared.call(line)
        calls += line.calls
    return calls


def test_a_system_that_is_down_is_left_alone() -> None:
    time = FakeTime()
    shared = caller(time, policy=Policy(attempts=1))

    assert failing(shared, 100) == 20
    with pytest.raises(Paused):
        shared.call(Line())


def test_a_system_that_only_lets_calls_time_out_is_left_alone() -> None:
    """Ten at a time, each for 110 s: there never are 20 in a minute, and 1,000 batches would take three hours."""
    time = FakeTime()
    breaker = Breaker(time)
    time.sleep(110.0)
    for _ in range(2):
        breaker.note(good=False, was_told=False, took_s=110.0)
    assert not breaker.is_open
    breaker.note(good=False, was_told=False, took_s=110.0)

    assert breaker.is_open


def test_slow_failures_with_a_success_among_them_are_no_outage() -> None:
    time = FakeTime()
    breaker = Breaker(time)
    for number in range(40):
        time.sleep(30.0)
        breaker.note(good=number % 3 == 2, took_s=30.0)

    assert not breaker.is_open


def test_one_call_in_30_seconds_then_in_a_minute_looks_whether_it_is_back() -> None:
    time = FakeTime()
    shared = caller(time, policy=Policy(attempts=1))
    failing(shared, 20)

    time.sleep(30.0)
    assert failing(shared, 5) == 1
    time.sleep(30.0)
    assert failing(shared, 5) == 0
    time.sleep(30.0)
    assert shared.call(Line()) == "done"
    assert shared.call(Line()) == "done"


def test_calls_that_were_under_way_do_not_lengthen_the_pause() -> None:
    time = FakeTime()
    breaker = Breaker(time)
    for _ in range(40):
        breaker.note(good=False)
    time.sleep(30.0)

    breaker.check("crm")


def test_a_twentieth_of_failures_in_a_thousand_calls_is_too_much() -> None:
    time = FakeTime()
    breaker = Breaker(time)
    for number in range(2000):
        time.sleep(1.0)
        breaker.note(good=number % 25 != 0)
    assert not breaker.is_open
    for number in range(1000):
        time.sleep(1.0)
        breaker.note(good=number % 15 != 0)
    assert breaker.is_open


def test_a_bad_line_is_no_error_of_the_system() -> None:
    """HubSpot counts the errors it gave; a network that loses one call in ten costs time only."""
    time = FakeTime()
    breaker = Breaker(time)
    for number in range(3000):
        time.sleep(1.0)
        breaker.note(good=number % 10 != 0, was_told=False)

    assert not breaker.is_open


def test_a_refused_record_is_an_answer() -> None:
    """Bad data must not close the way for good data."""
    shared = caller(FakeTime())
    for _ in range(100):
        with pytest.raises(Rejected):
            shared.call(Line(Rejected("no")))

    assert shared.call(Line()) == "done"
