"""The rules of faults and limits by themselves."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sandbox
from sandbox import Clock, Concurrent, Daily, Faults, Limits, Request, Window
from sandbox.faults import VENDOR
from sandbox.log import most_in_window


def call(number: int = 0, at: float = 0.0) -> Request:
    request = Request.of("POST", f"/a/{number}", str(number))
    request.arrived = at
    return request


def test_the_same_calls_meet_the_same_faults_in_any_order():
    """Threads come in any order; a run must be repeatable all the same."""
    one, other = Faults(7, status_500=0.3), Faults(7, status_500=0.3)
    calls = [call(number) for number in range(300)]

    forwards = [one.fires("status_500", request) for request in calls]
    backwards = [other.fires("status_500", request) for request in reversed(calls)]

    assert forwards == backwards[::-1]
    assert 60 < sum(forwards) < 120
    assert forwards != [Faults(8, status_500=0.3).fires("status_500", request) for request in calls]


def test_a_call_that_is_sent_again_has_a_new_chance():
    faults = Faults(1, status_500=0.5)

    assert {True, False} == {faults.fires("status_500", call()) for _ in range(40)}


def test_parts_of_a_call_are_struck_one_by_one():
    faults = Faults(1, row_lock=0.5)
    request = call()

    assert 20 < sum(faults.fires("row_lock", request, str(row)) for row in range(100)) < 80
    assert not Faults().fires("row_lock", request)


def test_a_whole_number_counts_down_and_one_point_zero_does_not():
    faults = Faults(cut_after=2, slow=1.0, status_429=True)

    assert [True, True, False] == [faults.fires("cut_after", call()) for _ in range(3)]
    assert [True] * 3 == [faults.fires("slow", call()) for _ in range(3)]
    assert [True] * 3 == [faults.fires("status_429", call()) for _ in range(3)]
    assert {"cut_after": 2, "slow": 3, "status_429": 3} == faults.struck
    faults.clear()
    assert not faults.fires("slow", call())


@pytest.mark.parametrize(("name", "value"), [("cut_aftr", 1), ("slow", 1.5), ("slow", -1), ("status_200", 1)])
def test_a_switch_that_does_nothing_is_refused(name, value):
    with pytest.raises(ValueError, match=name):
        Faults().set(name, value)


def test_every_switch_of_the_vendors_is_asked_for_by_one_and_no_other():
    """A name in the list that nobody asks for would play nothing; one that is asked for and not listed, too."""
    folder = Path(sandbox.__file__).parent
    modules = [path.read_text() for vendor in ("salesforce", "hubspot") for path in (folder / vendor).glob("*.py")]
    asked = {name for text in modules for name in re.findall(r"""\bfires\(\s*"(\w+)\"""", text)}

    assert set(VENDOR) == asked


def test_a_hundred_thousand_parts_of_a_large_call_are_drawn_within_seconds():
    """Each draw used to read the whole body again."""
    faults = Faults(1, row_lock=0.01)
    request = Request.of("PUT", "/batches", b"x" * 10_000_000)
    before = time.process_time()
    struck = sum(faults.fires("row_lock", request, str(row)) for row in range(100_000))

    assert 800 < struck < 1_200
    assert time.process_time() - before < 5


arrivals = st.lists(st.integers(0, 60).map(lambda tenths: tenths / 4), max_size=60).map(sorted)


@given(arrivals, st.integers(1, 5), st.sampled_from([0.25, 1.0, 2.5]))
def test_a_window_lets_in_all_it_can_and_no_more(times, calls, seconds):
    limits = Limits([Window(calls, seconds)])
    let_in: list[float] = []
    for at in times:
        full = sum(at - seconds < earlier for earlier in let_in) >= calls
        verdict = limits.admit(call(at=at))

        assert full == (verdict is not None)
        if verdict is None:
            let_in.append(at)
        else:
            assert limits.admit(call(at=at + verdict.retry_after - 0.01)) is not None
    assert most_in_window(let_in, seconds) <= calls


@given(arrivals, st.sampled_from([0.25, 1.0, 2.5]))
def test_the_most_in_a_window_is_what_counting_each_window_gives(times, seconds):
    slow = max((sum(start <= at < start + seconds for at in times) for start in times), default=0)

    assert slow == most_in_window(times, seconds)


def test_a_day_ends_at_midnight_of_the_account():
    limits = Limits([Daily(2, ahead_s=3600)])
    evening = 86_400 * 20_000 + 82_700.0  # 22:58:20 UTC, 23:58:20 there

    assert [None, None] == [limits.admit(call(at=evening)) for _ in range(2)]
    verdict = limits.admit(call(at=evening))
    assert verdict
    assert ("daily", 100) == (verdict.name, verdict.retry_after)
    assert limits.admit(call(at=evening + 100)) is None
    assert 1 == limits.used("daily")


def test_calls_under_way_count_once_they_have_lasted():
    limits = Limits([Concurrent(1, lasting_s=20)])
    first, second = call(at=0), call(at=19)

    assert limits.admit(first) is None
    assert limits.admit(second) is None
    assert limits.admit(call(at=21)) is not None
    limits.done(first)
    assert limits.admit(call(at=22)) is None


def test_a_refused_call_is_counted_under_no_limit():
    limits = Limits([Window(1, 10), Daily(5)])
    for at in range(5):
        limits.admit(call(at=at))

    assert (1, 1) == (limits.used("window"), limits.used("daily"))


def test_a_request_knows_what_is_left():
    limits = Limits([Window(3, 10, name="ten"), Daily(100)])
    request = call(at=5)
    limits.admit(request)

    assert [("ten", 3, 2, 10), ("daily", 100, 99, 86_400)] == [
        (one.name, one.most, one.left, one.seconds) for one in request.allowances
    ]


def test_a_clock_cannot_go_back():
    clock = Clock.standing(10.0)
    clock.advance(5)

    assert 15.0 == clock()
    with pytest.raises(ValueError, match="-1"):
        clock.advance(-1)
