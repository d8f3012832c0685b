"""Keyrings, and the secrets that connections sign in with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.doctor.finding import Finding, State

if TYPE_CHECKING:
    from collections.abc import Mapping

_WITHOUT = (
    "Give secrets as files named CONNECTION.FIELD (chmod 600) in $CREDENTIALS_DIRECTORY, or in the environment as "
    "NPSYNC_<CONNECTION>_<FIELD>."
)
#: Kind of keyring (`connectors.keyring_state`) → what it is, and what to do.
_KINDS = {
    "none": ("there is no keyring here, as on most servers", _WITHOUT),
    "null": (
        "the keyring is switched off and drops what it is given without a word",
        f"Unset PYTHON_KEYRING_BACKEND, and delete `default-keyring` from keyringrc.cfg. {_WITHOUT}",
    ),
    "untrusted": (
        "the keyring is not one that keeps secrets safely",
        f"Uninstall what brings it (often `keyrings.alt`), or name a system's keyring in keyringrc.cfg. {_WITHOUT}",
    ),
    "locked": (
        "the keyring is locked",
        "Unlock it: log in to the desktop, or `gnome-keyring-daemon --unlock`. A job without a login cannot: "
        + _WITHOUT,
    ),
    "unreadable": ("the keyring cannot be read", f"See whether its service runs (`dbus-run-session`). {_WITHOUT}"),
}


def keyring(kind: str, backend: str, *, needed: bool) -> Finding:
    """Judge the keyring.

    Args:
        kind: See `connectors.keyring_state`.
        backend: Its name.
        needed: Whether a secret is missing elsewhere; otherwise the keyring may be as it likes.
    """
    if kind == "usable":
        return Finding(check="keyring", found=f"can be read ({backend})")
    found, fix = _KINDS[kind]
    told = f"{found} ({backend})"
    if not needed:
        return Finding(check="keyring", state=State.NOTE, found=f"{told}; every secret is given in another way", fix="")
    return Finding(check="keyring", state=State.WRONG, found=told, fix=fix, code="E302")


def secrets(connection: str, origins: Mapping[str, str], troubles: Mapping[str, tuple[str, str]]) -> Finding:
    """Judge the secrets of a connection.

    Args:
        connection: Whose.
        origins: Secret → where it comes from; never its value.
        troubles: Secret that cannot be had → why, and what to do.
    """
    if troubles:
        why = "; ".join(dict.fromkeys(what for what, _ in troubles.values()))
        fix = " ".join(dict.fromkeys(step for _, step in troubles.values()))
        return Finding(check="secrets", about=connection, state=State.WRONG, found=why, fix=fix, code="E302")
    told = ", ".join(f"{name} from {origin}" for name, origin in origins.items()) or "it needs none"
    return Finding(check="secrets", about=connection, found=told)
