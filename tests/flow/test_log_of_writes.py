"""What a run wrote over what: logged as it is acknowledged, with what stood there before our first write."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from connectors.values import Outcome, OutcomeKind
from tests.flow.test_delivery import InTheDark, OneByOne
from tests.flow.world import NOW, World, response

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from connectors.contract import Applied
    from connectors.values import Block, FieldValue, RecordRef, Write

LOG = "SELECT object, record, before, after, made FROM writes WHERE run = '{}' ORDER BY object, record"


class Crash(BaseException):
    """The process is gone."""


class Foreign(OneByOne):
    """A system of somebody else's: its objects are never ours alone. It counts what it is asked."""

    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.read_refs: list[RecordRef] = []
        self.written: list[Write] = []

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        self.written += batch
        return super().write(batch)

    def read(self, refs: Sequence[RecordRef], fields: Sequence[str]) -> Mapping[RecordRef, Mapping[str, FieldValue]]:
        self.read_refs += refs
        return super().read(refs, fields)


class Refusing(Foreign):
    """It refuses everything, and certainly wrote nothing."""

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        return [Outcome(object=each.object, id=each.id, kind=OutcomeKind.REJECTED) for each in batch]


class Streaming(OneByOne):
    """It takes one long stream of blocks."""

    streams = True

    def write_blocks(self, blocks: Iterable[Block]) -> Applied:
        return self.store.write_blocks(list(blocks))


def log(world: World, run: str) -> dict[tuple[str, str], tuple[Any, Any, int]]:
    rows = world.ledger(LOG.format(run))
    return {(row[0], row[1]): (_read(row[2]), _read(row[3]), row[4]) for row in rows}


def _read(packed: str | None) -> Any:
    return None if packed is None else json.loads(packed)


def with_people(world: World) -> World:
    """A table of the company's own, with one of the customers in it."""
    world.execute("CREATE TABLE people (customer_id TEXT PRIMARY KEY, score NUMERIC, owner TEXT)")
    world.execute("INSERT INTO people VALUES ('C-1', 4, 'Kim')")
    world.source.add(response(1, 9, email="ada@acme.test"), response(2, 3, email="bob@acme.test"))
    return world


def test_what_is_made_in_tables_of_ours_has_nothing_before(world: World) -> None:
    world.source.add(response(1, 3, email="ada@acme.test"))

    found = log(world, world.sync().run)

    assert {
        ("people", "C-1"),
        ("responses", "survey:r1"),
        ("accounts", "A-1"),
        ("segment_members", "C-1\x1fat_risk"),
    } == (found.keys())
    assert {(None, 1)} == {(before, made) for before, _, made in found.values()}
    assert 3 == found["people", "C-1"][1]["score"]


def test_a_later_write_is_logged_with_the_values_that_it_replaced(world: World) -> None:
    world.source.add(response(1, 3, email="ada@acme.test", days_ago=2))
    world.sync()
    world.source.add(response(2, 9, email="ada@acme.test"))

    found = log(world, world.sync().run)

    before, after, made = found["people", "C-1"]
    assert (3, 9, 0) == (before["score"], after["score"], made)
    assert "person_id" not in after  # it did not change
    assert ("at_risk", None) == (before["segments"], after["segments"])
    gone = found["segment_members", "C-1\x1fat_risk"]
    assert (["since"], None, 0) == (list(gone[0]), gone[1], gone[2])


def test_what_stood_in_a_table_that_others_fill_is_read_before_the_first_write(world: World) -> None:
    with_people(world)

    found = log(world, world.sync().run)

    before, _, made = found["people", "C-1"]
    assert (4, 0) == (before["score"], made)
    assert (None, 1) == (found["people", "C-2"][0], found["people", "C-2"][2])
    assert [("C-1", 9, "Kim"), ("C-2", 3, None)] == world.execute(
        "SELECT customer_id, score, owner FROM people ORDER BY 1"
    )


@pytest.mark.parametrize("step", ["deliver.send", "deliver.acknowledge"])
def test_a_run_that_dies_around_a_write_does_not_take_its_own_value_for_the_one_before(
    ledger_url: str, tmp_path: Path, step: str
) -> None:
    world = World(tmp_path, ledger_url=ledger_url).make_customers()

    def die(name: str) -> None:
        if name == step:
            raise Crash

    with_people(world).step = die
    with pytest.raises(Crash):
        world.sync()
    world.step = lambda _name: None

    found = log(world, world.sync().run)

    assert (4, 0) == (found["people", "C-1"][0]["score"], found["people", "C-1"][2])
    assert (None, 1) == (found["people", "C-2"][0], found["people", "C-2"][2])
    assert [(0,)] == world.ledger("SELECT count(*) FROM earlier")


def test_what_was_applied_in_the_dark_and_sent_again_keeps_the_value_before(world: World) -> None:
    with_people(world).through = lambda store: InTheDark(Mistaken(store))  # type: ignore[arg-type]
    world.sync()
    world.through = lambda store: store

    found = log(world, world.sync().run)

    assert 4 == found["people", "C-1"][0]["score"]


class Mistaken(OneByOne):
    """It applies blocks, but cannot be read after that, as a search that lags."""

    applied = False

    def write_blocks(self, blocks: Sequence[Block]) -> Applied:
        self.applied = True
        return self.store.write_blocks(blocks)

    def read(self, refs: Sequence[RecordRef], fields: Sequence[str]) -> Mapping[RecordRef, Mapping[str, FieldValue]]:
        return {} if self.applied else super().read(refs, fields)


class Busy(OneByOne):
    """It took nothing, but a try before was not answered."""

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        return [Outcome(object=each.object, id=each.id, kind=OutcomeKind.DEFERRED, in_doubt=True) for each in batch]


def test_what_was_refused_may_hold_something_else_next_time(world: World) -> None:
    with_people(world).through = Refusing
    world.sync()
    world.execute("UPDATE people SET score = 5 WHERE customer_id = 'C-1'")
    world.through = lambda store: store
    world.source.add(response(3, 8, email="ada@acme.test", days_ago=0))

    found = log(world, world.sync().run)

    assert 5 == found["people", "C-1"][0]["score"]


def test_what_was_deferred_after_a_lost_answer_keeps_what_was_there_before(world: World) -> None:
    """The first try may arrive yet: read again, its value would pass for somebody's own."""
    with_people(world).through = Busy
    world.sync()
    world.execute("UPDATE people SET score = 9 WHERE customer_id = 'C-1'")
    world.through = lambda store: store

    found = log(world, world.sync().run)

    assert 4 == found["people", "C-1"][0]["score"]


def test_a_record_that_holds_all_of_it_already_is_not_written(world: World) -> None:
    """As after a ledger was lost: everything is read once, and nothing is sent."""
    world.source.add(response(1, 9, email="ada@acme.test"), response(2, 3, email="bob@acme.test"))
    world.sync()
    again = World(world.folder / "again", store_url=world.store_url, source=world.source)
    again.folder.mkdir()
    if world.ledger_url.startswith("postgresql"):
        pytest.skip("the second ledger is a file")
    seen: list[Foreign] = []

    def through(store: Any) -> Foreign:
        seen.append(Foreign(store))
        return seen[-1]

    again.through = through
    report = again.sync()

    assert ({}, []) == (report.writes, seen[0].written)
    assert {} == log(again, report.run)
    assert {} == again.sync().writes
    assert [] == seen[1].read_refs


def test_a_streaming_destination_is_read_before_too(world: World) -> None:
    with_people(world).through = Streaming

    found = log(world, world.sync().run)

    assert (4, 0) == (found["people", "C-1"][0]["score"], found["people", "C-1"][2])
    assert {"C-1": 9, "C-2": 3} == world.scores()


def test_old_runs_lose_their_log(world: World) -> None:
    from sync.ledger import writes
    from sync.ledger.store import Ledger
    from sync.times import to_text

    world.source.add(response(1, 9, email="ada@acme.test"))
    world.sync()
    ledger = Ledger(world.ledger_url)
    with ledger.write() as connection:
        kept, dropped = (writes.trim(connection, moment) for moment in (to_text(NOW), "2999"))
    ledger.close()

    assert (0, True) == (kept, dropped > 0)
