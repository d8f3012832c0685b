"""What becomes of a run when the destination stops taking writes on the way: what it took is kept, the rest waits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from connectors.contract import Applied
from connectors.errors import ConnectorError, Deferred, Refused
from connectors.values import Outcome, OutcomeKind
from sync.report import State
from tests.flow.test_delivery import InTheDark, OneByOne, states
from tests.flow.world import response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.values import Block, FieldValue, RecordRef
    from tests.flow.world import World


@dataclass
class Halfway(OneByOne):
    """It takes the people whose id is small, and nothing after them."""

    error: ConnectorError

    def write_blocks(self, blocks: Sequence[Block]) -> Applied:
        taken = [replace(block, rows=[row for row in block.rows if _taken(block, row)]) for block in blocks]
        written = self.store.write_blocks([block for block in taken if block.rows]).written
        left = [
            Outcome(object=block.object, id=id_, kind=OutcomeKind.DEFERRED)
            for block in blocks
            for row, id_ in zip(block.rows, block.ids(), strict=True)
            if not _taken(block, row)
        ]
        return Applied(written=written, others=left, stopped=self.error)


def _taken(block: Block, row: Sequence[FieldValue]) -> bool:
    return block.object == "people" and str(row[0]) < "C-2"


class NowhereToAsk(InTheDark):
    """It applied everything, said nothing, and went away."""

    def read(self, refs: Sequence[RecordRef], fields: Sequence[str]) -> Mapping[RecordRef, Mapping[str, FieldValue]]:
        raise Deferred(f"{len(refs)} records and {len(fields)} fields cannot be read now")


def two_answers(world: World) -> None:
    world.source.add(response(1, 9, email="ada@acme.test"), response(2, 3, email="bob@acme.test"))


def test_what_was_taken_before_the_quota_ended_is_not_sent_again(world: World) -> None:
    two_answers(world)
    world.through = lambda store: Halfway(store, Deferred("the day's calls are used up"))

    first = world.sync()
    sent = world.ledger("SELECT object, record FROM acknowledged")
    world.through = lambda store: store
    second = world.sync()

    assert [("people", "C-1")] == sent
    assert {"people": 1} == first.writes
    assert 2 == first.rows.total(State.PENDING)  # the row of its own response was not taken
    assert 1 == second.writes["people"]
    assert {"C-1": 9, "C-2": 3} == world.scores()
    assert {} == world.sync().writes


def test_what_was_taken_before_a_person_must_act_is_kept_and_the_run_says_why(world: World) -> None:
    two_answers(world)
    world.through = lambda store: Halfway(store, Refused("the token was revoked"))

    with pytest.raises(Refused, match="revoked"):
        world.sync()
    assert [("people", "C-1")] == world.ledger("SELECT object, record FROM acknowledged")
    assert {("pending", "")} == set(states(world).values())

    world.through = lambda store: store
    report = world.sync()
    assert 1 == report.writes["people"]
    assert 2 == report.rows.total(State.WRITTEN)


def test_what_cannot_be_read_back_now_waits_and_ends_the_delivery(world: World) -> None:
    two_answers(world)
    world.through = NowhereToAsk

    report = world.sync()
    world.through = lambda store: store

    assert 2 == report.rows.total(State.PENDING)
    assert [("E501", ())] == [(code, report.refused) for _, code, _ in report.troubles]
    assert "E501" == report.as_json()["ended"]["code"]
    assert 2 == world.sync().rows.total(State.WRITTEN)
    assert {"C-1": 9, "C-2": 3} == world.scores()
