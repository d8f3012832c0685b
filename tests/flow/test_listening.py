"""The listener as the world sees it: a server that bounds what it reads, and answers anything without failing."""

from __future__ import annotations

import http.client
import logging
import re
import signal
import socket
import subprocess
import sys
from base64 import b64encode
from contextlib import closing, contextmanager
from hashlib import sha1, sha256
from hmac import digest
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error

from connectors.surveys.signatures import keys_of
from sandbox.surveys.hooks import SECRETS
from sync.config.specs import load_spec, shipped
from sync.ledger import hooks as kept
from sync.ledger.store import Ledger
from sync.listening import Keeper, listening
from sync.webhooks import Door, Webhooks
from sync.wiring import open_project
from tests.contract.survey_contract import NOW
from tests.flow.desk import Desk
from tests.flow.test_survey_services import set_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

    from sync.listening import Listener
    from sync.wiring import Project

OPENAPI = Path(__file__).parents[2] / "docs/reference/webhooks.openapi.yaml"
PATHS = ("/webhooks/{connection}", "/webhooks/{connection}/{secret}")
TYPEFORM = {"type": "survey", "service": "typeform", "webhooks": "https://hooks.acme.example/webhooks/survey"}


@contextmanager
def listener(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Listener, Project]]:
    desk = Desk(folder)
    set_up(desk, TYPEFORM)
    monkeypatch.setenv("NPSYNC_SURVEY_WEBHOOK_SECRET", SECRETS["typeform"]["webhook_secret"])
    with open_project(folder / "config.yaml") as project, listening(project, "127.0.0.1", 0) as one:
        yield one, project


def knock(one: Listener, body: bytes, **headers: str) -> int:
    with closing(http.client.HTTPConnection(one.url.removeprefix("http://"), timeout=60)) as link:
        link.request("POST", "/webhooks/survey", body=body, headers=headers)
        return link.getresponse().status


def signed(body: bytes) -> dict[str, str]:
    secret = SECRETS["typeform"]["webhook_secret"].encode()
    return {"Typeform-Signature": "sha256=" + b64encode(digest(secret, body, "sha256")).decode()}


def test_what_is_too_much_is_refused_and_the_next_call_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep, event = (
        b"[" * 40 + b"]" * 40,
        b'{"event_type": "form_response", "form_response": {"form_id": "f", "token": "t"}}',
    )
    with listener(tmp_path, monkeypatch) as (one, project):
        host, _, port = one.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=60) as link:
            # It says how much it will send, and is refused before it has sent any of it.
            link.sendall(b"POST /webhooks/survey HTTP/1.1\r\nHost: x\r\nContent-Length: 10485760\r\n\r\n{")
            large = link.recv(100)
        depth = knock(one, deep, **signed(deep))
        good = knock(one, event, **signed(event))
        again = knock(one, event, **signed(event))
        with project.ledger.read() as connection:
            stored = [each.response for each in kept.waiting(connection, "survey", 0)]

    assert b"413" in large.partition(b"\r\n")[0]
    assert (400, 202, 202) == (depth, good, again)
    assert ["t"] == stored


def test_it_starts_with_a_secret_and_webhooks_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path)
    set_up(desk, TYPEFORM)
    without_secret = desk.npsync("serve", "--webhooks", "--listen", "127.0.0.1:0")
    monkeypatch.setenv("NPSYNC_SURVEY_WEBHOOK_SECRET", "x")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = desk.npsync("serve", "--webhooks", "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
    nothing, nowhere = desk.npsync("serve"), desk.npsync("serve", "--webhooks", "--listen", "8787")
    desk.write("config.yaml", (tmp_path / "config.yaml").read_text().replace(f"webhooks: {TYPEFORM['webhooks']}", ""))
    unhooked = desk.npsync("serve", "--webhooks")

    assert [(3, "E302"), (5, "E503"), (2, "E105"), (2, "E105"), (2, "E105")] == [
        (said.status, re.findall(r"\[(E\d+)\]", said.err)[0])
        for said in (without_secret, busy, nothing, nowhere, unhooked)
    ]


def test_the_command_listens_until_it_is_asked_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up(Desk(tmp_path), TYPEFORM)
    monkeypatch.setenv("NPSYNC_SURVEY_WEBHOOK_SECRET", "x")
    words = [sys.executable, "-m", "sync.cli", "-C", str(tmp_path), "serve", "--webhooks", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=OPENAPI.parents[2]) as process:
        assert process.stdout is not None
        told = process.stdout.readline()
        url = told.split()[-1]
        with closing(http.client.HTTPConnection(url.split("/")[2], timeout=60)) as link:
            link.request("GET", "/webhooks/survey")
            status = link.getresponse().status
        process.send_signal(signal.SIGTERM)
        left = process.wait(60)

    assert f"survey: {TYPEFORM['webhooks']} -> http://127.0.0.1:" in told
    assert (405, 0) == (status, left)


def _signing(application: Webhooks) -> Callable[..., Any]:
    """Sign whatever comes as each service would, so that what is behind the door is tried too."""

    def call(environ: dict[str, Any], start_response: Any) -> Any:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        moment = str(int(NOW.timestamp() * 1000))
        name = environ["PATH_INFO"].split("/")[-1]
        said = b"POST" + f"https://hooks.acme.example/webhooks/{name}".encode() + body + moment.encode()
        environ |= {
            "wsgi.input": BytesIO(body),
            "HTTP_TYPEFORM_SIGNATURE": signed(body)["Typeform-Signature"],
            "HTTP_SM_SIGNATURE": b64encode(digest(b"sm-app-77&sm-hook-9a0b", body, sha1)).decode(),
            "HTTP_X_HUBSPOT_SIGNATURE_V3": b64encode(digest(b"hs-app-31f2", said, sha256)).decode(),
            "HTTP_X_HUBSPOT_REQUEST_TIMESTAMP": moment,
            "HTTP_X_WEBHOOK_SECRET": SECRETS["asknicely"]["webhook_secret"],
            "HTTP_HMAC": digest(b"sv-sign-b26a", body, sha256).hex(),
        }
        if name == "qualtrics":
            environ["PATH_INFO"] += "/" + SECRETS[name]["webhook_secret"]
        return application(environ, start_response)

    return call


def test_schemathesis_finds_no_500(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is sent, signed or not, to each service's door: an answer of those that are described."""
    caplog.set_level(logging.ERROR)
    opened = {}
    for name, secrets in SECRETS.items():
        spec = load_spec(shipped()[name]).hooks
        assert spec is not None
        keys = keys_of(spec.signature, secrets.__getitem__, lambda _name: None)
        address = f"https://hooks.acme.example/webhooks/{name}"
        opened[name] = Door(name=name, hooks=spec, address=address, keys=keys)
    described = yaml.safe_load(OPENAPI.read_text())
    for path in described["paths"].values():
        path["parameters"][0]["schema"]["enum"] = [*opened, "other"]
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    application = Webhooks(opened, Keeper(ledger, lambda: NOW), lambda: NOW)
    seen: set[int] = set()
    with closing(ledger):
        for served, path in ((application, PATHS[0]), (application, PATHS[1]), (_signing(application), PATHS[0])):
            schema = schemathesis.openapi.from_dict(described)
            schema.app = served

            @settings(
                max_examples=10,
                derandomize=True,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=schema[path]["POST"].as_strategy())
            def tried(case: Any) -> None:
                reply = case.call()
                seen.add(reply.status_code)
                case.validate_response(reply, checks=[not_a_server_error])

            tried()

    assert {202, 400, 401, 404} <= seen
    assert not seen & {500, 501, 502}
    assert not [record for record in caplog.records if record.name.startswith("sync")]
