"""Conditions as functions of a row: types checked, text compared without regard to case, ids in either length."""

from __future__ import annotations

import operator
import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from sandbox.salesforce import soql_days
from sandbox.salesforce.ids import widened
from sandbox.salesforce.soql_tree import Call, Condition, Joined, Literal, Negated, Path, Query
from sandbox.salesforce.soql_words import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.salesforce.objects import Field
    from sandbox.salesforce.records import Row
    from sandbox.salesforce.refusal import Refusal
    from sandbox.salesforce.soql_columns import Column
    from sandbox.salesforce.soql_tree import Filter

    Test = Callable[[Row], bool]
    Key = Callable[[Any], Any]

_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_FAMILIES = {
    **dict.fromkeys(("id", "reference"), "id"),
    **dict.fromkeys(("int", "double", "currency", "percent"), "number"),
    **dict.fromkeys(("boolean", "date", "datetime"), ""),
}
_UNQUOTED = {"boolean": "boolean", "date": "date", "datetime": "dateTime", "number": "double", "int": "int"}


def family(field: Field) -> str:
    """Say what a value of *field* is compared as: id, number, boolean, date, datetime or string."""
    return _FAMILIES.get(field.type, "string") or field.type


def key_of(field: Field) -> Key:
    """Return the function that makes stored values of *field* comparable."""
    if family(field) == "string" and not field.case_sensitive:
        return _lowered
    return _same


def _lowered(value: Any) -> Any:  # noqa: ANN401 - stored values may be anything
    return value.lower() if isinstance(value, str) else value


def _same(value: Any) -> Any:  # noqa: ANN401 - see above
    return value


class Conditions:
    """Makes tests of conditions, for one query."""

    def __init__(
        self,
        text: str,
        column: Callable[[Path | Call], Column],
        answers: Callable[[Query], set[Any]],
        now: float,
    ) -> None:
        """Take what resolves a name to a column, and a query within IN to its values."""
        self._text = text
        self._column = column
        self._answers = answers
        self._today = datetime.fromtimestamp(now, UTC).date()

    def test(self, part: Filter) -> Test:
        """Return the function that tells whether a row fulfils *part*.

        Raises:
            Refusal: INVALID_FIELD, INVALID_QUERY_FILTER_OPERATOR, MALFORMED_QUERY.
        """
        match part:
            case Joined("AND", parts):
                tests = [self.test(each) for each in parts]
                return lambda row: all(test(row) for test in tests)
            case Joined(_, parts):
                tests = [self.test(each) for each in parts]
                return lambda row: any(test(row) for test in tests)
            case Negated(inner):
                test = self.test(inner)
                return lambda row: not test(row)
            case _:
                return self._condition(part)

    def values(self, condition: Condition, column: Column) -> set[Any]:
        """Return what an equality asks for, as an index holds it: not lowered, nulls as None."""
        if isinstance(condition.values, Query):
            return self._answers(condition.values)
        return {self._value(literal, column) for literal in condition.values}

    def _condition(self, condition: Condition) -> Test:
        column = self._column(condition.target)
        self._check(condition, column)
        literals = condition.values
        if not isinstance(literals, Query) and any(literal.kind == "relative" for literal in literals):
            return self._spans(condition, column)
        key = key_of(column.field)
        wanted = {key(value) for value in self.values(condition, column)}
        return _test(condition.operator, column.read, key, wanted)

    def _check(self, condition: Condition, column: Column) -> None:
        field, sign = column.field, condition.operator
        if not field.filterable:
            message = f"field '{field.name}' can not be filtered in a query call"
            raise self._refused(condition.target.at, "INVALID_FIELD", message)
        kind = family(field)
        multiple = field.type == "multipicklist"
        wrong = (
            (sign == "LIKE" and kind != "string")
            or (sign in {"INCLUDES", "EXCLUDES"} and not multiple)
            or (sign in _ORDERED and kind == "boolean")
        )
        if wrong:
            message = f"invalid operator on {field.type} field"
            raise self._refused(condition.target.at, "INVALID_QUERY_FILTER_OPERATOR", message)

    def _value(self, literal: Literal, column: Column) -> Any:  # noqa: ANN401 - any type of field
        kind = family(column.field)
        if literal.kind == "null" or (kind in {"string", "id"} and literal.value == ""):
            return None
        if literal.kind != ("string" if kind == "id" else kind):
            raise self._refused(literal.at, "INVALID_FIELD", _wants(column.field, kind))
        if kind == "id":
            return self._id(literal)
        if kind in {"date", "datetime"}:
            return self._moment(literal)
        return literal.value

    def _id(self, literal: Literal) -> str:
        found = widened(literal.value)
        if found is None:
            message = f"invalid ID field: {literal.value}"
            raise self._refused(literal.at, "INVALID_QUERY_FILTER_OPERATOR", message)
        return found

    def _moment(self, literal: Literal) -> str:
        text = str(literal.value)
        try:
            if literal.kind == "date":
                return date.fromisoformat(text).isoformat()
            return soql_days.stamp_of(text)
        except (ValueError, OverflowError) as problem:
            raise self._refused(literal.at, "MALFORMED_QUERY", f"Invalid {literal.kind}: {text}") from problem

    def _spans(self, condition: Condition, column: Column) -> Test:
        """Compare with TODAY and its kin; with several of them a row may be in any."""
        assert not isinstance(condition.values, Query)
        kind = family(column.field)
        tests: list[Test] = []
        for literal in condition.values:
            if literal.kind != "relative" or kind not in {"date", "datetime"}:
                raise self._refused(literal.at, "INVALID_FIELD", _wants(column.field, kind))
            try:
                span = soql_days.span_of(str(literal.value), self._today)
            except (ValueError, OverflowError) as problem:
                message = f"unexpected token: '{literal.value}'"
                raise self._refused(literal.at, "MALFORMED_QUERY", message) from problem
            tests.append(_span_test(condition.operator, column.read, span, texts=kind == "datetime"))
        if condition.operator == "NOT IN":
            return lambda row: all(test(row) for test in tests)
        return lambda row: any(test(row) for test in tests)

    def _refused(self, at: int, code: str, message: str) -> Refusal:
        return refused(self._text, at, code, message)


def _wants(field: Field, kind: str) -> str:
    quoted = "should not be enclosed in quotes" if kind in _UNQUOTED else "should be enclosed in quotes"
    name = {"id": "ID", "int": "int"}.get(kind, _UNQUOTED.get(field.type, _UNQUOTED.get(kind, "string")))
    return f"value of filter criterion for field '{field.name}' must be of type {name} and {quoted}"


def _test(sign: str, read: Callable[[Row], Any], key: Key, wanted: set[Any]) -> Test:
    if sign in {"=", "IN"}:
        return lambda row: _blank(key(read(row))) in wanted
    if sign in {"!=", "NOT IN"}:
        # Null is not equal to anything, and so fulfils this: unlike in SQL.
        return lambda row: _blank(key(read(row))) not in wanted
    if sign in {"INCLUDES", "EXCLUDES"}:
        return _multiple_test(read, wanted, includes=sign == "INCLUDES")
    (bound,) = wanted
    if sign == "LIKE":
        pattern = _pattern(bound)
        return lambda row: (value := read(row)) is not None and pattern.fullmatch(value) is not None
    compare = _ORDERED[sign]
    return lambda row: bound is not None and (value := read(row)) is not None and compare(key(value), bound)


def _blank(value: Any) -> Any:  # noqa: ANN401 - stored values may be anything
    return None if value == "" else value


def _pattern(text: str | None) -> re.Pattern[str]:
    """Make LIKE's pattern: % is any text, _ one character, a backslash takes their meaning away."""
    parts = re.findall(r"\\[%_]|.", text or "", re.DOTALL)
    wild = {"%": ".*", "_": "."}
    return re.compile("".join(wild.get(part) or re.escape(part[-1]) for part in parts), re.DOTALL | re.IGNORECASE)


def _multiple_test(read: Callable[[Row], Any], wanted: set[Any], *, includes: bool) -> Test:
    """`INCLUDES ('a;b', 'c')`: a and b, or c."""
    choices = [frozenset(text.split(";")) for text in wanted if text]

    def test(row: Row) -> bool:
        held = {_lowered(value) for value in (read(row) or "").split(";")}
        return any(choice <= held for choice in choices) is includes

    return test


def _span_test(sign: str, read: Callable[[Row], Any], span: soql_days.Span, *, texts: bool) -> Test:
    def written(day: date) -> str:
        return soql_days.stamp(soql_days.midnight(day)) if texts else day.isoformat()

    start, end = written(span.start), written(span.end)
    later = start if span.recent else end
    tests: dict[str, Callable[[str], bool]] = {
        "=": lambda value: start <= value < end,
        "IN": lambda value: start <= value < end,
        "<": lambda value: value < start,
        "<=": lambda value: value < end,
        ">": lambda value: value >= later,
        ">=": lambda value: value >= start,
    }
    if sign in {"!=", "NOT IN"}:
        return lambda row: (value := read(row)) is None or not start <= value < end
    test = tests[sign]
    return lambda row: (value := read(row)) is not None and test(value)
