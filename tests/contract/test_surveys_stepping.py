"""A service that is asked for one window of time after the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import Deferred
from sandbox.exchange import Reply
from tests.contract.survey_bench import NOW, Bench, refused, row
from tests.unit.fake_time import FakeTime

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.exchange import Request

DAY = 24.0


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def windowed(rows: list[dict[str, Any]], *, ends: bool = False, size: int = 100) -> Callable[[Request], Reply]:
    """Answer with what lies between the two bounds, newest first; with *ends* they belong to it. Pages by tokens."""

    def answer(request: Request) -> Reply:
        since, until = moment(request.first("from")), moment(request.first("to"))
        found = [each for each in rows if since < moment(each["at"]) < until or (ends and _is_end(each, since, until))]
        found.sort(key=lambda each: each["at"], reverse=True)
        first = int(request.first("token", "0"))
        more = {"go": str(first + size)} if first + size < len(found) else {}
        return Reply.json({"rows": found[first : first + size], **more})

    return answer


def _is_end(each: dict[str, Any], since: datetime, until: datetime) -> bool:
    return moment(each["at"]) in (since, until)


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> Callable[..., Bench]:
    """Return what makes a bench for such a service."""

    def made(answer: Callable[[Request], Reply], *, inclusive: bool = False, begins: timedelta, **pages: Any) -> Bench:
        cursor = {"field": "at", "format": "iso", "inclusive": inclusive, "step": "5d", "look_back": "2d"}
        cursor["everything"] = (NOW - begins).strftime("%Y-%m-%dT%H:%M:%SZ")
        query = {"from": "{since}", "to": "{until}", "token": "{token}"}
        responses = {"request": {"path": "/rows", "query": query}, "cursor": cursor, "pages": pages}
        found = Bench(answer, responses=responses)
        request.addfinalizer(found.__exit__)
        return found.__enter__()

    return made


@pytest.mark.parametrize("inclusive", [False, True])
def test_every_window_up_to_now_is_asked_for_and_its_ends_are_not_lost(
    bench: Callable[..., Bench], *, inclusive: bool
) -> None:
    """Rows lie on each bound, and it is not known to which of the two windows they belong."""
    rows = [row(number, hours=number * DAY) for number in range(30)]
    made = bench(windowed(rows, ends=inclusive), inclusive=inclusive, begins=timedelta(days=30))

    got = made.read()

    assert sorted(each["id"] for each in rows) == sorted(got.told)
    asked = [(moment(each.first("from")), moment(each.first("to"))) for each in made.world.asked]
    assert 6 == len(asked)
    assert all(after[0] <= before[1] for before, after in pairwise(asked)), "there is a gap"
    assert asked[-1][1] > NOW
    assert max(until - since for since, until in asked[:-1]) <= timedelta(days=5, seconds=1)


def test_a_reading_that_breaks_off_goes_on_where_it_stood(bench: Callable[..., Bench]) -> None:
    rows = [row(number, hours=number * DAY) for number in range(30)]
    made = bench(windowed(rows), begins=timedelta(days=900))
    whole = made.world.answer
    made.world.answer = lambda request: whole(request) if len(made.world.asked) < 120 else Reply.json({}, 403)

    first = made.read()
    made.world.answer = whole
    asked = len(made.world.asked)
    second = made.read(first.last)

    assert refused(first) is not None
    assert sorted(each["id"] for each in rows) == sorted({*first.told, *second.told})
    assert len(made.world.asked) - asked < 80, "empty windows of years ago are not asked for again"


def test_a_token_goes_on_in_the_window_that_it_was_given_for(bench: Callable[..., Bench]) -> None:
    rows = [row(number, hours=number * DAY / 4) for number in range(60)]
    made = bench(windowed(rows, size=3), begins=timedelta(days=15), kind="token", next="go")
    whole = made.world.answer
    made.world.answer = lambda request: whole(request) if len(made.world.asked) % 5 else Reply.json({}, 403)

    told, cursors = list[str](), dict[str, str]()
    for _ in range(20):
        got = made.read(cursors)
        told, cursors = told + got.told, got.last

    assert sorted(each["id"] for each in rows) == sorted(told)
    bounds: dict[str, set[str]] = {}
    for each in made.world.asked:
        if each.first("token"):
            bounds.setdefault(each.first("from"), set()).add(each.first("to"))
    assert {1} == {len(each) for each in bounds.values()}, "a token was sent with another window"


def test_a_clock_that_is_ahead_hides_nothing_once_it_is_right_again(bench: Callable[..., Bench]) -> None:
    rows = [row(1, hours=9 * DAY)]
    made = bench(windowed(rows), begins=timedelta(days=30))
    made.clock = FakeTime((NOW + timedelta(days=100)).timestamp())
    first = made.read()
    made.clock = FakeTime(NOW.timestamp())
    rows.append(row(2, hours=1.0))

    assert ["r1"] == first.told
    assert ["r2"] == made.read(first.last).told


def test_a_service_that_heeds_no_window_ends_the_reading(bench: Callable[..., Bench]) -> None:
    rows = [row(number, hours=29 * DAY) for number in range(3)]

    assert isinstance(refused(bench(lambda _: Reply.json({"rows": rows}), begins=timedelta(days=30)).read()), Deferred)
