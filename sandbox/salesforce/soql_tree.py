"""What a parsed SOQL query consists of. Names are as written; nothing is resolved yet."""

from __future__ import annotations

from dataclasses import dataclass

AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})


@dataclass(frozen=True, slots=True)
class Path:
    """A field, perhaps over relationships: `Account.Owner.Name`."""

    names: tuple[str, ...]
    at: int
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """An aggregate, `COUNT()` or `MAX(CreatedDate)`, or a function of one value, `DAY_ONLY(CreatedDate)`."""

    #: Upper case.
    function: str
    path: Path | None
    at: int
    alias: str | None = None

    @property
    def aggregates(self) -> bool:
        """Whether it is of many rows."""
        return self.function in AGGREGATES


@dataclass(frozen=True, slots=True)
class FieldsOf:
    """`FIELDS(ALL)`, `FIELDS(STANDARD)` or `FIELDS(CUSTOM)`."""

    which: str
    at: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as written."""

    #: string, number, boolean, null, date, datetime or relative.
    kind: str
    value: str | float | bool | None
    at: int


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison. IN, NOT IN, INCLUDES and EXCLUDES have many values, or IN a query."""

    target: Path | Call
    operator: str
    values: tuple[Literal, ...] | Query
    at: int


@dataclass(frozen=True, slots=True)
class Joined:
    """Several parts, all of which (AND) or one of which (OR) must hold."""

    word: str
    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Negated:
    """NOT something."""

    part: Filter


Filter = Condition | Joined | Negated


@dataclass(frozen=True, slots=True)
class Order:
    """One key of ORDER BY."""

    target: Path | Call
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A whole SELECT."""

    #: The whole text, also for a query within a query: errors point into it.
    text: str
    select: tuple[Path | Call | FieldsOf | Query, ...]
    #: The object, or the relationship of a query within SELECT.
    source: str
    source_at: int
    source_alias: str | None = None
    where: Filter | None = None
    group: tuple[Path | Call, ...] = ()
    having: Filter | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0
    offset_at: int = 0
