"""Two mappings read one source: what one of them learns is not lost on the other."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import pytest

from tests.flow.world import MAPPING, response

if TYPE_CHECKING:
    from tests.flow.world import World

WHO = "who@corp.test"
SECOND = deepcopy(MAPPING) | {"name": "second", "object": "people_too"}
for part in ("responses", "rollup", "segments"):
    SECOND[part]["object"] += "_too"


class Two:
    """The same world, run by one mapping or the other."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.first = world.mapping

    def sync(self, *mappings: str) -> list[dict[str, int]]:
        found = []
        for name in mappings:
            self.world.mapping = SECOND if name == "second" else self.first
            found.append(self.world.sync().as_json()["rows"])
        return found

    def scores(self) -> list[tuple[str, int]]:
        return [tuple(row) for row in self.world.execute("SELECT customer_id, score FROM people_too ORDER BY 1")]


@pytest.fixture
def two(world: World) -> Two:
    return Two(world)


def test_an_edit_that_one_mapping_read_reaches_the_other(two: Two) -> None:
    two.world.source.add(response(1, 9, email="ada@acme.test"))
    two.sync("first", "second")
    two.world.source.add(response(1, 2, email="ada@acme.test"))
    _, rows = two.sync("first", "second")

    assert [("C-1", 2)] == two.scores()
    assert 1 == rows["written"]
    assert 0 == rows["pending"]


def test_an_edit_reaches_a_mapping_whose_source_does_not_tell_it_again(two: Two) -> None:
    two.world.source.add(response(1, 9, email="ada@acme.test"), response(2, 7, email="bob@acme.test"))
    two.sync("first", "second")
    two.world.source.add(response(1, 2, email="ada@acme.test"))
    two.sync("first")
    two.world.source.pages.pop()
    (rows,) = two.sync("second")

    assert [("C-1", 2), ("C-2", 7)] == two.scores()
    assert {"in": 1, "written": 1} == {state: number for state, number in rows.items() if number}


def test_a_response_that_moved_to_another_person_leaves_the_first_in_both(two: Two) -> None:
    two.world.source.add(
        response(1, 9, email="ada@acme.test", days_ago=1), response(2, 6, email="ada@acme.test", days_ago=9)
    )
    two.sync("first", "second")
    two.world.source.add(response(1, 9, email="bob@acme.test", days_ago=1))
    two.sync("first", "second")

    assert [("C-1", 6), ("C-2", 9)] == two.scores()
    assert two.world.execute("SELECT customer_id, score FROM people ORDER BY 1") == two.scores()


@pytest.mark.parametrize("email", [WHO, None])
def test_an_edit_of_a_stranger_counts_once_for_both(two: Two, email: str | None) -> None:
    two.world.source.add(response(1, 9, email=email), response(2, 8))
    two.sync("first", "second")
    two.world.source.add(response(1, 2, email=email))
    two.sync("first", "second")

    for mapping in ("store", "second"):
        kept = two.world.ledger(f"SELECT score FROM unmatched WHERE mapping = '{mapping}' ORDER BY 1")
        counted = two.world.ledger(
            "SELECT category, persons FROM totals"
            f" WHERE mapping = '{mapping}' AND survey_kind <> '' AND persons <> 0 ORDER BY 1"
        )
        assert [(2,), (8,)] == kept
        assert [("detractor", 1), ("passive", 1)] == counted


def test_an_anonymous_answer_edited_into_a_person_s_is_no_stranger_s(two: Two) -> None:
    two.world.source.add(response(1, 9), response(2, 8))
    two.sync("first", "second")
    two.world.source.add(response(1, 9, email="ada@acme.test"))
    two.sync("first", "second")

    assert [("C-1", 9)] == two.scores()
    assert [("second", 8), ("store", 8)] == two.world.ledger("SELECT mapping, score FROM unmatched ORDER BY 1")
