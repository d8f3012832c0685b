"""`npsync auth`: secrets go from a prompt or stdin into a safe keyring, are tried, and are never shown."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import keyring
import keyring.backends.null
import pytest

import sandbox.hubspot
import sandbox.salesforce
from tests.flow.desk import Desk, Said
from tests.keyrings import Keyring

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CANARY = "canary-7f3a9b"
KEY = f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----"
CONFIG = """\
version: 1
connections:
  crm: {type: salesforce, domain: acme.my, url: "http://127.0.0.1:9"}
  signed: {type: salesforce, domain: acme.my, auth: jwt, username: nps@acme.example}
  hub: {type: hubspot, url: "http://127.0.0.1:9"}
  survey: {type: file, path: responses.csv}
"""


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[Keyring]:
    before = keyring.get_keyring()
    made = Keyring(tmp_path / "ring.json")
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.write("config.yaml", CONFIG)
    return made


def given(desk: Desk, text: str, *words: str) -> Said:
    """Run a command with *text* on stdin."""
    before, sys.stdin = sys.stdin, io.StringIO(text)
    try:
        said = desk.npsync(*words)
    finally:
        sys.stdin = before
    assert CANARY not in said.out + said.err
    return said


def test_a_secret_goes_from_stdin_into_the_keyring(desk: Desk, ring: Keyring) -> None:
    said = given(desk, f"{CANARY}\n", "auth", "set", "hub")

    assert (said.status, ring.kept) == (0, {"npsync/hub.token": CANARY})
    assert "npsync auth test hub" in said.err


def test_a_key_keeps_its_lines(desk: Desk, ring: Keyring) -> None:
    given(desk, KEY.replace("\n", "\r\n") + "\r\n", "auth", "set", "signed", "private_key")

    assert ring.kept == {"npsync/signed.private_key": KEY}


def test_no_mapping_is_needed_to_sign_in(desk: Desk, ring: Keyring) -> None:
    assert not (desk.folder / "mappings").exists()
    assert given(desk, CANARY, "--output", "json", "auth", "set", "hub").object["secrets"] == ["token"]
    assert ring.kept


def test_a_secret_of_calls_may_be_given_twice_while_it_changes(desk: Desk, ring: Keyring) -> None:
    """The listener takes both; nothing else has one before."""
    called = "survey: {type: survey, service: typeform, webhooks: https://hooks.acme.example/webhooks/survey}"
    desk.write("config.yaml", CONFIG.replace("survey: {type: file, path: responses.csv}", called))

    fields = ("webhook_secret", "webhook_secret_old", "token_old")
    said = [given(desk, f"{CANARY}\n", "auth", "set", "survey", field).status for field in fields]

    assert [0, 0, 2] == said
    assert CANARY == ring.get_password("npsync", "survey.webhook_secret_old")


@pytest.mark.parametrize("word", [CANARY, "pat-na1-" + CANARY])
def test_a_secret_on_the_command_line_is_refused_and_not_repeated(desk: Desk, ring: Keyring, word: str) -> None:
    """Where the name of a secret belongs, people paste the secret; by then the shell's history has it."""
    for words in (["hub", word], ["hub", "token", word], [word]):
        said = given(desk, CANARY, "auth", "set", *words)
        assert said.status == 2
        assert "history" in said.err
    assert ring.kept == {}


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["hub"], ""),
        (["hub"], "  \n"),
        (["hub"], f"{CANARY}\nmore\n"),
        (["hub"], f"{CANARY}\x1b[31m"),
        (["hub"], CANARY * 9000),
        (["signed", "private_key"], CANARY),
        (["signed", "private_key"], KEY.replace("PRIVATE", "ENCRYPTED PRIVATE")),
    ],
)
def test_what_cannot_be_the_secret_is_not_stored(desk: Desk, ring: Keyring, words: list[str], text: str) -> None:
    said = given(desk, text, "auth", "set", *words)

    assert (said.status, ring.kept) == (3, {})
    assert "[E302]" in said.err


def test_one_secret_comes_from_a_pipe_and_several_do_not(desk: Desk, ring: Keyring) -> None:
    said = given(desk, f"a{CANARY}\nb{CANARY}\n", "auth", "set", "crm")

    assert (said.status, ring.kept) == (2, {})
    assert "npsync auth set crm consumer_key" in said.err


def test_a_connection_without_secrets_is_told_so(desk: Desk, ring: Keyring) -> None:
    assert "without a secret" in given(desk, CANARY, "auth", "set", "survey").err
    assert ring.kept == {}


def test_a_keyring_that_loses_secrets_is_refused_before_asking(desk: Desk) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.null.Keyring())
    try:
        said = given(desk, CANARY, "auth", "set", "hub")
    finally:
        keyring.set_keyring(before)

    assert said.status == 3
    assert "NPSYNC_HUB_TOKEN" in said.err
    assert "not one that keeps secrets safely" in said.err


def test_a_prompt_does_not_show_what_is_typed(desk: Desk, tmp_path: Path) -> None:
    script = """
import sys, keyring
from pathlib import Path
from tests.keyrings import Keyring
keyring.set_keyring(Keyring(Path(sys.argv[1])))
from sync.cli.app import run
sys.exit(run(["auth", "set", "crm"]))
"""
    try:
        leader, follower = pty.openpty()
    except OSError as error:
        pytest.skip(f"this machine gives no pseudo-terminals ({error.strerror or error}); mount devpts on /dev/pts")
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "ring.json")],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        cwd=desk.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    os.close(follower)
    shown = b""
    for prompts, secret in enumerate((b"key-" + CANARY.encode(), b"secret-" + CANARY.encode()), 1):
        while shown.count(b"(not shown):") < prompts:
            shown += os.read(leader, 4096)
        os.write(leader, secret + b"\n")
    with contextlib.suppress(OSError):
        while part := os.read(leader, 4096):
            shown += part
    os.close(leader)

    assert process.wait(timeout=60) == 0
    assert CANARY.encode() not in shown
    assert Keyring(tmp_path / "ring.json").kept == {
        "npsync/crm.consumer_key": f"key-{CANARY}",
        "npsync/crm.consumer_secret": f"secret-{CANARY}",
    }


def test_clearing_needs_a_yes_and_says_what_is_left(desk: Desk, ring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    given(desk, CANARY, "auth", "set", "hub")
    monkeypatch.setenv("NPSYNC_HUB_TOKEN", CANARY)

    assert given(desk, "", "auth", "clear", "hub").status == 2
    assert ring.kept
    said = given(desk, "", "auth", "clear", "hub", "--yes")

    assert (said.status, ring.kept) == (0, {})
    assert "hub.token is still there: environment NPSYNC_HUB_TOKEN" in said.err


def test_missing_secrets_are_told_all_at_once(desk: Desk, ring: Keyring) -> None:
    said = given(desk, "", "auth", "test", "crm")

    assert said.status == 3
    assert "consumer_key" in said.err
    assert "consumer_secret" in said.err
    assert "npsync auth set crm" in said.err
    assert ring.kept == {}


def test_signing_in_to_hubspot_is_tried(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    portal = sandbox.hubspot.Portal()
    with sandbox.hubspot.serve(portal) as service:
        desk.write("config.yaml", CONFIG.replace("http://127.0.0.1:9", service.url))
        monkeypatch.setenv("NPSYNC_HUB_TOKEN", f"pat-{CANARY}")
        good = given(desk, "", "--output", "json", "auth", "test", "hub")
        portal.doors.keys[f"pat-{CANARY}"] = frozenset()
        bad = given(desk, "", "auth", "test", "hub")

    assert good.object["status"] == "signed in"
    assert good.object["secrets"] == {"token": "environment NPSYNC_HUB_TOKEN"}
    assert bad.status == 3


def test_signing_in_to_salesforce_is_tried(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with sandbox.salesforce.serve() as service:
        desk.write("config.yaml", CONFIG.replace("http://127.0.0.1:9", service.url))
        for field, value in sandbox.salesforce.secrets(service).items():
            monkeypatch.setenv(f"NPSYNC_CRM_{field.upper()}", value)
        good = given(desk, "", "auth", "test", "crm")
        monkeypatch.setenv("NPSYNC_CRM_CONSUMER_SECRET", CANARY)
        bad = given(desk, "", "auth", "test", "crm")

    assert (good.status, good.out.splitlines()[0]) == (0, "crm: signed in (salesforce)")
    assert bad.status == 3


def test_a_service_that_is_not_there_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPSYNC_HUB_TOKEN", f"pat-{CANARY}")
    desk.write("config.yaml", CONFIG.replace("127.0.0.1:9", "127.0.0.1:1"))
    said = given(desk, "", "auth", "test", "hub")

    assert said.status == 5
    assert "Traceback" not in said.err
