"""What the engine sends to be let in, where it lets itself be led, and what it does when it is refused."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest

from connectors.errors import QuotaSpent, Refused, Throttled
from sandbox.exchange import Reply, Request
from tests.contract.survey_bench import NOW, Bench, paged, refused, row


def test_a_search_by_post_leaves_out_what_it_does_not_know_yet() -> None:
    request = {"method": "POST", "path": "/search", "body": {"from": "{since}", "all": {"size": "{size}"}, "n": 1}}
    with Bench(lambda _: Reply.json({"rows": [row(1)]}), responses={"request": request}) as bench:
        bench.read(bench.read().last)

    assert [{"all": {"size": "3"}, "n": 1}, {"from": "2026-02-25T09:00:00Z", "all": {"size": "3"}, "n": 1}] == [
        json.loads(each.body) for each in bench.world.asked
    ]


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({"kind": "bearer"}, "Authorization", "Bearer token-1"),
        ({"kind": "header", "prefix": "api_key="}, "Authorization", "api_key=key-1"),
        ({"kind": "header", "header": "X-Key"}, "X-Key", "key-1"),
        ({"kind": "basic"}, "Authorization", f"Basic {base64.b64encode(b'key-1:').decode()}"),
    ],
)
def test_a_key_is_sent_as_the_service_wants_it(auth: dict[str, str], header: str, value: str) -> None:
    with Bench(lambda _: Reply.json({"rows": []}), auth={"key": auth}) as bench:
        bench.read()

    assert [value] == [each.headers[header] for each in bench.world.asked]


@pytest.mark.parametrize("kind", ["client_credentials", "refresh_token"])
def test_a_token_is_asked_for_and_replaced_when_it_is_refused(kind: str) -> None:
    """A refresh token that changes at each use is kept before what came with it is used."""
    given: list[str] = []

    def answer(request: Request) -> Reply:
        if request.path == "/token":
            form = request.form()
            assert kind == form["grant_type"]
            assert kind == "client_credentials" or f"r{len(given)}" == form["refresh_token"]
            given.append(f"a{len(given)}")
            return Reply.json({"access_token": given[-1], "refresh_token": f"r{len(given)}", "expires_in": 9999})
        if len(given) < 2 or request.headers["Authorization"] != f"Bearer {given[-1]}":
            return Reply.json({}, 401)
        return Reply.json({"rows": [row(1)]})

    with Bench(answer, auth={"app": {"kind": kind, "token_path": "/token"}}) as bench:
        first = bench.read()
        told = first.told if refused(first) is None else bench.read().told

    assert ["r1"] == told
    if kind == "refresh_token":
        assert f"r{len(given)}" == bench.secrets.held["refresh_token"]


def test_a_redirect_to_a_host_that_nobody_named_is_refused() -> None:
    with Bench(lambda _: Reply.empty(302, {"Location": "https://files.example/x"})) as bench:
        assert "E103" == refused(bench.read()).code


@pytest.mark.parametrize(("status", "method"), [(302, "GET"), (307, "POST"), (308, "POST")])
def test_a_search_that_is_moved_is_made_again_as_the_status_says(status: int, method: str) -> None:
    def answer(request: Request) -> Reply:
        if request.path == "/search":
            return Reply.empty(status, {"Location": "/search/"})
        return Reply.json({"rows": [row(1)]})

    wanted = {"method": "POST", "path": "/search", "body": {"size": "{size}"}}
    with Bench(answer, responses={"request": wanted, "pages": {}}) as bench:
        got = bench.read()

    assert ["r1"] == got.told
    assert ["POST", method] == [each.method for each in bench.world.asked]
    assert (b'{"size": "100"}' if method == "POST" else b"") == bench.world.asked[-1].body


def test_redirects_in_a_circle_end() -> None:
    with Bench(lambda request: Reply.empty(302, {"Location": f"{request.path}?again"})) as bench:
        assert isinstance(refused(bench.read()), Refused)
    assert len(bench.world.asked) < 10


LIMITS = {
    "resets": [
        {"remaining": "X-Day-Left", "seconds": "X-Day-Reset", "daily": True},
        {"remaining": "X-Minute-Left", "seconds": "X-Minute-Reset"},
    ],
    "fatal": [499],
}


def test_a_limit_told_in_headers_of_its_own_is_waited_for() -> None:
    replies = iter([Reply.json({}, 429, {"X-Day-Left": "9", "X-Minute-Left": "0", "X-Minute-Reset": "41"})])
    with Bench(lambda _: next(replies, None) or Reply.json({"rows": [row(1)]}), limits=LIMITS) as bench:
        assert ["r1"] == bench.read().told
        assert 41.0 <= sum(bench.clock.slept) < 60.0


def test_a_spent_day_is_not_waited_for() -> None:
    headers = {"X-Day-Left": "0", "X-Day-Reset": "3600", "X-Minute-Left": "3", "X-Minute-Reset": "9"}
    with Bench(lambda _: Reply.json({}, 429, headers), limits=LIMITS) as bench:
        error = refused(bench.read())

    assert isinstance(error, QuotaSpent)
    assert NOW + timedelta(hours=1) == error.resume_at
    assert 1 == len(bench.world.asked)


def test_our_share_of_a_day_is_not_exceeded() -> None:
    with Bench(paged([row(number) for number in range(60)])) as bench:
        got = bench.read(daily_calls=5)

    assert isinstance(refused(got), QuotaSpent)
    assert 5 == len(bench.world.asked)
    assert 15 == len(got.told), "what was read until then is kept"


def test_a_fatal_status_is_not_asked_again() -> None:
    with Bench(lambda _: Reply.json({}, 499), limits=LIMITS) as bench:
        assert isinstance(refused(bench.read()), Refused)
    assert 1 == len(bench.world.asked)


def test_a_busy_service_is_asked_again_a_few_times() -> None:
    with Bench(lambda _: Reply.json({}, 429)) as bench:
        assert isinstance(refused(bench.read()), Throttled)
    assert 4 == len(bench.world.asked)
