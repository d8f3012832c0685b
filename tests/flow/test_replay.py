"""Replay: what failed is sent again with today's data, in growing waves, and nothing older is ever written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sync.ledger.failures import Selection
from sync.report import State, Status
from tests.flow.test_delivery import Away
from tests.flow.world import World, response

if TYPE_CHECKING:
    from pathlib import Path

    from sync.report import RunReport

EVERYTHING = Selection()
PEOPLE = 60
PICKY = "CREATE TRIGGER picky BEFORE INSERT ON responses WHEN NEW.score = 10 BEGIN SELECT RAISE(ABORT, 'no'); END"


def crowd(folder: Path, people: int = PEOPLE) -> World:
    """Return a world of *people* customers, each its own account."""
    rows = [(f"C-{n:06}", f"p{n}@acme.test", f"First{n}", f"Last{n}", f"A-{n}") for n in range(people)]
    world = World(folder, customers=rows).make_customers()
    world.settings = world.settings | {"limits": {"stop_if_changed": "100%", "stop_if_rejected": "100%"}}
    world.source.add(response(900_000, 9, email="p0@acme.test", days_ago=30))
    world.sync()
    world.execute(PICKY)
    return world


def answers(world: World, score: int, *, days_ago: float = 1, people: int = PEOPLE) -> None:
    world.source.add(*(response(n, score, email=f"p{n}@acme.test", days_ago=days_ago) for n in range(people)))


@pytest.fixture
def failing(tmp_path: Path) -> World:
    """Sixty responses whose records the store refused."""
    world = crowd(tmp_path)
    answers(world, 10)
    report = world.sync()
    assert report.rows.by_state[State.REJECTED] == {"E502": PEOPLE}
    return world


def group(report: RunReport) -> tuple[int, int, int, int]:
    assert report.replayed is not None
    [told] = report.replayed
    return told.delivered, told.failed, told.left, told.superseded


class TestWaves:
    def test_one_is_tried_and_its_group_left_alone_when_it_fails(self, failing: World) -> None:
        report = failing.sync(replay=EVERYTHING)

        assert group(report) == (0, 1, PEOPLE - 1, 0)
        assert report.status is Status.SOME_ROWS_FAILED
        assert failing.ledger("SELECT DISTINCT attempts FROM failures ORDER BY 1") == [(1,), (2,)]
        assert failing.ledger("SELECT DISTINCT parked FROM outbox") == [("E502",)]

    def test_everything_is_delivered_once_the_cause_is_gone(self, failing: World) -> None:
        failing.execute("DROP TRIGGER picky")

        report = failing.sync(replay=EVERYTHING)

        assert group(report) == (PEOPLE, 0, 0, 0)
        assert report.status is Status.DONE
        assert report.rows.total(State.WRITTEN) == PEOPLE
        assert failing.ledger("SELECT DISTINCT state, closed_by FROM failures") == [("delivered", report.run)]
        assert failing.execute("SELECT count(*) FROM responses WHERE score = 10") == [(PEOPLE,)]
        assert failing.sync().writes == {}

    def test_a_group_stops_when_more_than_a_fifth_of_a_wave_fails(self, failing: World) -> None:
        failing.execute("DROP TRIGGER picky")
        failing.execute(PICKY.replace("score = 10", "customer_id > 'C-000004' AND NEW.score = 10"))

        assert group(failing.sync(replay=EVERYTHING)) == (2, 9, PEOPLE - 11, 0)

    def test_what_a_destination_that_went_away_did_not_take_is_left_and_not_superseded(self, failing: World) -> None:
        failing.through = Away

        report = failing.sync(replay=EVERYTHING)

        assert group(report) == (0, 0, PEOPLE, 0)
        assert report.ended is not None

    def test_what_is_not_chosen_is_not_sent(self, failing: World) -> None:
        failing.execute("DROP TRIGGER picky")

        report = failing.sync(replay=Selection(row="survey:r7"))

        assert group(report) == (1, 0, 0, 0)
        assert report.writes == {"responses": 1}
        assert failing.execute("SELECT response_key FROM responses WHERE score = 10") == [("survey:r7",)]
        assert failing.sync(replay=Selection(code="E999")).replayed == ()


class TestNothingOlder:
    def test_newer_responses_take_the_place_of_what_failed_and_cost_a_replay_no_call(self, failing: World) -> None:
        failing.execute("DROP TRIGGER picky")
        answers(failing, 3, days_ago=0.5)
        failing.sync()
        before = failing.execute("SELECT * FROM responses ORDER BY response_key")

        report = failing.sync(replay=EVERYTHING)

        assert group(report) == (0, 0, 0, PEOPLE)
        assert report.writes == {}
        assert failing.execute("SELECT * FROM responses ORDER BY response_key") == before
        assert failing.execute("SELECT DISTINCT score FROM people") == [(3,)]

    def test_ten_thousand_failures_of_which_most_were_replaced_put_nothing_old_over_anything_new(
        self, tmp_path: Path
    ) -> None:
        people, replaced = 10_000, 9_000
        world = crowd(tmp_path, people)
        answers(world, 10, people=people)
        assert world.sync().rows.by_state[State.REJECTED] == {"E502": people}
        world.execute("DROP TRIGGER picky")
        world.source.add(*(response(n, 3, email=f"p{n}@acme.test", days_ago=0.5) for n in range(replaced)))
        world.sync()

        report = world.sync(replay=EVERYTHING)

        assert group(report) == (people - replaced, 0, 0, replaced)
        assert report.writes == {"responses": people - replaced}
        assert world.execute("SELECT score, count(*) FROM people GROUP BY 1 ORDER BY 1") == [(3, 9_000), (10, 1_000)]
        assert world.execute("SELECT score, count(*) FROM responses GROUP BY 1 ORDER BY 1") == [
            (3, 9_000),
            (9, 1),
            (10, 1_000),
        ]

    def test_a_late_arrival_that_failed_does_not_overwrite_who_answered_since(self, tmp_path: Path) -> None:
        """The write of a record that failed is made of all its responses, not of the one that failed."""
        world = crowd(tmp_path)
        world.execute("DROP TRIGGER picky")
        world.execute(PICKY.replace("responses", "people"))
        world.source.add(response(1, 10, email="p1@acme.test", days_ago=5))
        world.sync()
        world.execute("DROP TRIGGER picky")
        world.source.add(response(2, 2, email="p1@acme.test", days_ago=1))

        assert world.sync().writes["people"] == 1
        assert group(world.sync(replay=EVERYTHING)) == (0, 0, 0, 1)
        assert world.execute("SELECT score FROM people WHERE customer_id = 'C-000001'") == [(2,)]


class TestPlans:
    def test_the_same_ledger_and_store_give_the_same_plan(self, failing: World) -> None:
        first, again = (failing.sync(replay=EVERYTHING, dry_run=True) for _ in range(2))

        assert first.plan == again.plan
        assert first.changes == again.changes
        assert first.replayed == again.replayed
        assert group(first) == (0, 0, PEOPLE, 0)

    def test_a_dry_run_leaves_no_trace(self, failing: World) -> None:
        before = failing.ledger("SELECT * FROM failures ORDER BY record"), failing.ledger("SELECT * FROM outbox")

        failing.sync(replay=EVERYTHING, dry_run=True)

        assert before == (
            failing.ledger("SELECT * FROM failures ORDER BY record"),
            failing.ledger("SELECT * FROM outbox"),
        )

    def test_it_says_which_of_its_inputs_changed(self, failing: World) -> None:
        failing.execute("ALTER TABLE responses ADD COLUMN note TEXT")
        failing.mapping = failing.mapping | {"fields": failing.mapping["fields"] | {"responses": "responses"}}

        [told] = failing.sync(replay=EVERYTHING, dry_run=True).replayed or ()

        assert told.changed == {"mapping": PEOPLE, "schema": PEOPLE}


class TestComingBackByItself:
    def test_a_corrected_mapping_lets_everything_be_tried_again(self, failing: World) -> None:
        failing.execute("DROP TRIGGER picky")
        idle = failing.sync()
        fields = failing.mapping["responses"]["fields"] | {"points": "points"}
        failing.mapping = failing.mapping | {"responses": failing.mapping["responses"] | {"fields": fields}}

        repaired = failing.sync()

        assert idle.writes == {}
        assert repaired.writes["responses"] == PEOPLE + 1
        assert failing.ledger("SELECT count(*) FROM outbox") == [(0,)]

    def test_a_field_that_changed_there_lets_them_be_tried_again(self, failing: World) -> None:
        failing.execute("DROP TRIGGER picky")
        failing.execute("ALTER TABLE responses ADD COLUMN wider TEXT")

        assert failing.sync().writes == {"responses": PEOPLE}

    def test_reading_everything_again_does_not_send_it_again(self, failing: World) -> None:
        assert failing.sync(full_refresh=True).writes == {}
        assert failing.ledger("SELECT DISTINCT attempts FROM failures") == [(1,)]

    def test_one_of_each_group_is_tried_once_a_week(self, failing: World) -> None:
        from datetime import timedelta

        failing.now += timedelta(days=8)
        failing.sync()

        assert failing.ledger("SELECT attempts, count(*) FROM failures GROUP BY 1 ORDER BY 1") == [
            (1, PEOPLE - 1),
            (2, 1),
        ]
