"""A write that may arrive late, and a person who undoes or forgets meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sync.ledger.doubts import ON_ITS_WAY
from tests.flow.forgetting import forget
from tests.flow.slow import ADA, Died, Slow, after
from tests.flow.undoing import undo
from tests.flow.world import NOW, response

if TYPE_CHECKING:
    from tests.flow.world import World


class TestALateWrite:
    def test_does_not_take_the_place_of_what_an_undo_puts_back(self, world: World) -> None:
        """What was in doubt is just what the undo brings back: it is not sent over it a moment later."""
        slow = world.through = Slow()
        world.source.add(response(1, 3, email=ADA, days_ago=2))
        world.sync()
        slow.slow = False
        world.sync()
        world.source.add(response(2, 9, email=ADA, days_ago=1))
        run = world.sync().run
        slow.arrive()
        world.now = NOW + ON_ITS_WAY

        undo(world, run)

        assert world.scores() == {"C-1": 3}
        assert world.sync().writes == {}

    def test_of_an_undo_that_died_is_remembered(self, world: World) -> None:
        world.source.add(response(1, 3, email=ADA, days_ago=2))
        world.sync()
        world.source.add(response(2, 9, email=ADA, days_ago=1))
        run = world.sync().run
        slow = world.through = Slow(slow=False, dies=True)
        with pytest.raises(Died):
            undo(world, run)
        slow.dies = False

        undo(world, run)

        assert ("people", "C-1") in world.ledger("SELECT object, record FROM doubts")

    def test_of_what_was_undone_stays_undone(self, world: World) -> None:
        """The value that an undo put back is said again, which is no new value of npsync's."""
        world.source.add(response(1, 9, email=ADA, days_ago=3))
        world.sync()
        slow = world.through = Slow()
        world.source.add(response(2, 3, email=ADA, days_ago=2))
        world.sync()
        slow.slow = False
        undo(world, world.sync().run)
        slow.arrive()
        overtaken = world.scores()

        after(world, ON_ITS_WAY)
        world.sync(full_refresh=True)

        assert (overtaken, world.scores()) == ({"C-1": 3}, {"C-1": 9})

    def test_of_others_is_not_looked_at_by_an_undo_or_a_forget(self, world: World) -> None:
        """Such a row is of nobody who asked; refused, it would have said of them that something is left."""
        slow = world.through = Slow()
        world.source.add(response(1, 3, email=ADA, days_ago=2), response(2, 5, email="bob@acme.test", days_ago=2))
        world.sync()
        slow.slow = False
        world.source.add(response(3, 9, email=ADA, days_ago=1))
        world.sync()
        slow.arrive()
        world.now += ON_ITS_WAY

        receipt = forget(world, "bob@acme.test", also_clear=True)
        between = world.scores()
        world.sync()

        assert receipt.cleared["store"]["people"] == 1
        assert (between["C-1"], world.scores()["C-1"]) == (3, 9)

    def test_of_a_process_that_died_is_taken_back_where_its_response_is_somebody_elses(self, world: World) -> None:
        """The simulator's seed 442: nothing was confirmed, so the first person's record kept the other one's score."""
        slow = world.through = Slow(dies=True)
        world.source.add(response(1, 8, email=ADA, days_ago=2, updated_at=NOW - timedelta(days=2)))
        with pytest.raises(Died):
            world.sync()
        slow.arrive()
        slow.slow = slow.dies = False
        world.source.add(response(1, 8, email="bob@acme.test", days_ago=2, updated_at=NOW - timedelta(days=1)))

        world.sync()

        assert world.scores()["C-1"] is None
