"""Values on their way into a column and back: one canonical form, whatever the database.

Text is kept as it is; a time is ISO-8601 in UTC with milliseconds and `Z`, as the ledger writes it; a whole number
comes back as an int. Columns are converted a column at a time, because that is what a million rows can afford.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from connectors.values import FieldValue
    from connectors.warehouse.tables import Column

_CANONICAL = len("2026-01-31T09:30:00.000Z")


def canonical_time(text: str) -> str:
    """Write a time in UTC; a text that is no time stays as it is, for the database to judge.

    >>> canonical_time("2026-01-31T10:30:00+01:00"), canonical_time("2026-01-31 09:30:00.250")
    ('2026-01-31T09:30:00.000Z', '2026-01-31T09:30:00.250Z')
    >>> canonical_time("soon")
    'soon'
    """
    if len(text) == _CANONICAL and text[-1] == "Z" and text[10] == "T":
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return format_time(moment)


def format_time(moment: datetime) -> str:
    """Write a time canonically; one without a zone is taken as UTC.

    >>> format_time(datetime(2026, 1, 31, 9, 30, tzinfo=UTC))
    '2026-01-31T09:30:00.000Z'
    """
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    precision = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")


def into_sqlite(column: Column, values: Sequence[FieldValue]) -> Sequence[FieldValue]:
    """Return *values* as SQLite's driver takes them."""
    types = set(map(type, values))
    if column.type == "datetime" and str in types:
        # Most are canonical already; a call for each would double the cost of a write.
        return [
            value
            if not isinstance(value, str) or (len(value) == _CANONICAL and value[-1] == "Z" and value[10] == "T")
            else canonical_time(value)
            for value in values
        ]
    if column.type == "text" and not types <= {str, type(None)}:
        return [None if value is None else _as_text(value) for value in values]
    return values


def into_postgresql(column: Column, values: Sequence[FieldValue]) -> Sequence[str | int | None]:
    """Return *values* as what JSON carries exactly: texts and whole numbers, which the statement casts."""
    types = set(map(type, values))
    if types <= {str, int, type(None)}:
        return values  # type: ignore[return-value] # just checked
    convert: Callable[[Any], str] = _as_number if column.type == "number" else _as_text
    return [None if value is None else convert(value) for value in values]


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else format(value)


def _as_number(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _as_text(value)


def out(column: Column, value: Any) -> FieldValue:  # noqa: ANN401 - whatever a driver returns
    """Return a driver's value in canonical form.

    >>> from connectors.warehouse.tables import Column
    >>> out(Column(name="nps", type="number"), Decimal("45.50")), out(Column(name="n", type="number"), 9.0)
    (45.5, 9)
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return canonical_time(value) if column.type == "datetime" else value
    if isinstance(value, int) and column.type == "boolean":
        return bool(value)
    if isinstance(value, int | float | Decimal):
        return _whole_as_int(value)
    return _described(value)


def _described(value: object) -> str:
    match value:
        case datetime():
            return format_time(value)
        case date() | time():
            return value.isoformat()
        case bytes() | memoryview():
            return bytes(value).hex()
        case list() | dict():
            return json.dumps(value, sort_keys=True, ensure_ascii=False)
        case _:
            return str(value)


def _whole_as_int(value: float | Decimal) -> int | float:
    if isinstance(value, int):
        return value
    number = float(value)
    return int(value) if number.is_integer() else number
