"""A reply as bytes, whichever client brought it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import orjson

from connectors.characters import sound

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Seconds; a longer wait is read as this long. Vendors park an account for a day at most.
LONGEST_WAIT_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply, whichever client brought it."""

    status: int
    #: Names in lower case.
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, brought: Any) -> Reply:  # noqa: ANN401 - whatever a client returns or raises
        """Return what *brought* holds: a reply of requests or urllib3, or an error of a vendor's client."""
        status = getattr(brought, "status_code", None) or getattr(brought, "status", None) or 0
        body = next((found for name in ("content", "body", "data") if (found := getattr(brought, name, None))), b"")
        if isinstance(body, str):
            body = body.encode()
        elif not isinstance(body, bytes):
            body = orjson.dumps(body, default=str)
        headers = getattr(brought, "headers", None)
        named = {str(name).lower(): str(value) for name, value in headers.items()} if headers else {}
        return cls(int(status), named, body)

    def json(self) -> Any:  # noqa: ANN401 - JSON
        """Return the decoded body, None when it is empty.

        Half a character is marked as what cannot be read: a CRM that cut a text inside an emoji holds one, and
        must not make a reply of two thousand records unreadable.

        Raises:
            ValueError: It is no JSON.
        """
        if not self.body:
            return None
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return _leniently(self.body)

    def asked_to_wait_s(self, now: datetime) -> float | None:
        """Return the seconds that `Retry-After` names, as a number or as a date; None for none that is a length.

        >>> at = datetime(2026, 11, 22, 12, tzinfo=UTC)
        >>> [Reply(429, {"retry-after": text}).asked_to_wait_s(at) for text in ("7", "-1", "nan", "inf", "1e12")]
        [7.0, None, None, None, 86400.0]
        >>> Reply(503, {"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT"}).asked_to_wait_s(at)
        30.0
        """
        text = self.headers.get("retry-after", "").strip()
        try:
            seconds = float(text)
        except ValueError:
            try:
                named = parsedate_to_datetime(text)
            except (ValueError, IndexError, TypeError, OverflowError):
                return None
            aware = named if named.tzinfo else named.replace(tzinfo=UTC)
            seconds = max(0.0, (aware - now).total_seconds())
        return min(seconds, LONGEST_WAIT_S) if 0.0 <= seconds < float("inf") else None


def _leniently(body: bytes) -> Any:  # noqa: ANN401 - JSON
    """Decode JSON that spells halves of characters; otherwise as strictly as ever.

    Raises:
        ValueError: It is no JSON, or nested without end.
    """
    try:
        return _marked(json.loads(body.decode("utf-8", "replace"), parse_constant=_no_number))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _marked(value: Any) -> Any:  # noqa: ANN401 - JSON
    match value:
        case str():
            return sound(value)
        case list():
            return [_marked(each) for each in value]
        case dict():
            return {sound(name): _marked(each) for name, each in value.items()}
    return value


def _no_number(word: str) -> Any:  # noqa: ANN401 - never returns
    raise ValueError(f"{word} is no JSON")
