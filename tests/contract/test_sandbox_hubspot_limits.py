"""HubSpot's limits and doors: exact windows, the policies, keys, scopes and OAuth."""

from __future__ import annotations

import json
import threading
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from sandbox import Faults
from sandbox.hubspot import secrets, serve
from sandbox.hubspot.errors import Refusal
from tests.contract.hubspot_wire import START, Wire, clock, portal, wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox import Service

__all__ = ["clock", "portal", "wire"]


@pytest.fixture
def service(portal, clock) -> Iterator[Service]:
    """With the limits of the smallest account."""
    with serve(portal, faults=Faults(seed=1), clock=clock) as service:
        yield service


@pytest.mark.parametrize(("tier", "calls"), [("free", 100), ("marketplace", 110), ("professional", 190)])
def test_the_call_beyond_the_window_is_refused_until_the_oldest_has_left_it(portal, clock, tier, calls):
    with serve(portal, tier=tier, clock=clock) as service, Wire(service) as wire:
        first = wire("GET", "contacts").status
        clock.advance(4)
        rest = {wire("GET", "contacts").status for _ in range(calls - 1)}
        refused = wire("GET", "contacts")
        clock.advance(5.99)
        still = wire("GET", "contacts").status
        clock.advance(0.01)
        again = [wire("GET", "contacts").status for _ in range(2)]

    assert (200, {200}, 429, 429, [200, 429]) == (first, rest, refused.status, still, again)
    assert {
        "status": "error",
        "message": "You have reached your ten_secondly_rolling limit.",
        "errorType": "RATE_LIMIT",
        "policyName": "TEN_SECONDLY_ROLLING",
        "correlationId": refused.body["correlationId"],
    } == refused.body


def test_no_rolling_window_lets_more_through_than_the_limit_whoever_calls():
    """Real time, ten callers at once: what got through is counted in the service's log."""
    with serve(calls_per_10s=40) as service:

        def call() -> None:
            with Wire(service) as wire:
                for _ in range(12):
                    wire("GET", "owners")

        callers = [threading.Thread(target=call) for _ in range(10)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        admitted = [entry.arrived for entry in service.log.entries if entry.status != 429]

    assert 120 == len(service.log.entries)
    assert 40 == len(admitted)


def test_the_headers_count_down_and_a_search_has_none(wire):
    first, second, search = wire("GET", "contacts"), wire("GET", "contacts"), wire.search()

    assert ["99", "98"] == [one.headers["x-hubspot-ratelimit-remaining"] for one in (first, second)]
    assert ("100", "10000") == tuple(
        first.headers[f"x-hubspot-ratelimit-{name}"] for name in ("max", "interval-milliseconds")
    )
    assert ("250000", "249999") == tuple(
        first.headers[f"x-hubspot-ratelimit-{name}"] for name in ("daily", "daily-remaining")
    )
    assert [] == [name for name in search.headers if "ratelimit" in name]


def test_five_searches_a_second_apart_from_the_other_calls(wire, clock):
    statuses = [wire.search().status for _ in range(5)]
    refused = wire.search()
    clock.advance(1)

    assert ([200] * 5, 429, 200) == (statuses, refused.status, wire.search().status)
    assert "You have reached your secondly limit." == refused.body["message"]
    assert "99" == wire("GET", "contacts").headers["x-hubspot-ratelimit-remaining"]


def test_the_day_ends_at_the_accounts_midnight(portal, clock):
    portal.ahead_s = 3_600
    with serve(portal, calls_per_day=3, clock=clock) as service, Wire(service) as wire:
        statuses = [wire("GET", "contacts").status for _ in range(2)] + [wire.search().status]
        refused = wire("GET", "contacts")
        clock.advance(13.5 * 3_600 - 1)  # 22:59:59 UTC, one second before midnight there
        before = wire("GET", "contacts").status
        clock.advance(1)
        after = wire("GET", "contacts").status

    assert ([200] * 3, "DAILY") == (statuses, refused.body["policyName"])
    assert (429, 200) == (before, after)


def test_association_calls_have_a_window_of_their_own_within_the_other(portal, clock):
    with serve(portal, tier="professional", clock=clock) as service, Wire(service) as wire:
        path = "/crm/associations/2026-09/contacts/companies/labels"

        assert [200] * 150 + [429] == [wire("GET", path).status for _ in range(151)]
        assert [200] * 40 + [429] == [wire("GET", "contacts").status for _ in range(41)]


@pytest.mark.parametrize("token", ["", "nonsense"])
def test_who_has_no_key_stays_outside(service, token):
    with Wire(service, token) as wire:
        answer = wire("GET", "contacts")

    assert (401, "INVALID_AUTHENTICATION") == (answer.status, answer.body["category"])


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "contacts/batch/update", "crm.objects.contacts.write"),
        ("GET", "companies", "crm.objects.companies.read"),
        ("POST", "/crm/properties/2026-09/contacts", "crm.schemas.contacts.write"),
        ("GET", "/crm/lists/2026-09", "crm.lists.read"),
        ("POST", "2-1000001/batch/read", "crm.objects.custom.read"),
        ("POST", "/crm/associations/2026-09/contacts/companies/batch/create", "crm.objects.contacts.write"),
    ],
)
def test_a_missing_scope_is_named(portal, service, method, path, scope):
    portal.add_type("nps_response")
    portal.doors.keys["pat-reader"] = frozenset({"crm.objects.contacts.read"})

    with Wire(service, "pat-reader") as wire:
        answer = wire(method, path, {"inputs": []} if method == "POST" else None)

    assert (403, "MISSING_SCOPES") == (answer.status, answer.body["category"])
    assert [scope] == answer.body["errors"][0]["context"]["requiredGranularScopes"]


def test_a_portal_of_the_sandbox_command_takes_its_own_key_only():
    path = "/oauth/v2/private-apps/get/access-token-info"

    with serve() as service:
        keys = (secrets(service)["token"], "pat-na1-another")
        with Wire(service, keys[0]) as ours, Wire(service, keys[1]) as another:
            statuses = [wire("GET", "contacts").status for wire in (ours, another)]
            told = [ours("POST", path, {"tokenKey": key}).status for key in keys]

    assert ([200, 401], [200, 401]) == (statuses, told)


@pytest.mark.parametrize("version", ["v1", "v3", "2026-03", "2026-09"])
def test_oauth_tokens_last_thirty_minutes(portal, service, clock, version):
    doors = portal.doors
    form = {
        "grant_type": "refresh_token",
        "client_id": doors.client_id,
        "client_secret": doors.client_secret,
        "refresh_token": doors.refresh_token,
    }

    def sign_in(**other: str) -> dict[str, Any]:
        connection = HTTPConnection("127.0.0.1", service.port, timeout=20)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"/oauth/{version}/token", urlencode(form | other), headers)
        body: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return body

    with Wire(service, sign_in()["access_token"]) as wire:
        clock.advance(1_799)
        fresh = wire("GET", "contacts")
        clock.advance(1)
        stale = wire("GET", "contacts")

    assert (200, 401, "EXPIRED_AUTHENTICATION") == (fresh.status, stale.status, stale.body["category"])
    assert "x-hubspot-ratelimit-daily" not in fresh.headers
    assert "BAD_REFRESH_TOKEN" == sign_in(refresh_token="stolen")["status"]


def test_a_rotated_refresh_token_works_once(portal):
    portal.doors.rotates = True
    form = {"grant_type": "refresh_token", "client_id": portal.doors.client_id}
    form |= {"client_secret": portal.doors.client_secret, "refresh_token": portal.doors.refresh_token}

    second = portal.doors.answer(form, START)["refresh_token"]

    assert second != portal.doors.refresh_token
    with pytest.raises(Refusal, match="refresh token"):
        portal.doors.answer(form, START)
    assert portal.doors.answer(form | {"refresh_token": second}, START)["access_token"]
