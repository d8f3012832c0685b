"""How old a response may be: current, stale, expired.

Both moments belong to the later state: a response that is fresh for 90 days is stale from the 90th day's instant on.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.values import SurveyKind
    from sync.nps.settings import NpsSettings


class Freshness(StrEnum):
    """What a person's latest response is worth today."""

    CURRENT = "current"
    STALE = "stale"
    EXPIRED = "expired"
    #: Asked, and silent. Only send data can tell; no source gives it yet.
    NEVER_RESPONDED = "never_responded"


def expired(responded_at: datetime, now: datetime, settings: NpsSettings) -> bool:
    """Say whether a response counts in no number any longer."""
    return now >= responded_at + settings.expires_after


def freshness_of(responded_at: datetime, kind: SurveyKind, now: datetime, settings: NpsSettings) -> Freshness:
    """Say what a response is worth at *now*.

    >>> from datetime import UTC, datetime, timedelta
    >>> from connectors.values import SurveyKind
    >>> from sync.nps.settings import NpsSettings
    >>> then = datetime(2026, 1, 1, tzinfo=UTC)
    >>> def after(days: int) -> str:
    ...     now = then + timedelta(days=days)
    ...     return freshness_of(then, SurveyKind.TRANSACTIONAL, now, NpsSettings()).value
    >>> after(89), after(90), after(364), after(365)
    ('current', 'stale', 'stale', 'expired')
    """
    if expired(responded_at, now, settings):
        return Freshness.EXPIRED
    return Freshness.STALE if now >= responded_at + settings.fresh_for.of(kind) else Freshness.CURRENT
