"""Where the score stands. Two candidates are no answer: the user is asked, never surprised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.errors import Refused
from connectors.files.header import Column, Header, is_score_question, shown
from connectors.scores import read_score, scale_in_title

if TYPE_CHECKING:
    from connectors.files.preset import Preset
    from connectors.files.settings import FileSettings


@dataclass(frozen=True, slots=True)
class ScoreColumn:
    """One column with the score, or one per option of which the filled one counts."""

    title: str
    indexes: tuple[int, ...]
    #: For columns per option: the score each of them stands for. Read from its header, never from its place.
    scores: tuple[int, ...] = ()


def find_score(header: Header, preset: Preset, settings: FileSettings, *, file: str) -> ScoreColumn | None:
    """Return the score's column; None when the file has none.

    Raises:
        Refused: Several could be it (E113), or it is on another scale that nobody declared (E114).
    """
    declared = settings.scale is not None
    if "score" in settings.columns:
        candidates = [_named(header, settings.columns["score"], file)]
    else:
        candidates = _candidates(header, preset)
    other = [scale_in_title(candidate.title) for candidate in candidates]
    fitting = [found for found, scale in zip(candidates, other, strict=True) if declared or scale is None]
    if len(fitting) > 1:
        titles = ", ".join(f"`{title}`" for title in _distinct(fitting))
        raise Refused(
            f"{file}: {len(fitting)} columns could hold the score: {titles}",
            code="E113",
            next_step="Name the one in `columns: {score: ...}`.",
        )
    if not fitting and candidates:
        raise Refused(
            f"{file}: the score column `{_distinct(candidates)[0]}` is on another scale ({other[0]}), not NPS",
            code="E114",
            next_step='If it holds answers from 0 to 10 all the same, declare it with `scale: "0-10"`.',
        )
    if fitting and preset.declared_by and not declared and not any(key in header.by_key for key in preset.declared_by):
        raise Refused(
            f"{file}: nothing says that `{fitting[0].title}` is NPS; CSAT and CES are exported with the same labels",
            code="E114",
            next_step='Export the survey type too, or declare the file with `scale: "0-10"`.',
        )
    return fitting[0] if fitting else None


def _distinct(found: list[ScoreColumn]) -> list[str]:
    titles = [(shown([candidate.title]) or [f"column {candidate.indexes[0] + 1}"])[0] for candidate in found]
    return [
        f"{title}#{titles[: i + 1].count(title)}" if titles.count(title) > 1 else title
        for i, title in enumerate(titles)
    ]


def _candidates(header: Header, preset: Preset) -> list[ScoreColumn]:
    rule = preset.score
    if rule.sibling is not None:
        ending = rule.sibling.casefold()
        with_sibling = {
            column.title.strip().casefold()[: -len(ending)]
            for column in header.columns
            if column.title.strip().casefold().endswith(ending)
        }
        found = [column for column in header.columns if column.title.strip().casefold() in with_sibling]
        if found:
            return [_alone(column, header) for column in found]
    named = [column for key in rule.names for column in header.named(key)]
    asked = [column for column in header.columns if rule.questions and is_score_question(column)]
    groups: dict[tuple[int, ...], ScoreColumn] = {}
    for column in (*named, *asked):
        if not set(column.keys) & set(rule.never) and not is_beside_score(column, header):
            candidate = _alone(column, header)
            groups.setdefault(candidate.indexes, candidate)
    return [candidate for candidate in groups.values() if not _is_derived(candidate, header)]


def _named(header: Header, title: str, file: str) -> ScoreColumn:
    columns = header.chosen(title)
    groups = {candidate.indexes: candidate for candidate in (_alone(column, header) for column in columns)}
    if len(groups) == 1:
        return next(iter(groups.values()))
    return _alone(header.one(title, option="columns.score", file=file), header)


def _alone(column: Column, header: Header) -> ScoreColumn:
    """Return the column, or all columns of its question when each option has its own."""
    if column.option:
        options = [other for other in header.columns if other.question == column.question and other.option]
        scores = [(other.index, read_score(other.option)) for other in options]
        whole = {index: score for index, score in scores if isinstance(score, int)}
        if len(whole) == len(set(whole.values())) >= 10:
            return ScoreColumn(column.question, tuple(whole), tuple(whole.values()))
    return ScoreColumn(column.title, (column.index,))


def is_beside_score(column: Column, header: Header) -> bool:
    """Tell whether this is the text field under the NPS question, whose answer has columns of its own."""
    if not column.option or not is_score_question(column) or isinstance(read_score(column.option), int):
        return False
    same = [other for other in header.columns if other.question == column.question and other != column]
    return any(not other.option or isinstance(read_score(other.option), int) for other in same)


def _is_derived(candidate: ScoreColumn, header: Header) -> bool:
    """Tell whether this is what the tool made of the score: its group, or words found in a comment."""
    title = header.columns[candidate.indexes[0]].title.strip().casefold()
    return title.endswith(("_nps_group", "- group", "topics", "sentiment"))
