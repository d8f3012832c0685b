"""Qualtrics as it is played: export jobs, their files held to real exports, and continuations."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Clock, Limits, surveys
from tests.contract.survey_wire import Wire, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.surveys import Survey

RECORDED = Path(__file__).parents[3] / "shared" / "fixtures" / "qualtrics"
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
NPS = {"SV_0aRecommend00001": ("QID1", "QID2_TEXT"), "SV_0bPurchase000002": ("QID5", "QID6_TEXT")}
FIRST = "/API/v3/surveys/SV_0aRecommend00001/export-responses"


@pytest.fixture
def clock() -> Clock:
    return Clock.standing(START.timestamp())


@pytest.fixture
def service(clock) -> Iterator[Survey]:
    with surveys.serve("qualtrics", responses=100, limits=Limits(), clock=clock) as service:
        yield service


@pytest.fixture
def wire(service) -> Wire:
    return wire_to(service)


def wire_to(service: Survey) -> Wire:
    return Wire(service, {"X-API-TOKEN": surveys.secrets(service)["token"]})


def exported(wire: Wire, survey: str, **wanted: Any) -> tuple[str, dict[str, Any]]:
    """Return the text of an export, and what was told when it was done."""
    path = f"/API/v3/surveys/{survey}/export-responses"
    job = wire.call("POST", path, {"format": "json", **wanted}).json["result"]["progressId"]
    while (state := wire.get(f"{path}/{job}").json["result"])["status"] == "inProgress":
        assert 0 < state["percentComplete"] < 100
    assert "complete" == state["status"]
    body = wire.get(f"{path}/{state['fileId']}/file").body
    if wanted.get("compress") is False:
        return body.decode(), state
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        (name,) = archive.namelist()
        return archive.read(name).decode(), state


def read(wire: Wire, places: dict[str, str] | None = None) -> dict[str, tuple[Any, ...]]:
    """Read what is new since *places*, and note there where to go on."""
    found = {}
    for survey, (score, comment) in NPS.items():
        place = {"continuationToken": places[survey]} if places and survey in places else {}
        text, state = exported(wire, survey, allowContinuation=True, **place)
        if places is not None:
            places[survey] = state["continuationToken"]
        for row in json.loads(text)["responses"]:
            values = row["values"]
            if values["status"] == 0 and values["finished"] == 1 and score in values:
                at = datetime.fromisoformat(values["recordedDate"])
                found[row["responseId"]] = (values[score], values.get(comment), values.get("recipientEmail"), at)
    return found


def test_a_full_export_gives_all_that_counts(service, wire):
    assert told(service.world.truth()) == read(wire)


def test_continuations_add_up_to_all_that_counts(service, wire, clock):
    places: dict[str, str] = {}
    held = read(wire, places)
    sizes = []
    for _ in range(7):
        clock.advance(12 * 3_600)
        new = read(wire, places)
        sizes.append(len(new))
        held |= new

    truth = told(service.world.truth())
    assert truth == {key: row for key, row in held.items() if key not in service.world.answers.gone}
    assert max(sizes) < len(truth) / 2, "continuations tell only what is new"


def test_a_continuation_ends(wire, clock):
    _, state = exported(wire, "SV_0aRecommend00001", allowContinuation=True)
    clock.advance(15 * 86_400)
    late = wire.call("POST", FIRST, {"format": "json", "continuationToken": state["continuationToken"]})

    assert 400 == late.status


def test_dates_bound_by_recording_and_the_end_is_not_included(service, wire):
    key = service.world.add(9, at=START)

    def ids(**wanted: str) -> set[str]:
        text, _ = exported(wire, "SV_0aRecommend00001", **wanted)
        return {row["responseId"] for row in json.loads(text)["responses"]}

    assert key in ids(startDate="2026-11-02T09:00:00Z")
    assert key not in ids(endDate="2026-11-02T09:00:00Z")


def test_an_edit_moves_only_the_date_of_modification(service, wire, clock):
    one = next(one for one in service.world.truth() if one.survey == "SV_0aRecommend00001")
    clock.advance(60)
    service.world.edit(one.id, score=0)

    def ids(**wanted: Any) -> set[str]:
        text, _ = exported(wire, one.survey, startDate="2026-11-02T09:00:30Z", **wanted)
        return {row["responseId"] for row in json.loads(text)["responses"]}

    assert one.id not in ids()
    assert one.id in ids(sortByLastModifiedDate=True)


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the shared fixtures are not here")
def test_a_table_has_the_columns_of_a_real_export(wire):
    with (RECORDED / "qualtrics_3header_sample.csv").open(encoding="utf-8", newline="") as file:
        names, _, ids, *_ = csv.reader(file)
    text, _ = exported(wire, "SV_0aRecommend00001", format="csv")
    ours, _, our_ids, row, *_ = csv.reader(io.StringIO(text))

    assert names[:17] == ours[:17]
    assert ids[:17] == our_ids[:17]
    assert ["Q1_NPS_GROUP", "Q1", "Q2", "Q2 - Topics"] == ours[17:]
    assert '{"ImportId":"QID2_TEXT"}' == our_ids[19]
    assert "2026-" == row[0][:5]
    assert 19 == len(row[0])


def test_values_are_numbers_or_with_labels_texts(service, wire):
    key = service.world.add(9, email="ann@x.example", comment="Good")

    def values(**wanted: Any) -> dict[str, Any]:
        text, _ = exported(wire, "SV_0aRecommend00001", compress=False, format="ndjson", **wanted)
        rows = map(json.loads, text.splitlines())
        row: dict[str, Any] = next(one for one in rows if one["responseId"] == key)
        assert {"responseId", "values", "labels", "displayedFields", "displayedValues"} == set(row)
        return row["values"]  # type: ignore[no-any-return]

    plain, labelled = values(), values(useLabels=True)
    assert (9, 3, 0, 1) == tuple(plain[name] for name in ("QID1", "QID1_NPS_GROUP", "status", "finished"))
    assert ("Promoter", "IP Address") == (labelled["QID1_NPS_GROUP"], labelled["status"])


def test_what_was_asked_is_held_to_its_spelling(wire):
    for wrong in ({}, {"format": "json", "startdate": "2026-01-01T00:00:00Z"}, {"format": "json", "useLabels": "yes"}):
        assert 400 == wire.call("POST", FIRST, wrong).status
    assert 400 == wire.call("POST", FIRST, "no json").status


def test_a_job_may_fail(service, wire):
    service.faults.set("job_failed", 1)
    job = wire.call("POST", FIRST, {"format": "json"}).json["result"]["progressId"]

    assert "failed" == wire.get(f"{FIRST}/{job}").json["result"]["status"]
    assert 404 == wire.get(f"{FIRST}/ES_9").status


def test_surveys_are_listed_page_by_page_with_whole_urls(service, wire):
    page = wire.get("/API/v3/surveys").json["result"]
    found = [one["id"] for one in page["elements"]]
    assert page["nextPage"].startswith(service.url)
    page = wire.call("GET", page["nextPage"]).json["result"]
    found += [one["id"] for one in page["elements"]]

    assert (list(service.world.surveys), None) == (found, page["nextPage"])
    questions = wire.get("/API/v3/survey-definitions/SV_0bPurchase000002").json["result"]["Questions"]
    assert ("MC", "NPS") == (questions["QID5"]["QuestionType"], questions["QID5"]["Selector"])


def test_an_access_token_opens_until_it_ends(service):
    wire = Wire(service, {})
    secrets = surveys.secrets(service)
    form = "grant_type=client_credentials&scope=manage:all"
    client = f"&client_id={secrets['client_id']}&client_secret={secrets['client_secret']}"
    wire.headers["Authorization"] = f"Bearer {wire.call('POST', '/oauth2/token', form + client).json['access_token']}"

    assert 200 == wire.get("/API/v3/whoami").status
    service.world.expire_tokens()
    assert (401, {"meta"}) == ((refused := wire.get("/API/v3/whoami")).status, set(refused.json))
    assert 400 == wire.call("POST", "/oauth2/token", form).status


def test_the_sixteenth_export_in_a_minute_is_refused(clock):
    with surveys.serve("qualtrics", responses=0, clock=clock) as service:
        wire = wire_to(service)
        statuses = [wire.call("POST", FIRST, {"format": "json"}).status for _ in range(16)]
        other = wire.get("/API/v3/whoami").status

    assert ([200] * 15 + [429], 200) == (statuses, other)
