"""No request makes a played survey service fail: see test_sandbox_hostile."""

from __future__ import annotations

import json
import random
from base64 import b64encode
from typing import Any

import pytest

from sandbox import Clock, Headers, Request, surveys
from sandbox.surveys.serving import WORLDS

CALLS = 800
VERBS = ("GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "TRACE")
JUNK: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 10**30, "", "x", "é\0", "9" * 50, "null", "2026-01-01", "../..", "%", "²"),
    *([], {}, [[]], [{}], [None], [1, 2], ["a", "b"], {"a": 1}, {"id": None}),
)
WORDS = ("", "x", "0", "-1", "%00", "%E9", "..", "a b", "null", "99999999999999999999", "2026-13-45", "1e9", "%C2%B2")
Call = tuple[str, str, Any]
#: Requests that real clients send, by service; {survey} and {id} are those of the world.
CALLS_OF: dict[str, list[Call]] = {
    "typeform": [
        ("GET", "/forms?page=1&page_size=5", None),
        ("GET", "/forms/{survey}", None),
        ("GET", "/forms/{survey}/responses?page_size=5&since=2026-01-01T00:00:00Z&until=1790000000", None),
        ("GET", "/forms/{survey}/responses?before={id}&response_type=partial,completed", None),
        ("GET", "/forms/{survey}/responses?after={id}&included_response_ids={id}", None),
        ("GET", "/forms/{survey}/responses?sort=submitted_at,asc", None),
        ("POST", "/oauth/token", "grant_type=refresh_token&refresh_token=x&client_id=a&client_secret=b"),
        ("POST", "/oauth/token", {"grant_type": "refresh_token"}),
    ],
    "surveymonkey": [
        ("GET", "/v3/surveys?page=1&per_page=5&start_modified_at=2026-01-01T00:00:00", None),
        ("GET", "/v3/surveys/{survey}/details", None),
        ("GET", "/v3/surveys/{survey}/responses/{id}", None),
        ("GET", "/v3/surveys/{survey}/responses/bulk?page=1&per_page=9&sort_by=date_modified&sort_order=ASC", None),
        ("GET", "/v3/surveys/{survey}/responses/bulk?start_created_at=2026-01-01&status=completed&simple=true", None),
    ],
    "retently": [
        ("GET", "/api/v2/feedback?page=1&limit=5&sort=createdDate&startDate=1790000000&endDate=2027-01-01", None),
        ("GET", "/api/v2/outbox?page=1", None),
        ("GET", "/api/v2/campaigns", None),
    ],
    "satismeter": [
        (
            "GET",
            "/api/responses?format=json&project=61fce0adea447e24ec27d606&startDate=2026-01-01&endDate=1790000000",
            None,
        ),
        ("GET", "/api/responses?format=json&project=61fce0adea447e24ec27d606", None),
    ],
    "asknicely": [
        ("GET", "/api/v1/responses/asc/5/1/0/json/answered/responded/1890000000", None),
        ("GET", "/api/v1/responses/desc/5/1/0/csv", None),
        ("GET", "/api/v1/responses/asc/5/1/0/json?filters[]=question_type&values[]=nps", None),
    ],
    "qualtrics": [
        ("GET", "/API/v3/surveys?offset=1", None),
        ("GET", "/API/v3/survey-definitions/{survey}", None),
        (
            "POST",
            "/API/v3/surveys/{survey}/export-responses",
            {"format": "json", "startDate": "2026-01-01T00:00:00Z", "endDate": "2027-01-01T00:00:00Z", "limit": 3},
        ),
        (
            "POST",
            "/API/v3/surveys/{survey}/export-responses",
            {"format": "csv", "allowContinuation": True, "continuationToken": "x", "sortByLastModifiedDate": True},
        ),
        ("GET", "/API/v3/surveys/{survey}/export-responses/ES_000000000000001", None),
        ("GET", "/API/v3/surveys/{survey}/export-responses/00000001-sandbox-def/file", None),
        ("POST", "/oauth2/token", "grant_type=client_credentials&client_id=a&client_secret=b"),
    ],
    "survicate": [
        ("GET", "/v2/surveys", None),
        ("GET", "/v2/surveys/{survey}/questions", None),
        ("GET", "/v2/surveys/{survey}/responses?items_per_page=5&start=2027-01-01T00:00:00Z&end=2026-01-01", None),
        ("GET", "/v2/surveys/{survey}/responses?page_token=x", None),
    ],
    "simplesat": [
        ("GET", "/api/v1/surveys?page=1&page_size=5", None),
        ("POST", "/api/v1/responses/search?page=1&page_size=5", {"start_date": "2026-01-01", "end_date": "2027-01-01"}),
    ],
    "zenloop": [
        ("GET", "/v1/surveys?page=1&per_page=5", None),
        ("GET", "/v1/surveys/{survey}/answers?page=1&per_page=5&order_by=inserted_at&order_type=asc", None),
        ("GET", "/v1/surveys/{survey}/answers?date_from=2026-01-01&date_to=2027-01-01&date_shortcut=custom", None),
    ],
    "wootric": [
        ("POST", "/oauth/token", "grant_type=client_credentials&client_id=a&client_secret=b"),
        ("GET", "/v1/responses.json?page=1&per_page=5&created[gt]=1790000000&created[lt]=1890000000", None),
        ("GET", "/v1/declines.json?page=1&sort_order=asc", None),
    ],
    "google_forms": [
        ("POST", "/token", "grant_type=refresh_token&refresh_token=x&client_id=a&client_secret=b"),
        ("GET", "/v1/forms/{survey}", None),
        ("GET", "/v1/forms/{survey}/responses?pageSize=5&filter=timestamp%20%3E%3D%202026-01-01T00:00:00Z", None),
        ("GET", "/v1/forms/{survey}/responses?pageToken=x", None),
        ("GET", "/v1/forms/{survey}/responses/{id}", None),
    ],
}


def headers_of(world: surveys.SurveyWorld) -> list[tuple[str, str]]:
    key = world.secrets.get("token") or world.secrets.get("api_key") or "given"
    if world.doors:
        world.doors.given["given"] = 10.0**12
    ways = {
        "retently": ("Authorization", f"api_key={key}"),
        "asknicely": ("X-apikey", key),
        "qualtrics": ("X-API-TOKEN", key),
        "survicate": ("Authorization", f"Basic {key}"),
        "simplesat": ("X-Simplesat-Token", key),
        "satismeter": ("Authorization", f"Basic {b64encode(f'{key}:'.encode()).decode()}"),
    }
    return [ways.get(world.name, ("Authorization", f"Bearer {key}")), ("Host", "127.0.0.1:1")]


class Bent:
    """Draws requests near to those that are understood."""

    def __init__(self, world: surveys.SurveyWorld, calls: list[Call], seed: int) -> None:
        self.world, self.calls = world, calls
        self.draw = random.Random(seed)

    def __next__(self) -> Request:
        draw = self.draw
        method, target, body = draw.choice(self.calls)
        answers = self.world.answers.listed()
        filled = target.replace("{survey}", draw.choice(self.world.surveys)).replace("{id}", draw.choice(answers).id)
        if draw.random() < 0.1:
            method = draw.choice(VERBS)
        path, mark, query = filled.partition("?")
        if draw.random() < 0.2:
            path = path.replace(draw.choice(path.split("/")), draw.choice(WORDS), 1)
        pairs = [self.bent(pair) for pair in query.split("&")] if mark else []
        sent = body or "" if body is None or isinstance(body, str) else json.dumps(self.value(body))
        if draw.random() < 0.05:
            sent = sent[: draw.randrange(len(sent) + 1)]
        raw = b"\xff\xfe" + sent.encode() if draw.random() < 0.02 else sent.encode()
        headers = headers_of(self.world) if draw.random() > 0.03 else []
        return Request.of(method, f"/{path.lstrip('/')}{mark}{'&'.join(pairs)}", raw, headers=Headers(headers))

    def bent(self, pair: str) -> str:
        name, _, _ = pair.partition("=")
        return f"{name}={self.draw.choice(WORDS)}" if self.draw.random() < 0.15 else pair

    def value(self, value: Any) -> Any:
        if self.draw.random() < 0.15:
            return self.draw.choice(JUNK)
        if isinstance(value, dict):
            return {key: self.value(one) for key, one in value.items() if self.draw.random() > 0.07}
        return value


def test_every_service_is_attacked():
    assert set(surveys.NAMES) - {"hubspot_feedback"} == set(CALLS_OF)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", CALLS_OF)
def test_what_cannot_be_understood_is_refused(name, seed):
    world = WORLDS[name](seed, Clock.standing(1_793_610_000.0))
    surveys.fill(world, 30)
    bent = Bent(world, CALLS_OF[name], seed)
    wrong = set()
    understood = 0
    try:
        for _ in range(CALLS):
            request = next(bent)
            said = f"{request.method} {request.target} {request.body[:200]!r}"
            try:
                reply = world.handle(request)
            except Exception as error:  # noqa: BLE001 - all of them are to be told at once
                wrong.add(f"{type(error).__name__}: {error}: {said}")
                continue
            understood += reply.status < 400
            if reply.status >= 500:
                wrong.add(f"{reply.status}: {said}")
    finally:
        for other in world.others:
            other.close()

    assert set() == wrong
    assert understood > CALLS // 10, "nearly everything was refused: this tests nothing"
