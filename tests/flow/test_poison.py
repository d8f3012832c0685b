"""Data that npsync itself cannot work with is set aside alone, and holds up nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sync.ledger.failures import Selection
from sync.report import State, Status
from sync.sets import IN_KERNEL
from tests.flow.world import World, response

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa


class FaultOfOurs(RuntimeError):
    """A fault in a computation."""


def brittle(score: int) -> Any:
    """Return set work that fails as soon as one response has *score*."""

    def profiles(kernel: Any, history: pa.Table, **settings: Any) -> pa.Table:
        if score in history["score"].to_pylist():
            raise FaultOfOurs
        return IN_KERNEL.profiles(kernel, history, **settings)

    return replace(IN_KERNEL, profiles=profiles)


@pytest.fixture
def sick(world: World) -> World:
    """A world in which whoever answers three cannot be computed."""
    world.work = brittle(3)
    world.source.add(
        response(1, 9, email="ada@acme.test"),
        response(2, 3, email="bob@acme.test"),
        response(3, 8, email="cleo@bolt.test"),
        response(4, 10, email="dan@bolt.test"),
    )
    return world


def test_one_record_that_cannot_be_computed_holds_up_no_other(sick: World) -> None:
    report = sick.sync()

    assert report.status is Status.SOME_ROWS_FAILED
    assert report.rows.by_state[State.REJECTED] == {"E606": 1}
    assert sick.scores() == {"C-1": 9, "C-3": 8, "C-4": 10}
    assert sick.ledger("SELECT object, record, kind, code FROM failures") == [("people", "C-2", "ours", "E606")]


def test_it_is_not_tried_again_in_every_run(sick: World) -> None:
    sick.sync()

    assert sick.sync().rows.entered == 0
    assert sick.ledger("SELECT attempts FROM failures") == [(1,)]


def test_a_newer_npsync_that_can_takes_it_up_when_asked(sick: World) -> None:
    sick.sync()
    sick.work = IN_KERNEL

    report = sick.sync(replay=Selection())

    assert report.rows.total(State.WRITTEN) == 1
    assert sick.scores()["C-2"] == 3
    assert sick.ledger("SELECT state FROM failures") == [("delivered",)]


def test_a_replay_that_still_cannot_says_so(sick: World) -> None:
    """It was told as replaced: nothing of it stands in the outbox."""
    sick.sync()

    [told] = sick.sync(replay=Selection()).replayed or ()

    assert (0, 1, 0, 0) == (told.delivered, told.failed, told.left, told.superseded)
    assert sick.ledger("SELECT state, attempts FROM failures") == [("open", 2)]


def test_another_answer_of_the_person_takes_it_up_by_itself(sick: World) -> None:
    sick.sync()
    sick.source.add(response(2, 7, email="bob@acme.test"))

    sick.sync()

    assert sick.scores()["C-2"] == 7


def test_a_response_of_which_no_row_can_be_made_is_rejected_with_its_place(world: World) -> None:
    world.source.add(
        response(1, 9, email="ada@acme.test"),
        response(2, 3, email="bob@acme.test", extra={"plan": b"\xff"}),
        response(3, 8, email="cleo@bolt.test"),
    )

    report = world.sync()

    assert report.rows.by_state[State.REJECTED] == {"our_fault": 1}
    assert report.rows.total(State.WRITTEN) == 2
    assert world.ledger("SELECT file, reason FROM rejects") == [("responses.csv", "our_fault")]


def test_a_program_that_fails_everywhere_is_no_poison_and_says_so(tmp_path: Path) -> None:
    rows = [(f"C-{n}", f"p{n}@crowd.test", f"First{n}", f"Last{n}", "A-1") for n in range(110)]
    world = World(tmp_path, customers=rows).make_customers()
    world.work = brittle(3)
    world.source.add(*(response(n, 3, email=row[1]) for n, row in enumerate(rows)))

    with pytest.raises(FaultOfOurs):
        world.sync()
