"""What a run wrote is taken back where it still stands, also if the undo dies on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.flow.test_crashes import LEDGER
from tests.flow.undoing import Crash, changed, everything, left, stepped, undo
from tests.flow.world import World, response

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


PEOPLE = "SELECT customer_id, score, category, comment FROM people ORDER BY customer_id"


@pytest.fixture
def twice(world: World) -> World:
    return changed(world)


class TestTakingBack:
    def test_a_run_is_taken_back_whole(self, twice: World) -> None:
        before = everything(twice)
        run = twice.sync().run

        report = undo(twice, run)

        assert before == everything(twice)
        assert ("done", 0) == (report.status.value, report.left)
        assert {"accounts": 1, "people": 2, "responses": 2, "segment_members": 1} == report.writes

    def test_what_a_sync_does_next_is_nothing_until_something_new_comes(self, twice: World) -> None:
        """Not even when everything is computed again."""
        before = everything(twice)
        undo(twice, twice.sync().run)

        plain, again = twice.sync(), twice.sync(full_refresh=True)

        assert ({}, {}) == (plain.writes, again.writes)
        assert before == everything(twice)
        twice.source.add(response(4, 7, email="ada@acme.test", days_ago=0.5))
        assert 7 == (twice.sync().writes and twice.scores()["C-1"])
        assert "C-2" not in twice.scores()

    def test_an_undo_is_undone(self, twice: World) -> None:
        run = twice.sync().run
        after = everything(twice)
        first = undo(twice, run)

        undo(twice, first.run)

        assert after == everything(twice)
        assert [(0,)] == twice.ledger("SELECT count(*) FROM declined")
        assert {} == twice.sync(full_refresh=True).writes

    def test_undoing_again_finds_nothing_to_do(self, twice: World) -> None:
        run = twice.sync().run
        undo(twice, run)

        report = undo(twice, run)

        assert ({}, 0) == (report.writes, report.left)

    def test_only_the_fields_asked_for_go_back(self, twice: World) -> None:
        run = twice.sync().run

        report = undo(twice, run, fields=("comment",))

        assert [("C-1", 3, "detractor", "fine"), ("C-2", 10, "promoter", None)] == twice.execute(PEOPLE)
        assert {"people": 1} == report.writes
        assert "whole_record" == left(twice, report)["people", "C-2", ""]

    def test_only_the_object_asked_for_goes_back(self, twice: World) -> None:
        run = twice.sync().run

        report = undo(twice, run, object_="segment_members")

        assert {"segment_members": 1} == report.writes
        assert [] == twice.execute("SELECT * FROM segment_members")
        assert {"C-1": 3, "C-2": 10} == twice.scores()

    def test_a_dry_one_shows_now_and_then_and_leaves_no_trace(self, twice: World) -> None:
        run = twice.sync().run
        after, ledger = everything(twice), [twice.ledger(f"SELECT count(*) FROM {name}") for name in ("runs", "undos")]

        report = undo(twice, run, dry=True)

        changes = {(each.object, each.record, each.field): (each.old, each.new) for each in report.changes}
        assert (3, 9) == changes["people", "C-1", "score"]
        assert ("there", "deleted") == changes["people", "C-2", "(record)"]
        assert {"accounts": 1, "people": 2, "responses": 2, "segment_members": 1} == report.writes
        assert after == everything(twice)
        assert ledger == [twice.ledger(f"SELECT count(*) FROM {name}") for name in ("runs", "undos")]

    def test_what_the_run_took_out_comes_back(self, twice: World) -> None:
        twice.sync()
        twice.source.add(
            response(5, 9, email="ada@acme.test", days_ago=0.5), response(6, 9, email="ada@acme.test", days_ago=0.4)
        )
        before = twice.execute("SELECT * FROM segment_members")
        run = twice.sync().run
        gone = twice.execute("SELECT * FROM segment_members")

        undo(twice, run)

        assert (1, 0) == (len(before), len(gone))
        assert before == twice.execute("SELECT * FROM segment_members")


@pytest.fixture
def make(ledger_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], World]:
    """Build worlds whose second run somebody wants back, on SQLite and on PostgreSQL."""

    def build(name: str) -> World:
        (tmp_path / name).mkdir()
        urls = {}
        if ledger_url.startswith("postgresql"):
            server = request.getfixturevalue("postgres")
            urls = {"ledger_url": server.url(server.create()), "store_url": server.url(server.create())}
        world = World(tmp_path / name, **urls).make_customers()
        world.source.add(response(1, 9, email="ada@acme.test", days_ago=2, comment="fine"))
        world.sync()
        world.source.add(response(2, 3, email="ada@acme.test", comment="slow"), response(3, 10, email="bob@acme.test"))
        return world

    return build


def test_dying_at_each_step_and_undoing_again_ends_as_if_nothing_had_happened(make: Callable[[str], World]) -> None:
    """What the ledger believes is the same, too; only the undo's own history is longer."""
    alive = make("alive")
    run = alive.sync().run
    steps: list[str] = []
    alive.step = steps.append
    undo(alive, run)
    alive.step = lambda _name: None
    expected = believed(alive)

    assert len(steps) >= 7
    for number in range(len(steps)):
        world = make(f"dies{number}")
        world.sync()
        world.step = stepped(number)
        with pytest.raises(Crash):
            undo(world, run)
        world.step = lambda _name: None
        report = undo(world, run)

        assert expected == believed(world), f"died before step {number} ({steps[number]})"
        assert 0 == report.left
        assert {} == world.sync(full_refresh=True).writes


@pytest.mark.parametrize("full", [False, True])
def test_an_undo_that_died_is_finished_by_the_next_sync_as_far_as_it_was_planned(twice: World, full: bool) -> None:
    before = everything(twice)
    run = twice.sync().run
    twice.step = lambda name: (_ for _ in ()).throw(Crash()) if name == "deliver.send" else None
    with pytest.raises(Crash):
        undo(twice, run)
    twice.step = lambda _name: None

    twice.sync(full_refresh=full)

    assert before == everything(twice)
    assert {} == twice.sync(full_refresh=True).writes


def believed(world: World) -> list[Any]:
    asked = [query for query in LEDGER if " writes " not in query and "rejects" not in query]
    declined = "SELECT mapping, object, record, desired FROM declined ORDER BY object, record"
    return [*everything(world), *(world.ledger(query) for query in (*asked, declined))]
