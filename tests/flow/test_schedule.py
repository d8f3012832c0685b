"""`npsync schedule run` on a real project: it can be ended at every step, sees what changes, and says who it is."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import gethostname
from typing import TYPE_CHECKING

import pytest

from sync.cli.scheduling import serve
from sync.cli.screen import Screen
from sync.cli.service_work import ProjectWork
from sync.cli.session import Session
from sync.errors import Exit
from sync.ledger import arrivals, services
from sync.ledger.lease import acquire
from sync.ledger.store import Ledger
from sync.service import Service
from sync.timetable import Timetable

if TYPE_CHECKING:
    from collections.abc import Callable

    from sync.timetable import Start
    from tests.flow.desk import Desk

ROOT = Path(__file__).parents[2]
LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC crm: ")


class Time:
    """Seconds that pass only in sleep; at some of them something happens."""

    def __init__(self, asked: list[int], **at: Callable[[], object]) -> None:
        self.now, self.asked = 0.0, asked
        self.at = {int(name.removeprefix("s")): what for name, what in at.items()}

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        before, self.now = int(self.now), self.now + seconds
        for second in range(before + 1, int(self.now) + 1):
            self.at.get(second, lambda: None)()


def served(desk: Desk, until: int, *, json_lines: bool = False, **at: Callable[[], object]) -> Exit:
    """Serve for *until* seconds."""
    asked: list[int] = []
    time = Time(asked, **{f"s{until}": lambda: asked.append(signal.SIGTERM)} | at)
    session = Session(screen=Screen(json=json_lines, quiet=True), config=desk.folder / "config.yaml")
    return serve(session, [], asked, timer=time, sleep=time.sleep)


def ledger(desk: Desk) -> Ledger:
    return Ledger(f"sqlite:///{desk.folder}/.npsync/ledger.db")


def runs(desk: Desk) -> int:
    return len(desk.npsync("runs", "--output", "json").object["runs"])


def test_each_run_is_a_line_and_every_interval_has_one(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert Exit.DONE == served(desk, 1000)
    lines = capsys.readouterr().out.splitlines()
    served(desk, 10, json_lines=True)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert 2 == len(lines) == runs(desk) - 1
    assert all(LINE.match(line) for line in lines)
    assert "5 in, 2 written" in lines[0]
    assert "acme.example" not in "".join(lines)
    assert [("crm", 0)] == [(one["mapping"], one["exit"]) for one in told]


def test_what_arrives_starts_a_run_before_the_interval_is_over(desk: Desk) -> None:
    def arrive() -> None:
        with ledger(desk).write() as connection:
            arrivals.bump(connection, "survey")

    served(desk, 60, s30=arrive)

    assert 2 == runs(desk)


def test_a_changed_config_counts_from_the_next_run_on(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """A slip in it is told, ends nothing, and is over when the file is right again."""
    config = (desk.folder / "config.yaml").read_text(encoding="utf-8")

    served(
        desk,
        200,
        s10=lambda: desk.write("config.yaml", config + "schedule: {every: fast}\n"),
        s20=lambda: desk.write("config.yaml", config + "schedule: {every: 1m}\n"),
    )

    said = capsys.readouterr()
    assert 1 == said.err.count("[E103]")
    assert 3 <= len(said.out.splitlines()) <= 5


def test_status_tells_of_the_service_while_it_runs_and_when_it_died(desk: Desk) -> None:
    told = []
    served(desk, 60, s30=lambda: told.append(desk.npsync("status")))
    after = desk.npsync("status", "--output", "json").object

    assert re.search(
        rf"schedule: a service runs \(process {os.getpid()} on .+\), every 900 s, next run at 2", told[0].out
    )
    assert after["schedule"] is None
    services.take(ledger(desk), f"{gethostname()}/{os.getpid()}/1", datetime.now(UTC), every_s=60, next_at=None)
    assert "ended without saying so; start it again" in desk.npsync("status").out


def test_a_run_that_another_process_does_is_no_failure_and_tried_again(desk: Desk) -> None:
    held: list[object] = [acquire(ledger(desk), "crm", lambda: datetime.now(UTC))]

    served(desk, 50, s20=lambda: held.pop().release())  # type: ignore[attr-defined]

    assert 1 == runs(desk)


def test_a_service_that_runs_elsewhere_keeps_once_away(desk: Desk) -> None:
    now = datetime.now(UTC)
    services.take(ledger(desk), "elsewhere/7/1", now, every_s=900, next_at=now + timedelta(minutes=5))

    said = desk.npsync("schedule", "run", "--once")

    assert Exit.LEASE_HELD == said.status
    assert "another service runs: process 7 on elsewhere" in said.err
    assert 0 == runs(desk)


def test_once_has_the_status_of_sync(desk: Desk) -> None:
    assert [1, 0] == [desk.npsync("schedule", "run", "--once").status for _ in range(2)]


def test_it_can_be_ended_before_every_durable_step(desk: Desk) -> None:
    """What was written stays, and the next run goes on there."""
    asked: list[int] = []

    class Ending(ProjectWork):
        """Is asked to end before the step of that number."""

        steps = 0

        def run(self, start: Start, step: Callable[[], None]) -> Exit:
            def counted() -> None:
                self.steps -= 1
                if not self.steps:
                    asked.append(signal.SIGTERM)
                step()

            return super().run(start, counted)

    session = Session(screen=Screen(quiet=True), config=desk.folder / "config.yaml")
    ends = 0
    for number in (1, 4, 6, 8):
        with Ending(session, []) as work, suppress(KeyboardInterrupt):
            work.steps = number
            asked.clear()
            time = Time(asked, s5=lambda: asked.append(signal.SIGTERM))
            timetable = Timetable(rand=lambda: 0.0)
            Service(work=work, timetable=timetable, asked=asked, clock=work.clock, timer=time, sleep=time.sleep).serve()
        ends += work.steps <= 0

    assert 4 == ends
    assert 0 == desk.npsync("sync").status
    assert [("C-1", 9), ("C-2", 3)] == desk.stored("SELECT customer_id, nps_score FROM people ORDER BY 1")


def test_ctrl_c_ends_it_as_it_ends_every_command(desk: Desk) -> None:
    asked: list[int] = []
    time = Time(asked, s5=lambda: asked.append(signal.SIGINT))
    session = Session(screen=Screen(quiet=True), config=desk.folder / "config.yaml")

    with pytest.raises(KeyboardInterrupt):
        serve(session, [], asked, timer=time, sleep=time.sleep)


def test_a_signal_ends_the_process_in_order(desk: Desk) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "sync.cli", "schedule", "run"],
        cwd=desk.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert LINE.match(process.stdout.readline())
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)

    assert 0 == process.returncode
    assert "Traceback" not in err
    assert desk.npsync("status", "--output", "json").object["schedule"] is None
