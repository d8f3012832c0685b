"""A run that dies at any step and is run again ends where a run that lived would have ended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sync.report import State
from tests.flow.scenario import KILLED, first
from tests.flow.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
STORE = ("people", "responses", "accounts", "segment_members", "tasks")
#: What a run leaves behind but its own name, which differs when there was one more.
LEDGER = (
    "SELECT key, version, content_hash, score, comment, respondent FROM responses ORDER BY key",
    "SELECT * FROM respondents ORDER BY respondent",
    "SELECT respondent, outcome, reason, rule, object, record, person, account, evidence FROM matches ORDER BY 1",
    "SELECT mapping, key, state, reason FROM run_rows ORDER BY key",
    "SELECT * FROM profiles ORDER BY record",
    "SELECT * FROM rollups ORDER BY account",
    "SELECT * FROM memberships ORDER BY record, segment",
    "SELECT * FROM totals ORDER BY survey_kind, category",
    "SELECT * FROM unmatched ORDER BY key",
    "SELECT mapping, object, record, desired FROM acknowledged ORDER BY object, record",
    "SELECT file, row, reason FROM rejects ORDER BY row",
    "SELECT stream, cursor FROM cursors ORDER BY stream",
    "SELECT count(*) FROM outbox",
    "SELECT count(*) FROM touched",
    "SELECT object, record, keys, before, after, made FROM writes ORDER BY object, record",
    "SELECT count(*) FROM earlier",
    "SELECT mapping, object, ours FROM owned ORDER BY object",
)


class Crash(BaseException):
    """The process is gone; nothing of ours may catch it."""


def state(world: World) -> list[Any]:
    store = [sorted(map(repr, world.execute(f"SELECT * FROM {table}"))) for table in STORE]
    return [*store, *(world.ledger(query.replace("row", '"row"') if "rejects" in query else query) for query in LEDGER)]


def steps_of(world: World) -> list[str]:
    names: list[str] = []
    world.step = names.append
    world.sync()
    world.step = lambda _name: None
    return names


@pytest.fixture
def make(ledger_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], World]:
    """Build worlds that share nothing, their stores on the engine of their ledger."""
    made: list[World] = []

    def build(name: str) -> World:
        folder = tmp_path / name
        folder.mkdir()
        if ledger_url.startswith("postgresql"):
            server = request.getfixturevalue("postgres")
            urls = [server.url(server.create()) for _ in range(2)]
            world = World(folder, ledger_url=urls[0], store_url=urls[1])
        else:
            world = World(folder)
        made.append(world)
        return first(world.make_customers())

    return build


class TestDyingInTheSameProcess:
    def test_dying_at_each_step_and_running_again_ends_as_if_nothing_had_happened(
        self, make: Callable[[str], World]
    ) -> None:
        alive = make("alive")
        steps = steps_of(alive)
        expected = state(alive)

        assert len(set(steps)) >= 9
        for number in range(len(steps)):
            world = make(f"dies{number}")
            left = iter(range(number))

            def step(_name: str, left: Any = left) -> None:
                if next(left, None) is None:
                    raise Crash

            world.step = step
            with pytest.raises(Crash):
                world.sync()
            world.step = lambda _name: None
            report = world.sync()
            again = world.sync()

            assert state(world) == expected, f"died before step {number} ({steps[number]})"
            assert again.writes == {}
            assert report.rows.entered > 0 or number == len(steps) - 1


def test_what_a_run_wrote_before_it_died_is_told_however_many_die_after_it(tmp_path: Path) -> None:
    """The second one takes the rows over and dies before it can say of them that the first one had written them."""
    for name in ("alive", "dead"):
        (tmp_path / name).mkdir()
    alive, world = (first(World(tmp_path / name).make_customers()) for name in ("alive", "dead"))
    alive.sync()
    for last in ("deliver.settle", "compute.records", "match.settle"):

        def step(name: str, last: str = last) -> None:
            if name == last:
                raise Crash

        world.step = step
        with pytest.raises(Crash):
            world.sync()
    world.step = lambda _name: None

    report = world.sync()

    assert state(world) == state(alive)
    assert report.rows.total(State.WRITTEN) == 6
    assert world.ledger("SELECT count(*) FROM runs WHERE unsettled") == [(0,)]


@pytest.mark.parametrize("number", [1, 2, 4, 6, 8, 10])
def test_a_killed_process_leaves_a_ledger_that_the_next_one_goes_on_with(tmp_path: Path, number: int) -> None:
    """The real thing: another process, killed without a word, its lease still in the ledger."""
    for name in ("alive", "killed"):
        (tmp_path / name).mkdir()
    alive = first(World(tmp_path / "alive").make_customers())
    alive.sync()
    world = first(World(tmp_path / "killed").make_customers())
    command = [sys.executable, "-m", "tests.flow.scenario", str(world.folder), str(number)]
    died = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)

    world.sync()

    assert died.returncode == KILLED, died.stderr.decode()
    assert state(world) == state(alive)
    assert world.sync().writes == {}
