"""A write whose answer was lost may arrive after a newer one: the newer value is sent at once, and again if need be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from connectors.errors import Refused
from sync.ledger.doubts import ASLEEP, ON_ITS_WAY
from tests.flow.slow import ADA, Died, Slow, after
from tests.flow.world import NOW, World, response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.values import Outcome, Write


@dataclass
class Refusing(Slow):
    """A store that takes nothing from us."""

    asked: int = 0

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:  # noqa: ARG002 - see `Destination.write`
        self.asked += 1
        raise Refused("no rights")


class TestALateWrite:
    def test_waits_for_nobody_who_sends_the_same_again(self, world: World) -> None:
        slow = world.through = Slow()
        world.source.add(response(1, 3, email=ADA, days_ago=2))
        world.sync()
        slow.slow = False

        after(world, timedelta(minutes=1))

        assert world.scores() == {"C-1": 3}

    def test_holds_up_no_newer_value(self, world: World) -> None:
        slow = world.through = Slow()
        world.source.add(response(1, 3, email=ADA, days_ago=2))
        world.sync()
        slow.slow = False
        world.source.add(response(2, 9, email=ADA, days_ago=1))

        world.sync()

        assert world.scores() == {"C-1": 9}

    def test_that_arrived_over_a_newer_value_is_put_right_once_it_cannot_come_again(self, world: World) -> None:
        """The simulator's seed 1045: the older value stood in the CRM for good, and npsync thought it was the newer."""
        slow = world.through = Slow()
        world.source.add(response(1, 3, email=ADA, days_ago=2))
        world.sync()
        slow.slow = False
        world.source.add(response(2, 9, email=ADA, days_ago=1))
        world.sync()
        slow.arrive()
        overtaken = world.scores()

        after(world, ON_ITS_WAY)

        assert (overtaken, world.scores()) == ({"C-1": 3}, {"C-1": 9})
        assert world.sync().writes == {}
        assert world.ledger("SELECT count(*) FROM doubts") == [(0,)]

    def test_that_arrived_is_put_right_too_where_another_field_is_to_change_anyway(self, world: World) -> None:
        """The simulator's seed 218007: only what changed was sent, to a record that held older values in all others."""
        slow = world.through = Slow()
        world.source.add(response(1, 3, email=ADA, days_ago=2))
        world.sync()
        slow.slow = False
        world.source.add(response(2, 9, email=ADA, days_ago=1))
        world.sync()
        slow.arrive()
        world.source.add(response(1, 4, email=ADA, days_ago=2))

        after(world, ON_ITS_WAY)

        assert [(9, 4)] == world.execute("SELECT score, previous_score FROM people")
        assert world.sync().writes == {}

    def test_that_arrived_is_put_right_where_another_field_was_changed_after_it(self, world: World) -> None:
        """The simulator's seed 1911: with one field of a newer write in it, the older write was not recognised."""
        slow = world.through = Slow()
        world.source.add(response(1, 3, email=ADA, days_ago=2))
        world.sync()
        slow.slow = False
        world.source.add(response(2, 9, email=ADA, days_ago=1))
        world.sync()
        slow.arrive()
        world.source.add(response(1, 4, email=ADA, days_ago=2))
        world.sync()

        after(world, ON_ITS_WAY)

        assert [(9, 4)] == world.execute("SELECT score, previous_score FROM people")

    def test_that_arrived_is_put_right_by_a_later_run_where_the_first_could_send_nothing(self, world: World) -> None:
        """What was to put it right made room for what a newer response changed, and nobody looked again."""
        slow = world.through = Slow()
        world.source.add(response(1, 3, email=ADA, days_ago=2))
        world.sync()
        slow.slow = False
        world.source.add(response(2, 9, email=ADA, days_ago=1))
        world.sync()
        slow.arrive()
        slow.down = True
        after(world, ON_ITS_WAY)
        slow.down = False
        world.source.add(response(1, 4, email=ADA, days_ago=2))

        world.sync()

        assert [(9, 4)] == world.execute("SELECT score, previous_score FROM people")
        assert world.sync().writes == {}

    def test_of_a_process_that_died_while_it_sent_is_put_right_too(self, world: World) -> None:
        slow = world.through = Slow(dies=True)
        world.source.add(response(1, 3, email=ADA, days_ago=2))
        with pytest.raises(Died):
            world.sync()
        slow.slow = slow.dies = False
        world.source.add(response(2, 9, email=ADA, days_ago=1))
        after(world, timedelta(minutes=1))
        slow.arrive()

        after(world, ASLEEP)

        assert world.scores() == {"C-1": 9}

    def test_is_told_from_what_a_person_wrote_meanwhile(self, world: World) -> None:
        slow = world.through = Slow()
        world.source.add(response(1, 3, email=ADA, days_ago=2))
        world.sync()
        slow.slow = False
        world.source.add(response(2, 9, email=ADA, days_ago=1))
        world.sync()
        world.execute("UPDATE people SET score = 5")

        after(world, ON_ITS_WAY)

        assert world.scores() == {"C-1": 5}

    def test_of_a_record_of_which_nothing_is_confirmed_deletes_nothing(self, world: World) -> None:
        """A record that was merged, or that is no longer ours to write, is not a row that we meant to delete."""
        slow = world.through = Slow()
        world.source.add(response(1, 3, email=ADA, days_ago=2))
        world.sync()
        slow.slow = False
        world.ledger("DELETE FROM outbox")
        slow.arrive()

        after(world, ON_ITS_WAY)

        assert world.scores() == {"C-1": 3}
        assert world.execute("SELECT count(*) FROM accounts") == [(1,)]
        world.sync()
        assert world.ledger("SELECT count(*) FROM doubts") == [(0,)]

    def test_of_a_row_that_goes_by_another_name_there_is_put_right_under_that_name(self, world: World) -> None:
        world.mapping["responses"] = world.mapping["responses"] | {"key": {"id": "response_id"}}
        slow = world.through = Slow()
        world.source.add(response(1, 3, email=ADA, days_ago=2))
        world.sync()
        slow.slow = False
        world.source.add(response(1, 9, email=ADA, days_ago=2, updated_at=NOW))
        world.sync()
        slow.arrive()

        after(world, ON_ITS_WAY)

        assert world.execute("SELECT id, score FROM responses") == [("r1", 9)]

    def test_of_a_membership_without_fields_does_not_end_it(self, world: World) -> None:
        """It holds nothing, which is not to say that it must not exist."""
        world.mapping["segments"] = {key: world.mapping["segments"][key] for key in ("object", "key")}
        slow = world.through = Slow()
        world.source.add(response(1, 3, email=ADA, days_ago=2))
        world.sync()
        slow.slow = False
        world.sync()

        after(world, ON_ITS_WAY)

        assert world.execute("SELECT customer_id, segment FROM segment_members") == [("C-1", "at_risk")]

    def test_of_a_row_that_was_to_go_is_put_right_as_well(self, world: World) -> None:
        """A membership that was left and joined again."""
        world.source.add(response(1, 3, email=ADA, days_ago=5))
        world.sync()
        slow = world.through = Slow()
        world.source.add(response(2, 9, email=ADA, days_ago=3))
        world.sync()
        slow.slow = False
        world.source.add(response(3, 2, email=ADA, days_ago=1))
        world.sync()
        slow.arrive()
        overtaken = world.execute("SELECT segment FROM segment_members")

        after(world, ON_ITS_WAY)

        assert overtaken == []
        assert world.execute("SELECT customer_id, segment FROM segment_members") == [("C-1", "at_risk")]


def test_a_run_that_ends_knows_what_it_sent(world: World) -> None:
    world.source.add(response(1, 3, email=ADA))
    world.sync()

    assert world.ledger("SELECT count(*) FROM sendings") == [(0,)]


def test_a_write_that_was_refused_is_not_on_its_way(world: World) -> None:
    refusing = world.through = Refusing()
    world.source.add(response(1, 3, email=ADA))
    with pytest.raises(Refused):
        world.sync()

    assert refusing.asked == 1
    assert world.ledger("SELECT count(*) FROM sendings") == [(0,)]


def test_a_record_gets_all_its_values_when_it_may_hold_others_than_were_confirmed(world: World) -> None:
    """The simulator's seed 1566: a field that was to be again what was confirmed kept the value of a lost write."""
    world.source.add(response(1, 9, email=ADA, days_ago=3, comment="good"))
    world.sync()
    slow = world.through = Slow(dies=True)
    world.source.add(response(2, 2, email=ADA, days_ago=2, comment="bad"))
    with pytest.raises(Died):
        world.sync()
    slow.arrive()
    slow.slow = slow.dies = False
    world.source.add(response(3, 8, email=ADA, days_ago=1, comment="good"))

    world.sync()

    assert world.execute("SELECT score, comment FROM people") == [(8, "good")]
