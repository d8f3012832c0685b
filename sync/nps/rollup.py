"""From counts to what an account's record shows: an NPS with its limits, or none where too few answered."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from connectors.values import SurveyKind
from sync.nps.interval import Counts, Estimate, estimate
from sync.report import NpsSummary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sync.nps.settings import NpsSettings


def published(counts: Counts, settings: NpsSettings) -> Estimate | None:
    """Return the NPS of *counts*, or None below `min_responses`.

    >>> from sync.nps.settings import NpsSettings
    >>> published(Counts(4, 0, 0), NpsSettings()) is None
    True
    >>> published(Counts(5, 3, 2), NpsSettings())
    Estimate(nps=30.0, low=-19.1, high=65.2)
    """
    return None if counts.total < settings.min_responses else estimate(counts, settings.interval)


def coverage(contacts: int, known: int | None) -> float | None:
    """Return the share of an account's known contacts that are counted, 0 to 1; None where the size is not known.

    More contacts than are known means that the size is out of date: the share is then 1.

    >>> coverage(3, 8), coverage(3, None), coverage(3, 0), coverage(3, 2)
    (0.375, None, None, 1.0)
    """
    if not known:
        return None
    return float(min(Fraction(1), round(Fraction(contacts, known), 4)))


def response_rate(sends: int | None, answered: int | None) -> float | None:
    """Return the share of delivered surveys that were answered, 0 to 1; None where nobody is known to have been asked.

    >>> response_rate(3, 1), response_rate(3, 0), response_rate(0, 0), response_rate(None, None)
    (0.3333, 0.0, None, None)
    """
    return float(round(Fraction(answered or 0, sends), 4)) if sends else None


def summary(persons: Mapping[SurveyKind, Counts], settings: NpsSettings) -> NpsSummary:
    """Return the NPS over all persons, each counted once with the latest response of the one kind that is counted.

    Args:
        persons: Persons by the category of their latest response that has not expired, per survey kind.
        settings: `account.survey_kind` names the kind; without it, relational where there is any, else transactional.

    >>> from sync.nps.settings import NpsSettings
    >>> summary({SurveyKind.RELATIONAL: Counts(50, 30, 20), SurveyKind.TRANSACTIONAL: Counts(0, 0, 9)}, NpsSettings())
    NpsSummary(nps=30.0, low=14.1, high=44.2, responses=100, promoters=50, passives=30, detractors=20)
    """
    kinds = [settings.account.survey_kind] if settings.account.survey_kind else list(SurveyKind)
    counts = next((persons[kind] for kind in kinds if kind in persons and persons[kind].total), Counts(0, 0, 0))
    found = published(counts, settings)
    return NpsSummary(
        nps=found.nps if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        responses=counts.total,
        promoters=counts.promoters,
        passives=counts.passives,
        detractors=counts.detractors,
    )
