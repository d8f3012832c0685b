"""A value that waits to be sent and is wanted no longer, because what was confirmed before is right again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.contract import Applied
from connectors.errors import Deferred
from connectors.values import Outcome, OutcomeKind
from tests.flow.test_delivery import OneByOne
from tests.flow.world import response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.values import Block
    from tests.flow.world import World


@dataclass
class Down(OneByOne):
    """It takes nothing."""

    def write_blocks(self, blocks: Sequence[Block]) -> Applied:
        left = [
            Outcome(object=block.object, id=id_, kind=OutcomeKind.DEFERRED) for block in blocks for id_ in block.ids()
        ]
        return Applied(written=0, others=left, stopped=Deferred("the day's calls are used up"))


def held(world: World) -> list[object]:
    return [
        world.execute("SELECT account_id, nps, promoters FROM accounts ORDER BY 1"),
        world.execute("SELECT response_key, score, comment FROM responses ORDER BY 1"),
        world.execute("SELECT customer_id, score, comment FROM people ORDER BY 1"),
    ]


def test_it_is_not_sent_when_the_next_run_finds_the_old_value_right(world: World) -> None:
    """Of an account, of a response that was edited and edited back, and of the person themselves."""
    del world.mapping["segments"]  # what was entered and never confirmed is left by a deletion, to be sure
    world.source.add(response(1, 9, email="ada@acme.test", comment="good"))
    world.sync()
    before = held(world)
    world.through = Down
    world.source.add(response(1, 2, email="ada@acme.test", comment="bad"))
    world.now += timedelta(hours=1)
    assert world.sync().writes == {}
    world.source.add(response(1, 9, email="ada@acme.test", comment="good"))
    world.through = lambda store: store
    world.now += timedelta(hours=1)

    report = world.sync()

    assert before == held(world)
    assert {} == report.writes
    assert [] == world.ledger("SELECT object, record FROM outbox")
    assert {} == world.sync().writes


def test_it_is_not_sent_when_it_was_refused_and_the_old_value_is_right_again(world: World) -> None:
    world.source.add(response(1, 9, email="ada@acme.test"), response(2, 9, email="bob@acme.test", days_ago=2))
    world.sync()
    world.execute(
        "CREATE TRIGGER picky BEFORE UPDATE ON accounts WHEN NEW.nps < 0"
        " BEGIN SELECT RAISE(ABORT, 'no bad accounts'); END"
    )
    world.source.add(response(1, 2, email="ada@acme.test"), response(2, 3, email="bob@acme.test", days_ago=2))
    world.now += timedelta(hours=1)
    world.sync()
    assert [("accounts", "A-1")] == world.ledger("SELECT object, record FROM outbox WHERE parked IS NOT NULL")
    world.source.add(response(1, 9, email="ada@acme.test"), response(2, 9, email="bob@acme.test", days_ago=2))
    world.now += timedelta(hours=1)
    world.execute("DROP TRIGGER picky")

    world.sync()

    assert [("A-1", 100.0, 2)] == world.execute("SELECT account_id, nps, promoters FROM accounts")
    assert [] == world.ledger("SELECT object, record FROM outbox")
