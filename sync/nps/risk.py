"""The risk signal: a rule with its reasons, not a prediction.

Each reason is a fact of the profile that anybody can check; the config says which of them raise the signal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.nps.category import Category
from sync.nps.freshness import Freshness
from sync.nps.settings import RiskReason
from sync.nps.trend import Direction

if TYPE_CHECKING:
    from collections.abc import Collection


def risk_reasons(
    category: Category | None, trend: Direction | None, status: Freshness, counted: Collection[RiskReason]
) -> list[RiskReason]:
    """List the reasons that hold and that *counted* names, in a fixed order; none means no signal.

    An expired score says nothing of today: it gives `stale` and never `detractor`.

    >>> [reason.value for reason in risk_reasons(
    ...     Category.DETRACTOR, Direction.DECLINING, Freshness.STALE, tuple(RiskReason))]
    ['detractor', 'declining', 'stale']
    >>> risk_reasons(Category.DETRACTOR, None, Freshness.CURRENT, [RiskReason.STALE])
    []
    """
    holds = {
        RiskReason.DETRACTOR: category is Category.DETRACTOR and status is not Freshness.EXPIRED,
        RiskReason.DECLINING: trend is Direction.DECLINING,
        RiskReason.SILENT: status is Freshness.NEVER_RESPONDED,
        RiskReason.STALE: status in {Freshness.STALE, Freshness.EXPIRED},
    }
    return [reason for reason in RiskReason if holds[reason] and reason in counted]
