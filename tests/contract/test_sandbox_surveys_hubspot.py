"""HubSpot's own surveys as they are played: submissions of three kinds that carry the same labels."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Clock, Limits, surveys
from tests.contract.survey_wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.surveys import Survey

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LIST = "/crm/objects/2026-09/feedback_submissions"
ASKED = "hs_survey_type,hs_value,hs_content,hs_submission_timestamp,hs_response_group"


@pytest.fixture
def clock() -> Clock:
    return Clock.standing(START.timestamp())


@pytest.fixture
def service(clock) -> Iterator[Survey]:
    with surveys.serve("hubspot_feedback", responses=120, limits=Limits(), clock=clock) as service:
        yield service


@pytest.fixture
def wire(service) -> Wire:
    return Wire(service, {"Authorization": f"Bearer {surveys.secrets(service)['token']}"})


def rows(wire: Wire, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = wire.get(LIST, properties=ASKED, associations="contacts", **query).json
        found += page["results"]
        if "paging" not in page:
            return found
        query["after"] = page["paging"]["next"]["after"]


def read(wire: Wire) -> dict[str, tuple[Any, ...]]:
    found = {}
    emails = {
        one["id"]: one["properties"]["email"]
        for one in wire.get("/crm/objects/2026-09/contacts", properties="email", limit=100).json["results"]
    }
    for row in rows(wire, limit=50):
        values = row["properties"]
        who = row.get("associations", {}).get("contacts", {}).get("results", [{}])[0].get("id")
        at = datetime.fromisoformat(values["hs_submission_timestamp"])
        if values["hs_survey_type"] == "NPS":
            found[row["id"]] = (int(values["hs_value"]), values.get("hs_content") or None, emails.get(who), at)
    return found


def truth(service: Survey) -> dict[str, tuple[Any, ...]]:
    return {
        one.id: (one.score, one.comment or None, one.email and one.email.lower(), one.at)
        for one in service.world.truth()
    }


def test_submissions_and_their_contacts_give_all_that_counts(service, wire):
    assert truth(service) == read(wire)


def test_edits_late_answers_and_deletions_come_up_as_time_goes_by(service, wire, clock):
    clock.advance(3.5 * 86_400)
    late = service.world.late(behind_s=86_400, score=1, email="new@x.example")

    assert late in read(wire)
    assert truth(service) == read(wire)
    assert service.world.answers.gone


def test_other_kinds_carry_the_labels_of_nps(wire):
    kinds = {(row["properties"]["hs_survey_type"], row["properties"]["hs_response_group"]) for row in rows(wire)}

    assert {("CSAT", "PROMOTER"), ("CSAT", "DETRACTOR"), ("CES", "PROMOTER"), ("NPS", "PROMOTER")} <= kinds


def test_only_three_properties_come_unasked_and_every_value_is_text(wire):
    plain = wire.get(LIST).json["results"][0]["properties"]
    asked = wire.get(LIST, properties="hs_value").json["results"][0]["properties"]

    assert {"hs_createdate", "hs_lastmodifieddate", "hs_object_id"} == set(plain)
    assert isinstance(asked["hs_value"], str)


def test_a_search_finds_what_was_modified_since(service, wire, clock):
    one = service.world.truth()[0]
    clock.advance(3_600)
    service.world.edit(one.id, score=2)
    clock.advance(60)
    since = str(int((START.timestamp() + 1_800) * 1000))
    only = {"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": since}
    body = {"filterGroups": [{"filters": [only]}], "properties": ["hs_value"], "limit": 100}
    found = wire.call("POST", f"{LIST}/search", body).json["results"]

    assert (one.id, "2") in {(row["id"], row["properties"]["hs_value"]) for row in found}
    assert len(found) < 10
