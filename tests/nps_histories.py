"""Histories of responses, settings and segments for Hypothesis, with ages that lie on and beside every edge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from connectors.values import SurveyKind
from sync.nps.category import Category
from sync.nps.freshness import Freshness
from sync.nps.settings import AccountMethod, NpsSettings, RiskReason
from sync.nps.trend import Direction
from sync.segments import Predicate
from tests.reference_nps import Answered

NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
DAY = timedelta(days=1)
EDGES = [90 * DAY, 180 * DAY, 365 * DAY]
MOMENT = timedelta(milliseconds=1)

ages = st.one_of(
    st.builds(lambda edge, off: edge + off * MOMENT, st.sampled_from(EDGES), st.integers(-1, 1)),
    st.integers(0, 500).map(lambda days: days * DAY),
)
accounts = st.sampled_from([None, "a1", "a2"])


@st.composite
def histories(draw: st.DrawFn) -> list[Answered]:
    count = draw(st.integers(0, 14))
    return [
        Answered(
            subject=draw(st.sampled_from(["p1", "p2", "p3", "pé"])),
            key=f"survey:{number}",
            score=draw(st.integers(0, 10)),
            at=NOW - draw(ages),
            kind=draw(st.sampled_from(SurveyKind)),
            account=draw(accounts),
            survey=draw(st.sampled_from(["NPS", "It's"])),
            comment=draw(st.sampled_from([None, "fine"])),
        )
        for number in draw(st.permutations(range(count)))
    ]


def bounds(least: int, most: int, unit: str = "") -> st.SearchStrategy[dict[str, Any]]:
    ends = st.tuples(st.integers(least, most), st.integers(least, most)).map(sorted)
    write = (lambda number: f"{number}{unit}") if unit else (lambda number: number)
    return st.one_of(
        ends.map(lambda both: {"min": write(both[0])}),
        ends.map(lambda both: {"max": write(both[1])}),
        ends.map(lambda both: {"min": write(both[0]), "max": write(both[1])}),
    )


def some(words: Any) -> st.SearchStrategy[Any]:
    return st.lists(st.sampled_from([str(word) for word in words]), min_size=1, max_size=2)


facts = st.fixed_dictionaries(
    {},
    optional={
        "category": some(Category),
        "trend": some(Direction),
        "status": some(Freshness),
        "survey": some(["NPS", "It's", "') OR true --"]),
        "survey_kind": some(SurveyKind),
        "source": some(["survey", "other"]),
        "score": bounds(0, 10),
        "responses": bounds(0, 4),
        "surveyed": bounds(0, 4),
        "age": st.one_of(bounds(80, 100, "d"), bounds(0, 400, "d")),
        "risk": st.booleans(),
        "risk_reasons": some(RiskReason),
    },
).filter(bool)
rules = st.recursive(
    facts,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
        st.tuples(inner, facts).map(lambda both: {"not": both[0], **both[1]}),
    ),
    max_leaves=5,
)
segment_sets = st.dictionaries(st.sampled_from(["a", "b", "zz"]), rules.map(Predicate.model_validate), max_size=3)


@st.composite
def decided(draw: st.DrawFn) -> NpsSettings:
    span = st.sampled_from(["1d", "90d", "180d", "365d"])
    return NpsSettings.model_validate(
        {
            "fresh_for": {"transactional": draw(span), "relational": draw(span)},
            "min_responses": draw(st.integers(1, 3)),
            "trend": {"drop": draw(st.integers(1, 3)), "within": draw(span)},
            "risk": draw(st.lists(st.sampled_from(RiskReason), unique=True)),
            "account": {
                "method": draw(st.sampled_from(AccountMethod)),
                "survey_kind": draw(st.sampled_from([None, *SurveyKind])),
            },
        }
    )
