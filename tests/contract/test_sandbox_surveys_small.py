"""The smaller services as they are played: each with its own way to page, its own times, its own rows to leave out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Clock, Limits, Window, surveys
from tests.contract.survey_readers import READERS, google_forms, wire_to, wootric
from tests.contract.survey_wire import Wire, shape, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.surveys import Survey

RECORDED = Path(__file__).parents[3] / "shared" / "fixtures" / "zenloop" / "answers_records.jsonl"
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock.standing(START.timestamp())


@pytest.fixture
def name() -> str:
    """Say which service; tests that need one have it as a parameter."""
    return "survicate"


@pytest.fixture
def service(name, clock) -> Iterator[Survey]:
    with surveys.serve(name, responses=120, limits=Limits(), clock=clock) as service:
        yield service


@pytest.fixture
def wire(service) -> Wire:
    return wire_to(service)


@pytest.mark.parametrize("size", [5, 50])
@pytest.mark.parametrize("name", READERS)
def test_every_page_size_gives_all_that_counts(service, wire, size, name, clock):
    assert told(service.world.truth()) == READERS[name](wire, size)
    clock.advance(3.5 * 86_400)
    assert told(service.world.truth()) == READERS[name](wire_to(service), size)
    assert service.world.answers.gone


@pytest.mark.parametrize("name", ["google_forms"])
def test_who_cannot_list_its_forms_is_told_them(service):
    assert list(service.world.surveys) == surveys.connection(service)["surveys"]


@pytest.mark.parametrize("name", READERS)
def test_who_has_no_key_is_refused(service):
    path = {"survicate": "/v2/surveys", "simplesat": "/api/v1/surveys", "zenloop": "/v1/surveys"}
    refused = Wire(service, {"Authorization": "Bearer x"}).get(path.get(service.world.name, "/v1/forms/x"))

    assert 401 == refused.status


def test_survicate_goes_on_by_urls_that_end(service, wire):
    survey = service.world.surveys[0]
    page = wire.get(f"/v2/surveys/{survey}/responses", items_per_page=2).json
    service.world.add(3, survey=survey)
    following = wire.call("GET", page["pagination"]["next_url"]).json
    service.world.expire_cursors()
    ended = wire.call("GET", page["pagination"]["next_url"])

    assert {"data", "pagination"} == set(page)
    assert not {one["uuid"] for one in page["data"]} & {one["uuid"] for one in following["data"]}
    assert 400 == ended.status
    assert 400 == wire.get(f"/v2/surveys/{survey}/responses", items_per_page=101).status


def test_survicate_takes_the_later_date_for_its_start(service, wire):
    key = service.world.add(3, at=START)
    path = f"/v2/surveys/{service.world.surveys[0]}/responses"

    def ids(**query: str) -> set[str]:
        return {one["uuid"] for one in wire.get(path, items_per_page=100, **query).json["data"]}

    assert key in ids(end="2026-11-02T08:59:59.000000Z")
    assert key not in ids(start="2026-11-02T08:59:59.000000Z")


@pytest.mark.parametrize("name", ["simplesat"])
def test_simplesat_tells_edits_and_cannot_be_asked_for_them(service, wire, clock):
    one = service.world.truth()[0]
    clock.advance(86_400)
    service.world.edit(one.id, score=1)
    body = {"start_date": (START + timedelta(seconds=1)).isoformat()}
    rows = wire.call("POST", "/api/v1/responses/search", {}).json["responses"]
    edited = next(row for row in rows if str(row["id"]) == one.id)

    assert edited["modified"] > edited["created"]
    assert one.id not in {
        str(row["id"]) for row in wire.call("POST", "/api/v1/responses/search", body).json["responses"]
    }
    assert {"id", "created", "modified", "ip_address", "survey", "customer", "ticket", "answers"} == set(edited)


@pytest.mark.skipif(not RECORDED.is_file(), reason="the shared fixtures are not here")
@pytest.mark.parametrize("name", ["zenloop"])
def test_zenloop_rows_have_the_keys_and_types_of_recorded_ones(service, wire):
    service.world.add(10, email="ann@x.example", comment="Good", name="Ann Abel")
    recorded = json.loads(RECORDED.read_text(encoding="utf-8").splitlines()[0])["data"]
    row = wire.get(f"/v1/surveys/{service.world.surveys[0]}/answers", per_page=1).json["answers"][0]

    assert shape(recorded) == shape(row)
    assert len(recorded["inserted_at"]) == len(row["inserted_at"])


@pytest.mark.parametrize("name", ["zenloop"])
def test_zenloop_takes_dates_only_as_custom_ones(service, wire):
    path = f"/v1/surveys/{service.world.surveys[0]}/answers"
    tomorrow = "2026-11-03T00:00:00Z"

    assert wire.get(path, date_from=tomorrow).json["answers"]
    assert [] == wire.get(path, date_from=tomorrow, date_shortcut="custom").json["answers"]


@pytest.mark.parametrize("name", ["wootric"])
def test_wootric_leaves_both_bounds_out_and_ends_at_its_thirtieth_page(service, wire):
    at = START - timedelta(days=40)
    for _ in range(32):
        service.world.add(9, at=at)
    second = int(at.timestamp())

    def count(**query: Any) -> int:
        return len(wire.get("/v1/responses.json", **{"per_page": 50, "sort_order": "asc", **query}).json)

    assert 32 == count(**{"created[gt]": second - 1, "created[lt]": second + 1})
    assert 0 == count(**{"created[gt]": second, "created[lt]": second + 1})
    assert (1, 0) == (count(page=30, per_page=1), count(page=31, per_page=1))


@pytest.mark.parametrize("name", ["wootric"])
def test_wootric_tells_who_declined_and_its_tokens_end(service, wire, clock):
    key = service.world.add(None, email="quiet@x.example")
    declines = {row["id"]: row for row in wire.get("/v1/declines.json", per_page=50).json}
    wrong = Wire(service, {}).call("POST", "/oauth/token", "grant_type=client_credentials&client_id=a&client_secret=b")

    assert "quiet@x.example" == declines[int(key)]["end_user"]["email"]
    assert key not in wootric(wire, 50)
    assert 401 == wrong.status
    clock.advance(7_200)
    assert 401 == wire.get("/v1/declines.json").status


@pytest.mark.parametrize("name", READERS)
def test_a_limit_is_told_with_the_time_to_wait(clock, name):
    with surveys.serve(name, responses=0, limits=Limits([Window(2, 60.0)]), clock=clock) as service:
        last = [Wire(service, {}).get("/") for _ in range(3)][-1]

    assert (429, "60") == (last.status, last.headers["Retry-After"])


@pytest.mark.parametrize("name", ["google_forms"])
def test_google_leaves_out_what_is_empty_and_holds_tokens_to_their_filter(wire):
    path = "/v1/forms/1FAIpQLSrecommend/responses"
    since = "timestamp >= 2026-01-01T00:00:00Z"
    page = wire.get(path, pageSize=3, filter=since).json
    other = wire.get(path, pageSize=3, pageToken=page["nextPageToken"])
    same = wire.get(path, pageSize=3, pageToken=page["nextPageToken"], filter=since)

    assert {} == wire.get(path, filter="timestamp > 2027-01-01T00:00:00Z").json
    assert (400, "INVALID_ARGUMENT") == (other.status, other.json["error"]["status"])
    assert 200 == same.status
    assert 400 == wire.get(path, filter="timestamp < 2027-01-01T00:00:00Z").status


@pytest.mark.parametrize("name", ["google_forms"])
def test_google_filters_by_when_a_response_was_first_given(service, wire, clock):
    key = service.world.add(9, at=START)
    clock.advance(60)
    service.world.edit(key, score=2)
    path = f"/v1/forms/{service.world.surveys[0]}/responses"

    def ids(how: str, at: str) -> set[str]:
        return {one["responseId"] for one in wire.get(path, filter=f"timestamp {how} {at}").json.get("responses", [])}

    assert key in ids(">=", "2026-11-02T09:00:00Z")
    assert key not in ids(">", "2026-11-02T09:00:00Z")
    assert key not in ids(">=", "2026-11-02T09:00:30.500Z")
    assert "2026-11-02T09:01:00Z" == wire.get(f"{path}/{key}").json["lastSubmittedTime"]


@pytest.mark.parametrize("name", ["google_forms"])
def test_google_may_give_fewer_than_were_asked_for(service, wire):
    service.faults.set("short_page", 1)
    page = wire.get("/v1/forms/1FAIpQLSrecommend/responses", pageSize=10).json

    assert 5 == len(page["responses"])
    assert page["nextPageToken"]
    assert told(service.world.truth()) == google_forms(wire, 10)
