"""What replies and broken calls mean, and that nothing of what they hold comes out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
import urllib3
from hypothesis import given
from hypothesis import strategies as st
from simple_salesforce.exceptions import SalesforceError

from connectors.errors import (
    Conflict,
    ConnectorError,
    Deferred,
    Gone,
    QuotaSpent,
    Refused,
    Rejected,
    SchemaDrift,
    SignedOut,
    Throttled,
    Unknown,
)
from connectors.http import new_session
from connectors.replies import Complaint, Meaning, Reply, Rule, Table
from connectors.values import OutcomeKind
from tests.unit.wire import answer, reset, serving, silent

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CANARY = "jane.canary@acme.example"
WHAT = "writing 100 contacts"


def complaints(body: Any) -> Sequence[Complaint]:
    return [Complaint(each["code"], each.get("text", ""), tuple(each.get("fields", ()))) for each in body]


RULES = [
    Rule(meaning=Meaning.QUOTA, code="LIMIT", text="^Total"),
    Rule(meaning=Meaning.BUSY, code="LIMIT", wait_s=60.0),
    Rule(meaning=Meaning.DRIFT, code="NO_FIELD", advice="Create it."),
    Rule(meaning=Meaning.LOCKED, code="LOCK"),
    Rule(meaning=Meaning.CONFLICT, statuses=(300,)),
    Rule(meaning=Meaning.REFUSED, code="SCOPES", page="E302"),
]
TABLE = Table(system="CRM", rules=RULES, complaints=complaints)


def read(status: int, *said: dict[str, Any], writes: bool = True, **headers: str) -> ConnectorError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return TABLE.error(Reply(status, named, json.dumps(said).encode()), what=WHAT, writes=writes, now=NOW)


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (403, {"code": "LIMIT", "text": "TotalRequests Limit exceeded."}, QuotaSpent),
        (403, {"code": "LIMIT", "text": "ConcurrentRequests"}, Throttled),
        (400, {"code": "NO_FIELD", "fields": ["NPS__c"]}, SchemaDrift),
        (400, {"code": "LOCK"}, Throttled),
        (300, {"code": ""}, Conflict),
        (403, {"code": "SCOPES"}, Refused),
        (403, {"code": "OTHER"}, Refused),
        (401, {"code": "X"}, SignedOut),
        (400, {"code": "X"}, Rejected),
        (404, {"code": "X"}, Gone),
        (302, {"code": "X"}, Refused),
        (500, {"code": "X"}, Unknown),
    ],
)
def test_the_vendors_table_comes_before_the_status(status: int, said: dict[str, Any], kind: type[Exception]) -> None:
    assert type(read(status, said)) is kind


@pytest.mark.parametrize("status", [500, 502, 504, 520, 524, 599])
def test_an_answer_that_may_have_come_after_the_write_leaves_it_unknown(status: int) -> None:
    assert type(read(status)) is Unknown
    assert type(read(status, writes=False)) is Deferred


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [("7", 7.0), ("0", 0.0), ("-1", 60.0), ("nan", 60.0), ("inf", 60.0), ("1e12", 86_400.0), ("soon", 60.0)],
)
def test_a_wait_is_as_long_as_a_wait_can_be(text: str, wait_s: float) -> None:
    error = read(403, {"code": "LIMIT", "text": "Concurrent"}, retry_after=text)

    assert isinstance(error, Throttled)
    assert error.retry_after_s == wait_s


@given(st.text(max_size=30))
def test_no_header_ends_the_run(text: str) -> None:
    error = read(429, retry_after=text)

    assert isinstance(error, Throttled)
    assert 0.0 <= error.retry_after_s <= 86_400.0


def test_a_quota_names_the_time_to_go_on() -> None:
    hinted = read(403, {"code": "LIMIT", "text": "Total"}, retry_after="90")

    assert isinstance(hinted, QuotaSpent)
    assert hinted.resume_at == NOW + timedelta(seconds=90)


@pytest.mark.parametrize("body", [b"<html>busy</html>", b"[1, 2", b"", b"null", b'{"a": 1}', b"\xff"])
def test_an_error_page_in_any_form_is_read_by_its_status(body: bytes) -> None:
    assert type(TABLE.error(Reply(503, {}, body), what=WHAT, writes=True, now=NOW)) is Throttled


@pytest.mark.parametrize("body", [b"<html>fine</html>", b'{"results": [', b"\xff\xfe"])
def test_a_yes_that_cannot_be_read_leaves_a_write_unknown(body: bytes) -> None:
    for writes, kind in ((True, Unknown), (False, Deferred)):
        with pytest.raises(kind) as caught:
            TABLE.decoded(Reply(200, {}, body), what=WHAT, writes=writes, now=NOW)
        assert type(caught.value) is kind
    assert TABLE.decoded(Reply(204, {}, b""), what=WHAT, writes=True, now=NOW) is None


def test_a_row_is_judged_by_the_same_table() -> None:
    assert TABLE.row(Complaint("LOCK")).kind is OutcomeKind.DEFERRED
    assert TABLE.row(Complaint("NO_FIELD")).systemic
    rejected = TABLE.row(Complaint("STRING_TOO_LONG", CANARY, ("NPS_Comment__c", CANARY)))
    assert rejected.kind is OutcomeKind.REJECTED
    assert (rejected.code, rejected.fields) == ("STRING_TOO_LONG", ("NPS_Comment__c",))


def call(behave: Callable[[socket.socket], None]) -> requests.Response:
    with serving(behave) as url, new_session(read_s=0.3) as session:
        return session.post(url, json={"email": CANARY})


@pytest.mark.parametrize(
    "behave",
    [
        reset,
        silent,
        answer(b""),
        answer(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"),
        answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"),
        answer(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"),
        answer(b"nonsense\r\n\r\n"),
    ],
)
def test_an_answer_lost_on_the_wire_leaves_a_write_unknown(behave: Callable[[socket.socket], None]) -> None:
    with pytest.raises(requests.RequestException) as caught:
        call(behave)

    for writes, kind in ((True, Unknown), (False, Deferred)):
        assert type(TABLE.failure(caught.value, what=WHAT, writes=writes, now=NOW)) is kind


def test_a_call_that_never_left_was_not_applied() -> None:
    with new_session() as session, pytest.raises(requests.ConnectionError) as caught:
        session.get("http://127.0.0.1:1/")
    pool = urllib3.PoolManager()
    with pytest.raises(urllib3.exceptions.MaxRetryError) as bare:
        pool.request("GET", "http://127.0.0.1:1/", retries=0)

    for error in (caught.value, bare.value, requests.ConnectTimeout()):
        assert type(TABLE.failure(error, what=WHAT, writes=True, now=NOW)) is Deferred


class ApiException(Exception):
    """hubspot-api-client has one in each of its modules, all of this form."""

    def __init__(self, status: int, body: str = "", headers: Any = None) -> None:
        super().__init__(f"{status} {body}")
        self.status, self.body, self.headers = status, body, headers


def test_errors_of_the_vendors_clients_are_read_like_replies() -> None:
    said = [{"code": "NO_FIELD", "text": CANARY, "fields": ["NPS__c"]}]
    salesforce = SalesforceError(f"https://x/?q={CANARY}", 400, "query", said)  # type: ignore[arg-type]
    hubspot = ApiException(429, json.dumps(said[:0]), {"Retry-After": "3"})

    assert isinstance(TABLE.failure(salesforce, what=WHAT, writes=True, now=NOW), SchemaDrift)
    throttled = TABLE.failure(hubspot, what=WHAT, writes=True, now=NOW)
    assert isinstance(throttled, Throttled)
    assert throttled.retry_after_s == 3.0
    assert isinstance(TABLE.failure(ApiException(0), what=WHAT, writes=True, now=NOW), Unknown)


def test_a_mistake_of_ours_stays_what_it_is() -> None:
    """Called a failure of the wire, it would be repeated for ever."""
    with pytest.raises(KeyError):
        TABLE.failure(KeyError("x"), what=WHAT, writes=True, now=NOW)


@given(st.sampled_from([*range(300, 305), *range(400, 432), *range(500, 530)]), st.booleans())
def test_no_message_holds_what_a_reply_holds(status: int, writes: bool) -> None:
    said = {"code": CANARY, "text": CANARY, "fields": [CANARY, "NPS__c"]}
    error = read(status, said, {"code": "LIMIT", "text": CANARY}, writes=writes, location=CANARY)

    shown = f"{error} {error!r} {error.code} {error.next_step} {getattr(error, 'fields', '')}"
    assert CANARY not in shown
    assert "jane" not in shown
    assert CANARY not in repr(Reply(status, {"x": CANARY}, CANARY.encode())) + repr(Complaint("A", CANARY))


def test_a_spent_quota_says_from_when_on_a_run_goes_on() -> None:
    error = QuotaSpent("spent", resume_at=datetime(2026, 11, 23, 0, 5, tzinfo=UTC))

    assert "after 2026-11-23 00:05 UTC" in error.next_step
    assert "quota_share" in error.next_step
