"""What keyring there is, looked at without storing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.secrets import ALLOWED, SERVICE

if TYPE_CHECKING:
    from collections.abc import Collection

_KINDS = {"keyring.backends.fail.Keyring": "none", "keyring.backends.null.Keyring": "null"}


def state(ring: Any = None, *, allowed: Collection[str] = ALLOWED) -> tuple[str, str]:  # noqa: ANN401 - any back end
    """Return the kind of the keyring and its name.

    Kinds: `usable`; `none`; `null`, which drops what it is given; `untrusted`; `locked`; `unreadable`.

    Args:
        ring: The back end; the system's by default.
        allowed: Classes that may be used; see `connectors.secrets`.
    """
    import keyring
    from keyring.backends.chainer import ChainerBackend
    from keyring.errors import InitError, KeyringLocked

    found = keyring.get_keyring() if ring is None else ring
    rings = list(found.backends) if isinstance(found, ChainerBackend) else [found]
    names = {f"{type(each).__module__}.{type(each).__qualname__}": each for each in rings}
    usable = next((name for name in names if name in allowed), None)
    if usable is None:
        name = next(iter(names), "none")
        return (_KINDS.get(name, "untrusted") if names else "none"), name
    try:
        names[usable].get_password(SERVICE, "npsync.probe")
    except (KeyringLocked, InitError):
        return "locked", usable
    except Exception:  # noqa: BLE001 - back ends raise errors of their own and of D-Bus
        return "unreadable", usable
    return "usable", usable
