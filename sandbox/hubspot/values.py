"""What HubSpot accepts as a property's value, and how it keeps it: always as text."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.hubspot.properties import Property

MOST_CHARACTERS = 65_536
_DAY_MS = 86_400_000
#: The years 5 and 9892: beyond them Python has no dates, whatever the offset.
_FIRST_MS, _LAST_MS = -6.2e13, 2.5e14
_EMAIL = re.compile(r"[^@\s,;<>()\"]+@[^@\s,;<>()\"]+\.[^@\s.,;<>()\"]{2,}")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_WHOLE = re.compile(r"-?\d+")


class BadValue(ValueError):
    """A value that does not fit its property."""

    def __init__(self, code: str, message: str) -> None:
        """Remember HubSpot's code beside the sentence."""
        super().__init__(message)
        self.code = code


@lru_cache(maxsize=4_096)
def stamp(seconds: float) -> str:
    """Write a time as HubSpot's own time properties hold it.

    >>> stamp(1_769_851_800.25)
    '2026-01-31T09:30:00.250Z'
    """
    whole = round(seconds * 1000)
    return f"{datetime.fromtimestamp(whole // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{whole % 1000:03d}Z"


def as_text(value: Any) -> str:
    """Return a JSON scalar the way Jackson reads it into a string.

    >>> as_text(9), as_text(True), as_text(None)
    ('9', 'true', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, str)):
        return str(value)
    raise BadValue("INVALID_TYPE", "Cannot deserialize value of type `java.lang.String` from Object or Array value")


def canonical(prop: Property, text: str) -> str:
    """Return *text* as HubSpot would keep it in *prop*; empty clears.

    Raises:
        BadValue: HubSpot would refuse it.
    """
    if not text:
        return ""
    if prop.type == "enumeration" and not prop.external:
        parts = [part for part in text.split(";") if part] if prop.field_type == "checkbox" else [text]
        return ";".join(_choice(part, prop.choices) for part in parts)
    read = email if prop.name == "email" else _READERS.get(prop.type, _string)
    return read(text)


def email(text: str) -> str:
    """Return an address in lower case.

    >>> email(" Ann@Example.com ")
    'ann@example.com'
    """
    trimmed = text.strip().lower()
    if not _EMAIL.fullmatch(trimmed):
        raise BadValue("INVALID_EMAIL", f"Email address {text} is invalid")
    return trimmed


def moment(text: str) -> float | None:
    """Return the milliseconds since 1970 that *text* means, None if it is no time.

    >>> moment("1970-01-02"), moment("1970-01-01T00:00:01Z"), moment("5"), moment("x")
    (86400000.0, 1000.0, 5.0, None)
    """
    if _WHOLE.fullmatch(text):
        return float(text)
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp() * 1000


def _number(text: str) -> str:
    if not _NUMBER.fullmatch(text.strip()):
        raise BadValue("INVALID_NUMBER", f"{text} was not a valid number.")
    return text.strip()


def _date(text: str) -> str:
    found = moment(text)
    if found is None or not _FIRST_MS <= found <= _LAST_MS:
        raise BadValue("INVALID_DATE", f"{text} was not a valid date.")
    if found % _DAY_MS:
        at = datetime.fromtimestamp(found / 1000, UTC)
        raise BadValue("INVALID_DATE", f"{text} is at {at:%H:%M:%S} UTC, not midnight!")
    return f"{datetime.fromtimestamp(found / 1000, UTC):%Y-%m-%d}"


def _datetime(text: str) -> str:
    found = moment(text)
    if found is None or not _FIRST_MS <= found <= _LAST_MS:
        raise BadValue("INVALID_LONG", f"{text} was not a valid long.")
    written = stamp(found / 1000)
    return written.replace(".000Z", "Z")  # HubSpot leaves the milliseconds out where they are zero


def _choice(value: str, choices: dict[str, str]) -> str:
    if value not in choices:
        named = ", ".join(choices.values())
        raise BadValue("INVALID_OPTION", f"{value} was not one of the allowed options: [{named}]")
    return value


def _string(text: str) -> str:
    if len(text) > MOST_CHARACTERS:
        raise BadValue("INVALID_STRING_LENGTH", f"Property values may hold at most {MOST_CHARACTERS} characters")
    return text


def _bool(text: str) -> str:
    return _choice(text.lower(), {"true": "true", "false": "false"})


_READERS: dict[str, Callable[[str], str]] = {"number": _number, "date": _date, "datetime": _datetime, "bool": _bool}
