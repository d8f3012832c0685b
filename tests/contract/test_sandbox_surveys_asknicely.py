"""AskNicely as it is played: strings, paths, and files at a host that must get no key."""

from __future__ import annotations

import csv
import http.client
import io
import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from sandbox import Clock, Limits, surveys
from tests.contract.survey_wire import Told, Wire, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.surveys import Survey

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock.standing(START.timestamp())


@pytest.fixture
def service(clock) -> Iterator[Survey]:
    with surveys.serve("asknicely", responses=150, limits=Limits(), clock=clock) as service:
        yield service


@pytest.fixture
def wire(service) -> Wire:
    return wire_to(service)


def wire_to(service: Survey) -> Wire:
    return Wire(service, {"X-apikey": surveys.secrets(service)["api_key"]})


def fetched(reply: Told, headers: dict[str, str] | None = None) -> Told:
    """Go where *reply* sends its caller."""
    link = urlsplit(reply.headers["Location"])
    with closing(http.client.HTTPConnection("127.0.0.1", link.port or 0)) as connection:
        connection.request("GET", f"{link.path}?{link.query}", headers=headers or {})
        answer = connection.getresponse()
        return Told(answer.status, answer.headers, answer.read())


def pages(wire: Wire, size: int, rest: str = "answered/responded", since: int = 0) -> Iterator[dict[str, Any]]:
    number = 1
    while True:
        reply = wire.get(f"/api/v1/responses/asc/{size}/{number}/{since}/json/{rest}")
        page = (fetched(reply) if reply.status == 302 else reply).json
        yield page
        if number >= int(page["totalpages"]):
            return
        number += 1


def read(wire: Wire, size: int, rest: str = "answered/responded", since: int = 0) -> dict[str, tuple[Any, ...]]:
    rows = [row for page in pages(wire, size, rest, since) for row in page["data"]]
    assert len({row["response_id"] for row in rows}) == len(rows)
    return {
        row["response_id"]: (
            int(row["answer"]),
            row["comment"] or None,
            row["email"],
            datetime.fromtimestamp(int(row["responded"]), UTC),
        )
        for row in rows
        if row["question_type"] == "nps" and row["answer"]
    }


@pytest.mark.parametrize("size", [1, 7, 99, 500])
def test_every_page_size_gives_all_that_counts_once(service, wire, size):
    assert told(service.world.truth()) == read(wire, size)


def test_all_numbers_are_strings(wire):
    page = wire.get("/api/v1/responses/desc/5/1/0/json").json
    row = page["data"][0]

    assert page["success"] is True
    assert {"success", "total", "totalpages", "pagenumber", "pagesize", "since_time", "end_time", "data"} == set(page)
    assert all(isinstance(page[name], str) for name in page if name not in ("success", "data"))
    assert {str, type(None)} >= {type(value) for value in row.values()}
    assert {
        *("response_id", "person_id", "contact_id", "name", "email", "answer", "answerlabel", "data", "comment"),
        *("note", "status", "dontcontact", "sent", "opened", "responded", "lastemailed", "created", "segment"),
        *("question_type", "published", "publishedname"),
    } <= set(row)


def test_a_large_page_lies_at_another_host_that_wants_no_key(service, wire, clock):
    reply = wire.get("/api/v1/responses/asc/50000/1/0/json/answered/responded")
    plain = fetched(reply)
    careless = fetched(reply, wire.headers)
    clock.advance(301)
    late = fetched(reply)

    assert (302, 200, 400, 403) == (reply.status, plain.status, careless.status, late.status)
    assert "localhost" == urlsplit(reply.headers["Location"]).hostname
    assert len(plain.json["data"]) > 100
    assert ["X-apikey"] == service.world.store.leaked


def test_who_answers_late_is_missed_by_when_it_was_sent(service, wire):
    for number in range(30):
        service.world.add(9, email=f"p{number}@x.example")
    since = int((START - timedelta(minutes=1)).timestamp())

    assert 30 == len(read(wire, 50, since=since))
    assert len(read(wire, 50, "answered/sent", since=since)) < 5


def test_who_was_asked_and_said_nothing_comes_only_in_raw(service, wire):
    key = service.world.add(None, email="quiet@x.example")

    def rows(rest: str) -> dict[str, dict[str, Any]]:
        return {row["response_id"]: row for page in pages(wire, 90, rest) for row in page["data"]}

    assert ("", "0") == (rows("raw/sent")[key]["answer"], rows("raw/sent")[key]["responded"])
    assert key not in rows("answered/responded")


def test_csv_has_the_same_columns(wire):
    path = "/api/v1/responses/asc/9/1/0"
    rows = list(csv.DictReader(io.StringIO(wire.get(f"{path}/csv/answered").body.decode())))
    page = wire.get(f"{path}/json/answered").json

    assert [one["response_id"] for one in page["data"]] == [one["response_id"] for one in rows]
    assert set(page["data"][0]) == set(rows[0])


def test_filters_without_their_values_find_nothing(wire):
    path = "/api/v1/responses/asc/9/1/0/json/answered"

    assert 9 == len(wire.call("GET", f"{path}?filters[]=question_type&values[]=nps").json["data"])
    assert [] == wire.call("GET", f"{path}?filters[]=question_type").json["data"]


def test_an_edit_changes_no_time(service, wire, clock):
    one = service.world.truth()[-1]
    clock.advance(86_400)
    service.world.edit(one.id, score=0, comment="worse")

    assert (0, "worse", one.email, one.at) == read(wire, 90)[one.id]
    assert one.id not in read(wire, 90, since=int(START.timestamp()) + 10)


def test_limits_are_told_and_refused_in_its_words(clock):
    with surveys.serve("asknicely", responses=0, clock=clock) as service:
        wire = wire_to(service)
        first = wire.get("/api/v1/getnps/30")
        last = [wire.get("/api/v1/getnps/30") for _ in range(200)][-1]

    assert ("200", "199") == (first.headers["RateLimit-Req10s-Limit"], first.headers["RateLimit-Req10s-Remaining"])
    assert "999" == first.headers["RateLimit-Req60s-Remaining"]
    assert (429, "10", "req-10s") == (last.status, last.headers["Retry-After"], json.loads(last.body)["type"])


def test_a_wrong_key_is_refused(service):
    refused = Wire(service, {}).get("/api/v1/getnps/30")

    assert (401, {"success", "msg"}) == (refused.status, set(refused.json))
