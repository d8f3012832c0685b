"""Surveys that are not there: deleted while they were read, or named though there are none."""

from __future__ import annotations

from connectors.errors import QuotaSpent
from sandbox.exchange import Reply, Request
from tests.contract.survey_bench import SPEC, Bench, refused, row

SURVEYS = {"request": {"path": "/surveys"}, "rows": "surveys", "id": "id", "title": "title"}
RESPONSES = {"request": {"path": "/surveys/{survey}/rows"}, "pages": {}}


def answer(request: Request) -> Reply:
    """List two surveys, of which the first has been deleted by the time that it is asked for."""
    match request.segments:
        case ("surveys",):
            return Reply.json({"surveys": [{"id": "a", "title": "A"}, {"id": "b", "title": "B"}, {"id": "b"}]})
        case ("surveys", "b", "rows"):
            return Reply.json({"rows": [row(1)]})
    return Reply.json({"code": "FORM_NOT_FOUND", "description": "no"}, 404)


def test_one_that_is_deleted_while_it_is_read_is_told_and_nothing_is_wrong() -> None:
    with Bench(answer, surveys=SURVEYS, responses=RESPONSES) as bench:
        got = bench.read()

    assert ["r1"] == got.told
    assert refused(got) is None
    assert ["a: deleted since it was listed"] == [note for page in got.pages for note in page.notes]


def test_one_that_is_named_and_not_there_is_told_with_what_to_do_and_the_others_go_on() -> None:
    with Bench(answer, surveys=SURVEYS, responses=RESPONSES, limits={"code": "code"}) as bench:
        got = bench.read(surveys=["gone", "b"])

    assert ["r1"] == got.told
    assert "FORM_NOT_FOUND" in str(refused(got))
    assert "E103" == refused(got).code, "a service's code is none that `npsync help` knows"
    assert "`surveys`" in refused(got).next_step


def test_a_list_that_is_not_there_is_told_with_what_to_do() -> None:
    with Bench(lambda _: Reply.json({}, 404), responses={"request": SPEC["responses"]["request"]}) as bench:
        error = refused(bench.read())

    assert "E103" == error.code
    assert "spec" in error.next_step


def test_when_calls_run_out_it_is_not_always_for_the_same_surveys() -> None:
    """An account with more surveys than a day has calls: each run would begin with the first ones again."""
    many = [{"id": f"s{number}", "title": "S"} for number in range(9)]

    def listed(request: Request) -> Reply:
        rows = {"surveys": many, "rows": [row(1, id=request.segments[1])] if len(request.segments) > 1 else []}
        return Reply.json(rows)

    read, cursors = set[str](), dict[str, str]()
    with Bench(listed, surveys=SURVEYS, responses=RESPONSES) as bench:
        for _ in range(40):
            got = bench.read(cursors, daily_calls=4)
            assert isinstance(refused(got), QuotaSpent)
            read, cursors = read | set(got.told), got.last
            bench.clock.sleep(86_400.0)

    assert {each["id"] for each in many} == read
