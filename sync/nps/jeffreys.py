"""The Jeffreys interval of an NPS, computed without drawing a random number.

With the prior of Jeffreys (1/2 for each category) the shares of promoters, passives and detractors have a Dirichlet
distribution. Write s for the share that is not passive and u for the promoters' part of it: both are independent beta
variables, and NPS/100 = s (2u - 1). So P(NPS/100 <= t) is one integral over s of a regularised incomplete beta
function; the limits are its equal tails, found by bisection.
"""

from __future__ import annotations

from math import asin, cos, exp, lgamma, log, log1p, pi, sin, sqrt
from statistics import NormalDist

#: From here on the posterior is normal to less than 0.05 NPS points (a test compares the two at this size).
NORMAL_FROM = 5_000
#: Half of the window around the mode of arcsin(sqrt(s)), in its standard deviations: nothing above 1e-15 is left out.
_WINDOW = 8.5
_PANELS = 6
_BISECTIONS = 24  # 2 / 2**24: about 1e-7, against the 1e-3 that one decimal of an NPS shows

# Gauss-Legendre, eight points on [-1, 1] (Abramowitz and Stegun, table 25.4).
_NODES = (
    (0.1834346424956498, 0.3626837833783620),
    (0.5255324099163290, 0.3137066458778873),
    (0.7966664774136267, 0.2223810344533745),
    (0.9602898564975363, 0.1012285362903763),
)


def jeffreys_limits(promoters: int, passives: int, detractors: int, level: float) -> tuple[float, float]:
    """Return the equal-tailed limits of NPS/100 that hold it with probability *level*.

    >>> [f"{limit:.2f}" for limit in jeffreys_limits(3, 0, 0, 0.95)]
    ['-0.06', '0.99']
    """
    if promoters + passives + detractors >= NORMAL_FROM:
        return normal_limits(promoters, passives, detractors, level)
    tail = (1 - level) / 2
    posterior = _Posterior(promoters + 0.5, passives + 0.5, detractors + 0.5)
    return posterior.quantile(tail), posterior.quantile(1 - tail)


def normal_limits(promoters: int, passives: int, detractors: int, level: float) -> tuple[float, float]:
    """Return the limits from the posterior's exact mean and variance, as if it were normal."""
    size = promoters + passives + detractors + 1.5
    high, low = (promoters + 0.5) / size, (detractors + 0.5) / size
    centre = high - low
    half = NormalDist().inv_cdf((1 + level) / 2) * sqrt((high + low - centre**2) / (size + 1))
    return max(centre - half, -1.0), min(centre + half, 1.0)


class _Posterior:
    """The distribution of NPS/100 under a Dirichlet with these three parameters."""

    def __init__(self, promoters: float, passives: float, detractors: float) -> None:
        self._promoters, self._detractors = promoters, detractors
        self._opinions, self._passives = promoters + detractors, passives
        self._log_beta = _log_beta(self._opinions, passives)
        # arcsin(sqrt(s)) of a beta variable has nearly the same width wherever its mean lies.
        middle = asin(sqrt(self._opinions / (self._opinions + passives)))
        reach = _WINDOW / (2 * sqrt(self._opinions + passives))
        self._window = max(middle - reach, 0.0), min(middle + reach, pi / 2)

    def quantile(self, share: float) -> float:
        low, high = -1.0, 1.0
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.below(middle) < share else (low, middle)
        return (low + high) / 2

    def below(self, limit: float) -> float:
        """Return P(NPS/100 <= limit)."""
        start, end = self._window
        # Where s = |limit| the integrand has a kink: no panel may straddle it.
        kink = min(max(asin(sqrt(abs(limit))), start), end)
        return self._integral(start, kink, limit) + self._integral(kink, end, limit)

    def _integral(self, start: float, end: float, limit: float) -> float:
        half = (end - start) / (2 * _PANELS)
        return half * sum(
            weight * self._density_below(start + half * (2 * panel + 1 + side * node), limit)
            for panel in range(_PANELS if half > 0 else 0)
            for node, weight in _NODES
            for side in (-1, 1)
        )

    def _density_below(self, angle: float, limit: float) -> float:
        part = min(max((1 + limit / sin(angle) ** 2) / 2, 0.0), 1.0)
        if part == 0.0:
            return 0.0
        exponent = (2 * self._opinions - 1) * log(sin(angle)) + (2 * self._passives - 1) * log(cos(angle))
        density = 2 * exp(exponent - self._log_beta)
        return density * incomplete_beta(part, self._promoters, self._detractors)


def incomplete_beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), by its continued fraction (Lentz's method).

    >>> f"{incomplete_beta(0.5, 2.0, 3.0):.4f}"
    '0.6875'
    """
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast on the other side only
        return 1.0 - incomplete_beta(1.0 - x, b, a)
    front = exp(a * log(x) + b * log1p(-x) - _log_beta(a, b)) / a
    return front * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, 1.0 / (1.0 - (a + b) * x / (a + 1.0))
    product = d
    for step in range(1, 400):  # about sqrt(max(a, b)) steps are needed: 70 for NORMAL_FROM
        for term in (
            step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step)),
            -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1)),
        ):
            d = 1.0 / (1.0 + term * d)
            c = 1.0 + term / c
            product *= c * d
        if abs(c * d - 1.0) < 1e-12:
            break
    return product


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
