"""Times as the ledger keeps them: ISO-8601 text in UTC with milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime


def to_text(moment: datetime) -> str:
    """Write an aware moment.

    >>> to_text(datetime(2026, 11, 22, 7, 21, tzinfo=UTC))
    '2026-11-22T07:21:00.000Z'
    """
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.isoformat(timespec="milliseconds")[:-6] + "Z"


def from_ms(epoch_ms: int) -> str:
    """Write a moment given in milliseconds since 1970, as the kernel counts.

    >>> from_ms(0)
    '1970-01-01T00:00:00.000Z'
    """
    return to_text(datetime.fromtimestamp(epoch_ms / 1000, tz=UTC))
