"""A secret that changes when it is used: one process at a time, kept before it is used, never lost in silence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import keyring
import pytest

from connectors.connection_secrets import ConnectionSecrets
from connectors.errors import Deferred, Refused
from connectors.locks import held
from connectors.secrets import SecretStore
from tests.keyrings import Keyring
from tests.unit.fake_time import FakeTime

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CANARY = "canary-7f3a9b"
FIELD = "refresh_token"

#: Exchanges the token many times at a server that, as Salesforce does, notices when an old one is used again.
PROCESS = """
import sys
from pathlib import Path
import keyring
from connectors.connection_secrets import ConnectionSecrets
from connectors.secrets import SecretStore
from tests.keyrings import Keyring

folder = Path(sys.argv[1])
keyring.set_keyring(Keyring(folder / "ring.json"))
store = SecretStore(environment={}, order=("keyring",))
for number in range(int(sys.argv[2])):
    secrets = ConnectionSecrets("crm", store, locks=folder / "locks", rotating=frozenset({"refresh_token"}))
    with secrets.rotation("refresh_token") as slot:
        if slot.value != (folder / "server").read_text():
            sys.exit("an old token was used again")
        new = f"{sys.argv[3]}-{number}"
        (folder / "server").write_text(new)
        slot.keep(new)
    assert secrets("refresh_token") == new
"""


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[Keyring]:
    before = keyring.get_keyring()
    made = Keyring(tmp_path / "ring.json")
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def secrets(folder: Path, **environment: str) -> ConnectionSecrets:
    store = SecretStore(environment=environment, run_secrets=folder / "run")
    return ConnectionSecrets("crm", store, locks=folder / "locks", rotating=frozenset({FIELD}))


def test_processes_never_use_a_token_twice(tmp_path: Path, ring: Keyring) -> None:
    """Used again, an old one would revoke every token that came of it."""
    ring.set_password("npsync", f"crm.{FIELD}", "first")
    (tmp_path / "server").write_text("first")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    running = [
        subprocess.Popen([sys.executable, "-c", PROCESS, tmp_path, "250", name], env=environment) for name in "abcd"
    ]

    assert [process.wait(timeout=120) for process in running] == [0, 0, 0, 0]
    assert ring.kept == {f"npsync/crm.{FIELD}": (tmp_path / "server").read_text()}


def test_the_same_token_is_not_stored_again(tmp_path: Path, ring: Keyring) -> None:
    """HubSpot gives the same one back; a place that cannot be written is then good enough."""
    store = SecretStore(environment={"NPSYNC_CRM_REFRESH_TOKEN": CANARY}, run_secrets=tmp_path)
    with ConnectionSecrets("crm", store, locks=tmp_path / "locks").rotation(FIELD) as slot:
        slot.keep(CANARY)

    assert ring.kept == {}


def test_a_token_that_could_not_be_replaced_is_not_used(tmp_path: Path, ring: Keyring) -> None:
    """After its use it is worth nothing: better not to use it at all."""
    with (
        pytest.raises(Refused, match="could not be kept") as caught,
        secrets(tmp_path, NPSYNC_CRM_REFRESH_TOKEN=CANARY).rotation(FIELD),
    ):
        raise AssertionError("the token was handed out")

    assert caught.value.code == "E302"
    assert "npsync auth set crm" in caught.value.next_step
    assert CANARY not in str(caught.value)
    assert ring.kept == {}


def test_what_another_process_kept_is_seen(tmp_path: Path, ring: Keyring) -> None:
    ring.set_password("npsync", f"crm.{FIELD}", "old")
    held_before = secrets(tmp_path)
    assert held_before(FIELD) == "old"
    ring.set_password("npsync", f"crm.{FIELD}", "new")

    with held_before.rotation(FIELD) as slot:
        assert slot.value == "new"


def test_a_secret_is_read_once(tmp_path: Path, ring: Keyring) -> None:
    ring.set_password("npsync", "crm.token", CANARY)
    found = secrets(tmp_path)
    assert found("token") == CANARY
    ring.delete_password("npsync", "crm.token")

    assert found("token") == CANARY
    assert CANARY not in repr(found)


def test_a_missing_one_says_where_to_put_it(tmp_path: Path, ring: Keyring) -> None:
    with pytest.raises(Refused, match="has no token"):
        secrets(tmp_path)("token")
    assert ring.kept == {}


def test_waiting_for_a_lock_ends(tmp_path: Path) -> None:
    time = FakeTime()
    path = tmp_path / "locks" / "crm.lock"
    with held(path), pytest.raises(Deferred), held(path, sleep=time.sleep, clock=time):
        raise AssertionError("held twice")
    with held(path):
        pass


def test_a_lock_dies_with_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "crm.lock"
    script = (
        "import os, sys, pathlib\nfrom connectors.locks import held\nwith held(pathlib.Path(sys.argv[1])): os._exit(9)"
    )
    gone = subprocess.run(
        [sys.executable, "-c", script, path], env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False, timeout=60
    )

    assert gone.returncode == 9
    with held(path, sleep=lambda _seconds: pytest.fail("it is still held")):
        pass
