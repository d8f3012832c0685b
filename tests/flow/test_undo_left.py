"""What an undo leaves as it is, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.values import Outcome, OutcomeKind, RecordRef
from sync.errors import UserError
from sync.ledger import aliases
from sync.ledger.store import Ledger
from tests.flow.test_delivery import OneByOne
from tests.flow.undoing import changed, everything, left, undo
from tests.flow.world import World, response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.values import Write

PEOPLE = "SELECT customer_id, score, category, comment FROM people ORDER BY customer_id"


@pytest.fixture
def twice(world: World) -> World:
    return changed(world)


def test_a_value_that_somebody_changed_stays_and_is_listed(twice: World) -> None:
    run = twice.sync().run
    twice.execute("UPDATE people SET comment = 'called her' WHERE customer_id = 'C-1'")
    twice.execute("UPDATE people SET score = 8 WHERE customer_id = 'C-2'")

    report = undo(twice, run)

    assert [("C-1", 9, "promoter", "called her"), ("C-2", 8, "promoter", None)] == twice.execute(PEOPLE)
    assert {("people", "C-1", "comment"): "changed_since", ("people", "C-2", "score"): "changed_since"} == (
        left(twice, report)
    )
    assert (2, {"changed_since": 2}) == (report.left, report.left_by_reason)


def test_what_a_later_run_wrote_stays(twice: World) -> None:
    run = twice.sync().run
    twice.source.add(response(4, 7, email="ada@acme.test", days_ago=0.5))
    twice.sync()

    report = undo(twice, run, object_="people")

    assert 7 == twice.scores()["C-1"]
    assert "later_run" == left(twice, report)["people", "C-1", "score"]


def test_who_left_a_list_without_fields_is_put_in_again(world: World) -> None:
    """Nothing is known of such a member but that it was there."""
    world.mapping["segments"] = {key: world.mapping["segments"][key] for key in ("object", "key")}
    world.source.add(response(1, 3, email="ada@acme.test", days_ago=2))
    world.sync()
    world.source.add(response(2, 9, email="ada@acme.test"))
    run = world.sync().run
    members = world.execute("SELECT customer_id FROM segment_members")

    report = undo(world, run)

    assert ([], {}) == (members, left(world, report))
    assert [("C-1", "at_risk")] == world.execute("SELECT customer_id, segment FROM segment_members")


@pytest.fixture
def listed(world: World) -> World:
    """Ada is put into a list whose members have no fields."""
    world.mapping["segments"] = {key: world.mapping["segments"][key] for key in ("object", "key")}
    world.source.add(response(1, 3, email="ada@acme.test", days_ago=2))
    return world


def test_who_was_taken_out_of_a_list_meanwhile_is_listed(listed: World) -> None:
    run = listed.sync().run
    listed.execute("DELETE FROM segment_members")

    first, second = undo(listed, run), undo(listed, run)

    assert "gone" in {reason for (object_, *_), reason in left(listed, first).items() if object_ == "segment_members"}
    assert {} == left(listed, second)
    assert {} == listed.sync().writes


def test_who_was_merged_into_another_is_left_on_its_lists(listed: World) -> None:
    run = listed.sync().run
    ledger = Ledger(listed.ledger_url)
    with ledger.write() as connection:
        merged = {RecordRef(object="customers", id="C-1"): RecordRef(object="customers", id="C-3")}
        aliases.keep(connection, "store", run, "2026-11-22", merged)
    ledger.close()

    report = undo(listed, run, object_="segment_members")

    assert ["gone"] == list(left(listed, report).values())
    assert [("C-1", "at_risk")] == listed.execute("SELECT customer_id, segment FROM segment_members")


def test_a_member_without_fields_that_gets_one_was_there_before(listed: World) -> None:
    """What holds no field of ours is not what an undo deleted: taking the field back does not take the member out."""
    listed.sync()
    listed.mapping["segments"] = listed.mapping["segments"] | {"fields": {"since": "since"}}
    run = listed.sync(full_refresh=True).run
    told = listed.ledger(f"SELECT before, made FROM writes WHERE run = '{run}' AND object = 'segment_members'")

    undo(listed, run)

    assert [("{}", 0)] == told
    assert [("C-1",)] == listed.execute("SELECT customer_id FROM segment_members")


def test_a_record_that_is_gone_stays_gone(twice: World) -> None:
    run = twice.sync().run
    twice.execute("DELETE FROM people WHERE customer_id = 'C-1'")

    report = undo(twice, run)

    assert "gone" == left(twice, report)["people", "C-1", ""]
    assert [] == twice.execute(PEOPLE)


def test_a_record_that_was_merged_into_another_is_left(twice: World) -> None:
    run = twice.sync().run
    ledger = Ledger(twice.ledger_url)
    with ledger.write() as connection:
        merged = {RecordRef(object="people", id="C-1"): RecordRef(object="people", id="C-3")}
        aliases.keep(connection, "store", run, "2026-11-22", merged)
    ledger.close()

    report = undo(twice, run)

    assert 3 == twice.scores()["C-1"]
    assert "gone" == left(twice, report)["people", "C-1", ""]


def test_where_a_newer_value_waits_nothing_is_touched_or_sent(twice: World) -> None:
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


def test_a_record_of_a_table_that_others_fill_is_never_deleted(world: World) -> None:
    world.execute("CREATE TABLE people (customer_id TEXT PRIMARY KEY, score NUMERIC)")
    world.execute("INSERT INTO people VALUES ('C-1', 4), ('C-9', 1)")
    world.source.add(response(1, 9, email="ada@acme.test"), response(2, 3, email="bob@acme.test"))
    run = world.sync().run

    report = undo(world, run)

    assert [("C-1", 4), ("C-2", 3), ("C-9", 1)] == world.execute("SELECT customer_id, score FROM people ORDER BY 1")
    assert {("people", "C-2", ""): "created_record"} == left(world, report)


def test_what_the_destination_refuses_is_listed_and_no_longer_waits(twice: World) -> None:
    run = twice.sync().run
    twice.through = Refusing

    report = undo(twice, run)

    assert ("some_rows_failed", {"E502": 6}) == (report.status.value, report.left_by_reason)
    assert [(0,)] == twice.ledger("SELECT count(*) FROM outbox")
    twice.through = lambda store: store
    assert {"C-1": 3, "C-2": 10} == twice.scores()


def test_what_was_not_confirmed_is_said_again_by_the_next_try(twice: World) -> None:
    before = everything(twice)
    run = twice.sync().run
    twice.through = Forgetful
    first = undo(twice, run)
    twice.through = lambda store: store

    second = undo(twice, run)

    assert ("some_rows_failed", "done") == (first.status.value, second.status.value)
    assert before == everything(twice)
    assert [(0,)] == twice.ledger("SELECT count(*) FROM failures WHERE state IN ('open', 'given_up')")
    assert {} == twice.sync(full_refresh=True).writes


def test_a_run_that_wrote_nothing_cannot_be_undone(twice: World) -> None:
    twice.sync()

    with pytest.raises(UserError, match="nothing of this run can be undone"):
        undo(twice, twice.sync().run)


class Away(OneByOne):
    """It takes nothing."""

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        return [Outcome(object=each.object, id=each.id, kind=OutcomeKind.DEFERRED) for each in batch]


class Forgetful(OneByOne):
    """It says nothing of what it writes, and writes nothing."""

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        del batch
        return []


class Refusing(OneByOne):
    """It refuses everything."""

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        return [Outcome(object=each.object, id=each.id, kind=OutcomeKind.REJECTED) for each in batch]
