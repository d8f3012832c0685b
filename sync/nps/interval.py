"""An NPS and how sure we are of it, from exact counts.

Sums stay whole numbers until the one rounding at the end, half away from zero to one decimal.
Two percentages that were already rounded are never subtracted.
"""

from __future__ import annotations

from functools import lru_cache
from math import floor, sqrt
from statistics import NormalDist
from typing import NamedTuple

from sync.nps.jeffreys import jeffreys_limits
from sync.nps.settings import Interval, IntervalMethod


class Counts(NamedTuple):
    """Responses (or contacts) by category."""

    promoters: int
    passives: int
    detractors: int

    @property
    def total(self) -> int:
        """Return how many are counted; passives are."""
        return self.promoters + self.passives + self.detractors


class Estimate(NamedTuple):
    """An NPS and its limits, -100.0 to 100.0, one decimal."""

    nps: float
    low: float
    high: float


def nps_of(counts: Counts) -> float:
    """Return the share of promoters minus the share of detractors, times 100.

    >>> nps_of(Counts(50, 30, 20)), nps_of(Counts(2, 0, 1)), nps_of(Counts(0, 0, 3))
    (30.0, 33.3, -100.0)
    >>> nps_of(Counts(1, 7, 0)), nps_of(Counts(1, 1999, 0)), nps_of(Counts(0, 1999, 1))  # 0.05 goes away from zero
    (12.5, 0.1, -0.1)
    """
    tenths = 1000 * (counts.promoters - counts.detractors)
    rounded = (2 * abs(tenths) + counts.total) // (2 * counts.total)
    return (rounded if tenths >= 0 else -rounded) / 10


def estimate(counts: Counts, interval: Interval) -> Estimate:
    """Return the NPS of *counts* with the limits of *interval*.

    Raises:
        ValueError: Nothing is counted.
    """
    if counts.total == 0:
        raise ValueError("no response is counted: there is no NPS")
    low, high = _limits(counts, interval.method, interval.level)
    return Estimate(nps_of(counts), _one_decimal(low), _one_decimal(high))


def adjusted_wald(counts: Counts, level: float) -> tuple[float, float]:
    """Return centre and half width in NPS points, not clipped.

    Three responses are added before the textbook formula: 3/4 promoter, 3/2 passive, 3/4 detractor. Three promoters
    alone then give 50 ± 57 instead of the textbook's false 100 ± 0.

    >>> [f"{figure:.1f}" for figure in adjusted_wald(Counts(50, 30, 20), 0.95)]
    ['29.1', '15.1']
    >>> [f"{figure:.0f}" for figure in adjusted_wald(Counts(3, 0, 0), 0.95)]
    ['50', '57']
    """
    size = counts.total + 3
    promoters, detractors = (counts.promoters + 0.75) / size, (counts.detractors + 0.75) / size
    centre = promoters - detractors
    half = NormalDist().inv_cdf((1 + level) / 2) * sqrt((promoters + detractors - centre**2) / size)
    return 100 * centre, 100 * half


# Accounts share few distinct counts; 65,536 of them take about 15 MB.
@lru_cache(maxsize=8_192)
def _limits(counts: Counts, method: IntervalMethod, level: float) -> tuple[float, float]:
    if method is IntervalMethod.JEFFREYS:
        low, high = jeffreys_limits(counts.promoters, counts.passives, counts.detractors, level)
        return 100 * low, 100 * high
    centre, half = adjusted_wald(counts, level)
    return max(centre - half, -100.0), min(centre + half, 100.0)


def _one_decimal(value: float) -> float:
    tenths = floor(abs(value) * 10 + 0.5)
    return (tenths if value >= 0 else -tenths) / 10
