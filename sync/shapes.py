"""The objects that one mapping writes, each ready to render its rows.

A shape knows the object's name, its key, how a row of ours becomes its fields, and its place in the order of delivery.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

from connectors.values import Field, RecordRef
from sync.desired import Policy
from sync.mapping.values import columns_renderer, renderer
from sync.mapping.vocabulary import EXTRA, lookup
from sync.packed import pack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from connectors.values import FieldValue
    from sync.mapping.fields import FieldRule
    from sync.mapping.schema import Mapping as MappingFile
    from sync.mapping.values import ColumnsRenderer
    from sync.mapping.vocabulary import Place

#: Words of a person that the profile itself does not hold.
_OWN = frozenset({"person.id"})
_TYPES = {"list": "text"}


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One object of the destination."""

    object: str
    #: Objects with a smaller rank are written first.
    rank: int
    place: Place
    #: Key column → our word.
    key: Mapping[str, str]
    rules: Mapping[str, FieldRule]
    render: Callable[[Mapping[str, Any]], dict[str, FieldValue]]
    #: As `render`, for many rows: from columns by word, and their length, to packed texts.
    packed: ColumnsRenderer
    policy: Policy
    #: Key column → our value → the destination's, where they differ.
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @cached_property
    def plain(self) -> bool:
        """Whether the one key column holds the id by which the ledger knows the record."""
        return list(self.key.values()) in (["record.id"], ["key"], ["account"])

    @cached_property
    def words(self) -> frozenset[str]:
        """Everything of ours that its fields and key name."""
        return frozenset(self.key.values()) | {rule.from_ for rule in self.rules.values()}

    def packed_keys(self, columns: Mapping[str, Sequence[Any]], rows: int) -> Iterator[str]:
        """Return the key columns of many rows, packed; see `packed`."""
        names = tuple(self.key)
        values = zip(*(columns[word] for word in self.key.values()), strict=True)
        return (pack(dict(zip(names, row, strict=True))) for row in islice(values, rows))

    def keys(self, values: Mapping[str, Any]) -> dict[str, FieldValue]:
        """Return the key columns of one row."""
        found = {column: values[word] for column, word in self.key.items()}
        return found | {column: texts[found[column]] for column, texts in self.translations.items()}

    def id(self, values: Mapping[str, Any]) -> str:
        """Return the row's key as one text, as `Write.id` does."""
        return "\x1f".join(map(str, self.keys(values).values()))

    def covers(self, segment: str) -> bool:
        """Tell whether a membership of *segment* can be written: every translation has a word for it."""
        rules = [rule.values for rule in self.rules.values() if rule.from_ == "segment" and rule.values]
        return all(segment in texts for texts in (*self.translations.values(), *rules))

    def key_fields(self) -> Sequence[str]:
        return tuple(self.key)

    def fields(self) -> Sequence[Field]:
        """Return every column with its type, the key's first."""
        words = dict(self.key) | {column: rule.from_ for column, rule in self.rules.items()}
        return [self._field(column, word) for column, word in words.items()]

    def _field(self, column: str, word: str) -> Field:
        known = lookup(self.place, word)
        assert known is not None
        rule = self.rules.get(column)
        chosen = self.translations.get(column, {})
        translated = bool(chosen) or (rule is not None and bool(rule.values))
        type_ = "text" if translated else _TYPES.get(known.type, known.type)
        length = None if rule is None else rule.truncate
        return Field(name=column, type=type_, length=length, values=tuple(sorted(chosen.values())))


class Shapes:
    """All objects of a mapping: the record, its rollup, its responses, its memberships and its tasks.

    Every phase of a run asks for them; they are made once for each mapping that was read.
    """

    def __new__(cls, mapping: MappingFile) -> Self:
        for known, shapes in _MADE:
            if known is mapping and isinstance(shapes, cls):
                return shapes
        made = super().__new__(cls)
        made._make(mapping)
        _MADE.append((mapping, made))
        return made

    def _make(self, mapping: MappingFile) -> None:
        self._home = mapping.home
        self.record = _shape("profile", 0, mapping.object, mapping.key or {"id": "record.id"}, _standing(mapping))
        #: A record that is made because nobody was found, until its own id is known.
        self.creating = _creating(mapping)
        #: Records of the further objects that rules look in; they get the same fields.
        self.others = {name: replace(self.record, object=name) for name in mapping.others}
        self.rollup = self.responses = self.tasks = None
        if mapping.rollup is not None:
            block = mapping.rollup
            self.rollup = _shape("rollup", 1, block.object, block.key or {"id": "account"}, block.fields)
        if mapping.responses is not None:
            self.responses = _shape(
                "response", 2, mapping.responses.object, mapping.responses.key, mapping.responses.fields
            )
        self._memberships = _memberships(mapping)
        if mapping.follow_up is not None:
            task = mapping.follow_up
            self.tasks = _shape("task", 4, task.object, task.key, task.fields)
        #: Whether a field shows an identifier or a name of the person.
        words = self.record.words | (self.creating.words if self.creating else frozenset())
        self.needs_claims = any(word.startswith("person.") for word in words - _OWN)

    @property
    def response_words(self) -> frozenset[str]:
        """What records and tasks of responses name of a response; `extra` stands for all further columns."""
        words = frozenset(word for shape in (self.responses, self.tasks) if shape is not None for word in shape.words)
        return frozenset(word.partition(".")[0] if word.startswith(EXTRA) else word for word in words)

    def record_of(self, object_: str) -> Shape:
        """Return the shape of a person's record that was found in *object_*."""
        return self.others.get(object_, self.record)

    def memberships_of(self, object_: str) -> Shape | None:
        """Return the shape of a membership of a record of *object_*; None: it is not written."""
        return self._memberships.get(object_)

    def members(self, keys: Mapping[str, FieldValue]) -> list[RecordRef]:
        """Return the records of which a membership with these key columns can be; of what object, they may not tell."""
        found = []
        for object_, shape in self._memberships.items():
            column = next((column for column, word in shape.key.items() if word == "record.id"), None)
            if column is not None and shape.key.keys() == keys.keys():
                found.append(RecordRef(object=object_, id=str(keys[column])))
        return found

    def matched_in(self, object_: str) -> str:
        """Return the object in which the records of *object_*, which hold a person's NPS, are found."""
        return self._home if object_ == self.record.object else object_

    def records(self) -> tuple[str, ...]:
        """Return the objects that hold a person's NPS."""
        return (self.record.object, *self.others)

    def all(self) -> Sequence[Shape]:
        memberships = {tuple(shape.key): shape for shape in self._memberships.values()}
        shapes = (
            self.creating,  # before the record, whose key is the object's own
            self.record,
            *self.others.values(),
            self.rollup,
            self.responses,
            *memberships.values(),
            self.tasks,
        )
        return [shape for shape in shapes if shape is not None]


#: The mappings read last, and their shapes.
_MADE: deque[tuple[MappingFile, Shapes]] = deque(maxlen=16)


def _is_given(word: str) -> bool:
    """Tell whether people gave the value: then a blank says nothing. What we compute is true when it is blank, too."""
    return word.startswith("person.")


def _standing(mapping: MappingFile) -> dict[str, FieldRule]:
    """Return the fields that are written to a record that is there; how it was made is never written over."""
    rules: dict[str, FieldRule] = {name: rule for name, rule in mapping.fields.items() if rule.write != "on_create"}
    if by := mapping.creates_by:
        rules[by] = rules[by].model_copy(update={"write": "if_blank"})
    return rules


def _creating(mapping: MappingFile) -> Shape | None:
    by = mapping.creates_by
    if not by:
        return None
    rules = {name: rule for name, rule in mapping.fields.items() if name != by}
    shape = _shape("profile", 0, mapping.object, {by: "person.id"}, rules)
    once = {name for name, rule in rules.items() if rule.write == "on_create"}
    return replace(shape, policy=replace(shape.policy, if_blank=frozenset({*shape.policy.if_blank, *once})))


def _memberships(mapping: MappingFile) -> dict[str, Shape]:
    """Return the shape of a membership by the object of the record; objects may be keyed by columns of their own."""
    block = mapping.segments
    found: dict[str, Shape] = {}
    for object_ in (mapping.home, *mapping.others) if block is not None else ():
        assert block is not None
        if key := block.key_for(object_):
            words = {column: rule.from_ for column, rule in key.items()}
            translations = {column: rule.values for column, rule in key.items() if rule.values}
            shape = _shape("segment", 3, block.object, words, block.fields)
            found[object_] = replace(shape, translations=translations)
    return found


def _shape(place: Place, rank: int, object_: str, key: Mapping[str, str], rules: Mapping[str, Any]) -> Shape:
    return Shape(
        object=object_,
        rank=rank,
        place=place,
        key=key,
        rules=rules,
        render=renderer(rules),
        packed=columns_renderer(rules),
        policy=Policy(
            clears=frozenset(column for column, rule in rules.items() if rule.clears or not _is_given(rule.from_)),
            if_blank=frozenset(column for column, rule in rules.items() if rule.write == "if_blank"),
        ),
    )
