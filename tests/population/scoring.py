"""Scores of decisions against the truth: the gates of identity resolution."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.population.traps import DETERMINISTIC, UNDETECTABLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sync.identity.standalone import ResponseDecision
    from tests.population.respondents import Answer


@dataclass(slots=True)
class Score:
    """What a run of decisions was worth."""

    responses: int = 0
    matched: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    #: trap → responses; trap → rightly matched.
    seen: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    review: int = 0
    dup_create: Counter[str] = field(default_factory=Counter)
    accounts: int = 0
    accounts_wrong: int = 0
    accounts_right: int = 0
    accounts_true: int = 0

    @property
    def precision(self) -> float:
        return 1 - sum(self.wrong.values()) / max(1, self.matched)

    def recall(self, traps: frozenset[str] | None = None) -> float:
        of = [trap for trap in self.seen if (traps is None or trap in traps)]
        return sum(self.right[trap] for trap in of) / max(1, sum(self.seen[trap] for trap in of))

    @property
    def account_precision(self) -> float:
        return 1 - self.accounts_wrong / max(1, self.accounts)

    @property
    def account_recall(self) -> float:
        return self.accounts_right / max(1, self.accounts_true)

    @property
    def review_rate(self) -> float:
        return self.review / max(1, self.responses)

    def recall_possible(self) -> float:
        """Rightly matched among all whose person is in the CRM."""
        return sum(self.right.values()) / max(1, sum(self.known.values()))

    known: Counter[str] = field(default_factory=Counter)


def score(
    answers: Sequence[Answer], decisions: Sequence[ResponseDecision], owner: Mapping[tuple[str, str], int]
) -> Score:
    """Compare decisions with the truth; undetectable forwards are left out of every figure."""
    result = Score()
    for answer, decision in zip(answers, decisions, strict=True):
        assert answer.response.response_id == decision.response_id
        if answer.trap in UNDETECTABLE:
            continue
        trap = answer.trap
        result.responses += 1
        result.seen[trap] += 1
        result.known[trap] += answer.human is not None
        result.outcomes[trap, decision.outcome, decision.reason] += 1
        if decision.outcome == "matched":
            result.matched += 1
            if owner[decision.object, decision.record] == answer.human:
                result.right[trap] += 1
            else:
                result.wrong[trap] += 1
        elif decision.outcome == "held":
            result.review += decision.reason not in {"none", "no_create", "tombstone"}
            if decision.reason == "none" and answer.human is not None and answer.response.email:
                result.dup_create[trap] += 1
        _score_account(result, answer, decision)
    return result


def _score_account(result: Score, answer: Answer, decision: ResponseDecision) -> None:
    if answer.account:
        result.accounts_true += 1
        result.accounts_right += decision.account == answer.account
    if decision.account:
        result.accounts += 1
        result.accounts_wrong += bool(answer.account) and decision.account != answer.account


def recall_det(score_: Score) -> float:
    """Rightly matched among the responses whose evidence settles the matter."""
    return score_.recall(DETERMINISTIC)
