"""Whether a call comes from whom it says: compared as bytes, in a time that tells nothing."""

from __future__ import annotations

import hmac
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.surveys.lists import placeholders

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from connectors.surveys.hooks import Signature

#: What a secret is called while the one after it is already in use; both are good.
OLD = "_old"


@dataclass(frozen=True, slots=True)
class Call:
    """A call, as it came; nothing of it is shown."""

    method: str
    #: The address that the service calls, as the connection gives it; never as the call does.
    url: str
    #: Lower-case names.
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    #: What stood behind the address.
    rest: str = field(default="", repr=False)


def keys_of(signature: Signature, secret: Callable[[str], str], old: Callable[[str], str | None]) -> tuple[str, ...]:
    """Return the keys that are good: the one of today, and the one before it where that is still kept.

    Args:
        signature: Says what the key is made of.
        secret: Gives a secret, or raises.
        old: Gives the one before it; None: there is none.
    """
    names = sorted(placeholders(signature.key))
    now = {name: secret(name) for name in names}
    before = {name: old(name + OLD) or now[name] for name in names}
    return tuple(dict.fromkeys(_filled(signature.key, each) for each in (now, before)))


def is_signed(call: Call, signature: Signature, keys: Sequence[str], now: datetime) -> bool:
    """Tell whether *call* was signed with one of *keys*, and lately where its time is signed too."""
    given = call.rest if signature.kind == "path" else call.headers.get((signature.header or "").lower(), "")
    if signature.kind != "hmac":
        wanted = [each.encode() for each in keys]
    else:
        if not given.startswith(signature.prefix):
            return False
        given = given[len(signature.prefix) :]
        time = call.headers.get(signature.time.lower(), "") if signature.time else ""
        if signature.time and not _is_new(time, signature, now):
            return False
        parts = {"method": call.method.encode(), "url": call.url.encode(), "body": call.body, "time": time.encode()}
        said = b"".join(parts[each] for each in signature.signs)
        digests = [hmac.digest(key.encode(), said, signature.hash) for key in keys]
        wanted = [form for each in digests for form in (each.hex().encode(), b64encode(each))]
    # Every one is compared, so that the time does not tell which of them was nearly right.
    return any(hmac.compare_digest(given.encode(), each) for each in wanted)


def _is_new(text: str, signature: Signature, now: datetime) -> bool:
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        return False
    return abs(now.timestamp() - int(text) / 1000) <= signature.within.total_seconds()


#: Of milliseconds until the year 33658.
_DIGITS = 15


def _filled(template: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", value)
    return template
