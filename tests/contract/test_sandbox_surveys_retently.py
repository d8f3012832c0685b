"""Retently as it is played: rows it calls bogus itself, no word of edits, and the outbox."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Clock, Limits, surveys
from tests.contract.survey_wire import Wire, shape, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.surveys import Survey

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock.standing(START.timestamp())


@pytest.fixture
def service(clock) -> Iterator[Survey]:
    with surveys.serve("retently", responses=100, limits=Limits(), clock=clock) as service:
        yield service


@pytest.fixture
def wire(service) -> Wire:
    return wire_to(service)


def wire_to(service: Survey) -> Wire:
    return Wire(service, {"Authorization": f"api_key={surveys.secrets(service)['api_key']}"})


def rows(wire: Wire, kind: str = "feedback", **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    page = 0
    while True:
        page += 1
        data = wire.get(f"/api/v2/{kind}", page=page, **query).json["data"]
        found += data["responses" if kind == "feedback" else "surveys"]
        if page >= data["pages"]:
            return found


def read(wire: Wire, **query: Any) -> dict[str, tuple[Any, ...]]:
    found = rows(wire, **query)
    assert len({row["id"] for row in found}) == len(found)
    return {
        row["id"]: (row["score"], row["comment"] or None, row["email"], datetime.fromisoformat(row["createdDate"]))
        for row in found
        if row["metricsType"] == "NPS" and not row["isBogus"]
    }


@pytest.mark.parametrize("size", [1, 20, 1000])
@pytest.mark.parametrize("sort", ["createdDate", "-createdDate"])
def test_every_page_size_and_order_gives_all_that_counts_once(service, wire, size, sort):
    assert told(service.world.truth()) == read(wire, limit=size, sort=sort)


def test_feedback_has_the_shape_of_the_working_connector(service, wire):
    service.world.add(9, email="ann@x.example", name="Ann Abel", at=START)
    envelope = wire.get("/api/v2/feedback").json
    row = envelope["data"]["responses"][0]

    assert {"message", "code", "data"} == set(envelope)
    assert {"responses", "page", "pages", "limit", "sort", "total"} == set(envelope["data"])
    assert (20, "-createdDate") == (envelope["data"]["limit"], envelope["data"]["sort"])
    assert {
        *("id", "customerId", "email", "firstName", "lastName", "companyName", "companyId", "jobTitle", "country"),
        *("tags", "customProps", "campaignId", "campaignName", "createdDate", "score", "comment", "channel"),
        *("additionalQuestions", "feedbackTopics", "feedbackTags", "notes", "status", "assigned", "resolved"),
        *("ratingCategory", "metricsType", "isBogus"),
    } == set(row)
    assert ["int", "bool", "str"] == [shape(row[name]) for name in ("score", "isBogus", "createdDate")]
    assert "2026-11-02T09:00:00.000Z" == row["createdDate"]


def test_bogus_rows_and_other_metrics_are_among_the_feedback(wire):
    found = rows(wire, limit=1000)

    assert any(row["isBogus"] for row in found)
    assert {"NPS", "CSAT", "CES"} == {row["metricsType"] for row in found}


def test_dates_bound_by_creation_and_tell_nothing_of_edits(service, wire, clock):
    one = service.world.truth()[-1]
    clock.advance(86_400)
    service.world.edit(one.id, score=0)
    new = service.world.add(5, email="new@x.example")
    since = int(START.timestamp()) + 1

    assert 0 == read(wire)[one.id][0]
    assert one.id not in read(wire, startDate=since)
    assert new in read(wire, startDate=since) | read(wire, startDate="2026-11-03T09:00:00.000Z")


def test_the_outbox_tells_who_never_answered(service, wire):
    service.world.add(None, email="quiet@x.example")
    sent = {row["email"]: row["detailedStatus"] for row in rows(wire, "outbox", limit=1000)}

    assert (False, None) == (sent["quiet@x.example"]["isResponded"], sent["quiet@x.example"]["respondedDate"])
    assert {"isOpened", "openedDate", "isResponded", "respondedDate", "hasFeedback", "isOptedOut", "isBounced"} == set(
        sent["quiet@x.example"]
    )
    assert "quiet@x.example" not in {row["email"] for row in rows(wire)}


def test_refusals_and_the_limit_are_in_its_words(clock):
    with surveys.serve("retently", responses=0, clock=clock) as service:
        refused = Wire(service, {"Authorization": "Bearer x"}).get("/api/v2/ping")
        wire = wire_to(service)
        bad = wire.get("/api/v2/feedback", limit=1001)
        last = [wire.get("/api/v2/ping") for _ in range(150)][-1]

    assert (401, 400, 429) == (refused.status, bad.status, last.status)
    assert {"message", "code", "data"} == set(last.json)
