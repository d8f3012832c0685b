"""An NPS is exact, and its interval holds what it promises."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb, prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.nps.interval import Counts, adjusted_wald, estimate, nps_of
from sync.nps.jeffreys import NORMAL_FROM, _Posterior, incomplete_beta, jeffreys_limits, normal_limits
from sync.nps.settings import Interval, IntervalMethod

counts = st.builds(Counts, *[st.integers(0, 400)] * 3).filter(lambda some: some.total > 0)
intervals = st.builds(Interval, method=st.sampled_from(IntervalMethod), level=st.sampled_from(["90%", "95%", "99.9%"]))


@given(counts)
def test_the_nps_is_the_exact_quotient_rounded_once_half_away_from_zero(some: Counts) -> None:
    exact = Fraction(100 * (some.promoters - some.detractors), some.total)
    tenths = abs(exact) * 10
    rounded = int(tenths + Fraction(1, 2)) * (1 if exact >= 0 else -1)

    assert rounded / 10 == nps_of(some)


@given(counts, intervals)
def test_the_limits_are_on_the_scale_and_in_order(some: Counts, interval: Interval) -> None:
    found = estimate(some, interval)

    assert -100.0 <= found.low <= found.high <= 100.0


@given(counts, st.sampled_from(["90%", "95%", "99.9%"]))
def test_the_default_interval_holds_its_own_nps(some: Counts, level: str) -> None:
    found = estimate(some, Interval.model_validate({"level": level}))

    assert found.low <= found.nps <= found.high


@given(counts, intervals)
def test_swapping_promoters_and_detractors_mirrors_everything(some: Counts, interval: Interval) -> None:
    there = estimate(some, interval)
    back = estimate(Counts(some.detractors, some.passives, some.promoters), interval)

    assert -back.nps == there.nps
    assert pytest.approx(-back.high, abs=0.11) == there.low


@pytest.mark.parametrize(
    ("some", "centre", "half"),
    [(Counts(50, 30, 20), 29.1, 15.1), (Counts(5, 3, 2), 23.1, 42), (Counts(3, 0, 0), 50, 57)],
)
def test_the_adjusted_interval_has_the_published_figures(some: Counts, centre: float, half: float) -> None:
    """Worked examples of `survey-sources.md` §4."""
    digits = 0 if half == int(half) else 1
    found = adjusted_wald(some, 0.95)

    assert (centre, half) == (round(found[0], 1), round(found[1], digits))


def test_three_promoters_alone_are_clipped_at_the_end_of_the_scale() -> None:
    assert (100.0, -6.6, 100.0) == estimate(Counts(3, 0, 0), Interval())


def test_nothing_counted_has_no_nps() -> None:
    with pytest.raises(ValueError, match="there is no NPS"):
        estimate(Counts(0, 0, 0), Interval())


def coverage(method: IntervalMethod, size: int) -> tuple[float, float]:
    """Mean and least share of intervals that hold the truth, exactly, over shares in steps of 0.1.

    Populations of one category only are left out, as in the published table.
    """
    interval = Interval(method=method)
    whole = [Counts(p, size - p - d, d) for p, d in product(range(size + 1), repeat=2) if p + d <= size]
    held = {some: estimate(some, interval) for some in whole}
    shares = []
    for tenths in product(range(10), repeat=3):
        if sum(tenths) == 10:
            truth = 10 * (tenths[0] - tenths[2])
            within = [some for some, limits in held.items() if limits.low <= truth <= limits.high]
            shares.append(sum(chance(some, tenths) for some in within))
    return sum(shares) / len(shares), min(shares)


def chance(some: Counts, tenths: tuple[int, ...]) -> float:
    orders = comb(some.total, some.promoters) * comb(some.total - some.promoters, some.detractors)
    return orders * prod((share / 10) ** count for share, count in zip(tenths, some, strict=True))


@pytest.mark.parametrize(
    ("method", "size", "mean", "least"),
    [
        (IntervalMethod.ADJUSTED_WALD, 3, 0.95, 0.73),
        (IntervalMethod.ADJUSTED_WALD, 5, 0.95, 0.84),
        (IntervalMethod.ADJUSTED_WALD, 10, 0.95, 0.88),
        (IntervalMethod.JEFFREYS, 3, 0.96, 0.88),
        (IntervalMethod.JEFFREYS, 5, 0.96, 0.91),
        (IntervalMethod.JEFFREYS, 10, 0.95, 0.89),
    ],
)
def test_both_intervals_cover_what_was_published(method: IntervalMethod, size: int, mean: float, least: float) -> None:
    """`reverse-etl.md` §0, finding 10, where the textbook interval covers 77 % at five responses, 40 % at worst."""
    assert coverage(method, size) == pytest.approx((mean, least), abs=0.0051)


def test_the_jeffreys_limits_of_a_unanimous_account_stop_short_of_the_end_of_the_scale() -> None:
    """Why the adjusted interval is the default: whoever is all promoters sees 100 and limits below it."""
    found = estimate(Counts(5, 0, 0), Interval(method=IntervalMethod.JEFFREYS))

    assert found.high < found.nps


def test_the_normal_limits_take_over_without_a_visible_step() -> None:
    for shares in ((50, 30, 20), (98, 1, 1), (1, 98, 1), (0, 100, 0), (50, 0, 50)):
        p, n, d = (NORMAL_FROM * share // 100 for share in shares)
        exact = _Posterior(p + 0.5, n + 0.5, d + 0.5)
        low, high = normal_limits(p, n, d, 0.95)

        assert (exact.quantile(0.025), exact.quantile(0.975)) == pytest.approx((low, high), abs=0.0005)


@pytest.mark.parametrize(
    ("some", "share_below"),
    # From 400,000 draws of `random.gammavariate`, seed 7; two standard errors are below 0.0014.
    [((3, 0, 0), 0.05106), ((0, 5, 0), 0.82268), ((1, 0, 4), 0.94567)],
)
def test_the_integral_agrees_with_draws(some: tuple[int, int, int], share_below: float) -> None:
    assert _Posterior(*(count + 0.5 for count in some)).below(0.1) == pytest.approx(share_below, abs=0.0014)


def test_jeffreys_limits_narrow_with_size_and_level() -> None:
    wide, narrow = jeffreys_limits(5, 3, 2, 0.95), jeffreys_limits(500, 300, 200, 0.95)

    assert wide[1] - wide[0] > narrow[1] - narrow[0]
    assert jeffreys_limits(5, 3, 2, 0.9)[1] < wide[1]


@given(st.floats(0.01, 0.99), st.floats(0.5, 60), st.floats(0.5, 60))
def test_the_incomplete_beta_function_is_symmetric_and_grows(x: float, a: float, b: float) -> None:
    assert incomplete_beta(x, a, b) == pytest.approx(1 - incomplete_beta(1 - x, b, a), abs=1e-9)
    assert incomplete_beta(x / 2, a, b) <= incomplete_beta(x, a, b) + 1e-12
