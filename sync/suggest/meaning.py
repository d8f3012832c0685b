"""From what a field's name says and what it can hold to the one word of ours that belongs there; or to none. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sync.mapping.vocabulary import PROFILE
from sync.suggest.lexicon import CATEGORIES
from sync.suggest.reading import base, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.values import Field

#: Parts of a name that say whose it is and which of several, not what it holds.
_ASIDE = frozenset({"programme", "recommend", "survey", "latest", "relational", "transactional"})
_BEFORE, _FIRST = frozenset({"previous"}), frozenset({"first"})
_SCORES = frozenset(map(str, range(11)))
_SCORE = frozenset({"score", "likely", "respond", "whom"})
_KIND = frozenset({"category", "group", "score", "status", "respond", "promoter", "sides", "whom"})
_DATE = frozenset({"date", "moment", "respond", "responses", "score"})
#: Characters: what is shorter is a code, not what a person writes.
SHORTEST_COMMENT, SHORTEST_NAME, SHORTEST_CATEGORY = 200, 40, 9
#: Types of numbers and texts that hold something of their own.
_OTHER_NATIVE = frozenset({"currency", "percent", "email", "phone", "phone_number", "url", "id", "reference"})


_LETTERS = re.compile(r"[^\W\d_]+")
#: What may stand in a choice's value beside the category.
_BESIDE = frozenset({"nps", "score", "to"})


def word_of(meanings: frozenset[str], field: Field, *, nps: bool) -> str | None:
    """Return the word that belongs into a field; None where it could be several, or none.

    Args:
        meanings: What its name and label say, all of it.
        field: What it can hold.
        nps: Whether they say NPS; else only that it is of a survey.
    """
    if field.refers_to or field.native in _OTHER_NATIVE or field.unique:
        return "person.id" if nps and field.unique and meanings - _ASIDE == {"person", "id"} else None
    says = meanings - _ASIDE
    if {"previous", "first"} <= says or ("latest" in meanings and says & (_BEFORE | _FIRST)):
        return None
    said = says - _BEFORE - _FIRST
    match field.type:
        case "date" | "datetime":
            now = "responded_at" if said <= _DATE and said & {"date", "moment", "respond"} else None
        case "number":
            now = _number(said, meanings) if nps else None
        case "text" if field.values:
            now = _choice(said, field, nps=nps)
        case "text":
            now = _text(said, meanings, field, nps=nps)
        case _:
            now = None
    return _at(now, says)


def _at(now: str | None, says: frozenset[str]) -> str | None:
    """Return the word for the response before, or for the first one, where the name says so."""
    which = "previous_" if "previous" in says else "first_" if "first" in says else ""
    word = f"{which}{now}"
    return word if now is not None and word in PROFILE else None


def _number(said: frozenset[str], meanings: frozenset[str]) -> str | None:
    if said == {"points"}:
        return "points"
    if said in ({"responses"}, {"count", "respond"}, {"count", "responses"}):
        return "responses"
    if _is_score(said) and (said or meanings & {"programme", "survey"} == {"programme"}):
        return "score"
    return None


def _is_score(said: frozenset[str]) -> bool:
    """Tell whether a name is of the score: `promoter` alone counts promoters, a `promoter score` is one."""
    is_told = not said or bool(said & {"score", "likely"})
    return is_told and (said <= _SCORE or said == {"promoter", "score"})


def _choice(said: frozenset[str], field: Field, *, nps: bool) -> str | None:
    if field.several:
        return None
    if said <= _KIND and categories(field.values) is not None:
        return "category"
    if nps and _is_score(said) and set(field.values) >= _SCORES:
        return "score"
    if nps and said <= {"trend", "score"} and "trend" in said and _takes("trend", field):
        return "trend"
    return "status" if nps and said == {"status"} and _takes("status", field) else None


def _text(said: frozenset[str], meanings: frozenset[str], field: Field, *, nps: bool) -> str | None:
    room = field.length or SHORTEST_COMMENT
    if "comment" in said and said <= {"comment", "score", "respond", "likely", "whom"}:
        return "comment" if room >= SHORTEST_COMMENT else None
    if "survey" in meanings and said <= {"name"} and (nps or said):
        return "survey" if room >= SHORTEST_NAME else None
    if nps and "category" in said and said <= {"category", "score", "respond", "whom"}:
        return "category" if room >= SHORTEST_CATEGORY else None
    return "trend" if nps and said == {"trend"} and room >= SHORTEST_CATEGORY else None


def _takes(word: str, field: Field) -> bool:
    """Tell whether a choice has our values of *word*, in our spelling."""
    return set(PROFILE[word].values) <= set(field.values)


def categories(values: tuple[str, ...]) -> Mapping[str, str] | None:
    """Return which of a choice's values stands for which category; None unless each has exactly one.

    >>> categories(("Unknown", "Détracteur", "Passif", "Promoteur"))
    {'promoter': 'Promoteur', 'passive': 'Passif', 'detractor': 'Détracteur'}
    >>> categories(("Promoter", "Detractor")), categories(("Promoters", "Promoter", "Neutral", "Detractor"))
    (None, None)
    """
    found: dict[str, list[str]] = {ours: [] for ours in CATEGORIES}
    for value in values:
        words = [word for word in _LETTERS.findall(plain(value)) if word not in _BESIDE]
        for ours, theirs in CATEGORIES.items():
            meant = sum(bool(base(word) & theirs) for word in words)
            if 0 < meant < len(words):
                return None  # a strong promoter is one, too
            if meant:
                found[ours].append(value)
    if any(len(listed) != 1 for listed in found.values()):
        return None
    return {ours: listed[0] for ours, listed in found.items()}
