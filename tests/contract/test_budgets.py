"""Budgets: processes and threads on one ledger stay within a vendor's limits together, dry runs too."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.budget import DAY_S, Gate, MemoryMeter, Meter, Window
from connectors.errors import QuotaSpent
from connectors.salesforce.jobs import Job
from sync.ledger.budgets import SharedMeter
from sync.ledger.jobs import KeptJobs
from sync.ledger.side import Side
from sync.ledger.store import Ledger
from tests.unit.fake_time import FakeTime

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROCESS = """
import sys, time
from connectors.budget import Gate, Window
from sync.ledger.budgets import SharedMeter
from sync.ledger.side import Side

gate = Gate("crm", SharedMeter(Side(sys.argv[1])), [Window(20, 0.5)])
for _ in range(25):
    gate.enter()
    print(time.monotonic(), flush=True)
"""


@pytest.fixture
def side(ledger_url: str) -> Iterator[Side]:
    opened = Side(ledger_url)
    yield opened
    opened.close()


def most_in_any(times: list[float], seconds: float) -> int:
    return max(sum(begin <= each < begin + seconds for each in times) for begin in times)


@pytest.mark.timeout(120)
def test_processes_never_exceed_a_window_together(ledger_url: str) -> None:
    command = [sys.executable, "-c", PROCESS, ledger_url]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    told = [process.communicate(timeout=100)[0] for process in running]
    times = sorted(float(line) for text in told for line in text.splitlines())

    assert len(times) == 100
    assert most_in_any(times, 0.5) <= 20
    assert times[-1] - times[0] < 4 * 0.75 + 5.0, "waited for longer than the windows asked for"


def test_threads_never_exceed_a_window_together(side: Side) -> None:
    time = FakeTime()
    meter = SharedMeter(side, clock=time, wall=time)
    granted: list[float] = []

    def work() -> None:
        for _ in range(20):
            while wait := meter.reserve("crm", [Window(10, 10.0)]).wait_s:
                time.sleep(wait)
            granted.append(time())

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(granted) == 80
    assert time() - 1000.0 >= 7 * 10.0


@settings(max_examples=15)
@given(st.lists(st.tuples(st.floats(0.0, 4.0), st.booleans(), st.booleans()), max_size=25))
def test_it_decides_as_the_meter_in_memory_does(asked: list[tuple[float, bool, bool]]) -> None:
    """Two implementations of one rule, on any history."""
    time = FakeTime()
    side = Side("sqlite://")
    shared, own = SharedMeter(side, clock=time, wall=time), MemoryMeter(time)
    meters: list[Meter] = [own, shared]
    for pause, searches, late in asked:
        time.sleep(pause)
        windows = [Window(4, 5.0), *([Window(2, 1.0, name="search")] if searches else [])]
        turns = [meter.reserve("crm", windows) for meter in meters]
        assert turns[0].wait_s == pytest.approx(turns[1].wait_s)
        if late and not turns[0].wait_s:
            for meter, turn in zip(meters, turns, strict=True):
                meter.postpone("crm", windows, turn, 0.5)
        assert own.reserve_day("crm", calls=1, most=9) == pytest.approx(shared.reserve_day("crm", calls=1, most=9))
    side.close()


def test_a_share_of_the_day_is_shared(side: Side, ledger_url: str) -> None:
    time = FakeTime(1e9)
    other = Side(ledger_url)
    gates = [Gate("crm", SharedMeter(each, clock=time, wall=time), most_a_day=10) for each in (side, other)]
    for number in range(10):
        gates[number % 2].enter()

    for gate in gates:
        with pytest.raises(QuotaSpent):
            gate.enter()
    time.sleep(DAY_S + 700.0)
    gates[0].enter()
    other.close()


def test_a_share_that_replies_tell_counts_the_calls_before_them(side: Side, ledger_url: str) -> None:
    """Two processes make a call each before they know the share; what they make after it is the less."""
    time, other = FakeTime(1e9), Side(ledger_url)
    meters = [SharedMeter(each, clock=time, wall=time) for each in (side, other)]
    first, second = (Gate("crm", meter, told_later=True) for meter in meters)
    for _ in range(5):
        for gate in (first, second):
            gate.enter()
            gate.most_a_day = 10

    for gate in (first, second):
        with pytest.raises(QuotaSpent):
            gate.enter()
    other.close()


def test_connections_do_not_count_for_each_other(side: Side) -> None:
    meter = SharedMeter(side)

    assert meter.reserve("a", [Window(1, 60.0)]).wait_s == 0.0
    assert meter.reserve("b", [Window(1, 60.0)]).wait_s == 0.0
    assert meter.reserve("a", [Window(1, 60.0)]).wait_s > 59.0


def test_calls_of_a_dry_run_are_counted(ledger_url: str) -> None:
    """A dry run is rolled back; what it called was called all the same, and others must be able to call meanwhile."""
    ledger, side, other = Ledger(ledger_url), Side(ledger_url), Side(ledger_url)
    window = [Window(1, 600.0)]
    with ledger.rolled_back(), ledger.write():
        assert SharedMeter(side).reserve("crm", window).wait_s == 0.0
        assert SharedMeter(other).reserve("crm", window).wait_s > 0.0

    assert SharedMeter(other).reserve("crm", window).wait_s > 0.0
    for each in (ledger, side, other):
        each.close()


def test_a_machine_that_was_started_again_waits_one_window_at_most(side: Side) -> None:
    """Its clock begins anew: times of before lie far ahead, and would never pass."""
    late, early = FakeTime(500_000.0), FakeTime(10.0)
    SharedMeter(side, clock=late, wall=late).reserve("crm", [Window(1, 10.0)])
    meter = SharedMeter(side, clock=early, wall=early)

    waits = []
    while wait := meter.reserve("crm", [Window(1, 10.0)]).wait_s:
        waits.append(wait)
        early.sleep(wait)
        assert len(waits) < 3

    assert sum(waits) <= 11.0


def test_the_side_file_is_private(tmp_path: Path) -> None:
    Side(f"sqlite:///{tmp_path}/state/ledger.db").close()

    assert (tmp_path / "state/ledger.budgets.db").stat().st_mode & 0o077 == 0


def test_its_clock_never_goes_back(side: Side) -> None:
    meter = SharedMeter(side)
    waits = [meter.reserve("crm", [Window(1, 600.0)]).wait_s for _ in range(4)]

    assert waits[0] == 0.0
    assert all(later <= earlier for earlier, later in pairwise(waits[1:]))


def test_a_job_is_found_again_by_the_next_run(side: Side, ledger_url: str) -> None:
    jobs = [
        Job(id=f"750-{number}", object="Contact", operation="update", key="Id", digest="00", rows=number)
        for number in range(3)
    ]
    for job in jobs:
        KeptJobs(side, "crm").remember(job)
    other = Side(ledger_url)
    found = KeptJobs(other, "crm")
    found.forget("750-1")

    assert KeptJobs(other, "other").running() == []
    assert found.running() == [jobs[0], jobs[2]]
    other.close()
