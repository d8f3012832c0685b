"""Guards: what stops a plan before its first write, and how it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.contract import Page
from sync.errors import UserError
from sync.report import State, Status
from tests.flow.world import MemorySource, World, response

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PEOPLE = 150


@pytest.fixture
def crowd(tmp_path: Path) -> World:
    """A hundred and fifty customers, each of whom answered nine."""
    rows = [(f"C-{n}", f"p{n}@crowd.test", f"First{n}", f"Last{n}", "A-1") for n in range(PEOPLE)]
    world = World(tmp_path, customers=rows).make_customers()
    world.source.add(*(response(n, 9, email=row[1], days_ago=9) for n, row in enumerate(rows)))
    world.sync()
    return world


def limit(world: World, **limits: str) -> None:
    world.settings = world.settings | {"limits": {"stop_if_changed": "100%"} | limits}


def answer(world: World, score: int, people: range) -> None:
    world.source.add(*(response(1000 + n, score, email=f"p{n}@crowd.test") for n in people))


class TestAKeptPlan:
    def test_it_is_confirmed_as_it_was_shown_although_new_responses_wait(self, crowd: World) -> None:
        answer(crowd, 1, range(PEOPLE))
        stopped = crowd.sync()
        crowd.source.add(response(5000, 10, email="p0@crowd.test", days_ago=0.1))

        confirmed = crowd.sync(confirm=stopped.plan)
        after = crowd.sync()

        assert (confirmed.status, confirmed.rows.total(State.WRITTEN)) == (Status.DONE, PEOPLE)
        assert after.writes["people"] == 1
        assert crowd.scores()["C-0"] == 10

    def test_it_is_shown_without_being_written(self, crowd: World) -> None:
        answer(crowd, 1, range(PEOPLE))
        stopped = crowd.sync()
        crowd.source.add(response(5000, 10, email="p0@crowd.test", days_ago=0.1))

        shown = crowd.sync(dry_run=True, confirm=stopped.plan)

        assert shown.plan == stopped.plan
        assert len(stopped.changes) == 20
        assert stopped.changes == shown.changes[:20]
        assert set(crowd.scores().values()) == {9}

    def test_it_stays_stopped_until_somebody_confirms_it(self, crowd: World) -> None:
        answer(crowd, 1, range(PEOPLE))

        assert [crowd.sync().status for _ in range(3)] == [Status.STOPPED] * 3

    def test_newer_responses_make_another_plan(self, crowd: World) -> None:
        answer(crowd, 1, range(PEOPLE))
        stopped = crowd.sync()
        answer(crowd, 2, range(PEOPLE))
        crowd.sync()

        with pytest.raises(UserError) as refused:
            crowd.sync(confirm=stopped.plan)

        assert refused.value.code == "E402"


class TestFlips:
    def test_too_many_persons_who_change_their_category_stop_a_plan(self, crowd: World) -> None:
        limit(crowd, stop_if_flipped="50%")
        answer(crowd, 2, range(120))

        [reason] = crowd.sync().stopped_because

        assert reason == "120 persons would change their category (80.0 %); stop_if_flipped is 50 %"

    def test_another_score_of_the_same_category_is_no_flip(self, crowd: World) -> None:
        limit(crowd, stop_if_flipped="1%")
        answer(crowd, 10, range(120))

        assert crowd.sync().status is Status.DONE


class Whole(MemorySource):
    """A source that is read whole each time, as a file is that was written anew."""

    def pull(self, cursors: Mapping[str, str]) -> Iterator[Page]:
        """See `SurveySource.pull`."""
        del cursors
        rows = [response for page in self.pages for response in page.responses]
        yield Page(stream="answers.csv", responses=rows, cursor=str(len(rows)), whole=len(rows))


class TestShrunkSources:
    @pytest.fixture
    def whole(self, crowd: World) -> World:
        crowd.source = Whole(crowd.source.pages)
        limit(crowd)
        crowd.sync()
        return crowd

    def shrink(self, world: World, rows: int) -> None:
        kept = world.source.pages[0].responses[:rows]
        world.source = Whole().add(*kept[1:], response(0, 3, email="p0@crowd.test", days_ago=0.5))

    def test_a_file_that_lost_a_fifth_of_its_rows_stops_what_it_would_write(self, whole: World) -> None:
        self.shrink(whole, 100)

        report = whole.sync()

        assert report.status is Status.STOPPED
        assert report.stopped_because == ("answers.csv holds 100 rows, 150 before; stop_if_shrunk is 20 %",)
        assert whole.scores()["C-0"] == 9

    def test_it_stays_stopped_until_confirmed_and_is_the_measure_from_then_on(self, whole: World) -> None:
        self.shrink(whole, 100)
        whole.sync()
        stopped = whole.sync()

        assert stopped.status is Status.STOPPED
        assert whole.sync(confirm=stopped.plan).status is Status.DONE
        assert whole.scores()["C-0"] == 3
        assert whole.ledger("SELECT rows, seen FROM streams") == [(100, 100)]

    def test_a_file_that_is_whole_again_needs_nobody(self, whole: World) -> None:
        pages = whole.source.pages
        self.shrink(whole, 100)
        whole.sync()
        whole.source = Whole(pages).add(response(7000, 2, email="p1@crowd.test", days_ago=0.2))

        assert whole.sync().status is Status.DONE

    def test_some_rows_less_are_no_loss(self, whole: World) -> None:
        self.shrink(whole, 125)

        assert whole.sync().status is Status.DONE


def test_a_table_of_customers_that_is_suddenly_empty_stops_a_plan(crowd: World) -> None:
    limit(crowd)
    crowd.execute("DELETE FROM customers")
    crowd.source.add(*(response(2000 + n, 5, email=f"new{n}@crowd.test") for n in range(PEOPLE)))
    crowd.settings = crowd.settings | {"nps": {"min_responses": 1, "fresh_for": {"relational": "1d"}}}

    report = crowd.sync()

    assert report.status is Status.STOPPED
    assert report.stopped_because[-1].startswith(f"none of {PEOPLE} respondents was found")
