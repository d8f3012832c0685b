"""Rolling windows and daily shares: never exceeded, and never waited for longer than needed."""

from __future__ import annotations

import time as wall
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.budget import DAY_S, LATEST_S, MARGIN_S, SLOT_S, Gate, MemoryMeter, Turn, Window
from connectors.errors import Deferred, QuotaSpent
from tests.unit.fake_time import FakeTime

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def most_in_any(times: list[float], seconds: float) -> int:
    """Count the calls in the fullest window, wherever it begins."""
    return max((sum(begin <= each < begin + seconds for each in times) for begin in times), default=0)


def gate(time: FakeTime, *windows: Window, most: int | None = None, meter: MemoryMeter | None = None) -> Gate:
    return Gate("crm", meter or MemoryMeter(time), windows, most, sleep=time.sleep, now=lambda: NOW)


@given(
    st.integers(1, 12),
    st.floats(0.5, 20.0),
    st.lists(st.floats(0.0, 15.0), min_size=1, max_size=60),
)
def test_no_rolling_window_holds_more_than_its_calls(calls: int, seconds: float, pauses: list[float]) -> None:
    """A bucket that refills would let nearly twice as many through."""
    time = FakeTime()
    line = gate(time, Window(calls, seconds))
    sent = []
    for pause in pauses:
        time.sleep(pause)
        line.enter()
        sent.append(time())

    assert most_in_any(sent, seconds) <= calls


def test_a_thousand_calls_take_the_nine_windows_they_need() -> None:
    time = FakeTime(0.0)
    line = gate(time, Window(100, 10.0))
    for _ in range(1000):
        line.enter()

    assert 90.0 <= time() <= 9 * (10.0 + MARGIN_S) + 0.1 <= 1.15 * 90.0


def test_a_call_under_two_limits_takes_from_both_or_from_none() -> None:
    """Taken from one while it waits for the other, it would be sent later than it was counted."""
    time = FakeTime()
    search = Window(5, 1.0, name="search")
    line = gate(time, Window(7, 10.0))
    searched, sent = [], []
    for number in range(60):
        wanted = [search] if number % 3 else []
        line.enter(*wanted)
        sent.append(time())
        searched += [time()] if wanted else []

    assert most_in_any(sent, 10.0) == 7
    assert most_in_any(searched, 1.0) <= 5


@given(st.lists(st.floats(0.0, LATEST_S), min_size=8, max_size=8), st.floats(0.0, 0.5))
def test_calls_that_leave_late_do_not_fill_the_next_window(late: list[float], slow: float) -> None:
    """On a busy machine a request leaves long after it was granted, and the one a window later leaves at once."""
    time = FakeTime(0.0)
    line = gate(time, Window(8, 10.0))
    turns = [line.enter() for _ in late]
    arrived = list(late)
    time.sleep(2.0)
    for turn, each in zip(turns, late, strict=True):
        line.left(turn, each + slow)
    for _ in range(8):
        line.enter()
        arrived.append(time())

    assert most_in_any(arrived, 10.0) <= 8
    assert time() <= 10.0 + max(MARGIN_S, LATEST_S) + 0.01


def test_threads_share_a_window() -> None:
    time = FakeTime()
    meter = MemoryMeter(time)
    sent: list[float] = []

    def work() -> None:
        line = gate(time, Window(10, 10.0), meter=meter)
        for _ in range(25):
            line.enter()
            sent.append(time())

    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # The clock stands still between two sleeps of other threads: what was granted at one time is seen at a later one.
    assert len(sent) == 200
    assert time() - 1000.0 >= 19 * 10.0


def test_of_the_threads_that_wait_one_asks_the_meter() -> None:
    """The shared meter is a transaction: eight threads that ask for each turn cost as much as what they write."""
    time, asleep, most = FakeTime(), list[float](), list[int]()

    def sleep(seconds: float) -> None:
        asleep.append(seconds)
        most.append(len(asleep))
        wall.sleep(0.01)  # the others come
        time.sleep(seconds)
        asleep.pop()

    line = Gate("crm", MemoryMeter(time), [Window(1, 10.0)], sleep=sleep, now=lambda: NOW)
    threads = [Thread(target=line.enter) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)

    assert [1] * 7 == most


def test_a_share_of_the_day_is_never_exceeded_in_any_24_hours() -> None:
    time = FakeTime()
    line = gate(time, most=50)
    sent: list[float] = []
    resume: list[timedelta] = []
    while time() < 3 * DAY_S:
        try:
            line.enter()
        except QuotaSpent as error:
            resume.append(error.resume_at - NOW)
        else:
            sent.append(time())
        time.sleep(701.0)

    assert len(sent) > 100
    assert most_in_any(sent, DAY_S) <= 50
    assert timedelta() < min(resume) <= max(resume) <= timedelta(days=1, seconds=SLOT_S)


def test_a_spent_share_names_the_time_at_which_it_has_room_again() -> None:
    time = FakeTime()
    line = gate(time, most=1)
    line.enter()

    with pytest.raises(QuotaSpent) as caught:
        line.enter()
    time.sleep((caught.value.resume_at - NOW).total_seconds())
    line.enter()


@pytest.mark.parametrize("most", [1999, 5000, 60_010])
def test_a_large_share_is_used_to_its_last_call_and_not_beyond(most: int) -> None:
    time = FakeTime()
    meter = MemoryMeter(time)
    gates = [gate(time, most=most, meter=meter) for _ in range(3)]
    sent = 0
    for line in gates:
        with suppress(QuotaSpent):
            while True:
                line.enter()
                sent += 1

    assert sent == most


def test_a_share_may_be_learnt_on_the_way() -> None:
    time = FakeTime()
    line = gate(time)
    line.enter()
    line.most_a_day = 0

    with pytest.raises(QuotaSpent):
        line.enter()


def test_waiting_for_a_turn_ends() -> None:
    """Others may take every turn; a run that waits for ever says nothing."""

    class Taken(MemoryMeter):
        def reserve(self, name: str, windows: object) -> Turn:  # noqa: ARG002 - as every meter has it
            return Turn(5.0, 0.0)

    time = FakeTime()
    with pytest.raises(Deferred, match="other runs"):
        gate(time, Window(1, 1.0), meter=Taken(time)).enter()
