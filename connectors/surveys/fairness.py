"""Whose turn it is first, where a day has too few calls for all surveys."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

T = TypeVar("T")


def in_turn(surveys: Sequence[T], now: datetime) -> list[T]:
    """Return *surveys* from another one on each hour, so that when calls run out it is not always for the same ones.

    >>> from datetime import UTC, datetime
    >>> [in_turn("abcde", datetime(2026, 1, 5, hour, tzinfo=UTC))[0] for hour in range(6)]
    ['d', 'a', 'e', 'a', 'e', 'a']
    """
    if not surveys:
        return []
    hour = int(now.timestamp() // 3600)
    # Not the hour itself: a run that begins at the same hour every day would begin at the same survey.
    first = int.from_bytes(blake2b(str(hour).encode(), digest_size=8).digest()) % len(surveys)
    return [*surveys[first:], *surveys[:first]]
