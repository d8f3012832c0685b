"""What becomes of a run when the destination refuses a row, goes away, or leaves us in the dark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from connectors.contract import Applied, Bulk
from connectors.errors import Deferred
from connectors.values import Outcome, OutcomeKind
from connectors.warehouse.store import Warehouse
from sync.report import State
from tests.flow.world import response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from connectors.values import Block, Field, FieldValue, RecordRef, Write
    from tests.flow.world import World


@dataclass
class OneByOne:
    """The store without its ability to take blocks."""

    store: Warehouse

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        return self.store.write(batch)

    def read(self, refs: Sequence[RecordRef], fields: Sequence[str]) -> Mapping[RecordRef, Mapping[str, FieldValue]]:
        return self.store.read(refs, fields)

    def fields(self, object_: str) -> Sequence[Field]:
        return self.store.fields(object_)

    def ensure(self, object_: str, key: Sequence[str], fields: Sequence[Field]) -> None:
        self.store.ensure(object_, key, fields)


class Away(OneByOne):
    """It cannot be reached."""

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        raise Deferred(f"{len(batch)} writes were not taken")


@dataclass
class InTheDark(OneByOne):
    """The line drops after some blocks were applied: nothing can be said of any."""

    applied: bool = True

    def write_blocks(self, blocks: Sequence[Block]) -> Applied:
        if self.applied:
            self.store.write_blocks(blocks)
        return Applied(written=0)


class Mute(OneByOne):
    """It writes all and says nothing of people."""

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        return [
            outcome
            if outcome.object != "responses"
            else Outcome(object=outcome.object, id=outcome.id, kind=OutcomeKind.UNKNOWN)
            for outcome in super().write(batch)
            if outcome.object != "people"
        ]


def states(world: World) -> dict[str, tuple[str, str]]:
    return {row[0]: (row[1], row[2]) for row in world.ledger("SELECT key, state, reason FROM run_rows")}


@pytest.fixture(params=["in bulk", "one by one"])
def either(request: pytest.FixtureRequest, world: World) -> World:
    """A world whose store takes blocks, or single writes."""
    if request.param == "one by one":
        world.through = OneByOne
    return world


def test_the_store_takes_blocks_and_its_wrapper_does_not(tmp_path: Path) -> None:
    """Else the tests below would test one way twice."""
    store = Warehouse(name="profiles", url=f"sqlite:///{tmp_path}/profiles.db")

    assert (True, False) == (isinstance(store, Bulk), isinstance(OneByOne(store), Bulk))


def test_a_poisoned_row_parks_only_itself(either: World) -> None:
    world = either
    world.execute(
        "CREATE TABLE responses (response_key TEXT PRIMARY KEY, customer_id TEXT, score INTEGER CHECK (score <> 3),"
        " comment TEXT, responded_at TEXT)"
    )
    world.source.add(*(response(n, n, email=f"{who}@acme.test") for n, who in ((9, "ada"), (3, "bob"))))

    report = world.sync()

    assert {"survey:r9": ("written", ""), "survey:r3": ("rejected", "E502")} == states(world)
    assert 1 == report.rows.total(State.REJECTED)
    assert [("survey:r9",)] == world.execute("SELECT response_key FROM responses")
    assert [("responses", "survey:r3", "E502")] == world.ledger("SELECT object, record, code FROM failures")
    assert {"C-1": 9, "C-2": 3} == world.scores()


def test_what_a_destination_could_not_take_is_delivered_by_the_next_run(world: World) -> None:
    world.source.add(response(1, 9, email="ada@acme.test"))
    world.through = Away

    first = world.sync()
    standing = states(world)
    world.through = lambda store: store
    second = world.sync()

    assert 1 == first.rows.total(State.PENDING)
    assert {"survey:r1": ("pending", "")} == standing
    assert 1 == second.rows.total(State.WRITTEN)
    assert {"C-1": 9} == world.scores()


def test_what_was_applied_in_the_dark_is_read_back_and_counts_as_written(world: World) -> None:
    world.source.add(response(1, 9, email="ada@acme.test"), response(2, 3, email="bob@acme.test"))
    world.through = InTheDark

    report = world.sync()

    assert 2 == report.rows.total(State.WRITTEN)
    assert {} == world.sync().writes


def test_what_was_not_applied_in_the_dark_waits_for_the_next_run(world: World) -> None:
    world.source.add(response(1, 9, email="ada@acme.test"))
    world.through = lambda store: InTheDark(store, applied=False)

    first = world.sync()
    world.through = lambda store: store
    second = world.sync()

    assert 1 == first.rows.total(State.PENDING)
    assert {} == first.writes
    assert 1 == second.rows.total(State.WRITTEN)
    assert {"C-1": 9} == world.scores()


def test_writes_without_an_outcome_are_read_back(world: World) -> None:
    world.source.add(response(1, 9, email="ada@acme.test"), response(2, 3, email="bob@acme.test"))
    world.through = Mute

    report = world.sync()

    assert 2 == report.rows.total(State.WRITTEN)
    assert 2 == report.writes["people"]
    assert {} == world.sync().writes


def test_a_corrected_address_empties_the_former_record_whatever_the_store_takes(either: World) -> None:
    world = either
    world.source.add(response(1, 3, email="ada@acme.test", comment="slow"))
    world.sync()
    world.source.add(response(1, 3, email="bob@acme.test", comment="slow"))

    world.sync()

    assert {"C-1": None, "C-2": 3} == world.scores()
    assert [("C-1",)] == world.execute("SELECT customer_id FROM people WHERE comment IS NULL")
    assert {} == world.sync().writes
