"""One line of a mapping: where a field's value comes from, and how it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    WithJsonSchema,
    model_validator,
)

from connectors.values import FieldValue
from sync.config.findings import choices, finding
from sync.mapping.vocabulary import EXTRA, PLACES, WITH_EXTRA, Place, lookup

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PLURALS = {
    "profile": "Words for a person",
    "response": "Words for a response",
    "rollup": "Words for an account",
    "segment": "Words for a membership",
    "task": "Words for a task",
    "match": "A record is found by",
}


def check_word(place: Place, word: str, *, at: tuple[str, ...] = ()) -> str:
    """Return *word*; raise a finding when it means nothing at *place*."""
    if lookup(place, word) is None:
        raise finding(f"unknown word `{word[:60]}`", choices(word, PLACES[place], _PLURALS[place]), at=at, at_key=False)
    return word


def _checker(place: Place) -> Callable[[str], str]:
    return lambda word: check_word(place, word)


def _words(place: Place) -> dict[str, Any]:
    listed: dict[str, Any] = {"enum": list(PLACES[place])}
    extra = {"type": "string", "pattern": rf"^{EXTRA.replace('.', '[.]')}.+$"}
    return {"anyOf": [listed, extra]} if place in WITH_EXTRA else {"type": "string"} | listed


ProfileWord = Annotated[str, AfterValidator(_checker("profile")), WithJsonSchema(_words("profile"))]
ResponseWord = Annotated[str, AfterValidator(_checker("response")), WithJsonSchema(_words("response"))]
RollupWord = Annotated[str, AfterValidator(_checker("rollup")), WithJsonSchema(_words("rollup"))]
SegmentWord = Annotated[str, AfterValidator(_checker("segment")), WithJsonSchema(_words("segment"))]
TaskWord = Annotated[str, AfterValidator(_checker("task")), WithJsonSchema(_words("task"))]


def _as_text(value: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
    """Take `42` without quotes too, which YAML reads as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


#: A value of a key; an id is a text, whatever it is made of.
KeyText = Annotated[str, BeforeValidator(_as_text, json_schema_input_type=str | int), Field(min_length=1)]


class FieldRule(BaseModel):
    """Where one field's value comes from, and how it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    place: ClassVar[Place] = "profile"

    #: The word whose value is written.
    from_: Annotated[str, Field(alias="from")]
    #: Our values in the destination's words, all of them: `{promoter: Promoter, passive: Passive, ...}`.
    values: dict[str, FieldValue] = Field(default_factory=dict)
    #: Longest text in characters; the rest is cut off.
    truncate: Annotated[StrictInt, Field(ge=1)] | None = None
    #: `always`, or `if_blank` to keep the first value that npsync wrote there.
    write: Literal["always", "if_blank"] = "always"
    #: Whether a blank empties a field of what people gave (`person.…`); what npsync computes always does.
    clears: StrictBool = False

    @model_validator(mode="after")
    def _fits(self) -> Self:
        word = lookup(self.place, self.from_)
        assert word is not None
        if self.values:
            self._check_values(word.values)
        if self.truncate and word.type not in ("text", "list"):
            raise finding(f"`{self.from_}` is a {word.type} and cannot be cut", "Delete `truncate`.", at=("truncate",))
        if self.clears and self.write == "if_blank":
            raise finding("`clears` and `write: if_blank` exclude each other", "Delete one of them.", at=("clears",))
        return self

    def _check_values(self, ours: tuple[str, ...]) -> None:
        if self.from_ in ("segments", "segment"):
            return  # the names are the user's own
        if not ours:
            raise finding(f"`{self.from_}` has no fixed values to translate", "Delete `values`.", at=("values",))
        for value in self.values:
            if value not in ours:
                raise finding(
                    f"`{self.from_}` is never `{value[:60]}`", choices(value, ours, "It can be"), at=("values", value)
                )
        if missing := [value for value in ours if value not in self.values]:
            raise finding(f"`values` leaves out {', '.join(missing)}", "Name every value once.", at=("values",))


class ProfileField(FieldRule):
    """A field of a person's record."""

    from_: Annotated[ProfileWord, Field(alias="from")]
    #: `always`, `if_blank` to keep the first value that npsync wrote there, or `on_create` for new records only.
    write: Literal["always", "if_blank", "on_create"] = "always"  # type: ignore[assignment] # one more than elsewhere


class ResponseField(FieldRule):
    """A field of a response's record."""

    place: ClassVar[Place] = "response"
    from_: Annotated[ResponseWord, Field(alias="from")]


class RollupField(FieldRule):
    """A field of an account's record."""

    place: ClassVar[Place] = "rollup"
    from_: Annotated[RollupWord, Field(alias="from")]


class SegmentField(FieldRule):
    """A field of a membership's record."""

    place: ClassVar[Place] = "segment"
    from_: Annotated[SegmentWord, Field(alias="from")]


class TaskField(FieldRule):
    """A field of a task."""

    place: ClassVar[Place] = "task"
    from_: Annotated[TaskWord, Field(alias="from")]


class SegmentKey(BaseModel):
    """A column that tells one membership from another."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: The word whose value is written.
    from_: Annotated[SegmentWord, Field(alias="from")]
    #: Only for records of this object, where rules look in several: `{from: record.id, object: Lead}`.
    object: Annotated[str, Field(min_length=1)] | None = None
    #: For `segment`: its names in the destination's words, such as ids of campaigns; one without is not written.
    values: dict[str, KeyText] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.values and self.from_ != "segment":
            raise finding(f"`{self.from_}` has no fixed values to translate", "Delete `values`.", at=("values",))
        return self


def _long(spec: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
    """Write the short form, a word alone, as the long one."""
    return {"from": spec} if isinstance(spec, str) else spec


ProfileSpec = Annotated[ProfileField, BeforeValidator(_long, json_schema_input_type=ProfileWord | ProfileField)]
ResponseSpec = Annotated[ResponseField, BeforeValidator(_long, json_schema_input_type=ResponseWord | ResponseField)]
RollupSpec = Annotated[RollupField, BeforeValidator(_long, json_schema_input_type=RollupWord | RollupField)]
SegmentSpec = Annotated[SegmentField, BeforeValidator(_long, json_schema_input_type=SegmentWord | SegmentField)]
TaskSpec = Annotated[TaskField, BeforeValidator(_long, json_schema_input_type=TaskWord | TaskField)]
SegmentKeySpec = Annotated[SegmentKey, BeforeValidator(_long, json_schema_input_type=SegmentWord | SegmentKey)]


def check_block(key: Mapping[str, str], fields: Mapping[str, FieldRule], needs: tuple[tuple[str, ...], ...]) -> None:
    """Raise a finding when a column is written twice, or the key does not tell one row from another.

    Args:
        key: Column → word.
        fields: Column → rule.
        needs: For each group, one of its words must be in the key.
    """
    seen: dict[str, str] = {column.casefold(): column for column in key}
    for column in fields:
        if other := seen.get(column.casefold()):
            where = "`key`" if other in key else f"`{other}`"
            raise finding(
                f"`{column}` is mapped twice (also by {where})", "Keep one of the two.", at=("fields", column)
            )
        seen[column.casefold()] = column
    for group in needs if key else ():
        if not set(group) & set(key.values()):
            words = " or ".join(f"`{word}`" for word in group)
            raise finding(f"`key` does not hold {words}", "Without it, rows would overwrite each other.", at=("key",))
