"""Rules that look in a second object: its records are found, written and measured like those of the first."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import pytest

from tests.flow.world import MAPPING, response

if TYPE_CHECKING:
    from tests.flow.world import World

LEADS = [("L-1", "lena@leads.test"), ("L-2", "ada@acme.test"), ("C-1", "carl@leads.test")]


@pytest.fixture
def both(world: World) -> World:
    mapping = deepcopy(MAPPING)
    mapping["match"].append({"object": "leads", "where": "not_converted", "email": "person.email"})
    world.mapping = mapping
    world.execute("CREATE TABLE leads (customer_id TEXT PRIMARY KEY, email TEXT)")
    for id_, email in LEADS:
        world.execute("INSERT INTO leads VALUES (:id, :email)", {"id": id_, "email": email})
    return world


def scores(world: World, table: str) -> dict[str, int]:
    rows = world.execute(f"SELECT customer_id, score FROM {table} WHERE score IS NOT NULL")
    return {row[0]: row[1] for row in rows}


def test_a_response_of_a_lead_is_written_to_the_lead(both: World) -> None:
    both.source.add(response(1, 9, email="lena@leads.test"), response(2, 4, email="bob@acme.test"))
    report = both.sync()

    assert {"L-1": 9} == scores(both, "leads")
    assert {"C-2": 4} == scores(both, "people")
    assert 1 == report.as_json()["writes"]["leads"]
    assert 0 == sum(both.sync().as_json()["writes"].values())


def test_records_of_two_objects_may_share_an_id(both: World) -> None:
    both.source.add(response(1, 9, email="carl@leads.test"), response(2, 3, email="cleo@bolt.test"))
    both.source.add(response(3, 1, email="carl@leads.test", days_ago=0))
    both.sync()

    assert {"C-1": 1} == scores(both, "leads")
    assert {"C-3": 3} == scores(both, "people")


def test_who_is_a_nameless_lead_and_a_customer_is_left_to_a_person(both: World) -> None:
    both.source.add(response(1, 9, email="ada@acme.test"))

    assert {"many": 1} == both.sync().as_json()["held_by_reason"]


def test_the_guard_counts_changed_leads(both: World) -> None:
    both.settings = both.settings | {"limits": {"stop_if_changed": "10%"}}
    for number in range(240):
        both.execute("INSERT INTO leads VALUES (:id, :email)", {"id": f"M-{number}", "email": f"p{number}@many.test"})
    both.source.add(*(response(number, 9, email=f"p{number}@many.test") for number in range(240)))
    both.sync()
    both.source.add(*(response(number + 500, 1, email=f"p{number}@many.test", days_ago=0) for number in range(150)))

    assert "stopped" in both.sync().status.value
