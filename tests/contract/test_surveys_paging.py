"""How the engine goes from page to page, and that there is always an end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import Deferred, Refused
from sandbox.exchange import Reply, Request
from tests.contract.survey_bench import Bench, ids, paged, refused, row

if TYPE_CHECKING:
    from collections.abc import Callable


def test_pages_by_number() -> None:
    with Bench(paged([row(number) for number in range(7)])) as bench:
        got = bench.read()

    assert ids(0, 1, 2, 3, 4, 5, 6) == got.told
    assert 3 == len(bench.world.asked)


def test_the_next_page_by_its_address() -> None:
    def answer(request: Request) -> Reply:
        number = int(request.first("at", "0"))
        more = {"next": f"{request.path}?at={number + 1}"} if number < 2 else {"next": None}
        return Reply.json({"rows": [row(number)]} | more)

    with Bench(answer, responses={"pages": {"kind": "next_url", "next": "next"}}) as bench:
        assert ids(0, 1, 2) == bench.read().told


def test_the_next_page_by_the_link_header() -> None:
    def answer(request: Request) -> Reply:
        number = int(request.first("at", "0"))
        link = {"Link": f'</rows?at={number + 1}>; rel="next", </rows>; rel="first"'} if number < 2 else {}
        return Reply.json({"rows": [row(number)]}, headers=link)

    with Bench(answer, responses={"pages": {"kind": "link"}}) as bench:
        assert ids(0, 1, 2) == bench.read().told


def test_the_next_page_by_a_token_that_may_hold_anything() -> None:
    tokens = ["", "a&b=c/..?#", "é"]

    def answer(request: Request) -> Reply:
        number = tokens.index(request.first("token"))
        return Reply.json({"rows": [row(number)], "go": {"on": dict(enumerate(tokens)).get(number + 1)}})

    with Bench(answer, responses={"pages": {"kind": "token", "next": "go.on"}}) as bench:
        assert ids(0, 1, 2) == bench.read().told


def test_a_next_page_at_another_host_gets_no_key() -> None:
    reply = {"rows": [row(1)], "next": "https://elsewhere.example/rows"}
    with Bench(lambda _: Reply.json(reply), responses={"pages": {"kind": "next_url", "next": "next"}}) as bench:
        assert isinstance(refused(bench.read()), Refused)


@pytest.mark.parametrize("kind", ["token", "next_url"])
def test_a_token_that_repeats_ends_the_reading(kind: str) -> None:
    count = iter(range(1000))

    def answer(_: Request) -> Reply:
        number = next(count)
        return Reply.json({"rows": [row(number)], "go": f"/rows?token={number % 3}"})

    with Bench(answer, responses={"pages": {"kind": kind, "next": "go"}}) as bench:
        got = bench.read()

    assert isinstance(refused(got), Deferred)
    assert "again" in str(refused(got))
    assert len(bench.world.asked) < 10


def test_a_list_that_shrinks_while_it_is_read_is_read_again() -> None:
    """Something in front was deleted, so a row has moved up to the page before."""
    rows = [row(number) for number in range(9)]

    def answer(request: Request) -> Reply:
        if request.first("page") == "2" and len(rows) == 9:
            del rows[0]
        return paged(rows, total=len(rows))(request)

    with Bench(answer, responses={"pages": {"kind": "number", "size": 3, "total": "total"}}) as bench:
        got = bench.read()

    assert {"r3", "r8"} <= set(got.told)
    assert refused(got) is None


def test_a_list_that_never_stops_shrinking_is_given_up() -> None:
    totals = iter(range(1000, 0, -1))

    def answer(request: Request) -> Reply:
        return paged([row(number) for number in range(9)], total=next(totals))(request)

    with Bench(answer, responses={"pages": {"kind": "number", "size": 3, "total": "total"}}) as bench:
        assert isinstance(refused(bench.read()), Deferred)


KEYSET = {
    "pages": {"kind": "keyset", "size": 3},
    "cursor": {"field": "at", "format": "iso", "ascending": True, "look_back": "1h"},
}


def since(rows: list[dict[str, Any]]) -> Callable[[Request], Reply]:
    """Answer with pages from a moment on, oldest first."""

    def answer(request: Request) -> Reply:
        return paged([each for each in rows if each["at"] >= request.first("since")])(request)

    return answer


@pytest.mark.parametrize("ties", range(1, 12))
def test_ties_at_the_ends_of_pages_are_all_read(ties: int) -> None:
    rows = [row(0), *(row(number, hours=50) for number in range(1, 1 + ties)), row(60), row(61)]
    with Bench(since(rows), responses=KEYSET) as bench:
        got = bench.read()

    assert sorted(each["id"] for each in rows) == sorted(got.told)


@pytest.mark.parametrize("kind", ["keyset", "number"])
def test_rows_in_another_order_than_the_spec_says_are_refused(kind: str) -> None:
    """A service that ignores the wish for an order would make us pass over everything but the newest."""
    rows = [row(number) for number in range(9, 0, -1)]
    spec = {**KEYSET, "pages": {"kind": kind, "size": 3}}
    with Bench(paged(rows), responses=spec) as bench:
        got = bench.read()

    assert "E103" == refused(got).code
    assert {} == got.last


def test_a_row_of_the_far_future_does_not_hide_what_comes() -> None:
    rows = [row(1), row(2), row(3, hours=-9000)]
    with Bench(since(rows), responses=KEYSET) as bench:
        first = bench.read()
        rows.insert(2, row(50))
        second = bench.read(first.last)

    assert ["r50"] == second.told
    assert "date_in_future" == first.pages[0].rejects[0].reason


def test_a_row_that_was_ahead_of_our_clock_is_read_when_its_time_has_come() -> None:
    """The clock of this computer was wrong: everything of the last weeks was refused, and nothing of it may stay so."""
    rows = [row(1), row(2), row(3, hours=-48), row(4, hours=-72)]
    with Bench(since(rows), responses=KEYSET) as bench:
        first = bench.read()
        again = bench.read(first.last)
        bench.clock.sleep(10 * 86_400.0)
        second = bench.read(again.last)

    assert ["r1", "r2"] == first.told
    assert 2 == sum(len(page.rejects) for page in first.pages)
    assert [] == again.pages, "it is not told twice that they are refused"
    assert ["r3", "r4"] == second.told
    assert [] == [each for page in second.pages for each in page.rejects]


def test_an_empty_page_is_not_the_last_where_the_service_counts_them() -> None:
    """It leaves out rows after it has cut its pages."""
    pages = [[row(0)], [], [row(2)], [row(3), row(4)]]

    def answer(request: Request) -> Reply:
        return Reply.json({"rows": pages[int(request.first("page")) - 1], "pages": len(pages)})

    with Bench(answer, responses={"pages": {"kind": "number", "size": 3, "count": "pages"}}) as bench:
        assert ids(0, 2, 3, 4) == bench.read().told


@pytest.mark.parametrize("kind", ["number", "keyset"])
def test_a_service_that_gives_shorter_pages_than_asked_for_is_read_to_its_end(kind: str) -> None:
    """Its longest page has 10 rows, and the spec does not know."""
    rows = [row(number) for number in range(34)]
    spec = {**KEYSET, "pages": {"kind": kind, "size": 100}}

    def answer(request: Request) -> Reply:
        later = [each for each in rows if each["at"] >= request.first("since")]
        return paged(later, 10)(request)

    with Bench(answer, responses=spec) as bench:
        assert ids(*range(34)) == bench.read().told


def test_a_short_page_is_not_the_last_where_the_service_counts_the_rows() -> None:
    rows = [row(number) for number in range(11)]
    with Bench(paged(rows, 4, total=11), responses={"pages": {"kind": "number", "size": 7, "total": "total"}}) as bench:
        assert ids(*range(11)) == bench.read().told


def test_words_of_a_rule_count_in_any_case() -> None:
    rows = [row(1, kind="NPS"), row(2, kind="Test"), row(3, kind="TEST"), row(4)]
    skip = [{"reason": "test", "field": "kind", "values": ["Test"]}]
    with Bench(paged(rows, 9), responses={"pages": {"kind": "none"}, "skip": skip}) as bench:
        assert ids(1, 4) == bench.read().told
    only = [{"reason": "not_nps", "field": "kind", "unless": ["NPS"]}]
    with Bench(paged(rows, 9), responses={"pages": {"kind": "none"}, "skip": only}) as bench:
        assert ids(1) == bench.read().told


def test_who_answered_while_a_reading_was_left_is_not_passed_over() -> None:
    """The list has no order. It is left in the middle for days; what comes meanwhile stands on a page that was read."""
    rows = [row(number) for number in range(6)]

    def answer(request: Request) -> Reply:
        first = int(request.first("token", "0"))
        if first == 3 and len(bench.world.asked) < 3:
            return Reply.json({}, 403)
        more = {"go": str(first + 3)} if first + 3 < len(rows) else {}
        return Reply.json({"rows": rows[first : first + 3], **more})

    spec = {"pages": {"kind": "token", "size": 3, "next": "go"}}
    with Bench(answer, responses=spec) as bench:
        first = bench.read()
        bench.clock.sleep(5 * 86_400.0)
        rows[0] = row(50, hours=-24)
        rows[5] = row(60, hours=-110)
        second = bench.read(first.last)
        third = bench.read(second.last)

    assert ids(0, 1, 2) == first.told
    assert "r60" in second.told
    assert "r50" in second.told + third.told


@pytest.mark.parametrize("kind", ["number", "keyset"])
def test_a_service_that_has_one_page_and_heeds_no_number_is_read_once(kind: str) -> None:
    """Ten rows might be a page that was cut, so another one is asked for; it is the same."""
    rows = [row(number, hours=5) for number in range(10)]
    spec = {**KEYSET, "pages": {"kind": kind, "size": 100}}
    with Bench(lambda _: Reply.json({"rows": rows}), responses=spec) as bench:
        got = bench.read()

    assert refused(got) is None
    assert ids(*range(10)) == got.told
    assert 2 == len(bench.world.asked)
