"""SurveyMonkey as it is played: the keys and types of its recordings, its budgets, and the ways to read it wrongly."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Clock, Limits, surveys
from tests.contract.survey_wire import Wire, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.surveys import Survey

RECORDED = Path(__file__).parents[3] / "shared" / "fixtures" / "surveymonkey"
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
NPS = [-100] * 7 + [0] * 2 + [100] * 2
recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="the shared fixtures are not here")


@pytest.fixture
def clock() -> Clock:
    return Clock.standing(START.timestamp())


@pytest.fixture
def service(clock) -> Iterator[Survey]:
    with surveys.serve("surveymonkey", responses=120, limits=Limits(), clock=clock) as service:
        yield service


@pytest.fixture
def wire(service) -> Wire:
    return wire_to(service)


def wire_to(service: Survey) -> Wire:
    return Wire(service, {"Authorization": f"bearer {surveys.secrets(service)['token']}"})


def scores_of(wire: Wire, survey: str) -> dict[str, int]:
    """Return choice → score, for the choices of NPS questions."""
    pages = wire.get(f"/v3/surveys/{survey}/details").json["pages"]
    found: dict[str, int] = {}
    for question in (one for page in pages for one in page["questions"]):
        choices = sorted(question.get("answers", {}).get("choices", ()), key=lambda one: one["position"])
        if [one["weight"] for one in choices] == NPS:
            found |= {one["id"]: one["position"] - 1 for one in choices}
    return found


def rows_of(wire: Wire, survey: str, **query: Any) -> list[dict[str, Any]]:
    page = wire.get(f"/v3/surveys/{survey}/responses/bulk", **query).json
    rows: list[dict[str, Any]] = page["data"]
    while following := page["links"].get("next"):
        page = wire.call("GET", following).json
        rows += page["data"]
    return rows


def read(wire: Wire, **query: Any) -> dict[str, tuple[Any, ...]]:
    found = {}
    for survey in (one["id"] for one in wire.get("/v3/surveys").json["data"]):
        scores = scores_of(wire, survey)
        for row in rows_of(wire, survey, **query):
            answers = [answer for page in row["pages"] for asked in page["questions"] for answer in asked["answers"]]
            score = next((scores[one["choice_id"]] for one in answers if one.get("choice_id") in scores), None)
            comment = next((one["text"] for one in answers if "text" in one), None)
            real = (row["response_status"], row["collection_mode"]) == ("completed", "default")
            assert row["id"] not in found, "a response came twice"
            if real and score is not None:
                at = datetime.fromisoformat(row["date_created"])
                found[row["id"]] = (score, comment, row["email_address"] or None, at)
    return found


@pytest.mark.parametrize("size", [1, 7, 100])
@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_every_page_size_and_order_gives_all_that_counts_once(service, wire, size, order):
    assert told(service.world.truth()) == read(wire, per_page=size, sort_by="date_modified", sort_order=order)
    assert {0, 10} <= {one.score for one in service.world.truth()}


@recorded
def test_responses_have_the_keys_and_types_of_recorded_ones(service, wire):
    recording = json.loads((RECORDED / "responses_bulk.json").read_text(encoding="utf-8"))
    service.world.add(7, comment="Good", at=START)
    page = wire.get("/v3/surveys/318754279/responses/bulk", per_page=10).json
    row, before = page["data"][0], recording["data"][0]

    assert set(recording) == set(page)
    assert {key: type(value) for key, value in before.items()} == {key: type(value) for key, value in row.items()}
    assert before["pages"][0].keys() == row["pages"][0].keys()
    assert (
        before["pages"][0]["questions"][1]["answers"][0].keys() == row["pages"][0]["questions"][1]["answers"][0].keys()
    )
    assert len(before["date_created"]) == len(row["date_created"])


@recorded
def test_details_have_the_keys_of_recorded_ones(wire):
    recording = json.loads((RECORDED / "survey_details.json").read_text(encoding="utf-8"))
    details = wire.get("/v3/surveys/318754279/details").json
    page, before = details["pages"][0], recording["pages"][0]
    choice, choice_before = (one["questions"][0]["answers"]["choices"][0] for one in (page, before))

    assert recording.keys() == details.keys()
    assert before.keys() == page.keys()
    assert before["questions"][0].keys() == page["questions"][0].keys()
    assert before["questions"][1].keys() == page["questions"][1].keys()
    assert choice_before.keys() - {"quiz_options"} == choice.keys() - {"weight", "is_na"}
    assert len(recording["date_modified"]) == len(details["date_modified"])  # without a zone


def test_choices_stand_in_no_order_and_weigh_what_nps_weighs(wire):
    question = wire.get("/v3/surveys/318754279/details").json["pages"][0]["questions"][0]
    choices = question["answers"]["choices"]

    assert ("matrix", "rating") == (question["family"], question["subtype"])
    assert [one["position"] for one in choices] != sorted(one["position"] for one in choices)
    assert sorted(NPS) == sorted(one["weight"] for one in choices)


def test_an_edit_is_found_by_when_it_was_modified(service, wire, clock):
    key = service.world.truth()[0].id
    clock.advance(60)
    service.world.edit(key, score=0)
    survey = service.world.answers.get(key).survey
    rows = rows_of(wire, survey, start_modified_at="2026-11-02T09:00:30", sort_by="date_modified", sort_order="ASC")

    assert key in {row["id"] for row in rows}
    assert told(service.world.truth()) == read(wire)


def test_a_late_response_is_old_by_when_it_was_created_only(service, wire):
    key = service.world.late(behind_s=86_400, score=3)
    late = next(row for row in rows_of(wire, service.world.surveys[0]) if row["id"] == key)

    assert ("2026-11-01T09:00:00+00:00", "2026-11-02T09:00:00+00:00") == (late["date_created"], late["date_modified"])


def test_a_status_can_be_asked_for(service, wire):
    service.world.add(9, state="disqualified")
    rows = rows_of(wire, service.world.surveys[0], status="disqualified")

    assert {"disqualified"} == {row["response_status"] for row in rows}


def test_every_reply_tells_the_budgets_and_the_day_ends_them(clock):
    with surveys.serve("surveymonkey", responses=0, clock=clock) as service:
        wire = wire_to(service)
        first = wire.get("/v3/users/me")
        for _ in range(119):
            wire.get("/v3/users/me")
        minute = wire.get("/v3/users/me")
        statuses = []
        for _ in range(4):
            clock.advance(60)
            statuses += [wire.get("/v3/users/me").status for _ in range(100)]
        day = wire.get("/v3/users/me")

    stem = "X-Ratelimit-App-Global"
    assert ("120", "119") == (first.headers[f"{stem}-Minute-Limit"], first.headers[f"{stem}-Minute-Remaining"])
    assert ("500", "499") == (first.headers[f"{stem}-Day-Limit"], first.headers[f"{stem}-Day-Remaining"])
    assert (429, "60", None) == (minute.status, minute.headers[f"{stem}-Minute-Reset"], minute.headers["Retry-After"])
    assert "1040" == minute.json["error"]["id"]
    assert (380, 20) == (statuses.count(200), statuses.count(429))
    assert (429, str(15 * 3_600 - 240)) == (day.status, day.headers[f"{stem}-Day-Reset"])


def test_refusals_are_in_its_words(service, wire):
    assert 401 == Wire(service, {}).get("/v3/surveys").status
    refused = wire.get("/v3/surveys/1/details")

    assert (404, {"docs", "message", "id", "name", "http_status_code"}) == (refused.status, set(refused.json["error"]))
    assert 400 == wire.get("/v3/surveys/318754279/responses/bulk", per_page=101).status
