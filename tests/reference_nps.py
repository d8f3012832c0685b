"""Profiles, segments and rollups once more, one person at a time in plain Python.

The kernels must give the same. Nothing here is fast or shared with them; the definitions come from `sync.nps`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from connectors.values import SurveyKind
from sync.nps.category import Category, category_of, category_of_mean, points
from sync.nps.freshness import expired, freshness_of
from sync.nps.interval import Counts
from sync.nps.relations import EPOCH, RESPONSES
from sync.nps.risk import risk_reasons
from sync.nps.rollup import coverage, published
from sync.nps.settings import AccountMethod, NpsSettings
from sync.nps.trend import Direction, direction_of
from sync.segments import segments_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sync.segments import Predicate

MILLISECOND = timedelta(milliseconds=1)
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One response, as the kernels get it."""

    subject: str
    key: str
    score: int
    at: datetime
    kind: SurveyKind = SurveyKind.RELATIONAL
    account: str | None = None
    survey: str = "NPS"
    source: str = "survey"
    comment: str | None = None

    @property
    def order(self) -> tuple[datetime, str]:
        return self.at, self.key

    @property
    def category(self) -> Category:
        return category_of(self.score)


def relation(responses: Iterable[Answered]) -> pa.Table:
    rows = [
        {
            "subject": one.subject,
            "key": one.key,
            "score": one.score,
            "responded_at": ms(one.at),
            "survey": one.survey,
            "survey_kind": one.kind.value,
            "source": one.source,
            "comment": one.comment,
            "account": one.account,
        }
        for one in responses
    ]
    return pa.Table.from_pylist(rows, schema=RESPONSES)


def ms(moment: datetime) -> int:
    return (moment - EPOCH) // MILLISECOND


def profiles(
    responses: Iterable[Answered], now: datetime, settings: NpsSettings, segments: Mapping[str, Predicate]
) -> list[Row]:
    """Return every subject's profile, ordered by subject."""
    by_subject: defaultdict[str, list[Answered]] = defaultdict(list)
    for one in responses:
        by_subject[one.subject].append(one)
    return [_profile(by_subject[subject], now, settings, segments) for subject in sorted(by_subject)]


def _profile(mine: list[Answered], now: datetime, settings: NpsSettings, segments: Mapping[str, Predicate]) -> Row:
    mine = sorted(mine, key=lambda one: one.order)
    latest = mine[-1]
    before = [one for one in mine if one.kind is latest.kind][:-1]
    previous = before[-1] if before else None
    status = freshness_of(latest.at, latest.kind, now, settings)
    trend = _trend(previous, latest, now, settings)
    reasons = [reason.value for reason in risk_reasons(latest.category, trend, status, settings.risk)]
    counted = [one for one in mine if not expired(one.at, now, settings)]
    same = _counts(one.category for one in counted if one.kind is latest.kind)
    profile: Row = {
        "subject": latest.subject,
        "account": _account(mine),
        "key": latest.key,
        "score": latest.score,
        "points": points(latest.score),
        "category": latest.category.value,
        "comment": latest.comment,
        "survey": latest.survey,
        "survey_kind": latest.kind.value,
        "source": latest.source,
        "responded_at": ms(latest.at),
        "previous_score": previous.score if previous else None,
        "previous_responded_at": ms(previous.at) if previous else None,
        "first_responded_at": ms(mine[0].at),
        "responses": same.total,
        **same._asdict(),
        "surveyed": len(mine),
        "trend": trend.value if trend else None,
        "status": status.value,
        "risk": bool(reasons),
        "risk_reasons": reasons,
        "responded": True,
        **dict.fromkeys(("sends", "answered", "last_sent_at")),
    }
    for kind in SurveyKind:
        profile |= _by_kind(kind, [one for one in counted if one.kind is kind])
    profile["segments"] = segments_of(segments, profile, ms(now))
    profile["due_at"] = _due_at(latest, counted, now, settings, segments)
    return profile


def _trend(previous: Answered | None, latest: Answered, now: datetime, settings: NpsSettings) -> Direction | None:
    if previous is None or expired(latest.at, now, settings):
        return None
    return direction_of(previous.score, latest.score, latest.at - previous.at, settings.trend)


def _account(mine: Sequence[Answered]) -> str | None:
    return next((one.account for one in reversed(mine) if one.account is not None), None)


def _by_kind(kind: SurveyKind, counted: Sequence[Answered]) -> Row:
    latest = counted[-1] if counted else None
    return {
        f"{kind}_score": latest.score if latest else None,
        f"{kind}_responded_at": ms(latest.at) if latest else None,
        **{f"{kind}_{name}": count for name, count in _counts(one.category for one in counted)._asdict().items()},
        f"{kind}_total": sum(one.score for one in counted),
    }


def _due_at(
    latest: Answered,
    counted: Iterable[Answered],
    now: datetime,
    settings: NpsSettings,
    segments: Mapping[str, Predicate],
) -> int | None:
    moments = [one.at + settings.expires_after for one in counted]
    if settings.fresh_for.of(latest.kind) < settings.expires_after:
        moments.append(latest.at + settings.fresh_for.of(latest.kind))
    for predicate in segments.values():
        for part in predicate.parts():
            if part.age is not None and part.age.min is not None:
                moments.append(latest.at + part.age.min)
            if part.age is not None and part.age.max is not None:
                moments.append(latest.at + part.age.max + MILLISECOND)
    return min((ms(moment) for moment in moments if moment > now), default=None)


def rollups(
    responses: Iterable[Answered],
    sizes: Mapping[str, int],
    now: datetime,
    settings: NpsSettings,
    segments: Mapping[str, Predicate],
) -> list[Row]:
    """Return every account's rollup, ordered by account; from the responses, not from profiles' counts."""
    responses = list(responses)
    contacts: defaultdict[str, list[Row]] = defaultdict(list)
    for profile in profiles(responses, now, settings, segments):
        if profile["account"] is not None:
            contacts[profile["account"]].append(profile)
    counted: defaultdict[str, list[Answered]] = defaultdict(list)
    for one in sorted(responses, key=lambda one: one.order):
        if not expired(one.at, now, settings):
            counted[one.subject].append(one)
    return [_rollup(account, contacts[account], counted, sizes, settings) for account in sorted(contacts)]


def _rollup(
    account: str,
    contacts: Sequence[Row],
    counted: Mapping[str, Sequence[Answered]],
    sizes: Mapping[str, int],
    settings: NpsSettings,
) -> Row:
    kinds = [settings.account.survey_kind] if settings.account.survey_kind else list(SurveyKind)
    kind, voices = None, []
    for kind in kinds:
        of_kind = [[one for one in counted.get(row["subject"], ()) if one.kind is kind] for row in contacts]
        if voices := [mine for mine in of_kind if mine]:
            break
    categories = [category for mine in voices for category in _categories(mine, settings.account.method)]
    counts = _counts(categories)
    found = published(counts, settings)
    latest_only = settings.account.method is AccountMethod.LATEST_PER_CONTACT
    return {
        "account": account,
        "survey_kind": kind.value if kind and voices else None,
        "nps": found.nps if found else None,
        "nps_low": found.low if found else None,
        "nps_high": found.high if found else None,
        "responses": len(voices) if latest_only else sum(len(mine) for mine in voices),
        "contacts": len(voices),
        **counts._asdict(),
        "coverage": coverage(len(voices), sizes.get(account)),
        "declining": sum(row["trend"] == "declining" for row in contacts),
        **dict.fromkeys(("sends", "answered", "response_rate")),
        "as_of": max((ms(mine[-1].at) for mine in voices), default=None),
        "due_at": min((row["due_at"] for row in contacts if row["due_at"] is not None), default=None),
    }


def _categories(mine: Sequence[Answered], method: AccountMethod) -> list[Category]:
    match method:
        case AccountMethod.ALL:
            return [one.category for one in mine]
        case AccountMethod.MEAN_OF_CONTACTS:
            return [category_of_mean(sum(one.score for one in mine), len(mine))]
        case AccountMethod.LATEST_PER_CONTACT:
            return [mine[-1].category]


def _counts(categories: Iterable[Category]) -> Counts:
    found = list(categories)
    return Counts(*(found.count(one) for one in (Category.PROMOTER, Category.PASSIVE, Category.DETRACTOR)))
