"""What a listener takes, and what it refuses without a word; no server, no ledger."""

from __future__ import annotations

import gzip
import io
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.surveys.events import DEEPEST, Event, UnreadableError, events_of
from connectors.surveys.hooks import Hooks
from connectors.surveys.signatures import keys_of
from sandbox.surveys.hooks import SECRETS, Notifier
from sandbox.surveys.serving import WORLDS
from sync.config.specs import load_spec, shipped
from sync.errors import Problem, UserError
from sync.ledger.hooks import Stored
from sync.webhooks import MOST_BYTES, Door, Webhooks
from tests.unit.fake_time import FakeTime

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.surveys.hooks import Call

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PUBLIC = "https://hooks.acme.example/webhooks/survey"
CANARY = "jane.canary@acme.example"


class Desk:
    """A listener with one door, and a service that knocks."""

    def __init__(self, name: str, *, old: Mapping[str, str] | None = None) -> None:
        hooks = load_spec(shipped()[name]).hooks
        assert hooks is not None
        keys = keys_of(hooks.signature, SECRETS[name].__getitem__, (old or {}).get)
        self.kept: list[Event] = []
        self.down = False
        self.now = NOW
        door = Door(name="survey", hooks=hooks, address=PUBLIC, keys=keys)
        self.application = Webhooks({"survey": door}, self._keep, lambda: self.now)
        world = WORLDS[name](1, FakeTime(NOW.timestamp()))
        self.id = world.add(9, email=CANARY, name="Jane Canary")
        self.notifier = Notifier(world, "http://127.0.0.1/webhooks/survey", public=PUBLIC)
        self.call = self.notifier.call(self.id)

    def _keep(self, _name: str, events: Sequence[Event]) -> Stored:
        if self.down:
            raise UserError("E601", Problem(where="ledger.db", what="is held by another program"))
        self.kept += events
        return Stored(len(events), 0)

    def send(self, call: Call, method: str = "POST", **environ: Any) -> int:
        """Knock; return the status."""
        path = call.url.removeprefix("http://127.0.0.1")
        given = {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in call.headers.items()}
        given |= {"REQUEST_METHOD": method, "PATH_INFO": path, "CONTENT_LENGTH": str(len(call.body))}
        return self.answer(given | {"wsgi.input": io.BytesIO(call.body)} | environ)[0]

    def answer(self, environ: dict[str, Any]) -> tuple[int, dict[str, str]]:
        said: list[tuple[int, dict[str, str]]] = []
        body = self.application(environ, lambda status, headers: said.append((int(status[:3]), dict(headers))))
        assert b"" == b"".join(body)
        return said[0]


@pytest.mark.parametrize("name", sorted(SECRETS))
class TestEveryService:
    def test_its_call_is_taken_with_the_id_of_its_response(self, name: str) -> None:
        desk = Desk(name)

        status = desk.send(desk.call)

        assert 202 == status
        assert [desk.id] == [each.response for each in desk.kept]

    def test_a_call_that_is_signed_by_somebody_else_is_refused(self, name: str) -> None:
        desk = Desk(name)
        wrong = {field: secret + "x" for field, secret in SECRETS[name].items()}
        stranger = Notifier(desk.notifier.world, desk.notifier.url, public=PUBLIC, secrets=wrong).call(desk.id)

        assert 401 == desk.send(stranger)
        assert [] == desk.kept

    def test_a_call_without_a_signature_is_refused(self, name: str) -> None:
        desk = Desk(name)
        bare = type(desk.call)(desk.call.url.removesuffix(SECRETS[name].get("webhook_secret", "-")), desk.call.body, {})

        assert 401 == desk.send(bare)
        assert [] == desk.kept

    def test_the_secret_before_is_good_as_long_as_it_is_kept(self, name: str) -> None:
        before = {field: f"before-{field}" for field in SECRETS[name]}
        desk = Desk(name, old={f"{field}_old": secret for field, secret in before.items()})
        late = Notifier(desk.notifier.world, desk.notifier.url, public=PUBLIC, secrets=before).call(desk.id)

        assert (202, 202) == (desk.send(late), desk.send(desk.call))

    def test_what_it_sends_stands_in_no_log(self, name: str, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        desk = Desk(name)
        desk.send(desk.call)
        desk.send(type(desk.call)(desk.call.url, desk.call.body[:-1], desk.call.headers))
        desk.down = True
        desk.send(desk.call)

        told = " ".join(repr(record.__dict__) for record in caplog.records)
        assert "webhook.stored" in told
        assert not [each for each in (CANARY, desk.id, *SECRETS[name].values()) if each in told]


@pytest.mark.parametrize(
    "part", ["body", "header"] + [f"minutes {minutes}" for minutes in (-6, 6)] + ["address", "method"]
)
def test_whatever_of_a_signed_call_changes_it_is_refused(part: str) -> None:
    """HubSpot signs method, address, body and time; five minutes are what it allows."""
    desk = Desk("hubspot_feedback")
    call, headers = desk.call, dict(desk.call.headers)
    match part.split():
        case ["body"]:
            call = type(call)(call.url, call.body.replace(b"62515", b"62516"), headers)
        case ["header"]:
            headers["X-HubSpot-Request-Timestamp"] = str(int(headers["X-HubSpot-Request-Timestamp"]) + 1)
            call = type(call)(call.url, call.body, headers)
        case ["minutes", minutes]:
            desk.now = NOW + timedelta(minutes=int(minutes))
        case ["address"]:
            desk.notifier.public = "https://hooks.acme.example/webhooks/other"
            call = desk.notifier.call(desk.id)
        case _:
            assert 405 == desk.send(call, "PUT")
            return

    assert 401 == desk.send(call)


def test_a_signature_of_four_minutes_ago_is_good() -> None:
    desk = Desk("hubspot_feedback")
    desk.now = NOW + timedelta(minutes=4)

    assert 202 == desk.send(desk.call)


@pytest.mark.parametrize("time", ["", "12x", "-1", "1e3", "9" * 5000, "٣"])
def test_a_time_that_is_none_is_refused(time: str) -> None:
    desk = Desk("hubspot_feedback")
    headers = dict(desk.call.headers) | {"X-HubSpot-Request-Timestamp": time}

    assert 401 == desk.send(type(desk.call)(desk.call.url, desk.call.body, headers))


def test_the_ledger_is_down_so_the_service_tries_again() -> None:
    desk = Desk("typeform")
    desk.down = True
    said = {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in desk.call.headers.items()}
    said |= {"REQUEST_METHOD": "POST", "PATH_INFO": "/webhooks/survey", "CONTENT_LENGTH": str(len(desk.call.body))}

    status, headers = desk.answer(said | {"wsgi.input": io.BytesIO(desk.call.body)})

    assert (503, "60") == (status, headers["Retry-After"])


@pytest.mark.parametrize("path", ["/", "/webhooks/", "/webhooks/other", "/webhooks/survey/x", "/survey", "/webhooks"])
def test_another_path_is_unknown(path: str) -> None:
    desk = Desk("typeform")

    assert 404 == desk.send(type(desk.call)(f"http://127.0.0.1{path}", desk.call.body, desk.call.headers))


def test_a_service_that_asks_is_told_yes_and_another_is_not() -> None:
    assert (200, 200) == tuple(Desk("surveymonkey").send(Desk("surveymonkey").call, each) for each in ("HEAD", "GET"))
    assert (405, 405) == tuple(Desk("typeform").send(Desk("typeform").call, each) for each in ("HEAD", "GET"))


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({"CONTENT_LENGTH": str(MOST_BYTES + 1)}, 413),
        ({"CONTENT_LENGTH": "9" * 5000}, 413),
        ({"CONTENT_LENGTH": "-1"}, 400),
        ({"HTTP_CONTENT_ENCODING": "gzip", "wsgi.input": io.BytesIO(gzip.compress(b"{}"))}, 415),
    ],
)
def test_a_body_out_of_bounds_is_not_read(environ: dict[str, Any], status: int) -> None:
    desk = Desk("typeform")

    assert status == desk.send(desk.call, **environ)


HOOKS = Hooks.model_validate(
    yaml.safe_load(
        """
        signature: {kind: path}
        events: events
        only: {kind: [answer]}
        id: [id]
        response: [response]
        fetch: {request: {path: /x}}
        """
    )
)


def said(*events: Any) -> bytes:
    return json.dumps({"events": list(events)}).encode()


class TestEvents:
    def test_events_of_another_kind_or_without_a_response_are_left_out(self) -> None:
        body = said(
            {"kind": "other", "response": "1"}, {"kind": "answer"}, {"kind": "answer", "response": "2"}, 7, None
        )

        assert ["2"] == [each.response for each in events_of(body, HOOKS)]

    def test_an_event_that_is_told_twice_is_one(self) -> None:
        one = {"kind": "answer", "response": "1", "id": "a", "try": 1}

        assert 1 == len(events_of(said(one, one | {"try": 2}), HOOKS))
        assert 2 == len(events_of(said(one, one | {"id": "b"}), HOOKS))

    @pytest.mark.parametrize("id_", ["a" * 501, "a\x00b", "a\x07b", "\u202e"])
    def test_an_id_that_cannot_be_one_is_none(self, id_: str) -> None:
        assert [] == events_of(said({"kind": "answer", "response": f"x{id_}"}), HOOKS)

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"nul",
            b"\xff\xfe",
            b'{"a": NaN}',
            b"[" * 100_000,
            b'{"a":' * 40 + b"1" + b"}" * 40,
            said(*[1] * 1001),
        ],
    )
    def test_what_nobody_has_reason_to_send_is_unreadable(self, body: bytes) -> None:
        with pytest.raises(UnreadableError):
            events_of(body, HOOKS)

    def test_depth_is_counted(self) -> None:
        deep = b"[" * DEEPEST + b"]" * DEEPEST
        assert [] == events_of(deep, HOOKS)
        with pytest.raises(UnreadableError):
            events_of(b"[" + deep + b"]", HOOKS)

    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("answer"),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["events", "kind", "id", "response", "x"]), inner, max_size=4)
            ),
        )
    )
    def test_any_json_is_events_or_unreadable(self, told: Any) -> None:
        for event in _events(json.dumps(told).encode()):
            assert event.response
            assert 32 == len(event.id)


def _events(body: bytes) -> list[Event]:
    try:
        return events_of(body, HOOKS)
    except UnreadableError:
        return []
