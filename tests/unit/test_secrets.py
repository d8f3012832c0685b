"""Secrets: from safe places only, in order, and never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import keyring
import keyring.backends.fail
import keyring.backends.null
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from connectors.errors import Refused
from connectors.secrets import ALLOWED, SERVICE, SecretStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VALUE = "s3cr3t-canary"


class Ring(KeyringBackend):
    """A keyring in memory."""

    priority: ClassVar[float] = 0.1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.kept:
            raise PasswordDeleteError(username)
        del self.kept[service, username]


class Locked(Ring):
    def get_password(self, service: str, username: str) -> str | None:
        raise RuntimeError(f"{service} {username} {VALUE} is locked")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise RuntimeError(f"{service} {username} {password}")


class Cutting(Ring):
    """Keeps the first characters only."""

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, password[:3])


TRUSTED = ALLOWED | {f"{kind.__module__}.{kind.__qualname__}" for kind in (Ring, Locked, Cutting)}


@pytest.fixture(autouse=True)
def _own_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(Ring())
    yield
    keyring.set_keyring(before)


def use(ring: KeyringBackend) -> None:
    keyring.set_keyring(ring)


def store(tmp_path: Path, **environment: str) -> SecretStore:
    return SecretStore(environment=environment, allowed=TRUSTED, run_secrets=tmp_path / "run")


def put(path: Path, text: str, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def test_places_are_asked_in_order(tmp_path: Path) -> None:
    put(tmp_path / "cred" / "crm.token", "from systemd\n", 0o400)
    put(tmp_path / "run" / "crm.token", "from the container\n", 0o444)
    secrets = store(tmp_path, CREDENTIALS_DIRECTORY=str(tmp_path / "cred"), NPSYNC_CRM_TOKEN="from the environment")
    secrets.set("crm", "token", "from the keyring")

    seen = []
    for forget in (
        lambda: secrets.delete("crm", "token"),
        (tmp_path / "cred" / "crm.token").unlink,
        (tmp_path / "run" / "crm.token").unlink,
        lambda: None,
    ):
        seen.append(secrets.get("crm", "token"))
        forget()

    assert seen == ["from the keyring", "from systemd", "from the container", "from the environment"]


def test_the_origin_is_told_and_the_value_is_not(tmp_path: Path) -> None:
    found = store(tmp_path, NPSYNC_MY_CRM_CLIENT_SECRET=VALUE).find("my-crm", "client_secret")

    assert found is not None
    assert found.value == VALUE
    assert found.origin == "environment NPSYNC_MY_CRM_CLIENT_SECRET"
    assert VALUE not in repr(found)


def test_a_secret_that_no_place_has_is_none_and_says_where_to_put_it(tmp_path: Path) -> None:
    secrets = store(tmp_path, NPSYNC_CRM_TOKEN="")

    assert secrets.get("crm", "token") is None
    error = secrets.missing("crm", "token")
    assert error.code == "E302"
    assert "NPSYNC_CRM_TOKEN" in error.next_step
    assert "`npsync auth set crm`" in error.next_step


@pytest.mark.parametrize("ring", [keyring.backends.null.Keyring, keyring.backends.fail.Keyring])
def test_a_keyring_that_loses_secrets_is_refused(ring: type[KeyringBackend], tmp_path: Path) -> None:
    """The null back end returns as if it had stored; the secret is gone without a word."""
    use(ring())
    secrets = store(tmp_path, NPSYNC_CRM_TOKEN=VALUE)

    with pytest.raises(Refused, match="not one that keeps secrets safely") as caught:
        secrets.set("crm", "token", VALUE)
    assert VALUE not in str(caught.value) + caught.value.next_step
    assert secrets.probe()
    assert secrets.get("crm", "token") == VALUE


def test_a_keyring_outside_the_list_is_not_read(tmp_path: Path) -> None:
    """One that writes plain text to a file would be such."""
    ring = Ring()
    ring.kept[SERVICE, "crm.token"] = VALUE
    use(ring)

    assert SecretStore(environment={}, run_secrets=tmp_path).get("crm", "token") is None


def test_a_locked_keyring_does_not_hide_the_next_place(tmp_path: Path) -> None:
    use(Locked())
    secrets = store(tmp_path, NPSYNC_CRM_TOKEN="from the environment")

    assert secrets.get("crm", "token") == "from the environment"
    assert secrets.probe() == "the keyring cannot be written: RuntimeError"
    with pytest.raises(Refused) as caught:
        secrets.set("crm", "token", VALUE)
    assert VALUE not in str(caught.value)


def test_a_keyring_that_changes_secrets_is_noticed(tmp_path: Path) -> None:
    use(Cutting())

    with pytest.raises(Refused, match="does not give back"):
        store(tmp_path).set("crm", "token", VALUE)


def test_the_probe_leaves_nothing_behind(tmp_path: Path) -> None:
    ring = Ring()
    use(ring)

    assert store(tmp_path).probe() == ""
    assert ring.kept == {}


@pytest.mark.parametrize(("folder", "mode"), [("cred", 0o644), ("cred", 0o620), ("run", 0o666), ("run", 0o464)])
def test_a_file_that_others_can_reach_is_refused(tmp_path: Path, folder: str, mode: int) -> None:
    put(tmp_path / folder / "crm.token", VALUE, mode)
    secrets = store(tmp_path, CREDENTIALS_DIRECTORY=str(tmp_path / "cred"))

    with pytest.raises(Refused, match="open to other users") as caught:
        secrets.get("crm", "token")

    assert caught.value.code == "E302"
    assert "chmod 600" in caught.value.next_step
    assert VALUE not in str(caught.value)


def test_only_the_last_line_end_is_cut_off(tmp_path: Path) -> None:
    put(tmp_path / "run" / "crm.key", "-----BEGIN-----\nabc \n-----END-----\n", 0o400)

    assert store(tmp_path).get("crm", "key") == "-----BEGIN-----\nabc \n-----END-----"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x" * 70_000])
def test_a_file_that_is_no_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    put(tmp_path / "run" / "crm.token", "", 0o400)
    (tmp_path / "run" / "crm.token").chmod(0o600)
    (tmp_path / "run" / "crm.token").write_bytes(content)

    with pytest.raises(Refused):
        store(tmp_path).get("crm", "token")


@pytest.mark.parametrize("name", ["../crm", "a/b", "", "a b", ".hidden"])
def test_a_name_cannot_lead_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused, match="characters"):
        store(tmp_path).get(name, "token")


def test_an_unknown_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="post-it"):
        SecretStore(environment={}, order=("post-it",), run_secrets=tmp_path)
