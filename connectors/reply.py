"""A reply as bytes, whichever client brought it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import orjson

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

        Raises:
            ValueError: It is no JSON.
        """
        return orjson.loads(self.body) if self.body else None

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
