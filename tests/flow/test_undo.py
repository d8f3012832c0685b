"""What a run wrote is taken back where it still stands; the rest is left and listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.values import Outcome, OutcomeKind, RecordRef
from sync.errors import UserError
from sync.ledger import aliases
from sync.ledger.store import Ledger
from tests.flow.test_crashes import LEDGER, STORE
from tests.flow.test_delivery import OneByOne
from tests.flow.undoing import Crash, left, stepped, undo
from tests.flow.world import World, response

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from connectors.values import Write

PEOPLE = "SELECT customer_id, score, category, comment FROM people ORDER BY customer_id"


@pytest.fixture
def twice(world: World) -> World:
    """A world that was synced twice: Ada went from 9 to 3, Bob is new in the second run."""
    world.source.add(response(1, 9, email="ada@acme.test", days_ago=2, comment="fine"))
    world.sync()
    world.source.add(response(2, 3, email="ada@acme.test", comment="slow"), response(3, 10, email="bob@acme.test"))
    return world


def everything(world: World) -> list[Any]:
    return [sorted(map(repr, world.execute(f"SELECT * FROM {table}"))) for table in STORE[:4]]


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


class TestLeaving:
    def test_a_value_that_somebody_changed_stays_and_is_listed(self, twice: World) -> None:
        run = twice.sync().run
        twice.execute("UPDATE people SET comment = 'called her' WHERE customer_id = 'C-1'")
        twice.execute("UPDATE people SET score = 8 WHERE customer_id = 'C-2'")

        report = undo(twice, run)

        assert [("C-1", 9, "promoter", "called her"), ("C-2", 8, "promoter", None)] == twice.execute(PEOPLE)
        assert {("people", "C-1", "comment"): "changed_since", ("people", "C-2", "score"): "changed_since"} == (
            left(twice, report)
        )
        assert (2, {"changed_since": 2}) == (report.left, report.left_by_reason)

    def test_what_a_later_run_wrote_stays(self, twice: World) -> None:
        run = twice.sync().run
        twice.source.add(response(4, 7, email="ada@acme.test", days_ago=0.5))
        twice.sync()

        report = undo(twice, run, object_="people")

        assert 7 == twice.scores()["C-1"]
        assert "later_run" == left(twice, report)["people", "C-1", "score"]

    def test_a_record_that_is_gone_stays_gone(self, twice: World) -> None:
        run = twice.sync().run
        twice.execute("DELETE FROM people WHERE customer_id = 'C-1'")

        report = undo(twice, run)

        assert "gone" == left(twice, report)["people", "C-1", ""]
        assert [] == twice.execute(PEOPLE)

    def test_a_record_that_was_merged_into_another_is_left(self, twice: World) -> None:
        run = twice.sync().run
        ledger = Ledger(twice.ledger_url)
        with ledger.write() as connection:
            merged = {RecordRef(object="people", id="C-1"): RecordRef(object="people", id="C-3")}
            aliases.keep(connection, "store", run, "2026-11-22", merged)
        ledger.close()

        report = undo(twice, run)

        assert 3 == twice.scores()["C-1"]
        assert "gone" == left(twice, report)["people", "C-1", ""]

    def test_where_a_newer_value_waits_nothing_is_touched_or_sent(self, twice: World) -> None:
        run = twice.sync().run
        twice.source.add(response(4, 7, email="ada@acme.test", days_ago=0.5))
        twice.through = Away
        twice.sync()
        twice.through = lambda store: store

        report = undo(twice, run)

        assert 3 == twice.scores()["C-1"]
        assert "newer_value_waits" == left(twice, report)["people", "C-1", ""]
        twice.sync()
        assert 7 == twice.scores()["C-1"]

    def test_a_record_of_a_table_that_others_fill_is_never_deleted(self, world: World) -> None:
        world.execute("CREATE TABLE people (customer_id TEXT PRIMARY KEY, score NUMERIC)")
        world.execute("INSERT INTO people VALUES ('C-1', 4), ('C-9', 1)")
        world.source.add(response(1, 9, email="ada@acme.test"), response(2, 3, email="bob@acme.test"))
        run = world.sync().run

        report = undo(world, run)

        assert [("C-1", 4), ("C-2", 3), ("C-9", 1)] == world.execute("SELECT customer_id, score FROM people ORDER BY 1")
        assert {("people", "C-2", ""): "created_record"} == left(world, report)

    def test_what_the_destination_refuses_is_listed_and_no_longer_waits(self, twice: World) -> None:
        run = twice.sync().run
        twice.through = Refusing

        report = undo(twice, run)

        assert ("some_rows_failed", {"E502": 6}) == (report.status.value, report.left_by_reason)
        assert [(0,)] == twice.ledger("SELECT count(*) FROM outbox")
        twice.through = lambda store: store
        assert {"C-1": 3, "C-2": 10} == twice.scores()

    def test_a_run_that_wrote_nothing_cannot_be_undone(self, twice: World) -> None:
        twice.sync()

        with pytest.raises(UserError, match="nothing of this run can be undone"):
            undo(twice, twice.sync().run)


class Away(OneByOne):
    """It takes nothing."""

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        return [Outcome(object=each.object, id=each.id, kind=OutcomeKind.DEFERRED) for each in batch]


class Refusing(OneByOne):
    """It refuses everything."""

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        return [Outcome(object=each.object, id=each.id, kind=OutcomeKind.REJECTED) for each in batch]


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
