"""Typeform as it is played: the shapes of its recordings, and a reader's way through all of its traps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Clock, Limits, surveys
from tests.contract.survey_wire import Wire, shape, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.surveys import Survey

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
NPS_FORMS = ("VWO7mLtl", "SdMKQYkv")


@pytest.fixture
def clock() -> Clock:
    return Clock.standing(START.timestamp())


@pytest.fixture
def service(clock) -> Iterator[Survey]:
    with surveys.serve("typeform", responses=120, limits=Limits(), clock=clock) as service:
        yield service


@pytest.fixture
def wire(service) -> Wire:
    return wire_to(service)


def wire_to(service: Survey) -> Wire:
    return Wire(service, {"Authorization": f"Bearer {surveys.secrets(service)['token']}"})


def pages(wire: Wire, form: str, **query: Any) -> Iterator[list[dict[str, Any]]]:
    """Read a form's pages as tap-typeform does."""
    while True:
        page = wire.get(f"/forms/{form}/responses", **query).json
        yield page["items"]
        if page["page_count"] <= 1:
            return
        query["before"] = page["items"][-1]["token"]


def read(wire: Wire, **query: Any) -> dict[str, tuple[Any, ...]]:
    rows = [one for form in NPS_FORMS for page in pages(wire, form, **query) for one in page]
    found = {}
    for row in rows:
        answers = {answer["field"]["ref"]: answer[answer["type"]] for answer in row["answers"]}
        assert row["token"] not in found, "a response came twice"
        if "nps" in answers:
            at = datetime.fromisoformat(row["submitted_at"])
            email = answers.get("mail") or row["hidden"].get("email")
            found[row["token"]] = (answers["nps"], answers.get("why"), email, at)
    return found


@pytest.mark.parametrize("size", [1, 3, 25, 1000])
def test_every_page_size_gives_all_that_counts_once(service, wire, size):
    assert told(service.world.truth()) == read(wire, page_size=size)
    assert len(service.world.truth()) > 80


def test_the_default_page_holds_25_the_newest_first(wire):
    page = wire.get("/forms/VWO7mLtl/responses").json
    times = [one["submitted_at"] for one in page["items"]]

    assert 25 == len(times)
    assert sorted(times, reverse=True) == times
    assert page["page_count"] == -(-page["total_items"] // 25)


def test_a_response_has_the_shape_of_the_recorded_ones(service, wire):
    service.world.add(7, email="ann@x.example", comment="Good", survey="VWO7mLtl", at=START)
    (one,) = wire.get("/forms/VWO7mLtl/responses", page_size=1).json["items"]

    assert {
        "landing_id": "str",
        "token": "str",
        "response_id": "str",
        "response_type": "str",
        "landed_at": "str",
        "submitted_at": "str",
        "hidden": {},
        "calculated": {"score": "int"},
        "metadata": dict.fromkeys(("user_agent", "platform", "referer", "network_id", "browser"), "str"),
        "answers": [{"field": {"id": "str", "type": "str", "ref": "str"}, "type": "str", "number": "int"}],
    } == shape(one)
    assert (0, "2026-11-02T09:00:00Z") == (one["calculated"]["score"], one["submitted_at"])
    assert ["rating", "opinion_scale", "long_text", "email"] == [answer["field"]["type"] for answer in one["answers"]]


def test_only_one_scale_of_a_form_asks_for_a_recommendation(wire):
    fields = wire.get("/forms/SdMKQYkv").json["fields"]
    scales = fields[0]["properties"]["fields"]

    assert ["group", "long_text"] == [field["type"] for field in fields]
    assert [(11, False), (5, True)] == [
        (one["properties"]["steps"], one["properties"]["start_at_one"]) for one in scales
    ]


def test_since_and_until_are_inclusive_to_the_second(service, wire):
    service = service.world
    keys = [service.add(9, survey="VWO7mLtl", at=START + timedelta(days=9, seconds=n)) for n in range(4)]

    def between(since: str, until: str) -> list[str]:
        page = wire.get("/forms/VWO7mLtl/responses", since=since, until=until, sort="submitted_at,asc").json
        return [one["token"] for one in page["items"]]

    assert keys[1:3] == between("2026-11-11T09:00:01", "2026-11-11T09:00:02Z")
    assert keys[1:2] == between(str(int(START.timestamp()) + 9 * 86_400 + 1), "2026-11-11T09:00:01")


def test_after_gives_what_came_since_the_oldest_first_and_takes_no_sort(service, wire):
    first = service.world.truth()[0]
    page = wire.get(f"/forms/{first.survey}/responses", after=first.id, page_size=3).json["items"]

    assert sorted(one["submitted_at"] for one in page) == [one["submitted_at"] for one in page]
    assert first.id not in {one["token"] for one in page}
    assert 400 == wire.get(f"/forms/{first.survey}/responses", after=first.id, sort="submitted_at,asc").status


def test_partial_responses_come_only_when_asked_for(service, wire):
    key = service.world.add(9, survey="VWO7mLtl", state="partial")

    def tokens(**query: Any) -> set[str]:
        return {one["token"] for page in pages(wire, "VWO7mLtl", page_size=1000, **query) for one in page}

    assert key not in tokens()
    assert key in tokens(response_type="partial,completed")


def test_the_population_goes_on_while_the_clock_moves(service, wire, clock):
    before = read(wire, page_size=1000)
    clock.advance(3.5 * 86_400)
    after = read(wire, page_size=1000)
    newest = max(at for *_, at in before.values())

    assert told(service.world.truth()) == after
    assert set(before) - set(after) <= service.world.answers.gone
    assert any(row[3] < newest for key, row in after.items() if key not in before), "nobody was late"


def test_a_token_that_is_wrong_or_missing_is_refused_in_its_words(service, wire):
    assert 401 == Wire(service, {}).get("/forms").status
    refused = Wire(service, {"Authorization": "Bearer x"}).get("/forms")

    assert (401, {"code", "description"}) == (refused.status, set(refused.json))
    assert 404 == wire.get("/forms/nope/responses").status
    assert 400 == wire.get("/forms/VWO7mLtl/responses", page_size=1001).status


def test_a_refresh_token_is_good_for_one_use(service, clock):
    wire = Wire(service, {})
    secrets = surveys.secrets(service)
    form = f"grant_type=refresh_token&client_id={secrets['client_id']}&client_secret={secrets['client_secret']}"
    given = wire.call("POST", "/oauth/token", f"{form}&refresh_token={secrets['refresh_token']}")
    again = wire.call("POST", "/oauth/token", f"{form}&refresh_token={secrets['refresh_token']}")
    wire.headers["Authorization"] = f"Bearer {given.json['access_token']}"

    assert (200, 400) == (given.status, again.status)
    assert {"access_token", "refresh_token", "expires_in", "token_type"} == set(given.json)
    assert 200 == wire.get("/me").status
    clock.advance(given.json["expires_in"])
    assert 401 == wire.get("/me").status


def test_the_third_call_in_a_second_is_refused_with_the_time_to_wait(clock):
    with surveys.serve("typeform", responses=0, clock=clock) as service:
        wire = wire_to(service)
        answers = [wire.get("/me") for _ in range(3)]

    assert [200, 200, 429] == [one.status for one in answers]
    assert "1" == answers[2].headers["Retry-After"]


def test_the_same_seed_makes_the_same_answers(clock):
    def answers(seed: int) -> list[surveys.Answer]:
        with surveys.serve("typeform", seed=seed, responses=30, clock=clock) as service:
            return service.world.truth()

    assert answers(5) == answers(5)
    assert answers(5) != answers(6)
