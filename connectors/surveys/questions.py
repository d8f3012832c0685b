"""Which question of a survey asks for the recommendation, and which for the comment and the address."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.errors import Refused
from connectors.scores import read_score
from connectors.surveys.paths import at, every, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.surveys.asked import Answers, Choices, Known, Lookup

#: The weights of the eleven choices of an NPS question, in their order; they need no language.
NPS_WEIGHTS = [-100.0] * 7 + [0.0] * 2 + [100.0] * 2
#: Questions may be grouped in groups; no service has more levels.
_DEEPEST = 5


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions of one survey that count, by id."""

    score: str
    comment: str | None = None
    email: str | None = None
    #: Choice → the score it stands for.
    scores: Mapping[str, int] = field(default_factory=dict)
    #: The survey's title, where the questions came with it.
    title: str | None = None


def questions_of(told: Any, answers: Answers, lookup: Lookup, *, named: Sequence[str], survey: str) -> Questions | None:  # noqa: ANN401 - JSON
    """Return the questions that count; None when none asks for a recommendation.

    Args:
        told: The reply to the lookup.
        answers: The spec's.
        lookup: How they are found out.
        named: Ids or other names of NPS questions, where the user gave some.
        survey: For messages.

    Raises:
        Refused: Several could be it (E113).
    """
    asked = list(_flat(every(told, lookup.rows), lookup, _DEEPEST))
    found = [each for each in asked if any(_fits(each, known, answers.choices) for known in lookup.score)]
    if named:
        found = [each for each in found if _names(each, lookup) & set(named)] or found
    if not found:
        return None
    if len(found) > 1:
        ids = ", ".join(f"`{text(at(each, lookup.id))}`" for each in found[:5])
        raise Refused(
            f"survey `{survey}`: {len(found)} questions ask for a score from 0 to 10: {ids}",
            code="E113",
            next_step="Name the NPS question in the connection: `questions: [ID]`.",
        )
    score = found[0]
    after = asked[asked.index(score) + 1 :]
    return Questions(
        score=text(at(score, lookup.id)) or "",
        comment=_id(answers, lookup, lookup.comment, [*after, *asked]),
        email=_id(answers, lookup, lookup.email, asked),
        scores=_scores(score, answers),
        title=text(at(told, lookup.title)) if lookup.title else None,
    )


def _flat(questions: list[Any], lookup: Lookup, deepest: int) -> Iterator[Any]:
    for each in questions:
        inner = every(each, lookup.groups) if lookup.groups and deepest else []
        if inner:
            yield from _flat(inner, lookup, deepest - 1)
        else:
            yield each


def _fits(question: Any, known: Known, choices: Choices | None) -> bool:  # noqa: ANN401 - JSON
    if any(at(question, path) != value for path, value in known.where.items()):
        return False
    if known.texts and sorted(map(_stated, every(question, known.texts))) != list(range(11)):
        return False
    if not known.weight or choices is None:
        return True
    weights = [at(each, known.weight) for each in _in_order(question, choices)]
    return all(isinstance(each, int | float) for each in weights) and [float(each) for each in weights] == NPS_WEIGHTS


def _stated(choice: Any) -> int:  # noqa: ANN401 - JSON
    """Return the score that a choice states in its text; −1: none."""
    score = read_score(text(choice) or "")
    return score if isinstance(score, int) else -1


def _in_order(question: Any, choices: Choices) -> list[Any]:  # noqa: ANN401 - JSON
    """Return the choices by their places; the order of the list says nothing."""
    placed = [each for each in every(question, choices.rows) if isinstance(at(each, choices.position), int)]
    counted = [each for each in placed if not (choices.none and at(each, choices.none) is True)]
    return sorted(counted, key=lambda each: int(at(each, choices.position)))


def _names(question: Any, lookup: Lookup) -> set[str]:  # noqa: ANN401 - JSON
    return {found for path in (lookup.id, *lookup.names) if (found := text(at(question, path)))}


def _id(answers: Answers, lookup: Lookup, known: Known | None, among: list[Any]) -> str | None:
    if known is None:
        return None
    return next((text(at(each, lookup.id)) for each in among if _fits(each, known, answers.choices)), None)


def _scores(question: Any, answers: Answers) -> dict[str, int]:  # noqa: ANN401 - JSON
    """Return what each choice of the NPS question stands for: its place, never its weight."""
    choices = answers.choices
    if choices is None:
        return {}
    made: dict[str, int] = {}
    for each in _in_order(question, choices):
        id_, score = text(at(each, choices.id)), int(at(each, choices.position)) - choices.first
        if id_ and 0 <= score <= 10:
            made[id_] = score
    return made
