"""Where secrets come from: the system's keyring, credential files, the environment; in that order, never guessed.

A value never appears in a message, a `repr` or a log. Only keyrings that are known to protect what they hold are used:
others drop a secret silently, write it in plain text, or ask for a password where nobody is sitting.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from keyring.backend import KeyringBackend

#: Keyrings that keep what they are given, encrypted, without asking on a terminal.
ALLOWED = frozenset(
    {
        "keyring.backends.macOS.Keyring",
        "keyring.backends.Windows.WinVaultKeyring",
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.libsecret.Keyring",
        "keyring.backends.kwallet.DBusKeyring",
        "keyring.backends.kwallet.DBusKeyringKWallet4",
    }
)
#: Where container runtimes mount secrets; they mount them readable by all, for a container has one user.
RUN_SECRETS = Path("/run/secrets")
SERVICE = "npsync"
LONGEST = 65_536  # bytes; a PEM key has under 4,000
WINDOWS_LONGEST = 1_280  # characters; Windows' vault holds 2,560 bytes of UTF-16
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class Secret:
    """A value and where it came from; only `value` holds what must not be shown."""

    value: str = field(repr=False)
    #: For people: `keyring (SecretService)`, `file /run/secrets/crm.token`, `environment NPSYNC_CRM_TOKEN`.
    origin: str


class SecretStore:
    """Looks a connection's secrets up.

    Args:
        environment: Usually `os.environ`; also tells systemd's `CREDENTIALS_DIRECTORY`.
        order: Which places are asked, and in which order.
        allowed: Keyring classes that may be used, by module and name.
        run_secrets: The folder of a container's secrets.
    """

    def __init__(
        self,
        *,
        environment: Mapping[str, str],
        order: Sequence[str] = ("keyring", "files", "environment"),
        allowed: frozenset[str] = ALLOWED,
        run_secrets: Path = RUN_SECRETS,
    ) -> None:
        self._environment = environment
        self._order = tuple(order)
        self._allowed = allowed
        self._run_secrets = run_secrets
        unknown = set(self._order) - {"keyring", "files", "environment"}
        if unknown:
            listed = ", ".join(sorted(unknown))
            raise Refused(
                f"secrets cannot come from {listed}", code="E302", next_step="Known: keyring, files, environment."
            )

    def get(self, name: str, field_: str) -> str | None:
        """Return the secret *field_* of connection *name*, or None when no place has it.

        Raises:
            Refused: A credential file can be read or changed by others, or is no text.
        """
        found = self.find(name, field_)
        return None if found is None else found.value

    def find(self, name: str, field_: str) -> Secret | None:
        """Return the secret with its origin; see `get`."""
        _check_words(name, field_)
        for place in self._order:
            found = self._ask(place, name, field_)
            if found is not None:
                return found
        return None

    def missing(self, name: str, field_: str) -> Refused:
        """Return the error for a secret that no place has, saying where it could be put."""
        places = {
            "keyring": f"`npsync auth set {name}`",
            "files": f"a file `{name}.{field_}` in $CREDENTIALS_DIRECTORY or {self._run_secrets}",
            "environment": f"the environment variable {variable(name, field_)}",
        }
        why = f" ({self.keyring_trouble()})" if "keyring" in self._order and self.keyring_trouble() else ""
        return Refused(
            f"connection `{name}` has no {field_}{why}",
            code="E302",
            next_step="Give it by " + ", or by ".join(places[place] for place in self._order) + ".",
        )

    def set(self, name: str, field_: str, value: str) -> None:
        """Keep a secret in the keyring, and read it back to be sure.

        Raises:
            Refused: No keyring that may be used, or it did not keep the value.
        """
        _check_words(name, field_)
        ring = self._ring()
        if isinstance(ring, str):
            raise Refused(f"the secret was not stored: {ring}", code="E302", next_step=_ELSEWHERE)
        if len(value) > WINDOWS_LONGEST and type(ring).__name__ == "WinVaultKeyring":
            raise Refused(
                f"Windows holds at most {WINDOWS_LONGEST} characters in a secret",
                code="E302",
                next_step="Keep long keys in a file of their own and store its path.",
            )
        trouble = _store_and_compare(ring, f"{name}.{field_}", value)
        if trouble:
            raise Refused(f"the secret was not stored: {trouble}", code="E302", next_step=_ELSEWHERE)

    def delete(self, name: str, field_: str) -> bool:
        """Remove a secret from the keyring; False when it held none."""
        _check_words(name, field_)
        ring = self._ring()
        return not isinstance(ring, str) and _forget(ring, f"{name}.{field_}")

    def probe(self) -> str:
        """Store, compare and delete a value; return what is wrong with the keyring, or an empty text.

        For `doctor` only: it may unlock the keyring and takes up to a second.
        """
        ring = self._ring()
        if isinstance(ring, str):
            return ring
        trouble = _store_and_compare(ring, "npsync.probe", "probe")
        return trouble or ("" if _forget(ring, "npsync.probe") else "the keyring does not forget")

    def keyring_trouble(self) -> str:
        """Return why the keyring is not used, or an empty text; changes nothing in it."""
        ring = self._ring()
        return ring if isinstance(ring, str) else ""

    def _ask(self, place: str, name: str, field_: str) -> Secret | None:
        match place:
            case "keyring":
                return self._from_keyring(name, field_)
            case "files":
                return self._from_files(name, field_)
            case _:
                word = variable(name, field_)
                value = self._environment.get(word)
                return Secret(value, f"environment {word}") if value else None

    def _from_keyring(self, name: str, field_: str) -> Secret | None:
        ring = self._ring()
        if isinstance(ring, str):
            return None
        value, _ = _read(ring, f"{name}.{field_}")
        return Secret(value, f"keyring ({type(ring).__module__.rpartition('.')[2]})") if value else None

    def _ring(self) -> KeyringBackend | str:
        """Return the keyring, or why there is none that may be used."""
        import keyring  # 60 ms, and it may talk to the desktop: only when a secret is asked for
        from keyring.backends.chainer import ChainerBackend

        ring = keyring.get_keyring()
        rings = list(ring.backends) if isinstance(ring, ChainerBackend) else [ring]
        usable = [each for each in rings if _called(each) in self._allowed]
        if usable:
            chosen: KeyringBackend = usable[0]
            return chosen
        return f"the keyring `{_called(ring)}` is not one that keeps secrets safely"

    def _from_files(self, name: str, field_: str) -> Secret | None:
        folder = self._environment.get("CREDENTIALS_DIRECTORY")
        for place in [*([Path(folder)] if folder else []), self._run_secrets]:
            path = place / f"{name}.{field_}"
            try:
                # systemd and /run/secrets differ in one thing: who may read.
                value = _read_private(path, readable_by_all=place == self._run_secrets)
            except FileNotFoundError:
                continue
            except (OSError, UnicodeDecodeError) as error:
                raise Refused(
                    f"{path} cannot be read: {type(error).__name__}",
                    code="E302",
                    next_step="It must be a UTF-8 text file that this user may read.",
                ) from None
            if value:
                return Secret(value, f"file {path}")
        return None


_ELSEWHERE = "Use a credential file or an environment variable instead."


def variable(name: str, field_: str) -> str:
    """Return the environment variable of a secret.

    >>> variable("my-crm", "client_secret")
    'NPSYNC_MY_CRM_CLIENT_SECRET'
    """
    return f"NPSYNC_{name}_{field_}".replace("-", "_").upper()


def _check_words(name: str, field_: str) -> None:
    for word in (name, field_):
        if not _WORD.fullmatch(word):
            raise Refused(
                "a connection or field name has characters that a secret's name cannot have",
                code="E302",
                next_step="Use letters, digits, `_` and `-`.",
            )


def _called(ring: object) -> str:
    return f"{type(ring).__module__}.{type(ring).__qualname__}"


def forbidden(owner: int, user: int, *, readable_by_all: bool) -> int:
    """Return what no one but the owner of a file with a secret may do, as bits of its mode.

    What is another's (root's) and yet ours to read was given to us by its group or an access list, which shows as the
    group's bits: so do systemd's `LoadCredential=` with `User=`, and a volume of Kubernetes with `fsGroup`.

    >>> [oct(forbidden(*who, readable_by_all=False)) for who in ((1000, 1000), (0, 1000))]
    ['0o77', '0o37']
    """
    if readable_by_all:
        return 0o022
    return 0o077 if owner == user else 0o037


def _read_private(path: Path, *, readable_by_all: bool) -> str:
    with path.open("rb") as file:
        told = os.fstat(file.fileno())
        mode = stat.S_IMODE(told.st_mode)
        if sys.platform != "win32" and mode & forbidden(told.st_uid, os.getuid(), readable_by_all=readable_by_all):
            raise Refused(
                f"{path} is open to other users (mode {mode:03o})", code="E302", next_step=f"chmod 600 {path}"
            )
        raw = file.read(LONGEST + 1)
    if len(raw) > LONGEST:
        raise Refused(
            f"{path} is larger than {LONGEST} bytes", code="E302", next_step="It should hold the secret only."
        )
    return raw.decode().removesuffix("\n").removesuffix("\r")


def _read(ring: KeyringBackend, key: str) -> tuple[str | None, str]:
    """Return the value, and what went wrong; back ends raise errors of their own and of D-Bus."""
    try:
        return ring.get_password(SERVICE, key), ""
    except Exception as error:  # noqa: BLE001 - a locked or absent keyring must not hide the next place
        return None, f"the keyring cannot be read: {type(error).__name__}"


def _store_and_compare(ring: KeyringBackend, key: str, value: str) -> str:
    try:
        ring.set_password(SERVICE, key, value)
    except Exception as error:  # noqa: BLE001 - see _read
        return f"the keyring cannot be written: {type(error).__name__}"
    kept, trouble = _read(ring, key)
    return trouble or ("" if kept == value else "the keyring does not give back what it was given")


def _forget(ring: KeyringBackend, key: str) -> bool:
    try:
        ring.delete_password(SERVICE, key)
    except Exception:  # noqa: BLE001 - see _read
        return False
    return True
