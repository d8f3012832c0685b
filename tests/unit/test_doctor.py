"""Each check of `doctor`, shown what is wrong: it says so, and what to do about it. And shown what is right."""

from __future__ import annotations

import http.server
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from keyring.backends import fail, null
from keyring.errors import InitError, KeyringLocked
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError

from connectors import keyring_state
from connectors.reach import Reached, reach, trouble_of
from connectors.shaping import Right
from sandbox.certificates import Authority
from sync.doctor import keys, machine, memory, services
from sync.doctor.finding import Finding, State
from tests.keyrings import Keyring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MIB = 1 << 20
OURS = {name: f"/app/{name}" for name in machine.NAMES}
RIGHT = Right(name="crm.objects.contacts.write", why="to write scores", next_step="Add the scope to the app.")


class Plaintext(Keyring):
    """Keeps secrets as anybody can read them, as `keyrings.alt` does."""


Plaintext.__module__ = "keyrings.alt.file"


class Broken(Keyring):
    """Raises what it was told to."""

    def __init__(self, error: Exception) -> None:
        super().__init__(Path("nowhere"))
        self.error = error

    def get_password(self, _service: str, _username: str) -> str | None:
        raise self.error


Broken.__module__, Broken.__qualname__ = "keyring.backends.SecretService", "Keyring"


def ring(made: Any) -> Finding:
    return keys.keyring(*keyring_state.state(made), needed=True)


#: What is planted → what the check says, and a word of the remedy.
PLANTED: dict[str, tuple[Callable[[], Finding], str]] = {
    "no keyring": (lambda: ring(fail.Keyring()), "CREDENTIALS_DIRECTORY"),
    "null keyring": (lambda: ring(null.Keyring()), "PYTHON_KEYRING_BACKEND"),
    "plaintext keyring": (lambda: ring(Plaintext(Path("x"))), "keyrings.alt"),
    "locked keyring": (lambda: ring(Broken(KeyringLocked())), "gnome-keyring-daemon --unlock"),
    "keyring that nobody unlocks": (lambda: ring(Broken(InitError("Prompt dismissed"))), "Unlock it"),
    "clock off by an hour": (lambda: machine.clock("crm", 3600.0), "timedatectl set-ntp true"),
    "expired token": (lambda: services.signed_in("crm", "the token has expired", "", "E301"), "npsync auth set crm"),
    "missing scope": (lambda: services.rights("crm", [RIGHT], [])[0], "Add the scope"),
    "quota spent": (lambda: services.quota("crm", "of the day", 100, 100), "schedule.every"),
    "ledger not writable": (lambda: memory.writable("l.db", "/srv/x"), "chown"),
    "disk full": (lambda: machine.disk("/srv", 100 * MIB, 0), "Free some space"),
    "unknown package": (lambda: machine.names({"sync": ["npsync", "synclib"]}, OURS, "/app"), "pip uninstall synclib"),
    "other folder": (lambda: machine.names({}, OURS | {"sync": "/home/sync"}, "/app"), "another folder"),
    "newer ledger": (lambda: memory.version("l.db", 3, 2), "newer npsync"),
    "wrong host": (lambda: services.reached("crm", "https://x", "host"), "DNS"),
    "other service": (lambda: services.reached("crm", "https://x", "another"), "domain:"),
    "proxy that breaks TLS": (lambda: services.reached("crm", "https://x", "tls"), "REQUESTS_CA_BUNDLE"),
    "drifted schema": (lambda: services.drift("crm", [("m.yaml:3", "no field", "Make it.")])[0], "Make it."),
    "missing secret": (lambda: keys.secrets("crm", {}, {"token": ("none", "npsync auth set crm")}), "npsync auth set"),
}
#: What is no hindrance, and yet worth a word.
NOTED: dict[str, tuple[Callable[[], Finding], str]] = {
    "quota nearly spent": (lambda: services.quota("crm", "of the day", 85, 100), "quota_share"),
    "disk nearly full": (lambda: machine.disk("/srv", 900 * MIB, 0), "ledger:"),
    "ledger that forget cannot copy": (lambda: machine.disk("/srv", 2000 * MIB, 3000 * MIB), "Free some space"),
    "old ledger": (lambda: memory.version("l.db", 1, 2), "copy it first"),
    "another process": (lambda: memory.at_work([("crm", "here", 7)], "here"), "kill 7"),
    "service that died": (lambda: memory.service("ended", "here", 7), "npsync schedule run"),
    "service that hangs": (lambda: memory.service("silent", "here", 7), "hangs"),
    "clock two minutes behind": (lambda: machine.clock("crm", -120.0), "set-ntp"),
    "right without need": (lambda: services.rights("crm", [], [RIGHT])[0], "scope"),
}
FINE: dict[str, Callable[[], Finding]] = {
    "keyring": lambda: ring(Broken.__base__(Path("nowhere"))),  # type: ignore[misc]
    "clock": lambda: machine.clock("crm", -1.2),
    "quota": lambda: services.quota("crm", "of the day", 79, 100),
    "disk": lambda: machine.disk("/srv", 5000 * MIB, 900 * MIB),
    "names": lambda: machine.names({"sync": ["npsync"]}, OURS, "/app"),
    "names of a source tree": lambda: machine.names({}, OURS, "/app"),
    "version": lambda: memory.version("l.db", 2, 2),
    "new ledger": lambda: memory.version("l.db", None, 2),
    "processes": lambda: memory.at_work([], "here"),
    "rights": lambda: services.rights("crm", [], [])[0],
    "service": lambda: memory.service("runs", "here", 7),
    "schema": lambda: services.drift("crm", [])[0],
    "network": lambda: services.reached("crm", "https://x", ""),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_what_is_wrong_is_found_with_its_remedy(planted: str) -> None:
    check, remedy = PLANTED[planted]
    found = check()

    assert State.WRONG is found.state
    assert remedy in found.fix
    assert found.code


@pytest.mark.parametrize("planted", NOTED)
def test_what_will_be_wrong_is_told_without_failing(planted: str) -> None:
    check, remedy = NOTED[planted]
    found = check()

    assert State.NOTE is found.state
    assert remedy in found.fix


@pytest.mark.parametrize("what", FINE)
def test_what_is_right_is_said_to_be(what: str) -> None:
    assert State.FINE is FINE[what]().state


def test_a_keyring_that_nobody_needs_is_no_hindrance() -> None:
    assert State.NOTE is keys.keyring("none", "fail", needed=False).state


def test_a_process_on_another_machine_is_not_to_be_killed_here() -> None:
    assert "kill" not in memory.at_work([("crm", "there", 7)], "here").fix


def test_a_proxy_of_the_environment_is_named_where_it_matters() -> None:
    assert "whatever HTTPS_PROXY says" in services.reached("crm", "https://x", "refused", proxy="HTTPS_PROXY").fix


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers in HTML, as the login page of a hotel does."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def answering(authority: Authority | None = None) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    if authority is not None:
        server.socket = authority.context("localhost").wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"{'http' if authority is None else 'https'}://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def now() -> datetime:
    return datetime.now(UTC)


def test_a_clock_is_held_against_the_services() -> None:
    with answering() as url:
        off = reach(url, lambda: now() + timedelta(hours=1), speaks_json=False)

    assert "" == off.trouble
    assert off.offset_s is not None
    assert 3_000 < off.offset_s < 4_200


def test_an_authority_that_nobody_named_is_found(tmp_path: Path) -> None:
    """As a company's proxy that reads along shows itself; with its certificate named, all is well."""
    authority = Authority(tmp_path / "ca.pem")
    with answering(authority) as url:
        assert Reached("tls") == reach(url, now, speaks_json=False)
        assert "" == reach(url, now, speaks_json=False, ca=str(authority.ca)).trouble


def test_a_page_in_place_of_the_service_is_found() -> None:
    with answering() as url:
        assert Reached("another") == reach(url, now, speaks_json=True)


@pytest.mark.parametrize(
    ("reason", "trouble"),
    [(NameResolutionError("acme", Any, OSError()), "host"), (NewConnectionError(Any, ""), "refused"), (None, "other")],  # type: ignore[arg-type]
)
def test_a_line_that_cannot_be_had_says_why(reason: Exception | None, trouble: str) -> None:
    assert trouble == trouble_of(requests.ConnectionError(MaxRetryError(Any, "/", reason)))  # type: ignore[arg-type]


def test_a_service_that_does_not_answer_in_time_is_slow() -> None:
    assert "slow" == trouble_of(requests.ReadTimeout())
