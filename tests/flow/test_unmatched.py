"""Who counts in the company's NPS without a record: once each, as long as the response has not expired."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sync.report import State
from tests.flow.world import NOW, response

if TYPE_CHECKING:
    from tests.flow.world import World

WHO = "who@corp.test"


def counted(world: World) -> tuple[int, int, int]:
    """Run, and return the persons that the report counts: promoters, passives, detractors."""
    nps = world.sync().nps
    assert nps is not None
    return nps.promoters, nps.passives, nps.detractors


def test_a_held_person_counts_by_the_latest_response(world: World) -> None:
    world.source.add(response(1, 9, email=WHO, days_ago=20))
    before = counted(world)
    world.source.add(response(2, 0, email=WHO, days_ago=2), response(3, 8, email=WHO, days_ago=9))

    assert before == (1, 0, 0)
    assert counted(world) == (0, 0, 1)


def test_an_edited_response_counts_as_it_is_now(world: World) -> None:
    world.source.add(response(1, 9, email=WHO))
    counted(world)
    world.source.add(response(1, 2, email=WHO))

    assert counted(world) == (0, 0, 1)


def test_a_held_person_who_becomes_a_customer_counts_once(world: World) -> None:
    world.source.add(response(1, 9, email=WHO))
    counted(world)
    world.execute(f"INSERT INTO customers VALUES ('C-9', '{WHO}', 'Who', 'Knows', 'A-1')")

    assert counted(world) == (1, 0, 0)
    assert world.ledger("SELECT count(*) FROM unmatched") == [(0,)]


def test_a_response_that_moved_to_a_customer_no_longer_counts_for_a_stranger(world: World) -> None:
    world.source.add(response(1, 9, email=WHO, days_ago=3), response(2, 0, email=WHO, days_ago=1))
    before = counted(world)
    world.source.add(response(2, 0, email="ada@acme.test", days_ago=1))

    assert before == (0, 0, 1)
    assert counted(world) == (1, 0, 1)


def test_a_response_stops_to_count_when_it_expires(world: World) -> None:
    world.source.add(response(1, 9, email=WHO, days_ago=300), response(2, 0, days_ago=1))
    before = counted(world)
    world.now = NOW + timedelta(days=100)

    assert before == (1, 0, 1)
    assert counted(world) == (0, 0, 1)
    assert world.ledger("SELECT count(*) FROM unmatched") == [(1,)]


def test_a_longer_time_to_expire_counts_them_again(world: World) -> None:
    world.source.add(response(1, 9, email=WHO, days_ago=500))
    before = counted(world)
    world.settings = world.settings | {"nps": {"min_responses": 1, "expires_after": "1000d"}}

    assert before == (0, 0, 0)
    assert counted(world) == (1, 0, 0)


def test_a_response_that_is_read_and_taken_up_again_in_one_run_came_in_once(world: World) -> None:
    """The simulator's seed 862: the run said that its counts disagree, and failed."""
    world.source.add(response(1, 9, email=WHO, days_ago=3))
    world.sync()
    world.execute("INSERT INTO customers VALUES ('C-9', 'who@corp.test', 'Who', 'Ever', 'A-1')")
    world.source.add(response(1, 9, email=WHO, days_ago=3), response(2, 0, email=WHO, days_ago=1))

    report = world.sync()

    assert report.rows.entered == 3  # two were read, one of them unchanged; the first is taken up again
    assert report.rows.total(State.WRITTEN) == 2
