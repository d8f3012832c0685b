"""Which field of an object each of our words belongs into, and which fields look like it and are not proposed. Pure.

Nothing is proposed unless every part of a field's name and label is understood, its type and values can take ours, it
is ours to write, and no other field could be meant as well.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sync.mapping.vocabulary import PROFILE
from sync.suggest.meaning import categories, word_of
from sync.suggest.reading import read, starts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.values import Field
    from sync.suggest.reading import Reading

_PACKAGE = re.compile(r"^([A-Za-z]\w*?)__\w+?__p?c$")
_OWN = re.compile(r"__p?c$")
#: Fields that begin alike, at least, for the beginning to be the company's own.
_SHARED = 3
#: Characters of a comment that are written, however much a field holds.
_LONGEST = 65_000
#: Words that a field's name need not say NPS for: where one field does, a survey's comment and date are of it.
_LOOSE = frozenset({"comment", "responded_at", "survey"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the responses come from."""

    #: The survey tool, by the name of its service or preset; empty where it is not known.
    tool: str = ""
    #: `relational` or `transactional`.
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A field that one of our words belongs into."""

    word: str
    field: Field
    #: One line.
    why: str
    #: Our values in the field's words; empty where they are the same.
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)
    #: Where longer texts must be cut.
    truncate: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A field that speaks of NPS or of a survey, and is not proposed."""

    field: Field
    why: str
    #: The word that would belong there, as far as that is known.
    word: str | None = None
    #: It could be it, and so could others.
    ambiguous: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """What is proposed for one object."""

    object: str
    #: In the order of our words.
    proposals: Sequence[Proposal]
    passed: Sequence[Passed]

    def of(self, word: str) -> Proposal | None:
        return next((each for each in self.proposals if each.word == word), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    proposal: Proposal
    nps: bool


def suggest(object_: str, fields: Sequence[Field], origin: Origin | None = None) -> Suggested:
    """Return which of an object's fields our words for a person belong into.

    Args:
        object_: The object's name, for the answer.
        fields: All that the signed-in user sees.
        origin: Where the responses come from.
    """
    looked = _Look(fields, origin or Origin())
    claims: list[_Claim] = []
    passed: list[Passed] = []
    for each in fields:
        found = looked.at(each)
        if isinstance(found, Passed):
            passed.append(found)
        elif found is not None:
            claims.append(found)
    rivals = {each.word: each.field.name for each in passed if each.word and each.field.writable}
    proposals, left = _decided(claims, looked, rivals)
    order = list(PROFILE)
    return Suggested(
        object=object_,
        proposals=sorted(proposals, key=lambda one: order.index(one.word)),
        passed=[*passed, *left],
    )


class _Look:
    """What an object's fields say together."""

    def __init__(self, fields: Sequence[Field], origin: Origin) -> None:
        self._origin = origin
        self._own = [each for each in fields if _OWN.search(each.name)]
        self._silent = _prefix(self._own or list(fields))
        #: A field that asks for something else, where there is one: surveys here are not only ours.
        self.other = next((each.name for each in fields if self._is_other(each)), None)

    def at(self, each: Field) -> _Claim | Passed | None:
        """Return what a field is; None where it has nothing to do with us."""
        name, label = self._read(each.name), self._read(each.label)
        choice = categories(each.values) if not each.several else None
        says = {name.says, label.says} - {""}
        if not says and choice is None:
            return None
        foreign = self._foreign(each, name, label)
        if foreign:
            return Passed(field=each, why=foreign)
        nps = "nps" in says or choice is not None
        word = word_of(name.meanings | label.meanings, each, nps=nps)
        unclear = _unclear(name, label)
        if unclear:
            # Its name alone would do: who else says the same is not the only one.
            return Passed(field=each, why=unclear, word=word if name.is_clear and "nps" in says else None)
        if word is None:
            return Passed(field=each, why=f"what belongs there is not certain: {_held(each)}")
        if not each.writable:
            why = "a formula: the system fills it" if each.native == "formula" else "read-only: we may not edit it"
            return Passed(field=each, why=why, word=word)
        return _Claim(proposal=_proposal(each, word, name, label, nps=nps), nps="nps" in says)

    def _read(self, text: str) -> Reading:
        return read(text, tool=self._origin.tool, silent=self._silent)

    def _foreign(self, each: Field, name: Reading, label: Reading) -> str:
        """Say whose the field is, where it is not ours to write."""
        package = _PACKAGE.match(each.name)
        if package:
            return f"part of the package `{package[1]}`, which fills it"
        if each.name.startswith("hs_"):
            return "HubSpot's own: its surveys fill it"
        if self._own and not _OWN.search(each.name):
            return "a standard field"
        for words, what in (
            (name.tools + label.tools, "belongs to the tool"),
            (name.programmes + label.programmes, "asks for something else:"),
            (name.foreign + label.foreign, "says"),
        ):
            if words:
                return f"{what} `{words[0]}`"
        kinds = {"relational", "transactional"} & (name.meanings | label.meanings)
        if kinds and kinds != {self._origin.kind}:
            return f"of {' and '.join(sorted(kinds))} surveys, and these are {self._origin.kind or 'of no kind told'}"
        return ""

    def _is_other(self, each: Field) -> bool:
        readings = self._read(each.name), self._read(each.label)
        return bool(_PACKAGE.match(each.name) and any(one.says for one in readings)) or any(
            one.programmes or one.tools for one in readings
        )


def _unclear(name: Reading, label: Reading) -> str:
    """Say which part of a name is not understood; a name that says nothing at all leaves it to the label."""
    if label.unknown:
        return f"`{label.unknown[0]}` may say something else"
    if name.unknown and (name.says or not label.says or name.meanings):
        return f"`{name.unknown[0]}` may say something else"
    return ""


def _prefix(fields: Sequence[Field]) -> frozenset[str]:
    """Return the first part of the names where most fields share it: the company's, which says nothing."""
    firsts = Counter(starts(each.name) for each in fields)
    [(first, times)] = firsts.most_common(1) or [("", 0)]
    unknown = bool(first) and read(first).unknown == (first,)
    return frozenset({first}) if unknown and times >= _SHARED and 2 * times >= len(fields) else frozenset()


def _proposal(each: Field, word: str, name: Reading, label: Reading, *, nps: bool) -> Proposal:
    values = categories(each.values) if word == "category" else None
    said = "NPS" if "nps" in (name.says, label.says) else "a survey" if not nps else "the categories"
    where = "values name" if values and said == "the categories" else "name says"
    cut = each.length if word == "comment" else None
    return Proposal(
        word=word,
        field=each,
        why=f"its {where} {said} and {_MEANT.get(word, word.replace('_', ' '))}, and it is {_held(each)}",
        values=values or {},
        truncate=min(cut, _LONGEST) if cut else None,
    )


_MEANT = {"responded_at": "when", "score": "the rating", "survey": "which survey", "category": "the category"}


def _held(each: Field) -> str:
    if each.values and each.type == "text":
        return f"a choice of {', '.join(each.values[:6])}"
    if each.type == "text":
        return f"a text of {each.length:,} characters" if each.length else "a text"
    article = "an" if each.type == "other" else "a"
    return {"boolean": "a yes or no", "datetime": "a date with time", "other": "another kind of value"}.get(
        each.type, f"{article} {each.type}"
    )


def _decided(claims: Sequence[_Claim], looked: _Look, rivals: Mapping[str, str]) -> tuple[list[Proposal], list[Passed]]:
    """Keep of each word the one field that can be meant; of several, none."""
    by_word: dict[str, list[_Claim]] = defaultdict(list)
    for each in claims:
        by_word[each.proposal.word].append(each)
    has_nps = any(each.nps for each in claims)
    proposals: list[Proposal] = []
    passed: list[Passed] = []
    for word, listed in by_word.items():
        sure = [each.proposal for each in listed if each.nps] or [each.proposal for each in listed]
        passed += [
            Passed(field=each.proposal.field, why=f"`{sure[0].field.name}` says NPS", word=word)
            for each in listed
            if each.proposal not in sure
        ]
        loose = not any(each.nps for each in listed) and word in _LOOSE
        if loose and (looked.other or not has_nps):
            why = f"`{looked.other}` is of another survey" if looked.other else "no field here says NPS"
            passed += [_left(each, f"says only that it is of a survey, and {why}") for each in sure]
        elif len(sure) > 1:
            passed += [_one_of(each, sure) for each in sure]
        elif word in rivals:
            told = _left(sure[0], f"could be it, and so could `{rivals[word]}`: name one")
            passed.append(replace(told, ambiguous=True))
        elif word == "points" and "score" not in by_word:
            passed.append(_left(sure[0], "without a field for the score, points may be the score"))
        else:
            proposals.append(sure[0])
    return proposals, passed


def _left(proposal: Proposal, why: str) -> Passed:
    return Passed(field=proposal.field, why=why, word=proposal.word)


def _one_of(proposal: Proposal, several: Sequence[Proposal]) -> Passed:
    others = " or ".join(f"`{each.field.name}`" for each in several if each is not proposal)
    made = _left(proposal, f"could be it, and so could {others}: name one")
    return replace(made, ambiguous=True)
