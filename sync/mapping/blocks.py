"""The blocks `responses`, `rollup` and `segments`: what is written beside a person's record."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sync.config.findings import choices, finding
from sync.mapping.fields import (
    ResponseSpec,
    ResponseWord,
    RollupSpec,
    RollupWord,
    SegmentKeySpec,
    SegmentSpec,
    check_block,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from connectors.values import FieldValue

PERSON_OR_RECORD = ("record.id", "person.id")


class Block(BaseModel):
    """What one more object is written with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: The object (table) that is written.
    object: Annotated[str, Field(min_length=1)]


class Responses(Block):
    """One record for each response, beside the profile."""

    #: Column or columns that tell one response from another: `{response_key: key}`.
    key: Annotated[dict[str, ResponseWord], Field(min_length=1)]
    #: Field of the record: word for a response.
    fields: Annotated[dict[str, ResponseSpec], Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_block(self.key, self.fields, (("key", "response_id"),))
        return self


class Rollup(Block):
    """The NPS of each account."""

    #: Field of the person's record that names its account; `records.account` when left out.
    by: str | None = None
    #: Column that holds the account's id: `{account_id: account}`; the record's own id when left out.
    key: dict[str, RollupWord] = Field(default_factory=dict)
    #: Field of the account: word for an account.
    fields: Annotated[dict[str, RollupSpec], Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_block(self.key, self.fields, (("account",),))
        return self


class Segments(Block):
    """One row for each person in each segment; it goes when the person leaves."""

    #: Columns that tell one membership from another: `{customer_id: record.id, segment: segment}`.
    key: Annotated[dict[str, SegmentKeySpec], Field(min_length=1)]
    #: Further columns: word for a membership.
    fields: dict[str, SegmentSpec] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check(self) -> Self:
        words = {column: rule.from_ for column, rule in self.key.items()}
        check_block(words, self.fields, (("segment",), PERSON_OR_RECORD))
        self._check_apart()
        return self

    def _check_apart(self) -> None:
        """Two segments in one campaign are refused: who leaves one would be taken out of both."""
        translated = {column: rule.values for column, rule in self.key.items() if rule.from_ == "segment"}
        if not all(translated.values()):
            return  # a column holds the segment's own name
        for column, values in translated.items():
            twice = [value for value, number in Counter(values.values()).items() if number > 1]
            if len(translated) == 1 and twice:
                one, other, *_ = [name for name, value in values.items() if value == twice[0]]
                what = f"`{one}` and `{other}` are written as the same: who leaves one would be taken out of both"
                hint = "Give each its own, or make one segment of both with `any` in the config."
                raise finding(what, hint, at=("key", column, "values", other))

    def check_objects(self, objects: Sequence[str], *, own_ids: bool) -> None:
        """Raise a finding when a column names an object that no record is of, or would hold ids of several.

        Args:
            objects: Those that rules look in.
            own_ids: Whether the destination gives its records ids of its own, told apart by object.
        """
        for column, rule in self.key.items():
            if rule.object is not None and rule.object not in objects:
                hint = choices(rule.object, objects, "Rules look in")
                raise finding(f"no rule looks in `{rule.object[:60]}`", hint, at=("segments", "key", column, "object"))
            if own_ids and len(objects) > 1 and rule.from_ == "record.id" and rule.object is None:
                what = f"`{column}` would hold ids of {' and of '.join(objects)}"
                hint = f"Write `{column}: {{from: record.id, object: {objects[0]}}}`, and a column for the others."
                raise finding(what, hint, at=("segments", "key", column))

    def check_names(self, known: Collection[str] | None) -> None:
        """Raise a finding when a segment is translated that the config (None: not known) does not define."""
        places: list[tuple[str, str, Mapping[str, FieldValue]]] = [
            *(("key", column, rule.values) for column, rule in self.key.items()),
            *(("fields", column, rule.values) for column, rule in self.fields.items() if rule.from_ == "segment"),
        ]
        for place, column, values in places if known is not None else ():
            for name in values:
                if name not in known:  # type: ignore[operator] # None has no places
                    what = f"there is no segment `{name[:60]}`"
                    hint = choices(name, known or (), "Segments of the config")
                    raise finding(what, hint, at=("segments", place, column, "values", name))

    def key_for(self, object_: str) -> dict[str, SegmentKeySpec]:
        """Return the key's columns for a record of *object_*; empty: its memberships are not written."""
        columns = {column: rule for column, rule in self.key.items() if rule.object in (None, object_)}
        words = {rule.from_ for rule in columns.values()}
        return columns if "segment" in words and words.intersection(PERSON_OR_RECORD) else {}
