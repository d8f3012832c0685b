"""`npsync ledger convert` and the key of an encrypted ledger, as a person gives the commands."""

from __future__ import annotations

from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import keyring
import pytest

from sync.ledger.encryption import is_plain
from sync.processes import this_process
from tests.flow.desk import CONFIG, Desk
from tests.flow.test_auth import given
from tests.keyrings import Keyring

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY, OTHER = "5ea1" * 16, "c0de" * 16
ENCRYPTED = CONFIG + "privacy: {encrypt_ledger: true}\n"


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[Keyring]:
    before = keyring.get_keyring()
    made = Keyring(tmp_path / "ring.json")
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture
def sealed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A project whose ledger is encrypted from the start; the key stands in the environment."""
    desk.write("config.yaml", ENCRYPTED)
    monkeypatch.setenv("NPSYNC_LEDGER_KEY", KEY)
    assert desk.npsync("sync").status == 1  # one row is rejected
    return desk


def ledger_of(desk: Desk) -> Path:
    return desk.folder / ".npsync" / "ledger.db"


def test_every_command_works_on_an_encrypted_ledger_and_no_file_names_anybody(sealed: Desk) -> None:
    for words in (("status",), ("held",), ("runs",), ("explain", "survey:r1"), ("export-person", "ada@acme.example")):
        assert sealed.npsync(*words).status == 0
    held = b"".join(path.read_bytes() for path in (sealed.folder / ".npsync").rglob("*") if path.is_file())
    forgotten = sealed.npsync("forget", "ada@acme.example", "--yes")

    assert len(held) > 100_000
    assert not [word for word in (b"acme", b"twin", b"zoe", b"Swift", b"survey:") if word in held]
    assert "encrypted    ledger: ledger.db" in forgotten.out
    assert "tables were searched" in forgotten.out
    assert sealed.npsync("export-person", "ada@acme.example").object == {"held": {}}


def test_what_a_killed_run_left_in_the_clear_goes_with_the_next_command(sealed: Desk) -> None:
    host, number, began = this_process().rsplit("/", 2)
    left, kept = (Path(mkdtemp(prefix=f"npsync-{host}={number}={start}-")) for start in (int(began) - 1, began))

    sealed.npsync("status")

    assert (left.exists(), kept.exists()) == (False, True)
    kept.rmdir()


def test_without_its_key_it_says_where_the_key_goes(sealed: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NPSYNC_LEDGER_KEY")
    missing = sealed.npsync("status")
    monkeypatch.setenv("NPSYNC_LEDGER_KEY", OTHER)
    wrong = sealed.npsync("status")

    assert (missing.status, wrong.status) == (3, 3)
    assert "[E302]" in missing.err
    assert "NPSYNC_LEDGER_KEY" in missing.err
    assert "[E607]" in wrong.err
    assert OTHER not in wrong.err


def test_a_plain_ledger_is_encrypted_and_made_plain_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPSYNC_LEDGER_KEY", KEY)
    desk.npsync("sync")
    runs = desk.npsync("runs", "--output", "json").object["runs"]

    desk.write("config.yaml", ENCRYPTED)
    refused = desk.npsync("sync")
    assert (refused.status, is_plain(ledger_of(desk))) == (3, True)
    assert "npsync ledger convert" in refused.err
    assert "was plain and is encrypted now" in desk.npsync("ledger", "convert").out
    assert runs == desk.npsync("runs", "--output", "json").object["runs"]
    assert "nothing was changed" in desk.npsync("ledger", "convert").out

    desk.write("config.yaml", CONFIG)
    refused = desk.npsync("sync")
    assert (refused.status, is_plain(ledger_of(desk))) == (5, False)
    assert "npsync ledger convert" in refused.err
    assert {"status": "converted", "before": "encrypted", "after": "plain"} == desk.npsync(
        "ledger", "convert", "--output", "json"
    ).object
    assert runs == desk.npsync("runs", "--output", "json").object["runs"]


@pytest.mark.usefixtures("ring")
def test_a_key_is_made_kept_and_changed_without_being_shown(desk: Desk, ring: Keyring) -> None:
    desk.write("config.yaml", ENCRYPTED)
    made = desk.npsync("auth", "set", "ledger", "--make")
    first = ring.kept["npsync/ledger.key"]
    desk.npsync("sync")
    changed = desk.npsync("auth", "set", "ledger", "--make")
    between = desk.npsync("status")
    again = desk.npsync("auth", "set", "ledger", "--make")
    converted = desk.npsync("ledger", "convert")
    desk.npsync("auth", "clear", "ledger", "old_key", "--yes")

    assert (made.status, changed.status, between.status, again.status) == (0, 0, 3, 2)
    assert "npsync ledger convert" in between.err
    assert "was encrypted with the old key" in converted.out
    assert ["npsync/ledger.key"] == list(ring.kept)
    assert ring.kept["npsync/ledger.key"] != first
    assert desk.npsync("status").status == 0
    assert desk.npsync("auth", "test", "ledger").status == 0
    for said in (made, changed, between, again, converted):
        assert not [key for key in (first, *ring.kept.values()) if key in said.out + said.err]


@pytest.mark.usefixtures("ring")
def test_what_is_no_key_is_not_kept(desk: Desk, ring: Keyring) -> None:
    desk.write("config.yaml", ENCRYPTED)
    said = given(desk, "correct-horse-battery\n", "auth", "set", "ledger")

    assert (said.status, ring.kept) == (3, {})
    assert "64 hexadecimal digits" in said.err
    assert "battery" not in said.err
    assert desk.npsync("auth", "set", "store", "--make").status == 2


def test_a_ledger_on_a_server_is_encrypted_there(desk: Desk) -> None:
    desk.write("config.yaml", ENCRYPTED.replace("version: 1\n", "version: 1\nledger: postgresql://me@db/nps\n"))
    said = desk.npsync("validate")

    assert said.status == 2
    assert "config.yaml:7" in said.err
    assert "encrypts on its server" in said.err
