"""What a mapping needs of a system: which fields of which objects it writes and reads, and what they must hold. Pure.

`sync.shapes` says which columns are written; here each gets what a person needs to know who makes it: how long its
texts may be, which values it can have, how many digits it shows, to which records it leads.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connectors.shaping import Wanted
from sync.mapping.schema import record_columns
from sync.mapping.vocabulary import EXTRA, lookup
from sync.shapes import Shapes

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from connectors.values import Field
    from sync.mapping.schema import Mapping as MappingFile
    from sync.shapes import Shape

#: Characters that a comment may have where the mapping does not cut it; other texts of people are short.
LONG, SHORT = 32_000, 255
_COMMENT = "comment"
#: Words whose numbers have digits after the point; all others are whole.
_DECIMALS = {"nps": 1, "nps_low": 1, "nps_high": 1, "coverage": 4}
_SCORES = tuple(map(str, range(11)))
_POSSIBLE = {"score": _SCORES, "previous_score": _SCORES, "points": ("-100", "0", "100")}
#: Words for a record of a system, by its id.
RECORD, ACCOUNTS = "record.id", frozenset({"account", "record.account"})
IDS = frozenset({RECORD, "owner"}) | ACCOUNTS
#: Place → the block of the mapping's file; a person's fields stand at the top.
_BLOCKS = {"response": "responses", "rollup": "rollup", "segment": "segments", "task": "follow_up"}
#: Places of a mapping whose records npsync makes; those of the others are there already.
_MADE = frozenset({"response", "segment", "task"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One field that a mapping writes."""

    #: As it would be made where it is missing.
    field: Field
    #: The place of the mapping whose word it is: `profile`, `response`, ...
    place: str
    #: Our word.
    word: str
    is_key: bool
    #: Every value that it can have; empty where there is no end of them.
    possible: tuple[str, ...] = ()
    #: Whether the mapping cuts longer texts.
    is_cut: bool = False

    @property
    def at(self) -> tuple[str, ...]:
        """Where in the mapping's file its line stands: `("responses", "fields", "Score__c")`."""
        block = _BLOCKS.get(self.place)
        return (*([block] if block else []), "key" if self.is_key else "fields", self.field.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectNeeds:
    """What a mapping needs of one object."""

    wanted: Wanted
    needs: Mapping[str, Need]


def needs_of(mapping: MappingFile, segments: Collection[str]) -> list[ObjectNeeds]:
    """Return what *mapping* writes and reads, object by object in the order of delivery.

    Args:
        mapping: The mapping.
        segments: Names of the config's segments, which are values of fields.
    """
    found: dict[str, ObjectNeeds] = {}
    for shape in Shapes(mapping).all():
        needs = {need.field.name: need for need in _needs(shape, mapping, segments)}
        creates = shape.place in _MADE or (shape.place == "profile" and mapping.on_none == "create")
        wanted = Wanted(
            object=shape.object,
            fields=[need.field for need in needs.values()],
            key=tuple(shape.key_fields()),
            creates=creates,
            deletes=shape.place == "segment",
        )
        made = ObjectNeeds(wanted=wanted, needs=needs)
        found[shape.object] = _joined(found[shape.object], made) if shape.object in found else made
    for object_, names in _read(mapping).items():
        known = found.get(object_) or ObjectNeeds(wanted=Wanted(object=object_, fields=(), key=()), needs={})
        reads = tuple(name for name in names if name not in known.needs)
        found[object_] = replace(known, wanted=replace(known.wanted, reads=reads))
    return list(found.values())


def _needs(shape: Shape, mapping: MappingFile, segments: Collection[str]) -> list[Need]:
    words = dict(shape.key) | {column: rule.from_ for column, rule in shape.rules.items()}
    return [
        _need(shape, each, words[each.name], mapping, segments)
        for each in shape.fields()
        if "." not in each.name  # a path leads to another record: an association, or somebody else's field
    ]


def _need(shape: Shape, field: Field, word: str, mapping: MappingFile, segments: Collection[str]) -> Need:
    rule = shape.rules.get(field.name)
    known = lookup(shape.place, word)
    assert known is not None
    named = rule.values if rule is not None and rule.values else _named_keys(shape, mapping).get(field.name, {})
    ours = tuple(segments) if word in ("segments", "segment") else known.values
    possible = tuple(dict.fromkeys(str(named.get(each, each)) for each in ours)) or _POSSIBLE.get(word, ())
    several = known.type == "list"
    # A choice is made where the user has named its values; our own words stay a text.
    values = possible if named or word == "segments" else ()
    length = field.length or (LONG if word == _COMMENT else SHORT) if field.type == "text" else None
    made = replace(
        field,
        length=length,
        values=values,
        restricted=bool(values) and not several,
        several=several,
        decimals=_DECIMALS.get(word, 0) if field.type == "number" else None,
        refers_to=_refers_to(shape, field.name, word, mapping),
        # Our own id of a person tells records apart, where npsync makes some.
        unique=shape.place == "profile" and word == "person.id" and not named and length == SHORT,
    )
    return Need(
        field=made,
        place=shape.place,
        word=word,
        is_key=field.name in shape.key,
        possible=possible,
        is_cut=rule is not None and rule.truncate is not None,
    )


def _named_keys(shape: Shape, mapping: MappingFile) -> dict[str, Mapping[str, str]]:
    """Return the key columns of memberships whose values the mapping names: segment → the system's word for it."""
    if shape.place != "segment" or mapping.segments is None:
        return {}
    return {column: getattr(spec, "values", {}) for column, spec in mapping.segments.key.items()}


def _refers_to(shape: Shape, column: str, word: str, mapping: MappingFile) -> tuple[str, ...]:
    """Return the objects whose ids a field of another object holds: of several the one that its name names."""
    if shape.place == "profile" or (word not in ACCOUNTS and word != RECORD):
        return ()
    if column in shape.key and len(shape.key) == 1:
        return ()  # the account's own id, by which it is written
    if word in ACCOUNTS:
        return (mapping.rollup.object,) if mapping.rollup is not None else ()
    objects = (mapping.home, *mapping.others)
    meant = [each for each in objects if each.casefold().removesuffix("__c") in column.casefold()]
    return tuple(meant or objects)


def _read(mapping: MappingFile) -> dict[str, list[str]]:
    """Return the fields by which records are found, by object; paths to other records are left out."""
    found: dict[str, list[str]] = {}
    for each in record_columns(mapping):
        ids = [name for names in each.ids.values() for name in names]
        names = [each.id, *each.emails, *each.phones, *ids, *([each.account] if each.account else [])]
        found[each.object] = [name for name in dict.fromkeys(names) if "." not in name]
    return found


def _joined(one: ObjectNeeds, other: ObjectNeeds) -> ObjectNeeds:
    """Put two shapes of one object together: memberships are keyed by other columns for contacts and for leads."""
    needs = {**other.needs, **one.needs}
    key: Sequence[str] = list(dict.fromkeys((*one.wanted.key, *other.wanted.key)))
    fields = [need.field for need in needs.values()]
    return replace(one, wanted=replace(one.wanted, key=tuple(key), fields=fields), needs=needs)


def is_free(word: str) -> bool:
    """Tell whether a word's text is somebody else's, so that nothing bounds it.

    >>> is_free("comment"), is_free("extra.plan"), is_free("trend")
    (True, True, False)
    """
    return word == _COMMENT or word.startswith(EXTRA)
