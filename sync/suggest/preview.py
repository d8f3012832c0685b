"""What a proposal would do with real responses: before and after, and how many would be cut. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sync.mapping.fields import ProfileField
from sync.mapping.values import renderer
from sync.nps.category import category_of, points
from sync.times import to_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.values import FieldValue, SurveyResponse
    from sync.suggest.choosing import Proposal

_DAY_LENGTH = len("2026-01-05")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One value on its way, and what becomes of the others."""

    before: FieldValue = None
    after: FieldValue = None
    #: Responses whose text does not fit, of so many that have one.
    cut: int = 0
    of: int = 0


def preview(proposal: Proposal, responses: Sequence[SurveyResponse]) -> Preview | None:
    """Show the first response that has a value; None where none has, as of what npsync computes from several."""
    rows = [row for each in responses if (row := _row(each)).get(proposal.word) is not None]
    if not rows:
        return None
    render = renderer({proposal.field.name: rule_of(proposal)})
    before, after = rows[0][proposal.word], render(rows[0])[proposal.field.name]
    if proposal.field.type == "date" and isinstance(after, str):
        after = after[:_DAY_LENGTH]
    if proposal.field.type == "text" and proposal.word == "score":
        after = str(after)
    longest = proposal.truncate
    cut = sum(longest is not None and len(str(row[proposal.word])) > longest for row in rows)
    return Preview(before=before, after=after, cut=cut, of=len(rows))


def rule_of(proposal: Proposal) -> ProfileField:
    """Return the line of a mapping that a proposal is."""
    told: dict[str, Any] = {"from": proposal.word}
    if proposal.values:
        told["values"] = dict(proposal.values)
    if proposal.truncate:
        told["truncate"] = proposal.truncate
    return ProfileField.model_validate(told)


def _row(response: SurveyResponse) -> dict[str, Any]:
    category = category_of(response.score)
    return {
        "score": response.score,
        "points": points(response.score),
        "category": category.value,
        "comment": response.comment,
        "responded_at": to_text(response.responded_at),
        "survey": response.survey,
        "survey_kind": response.survey_kind.value,
    }
