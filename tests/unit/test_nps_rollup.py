"""What is published of an account or of everybody."""

from __future__ import annotations

from connectors.values import SurveyKind
from sync.nps.interval import Counts
from sync.nps.rollup import summary
from sync.nps.settings import NpsSettings


def test_the_summary_takes_transactional_responses_only_where_there_are_no_others() -> None:
    served = {SurveyKind.RELATIONAL: Counts(0, 0, 0), SurveyKind.TRANSACTIONAL: Counts(6, 2, 2)}

    assert (40.0, 10) == (summary(served, NpsSettings()).nps, summary(served, NpsSettings()).responses)


def test_the_summary_of_a_named_kind_never_falls_back() -> None:
    settings = NpsSettings.model_validate({"account": {"survey_kind": "relational"}})

    found = summary({SurveyKind.TRANSACTIONAL: Counts(6, 2, 2)}, settings)

    assert (None, None, None, 0) == (found.nps, found.low, found.high, found.responses)


def test_the_summary_tells_counts_where_it_tells_no_number() -> None:
    found = summary({SurveyKind.RELATIONAL: Counts(2, 1, 1)}, NpsSettings())

    assert (None, 4, 2, 1, 1) == (found.nps, found.responses, found.promoters, found.passives, found.detractors)
