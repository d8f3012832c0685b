"""Segments: named predicates over a profile, written in YAML as fields and bounds.

There is no expression language. One mapping is one predicate, and everything in it must hold; `all`, `any` and `not`
take further predicates. A field takes a word, a list of words (one of them), `true`/`false`, or bounds:

    at_risk:   {any: [{category: detractor, age: {max: 90d}}, {trend: declining}]}
    advocates: {all: [{category: promoter}, {responses: {min: 2}}, {status: current}]}

A field without a value (a trend before the second response) fulfils nothing, so `not` of it holds.
`sync.segments_sql` compiles the same predicates to SQL; a test holds the two equal.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Generic, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    model_validator,
)

from connectors.durations import Duration
from connectors.values import SurveyKind
from sync.nps.category import Category
from sync.nps.freshness import Freshness
from sync.nps.settings import RiskReason
from sync.nps.trend import Direction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

T = TypeVar("T", int, timedelta)


def _listed(value: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
    return value if isinstance(value, list | tuple) else [value]


def _at_least_one(words: tuple[Any, ...]) -> tuple[Any, ...]:
    if not words:
        raise ValueError("give one word or a list of words")
    return words


#: One word or a list of words, of which one must be the field's value.
Categories = Annotated[
    tuple[Category, ...],
    BeforeValidator(_listed, json_schema_input_type=Category | list[Category]),
    AfterValidator(_at_least_one),
]
Trends = Annotated[
    tuple[Direction, ...],
    BeforeValidator(_listed, json_schema_input_type=Direction | list[Direction]),
    AfterValidator(_at_least_one),
]
Statuses = Annotated[
    tuple[Freshness, ...],
    BeforeValidator(_listed, json_schema_input_type=Freshness | list[Freshness]),
    AfterValidator(_at_least_one),
]
Kinds = Annotated[
    tuple[SurveyKind, ...],
    BeforeValidator(_listed, json_schema_input_type=SurveyKind | list[SurveyKind]),
    AfterValidator(_at_least_one),
]
Reasons = Annotated[
    tuple[RiskReason, ...],
    BeforeValidator(_listed, json_schema_input_type=RiskReason | list[RiskReason]),
    AfterValidator(_at_least_one),
]
Words = Annotated[
    tuple[StrictStr, ...],
    BeforeValidator(_listed, json_schema_input_type=str | list[str]),
    AfterValidator(_at_least_one),
]


class Bounds(BaseModel, Generic[T]):
    """A closed range: both ends belong to it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min: T | None = None
    max: T | None = None

    @model_validator(mode="after")
    def _a_range(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("give `min`, `max` or both, such as `{min: 2}`")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("`min` is greater than `max`: nothing can hold")
        return self


class Numbers(Bounds[int]):
    """A range of whole numbers."""

    #: Smallest number that holds.
    min: StrictInt | None = None
    #: Largest number that holds.
    max: StrictInt | None = None


class Ages(Bounds[timedelta]):
    """A range of time since the person's latest response."""

    #: Shortest time that holds.
    min: Duration | None = None
    #: Longest time that holds.
    max: Duration | None = None

    def in_milliseconds(self) -> tuple[int | None, int | None]:
        """Return both ends, in whole milliseconds."""
        return (
            None if self.min is None else milliseconds(self.min),
            None if self.max is None else milliseconds(self.max),
        )

    def turns(self) -> Iterator[int]:
        """Yield the ages, in milliseconds, at which the answer turns: on reaching `min`, and just after `max`."""
        least, most = self.in_milliseconds()
        if least is not None:
            yield least
        if most is not None:
            yield most + 1


class Predicate(BaseModel):
    """What must hold of a profile; everything that is given must hold.

    >>> Predicate.model_validate({"category": ["promoter", "passive"], "age": {"max": "90d"}}).fields()
    ('category', 'age')
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: All of these must hold.
    all: Annotated[tuple[Predicate, ...], Field(min_length=1)] | None = None
    #: One of these must hold.
    any: Annotated[tuple[Predicate, ...], Field(min_length=1)] | None = None
    #: This must not hold.
    not_: Annotated[Predicate | None, Field(alias="not")] = None
    #: Category of the latest response.
    category: Categories | None = None
    #: Direction since the response before.
    trend: Trends | None = None
    #: How fresh the latest response is.
    status: Statuses | None = None
    #: Name or id of the latest response's survey.
    survey: Words | None = None
    #: Survey kind of the latest response.
    survey_kind: Kinds | None = None
    #: Connection that the latest response came from.
    source: Words | None = None
    #: Latest score, 0 to 10.
    score: Numbers | None = None
    #: Counted responses: not expired, of the latest's kind.
    responses: Numbers | None = None
    #: How often the person was asked: surveys delivered, or all responses ever where those are more.
    surveyed: Numbers | None = None
    #: Time since the latest response.
    age: Ages | None = None
    #: Time since the latest survey that was delivered.
    sent_age: Ages | None = None
    #: Whether any risk reason holds.
    risk: StrictBool | None = None
    #: Reasons of which one must hold.
    risk_reasons: Reasons | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.fields():
            raise ValueError(
                "an empty predicate would hold of everybody; name a field, such as `{category: detractor}`"
            )
        return self

    def fields(self) -> tuple[str, ...]:
        """Return the names of what is given, in the order of the grammar."""
        return tuple(name for name in type(self).model_fields if getattr(self, name) is not None)

    def parts(self) -> Iterator[Predicate]:
        """Yield this predicate and all inside it."""
        yield self
        for inner in (*(self.all or ()), *(self.any or ()), *((self.not_,) if self.not_ else ())):
            yield from inner.parts()


SegmentName = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="lower case letters, digits and _"),
]
Segments = dict[SegmentName, Predicate]


def milliseconds(span: timedelta) -> int:
    """Return a span in whole milliseconds."""
    return span // timedelta(milliseconds=1)


#: What an age is measured from, by its name in the grammar.
SINCE = {"age": "responded_at", "sent_age": "last_sent_at"}


def turns(segments: Mapping[str, Predicate], name: str = "age") -> list[int]:
    """List the ages, in milliseconds, at which some segment may change by time alone.

    >>> turns({"fresh": Predicate.model_validate({"age": {"max": "1s"}})})
    [1001]
    """
    ages: Iterator[Ages | None] = (getattr(part, name) for each in segments.values() for part in each.parts())
    return sorted({turn for age in ages if age is not None for turn in age.turns()})


def segments_of(segments: Mapping[str, Predicate], profile: Mapping[str, Any], now_ms: int) -> list[str]:
    """List the segments of one profile, sorted by name; for one person, and to check the SQL.

    Args:
        segments: By name.
        profile: A row of the kernel `profiles`.
        now_ms: Epoch milliseconds.
    """
    return sorted(name for name, predicate in segments.items() if holds(predicate, profile, now_ms))


def holds(predicate: Predicate, profile: Mapping[str, Any], now_ms: int) -> bool:
    """Say whether everything in *predicate* holds of a profile.

    >>> rule = Predicate.model_validate({"score": {"max": 6}, "not": {"trend": "improving"}})
    >>> holds(rule, {"score": 3, "trend": None}, 0), holds(rule, {"score": 3, "trend": "improving"}, 0)
    (True, False)
    """
    return all(_holds(name, getattr(predicate, name), profile, now_ms) for name in predicate.fields())


def _holds(name: str, wanted: Any, profile: Mapping[str, Any], now_ms: int) -> bool:  # noqa: ANN401 - by field
    match name:
        case "all":
            return all(holds(part, profile, now_ms) for part in wanted)
        case "any":
            return any(holds(part, profile, now_ms) for part in wanted)
        case "not_":
            return not holds(wanted, profile, now_ms)
        case "age" | "sent_age":
            since = profile.get(SINCE[name])
            return since is not None and _fulfils(now_ms - since, wanted)
        case _:
            return _fulfils(profile[name], wanted)


def _fulfils(value: Any, wanted: Any) -> bool:  # noqa: ANN401 - by field
    match wanted:
        case _ if value is None:
            return False
        case Ages():
            return _within(value, *wanted.in_milliseconds())
        case Numbers():
            return _within(value, wanted.min, wanted.max)
        case bool():
            return value is wanted
        case _ if isinstance(value, list):
            return not set(wanted).isdisjoint(value)
        case _:
            return value in wanted


def _within(value: int, least: int | None, most: int | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)
