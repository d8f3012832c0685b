"""Functions of one field's value: parts of dates, and how a value is shown. The user's time zone is UTC."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from sandbox.salesforce.objects import Field
from sandbox.salesforce.soql_words import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.salesforce.soql_columns import Column
    from sandbox.salesforce.soql_tree import Call


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])


#: Dates and moments are texts, "2026-01-31" at their front.
PARTS: dict[str, Callable[[str], int]] = {
    "CALENDAR_YEAR": lambda text: int(text[:4]),
    "CALENDAR_QUARTER": lambda text: (int(text[5:7]) + 2) // 3,
    "CALENDAR_MONTH": lambda text: int(text[5:7]),
    "DAY_IN_MONTH": lambda text: int(text[8:10]),
    "DAY_IN_WEEK": lambda text: _day(text).isoweekday() % 7 + 1,
    "DAY_IN_YEAR": lambda text: _day(text).timetuple().tm_yday,
    "WEEK_IN_MONTH": lambda text: (int(text[8:10]) + 6) // 7,
    "WEEK_IN_YEAR": lambda text: (_day(text).timetuple().tm_yday + 6) // 7,
    "HOUR_IN_DAY": lambda text: int(text[11:13]),
}
#: They change how a value looks, under the field's own name; here labels are values.
SHOWN = frozenset({"TOLABEL", "FORMAT", "CONVERTCURRENCY"})
NAMES = frozenset({*PARTS, "DAY_ONLY", *SHOWN})
_MOMENTS_ONLY = frozenset({"HOUR_IN_DAY", "DAY_ONLY"})


def derived(text: str, call: Call, column: Column) -> Column:
    """Return the column of a function of *column*.

    Raises:
        Refusal: MALFORMED_QUERY, the function is none of dates, and the field is no date.
    """
    if call.function in SHOWN:
        return replace(column, show=_texts(column.show)) if call.function == "FORMAT" else column
    allowed = {"datetime"} if call.function in _MOMENTS_ONLY else {"date", "datetime"}
    if column.field.type not in allowed:
        message = f"field {column.field.name} does not support function {call.function}"
        raise refused(text, call.at, "MALFORMED_QUERY", message)
    day_only = call.function == "DAY_ONLY"
    field = Field(name=call.function, type="date" if day_only else "int")
    part: Callable[[str], Any] = (lambda held: held[:10]) if day_only else PARTS[call.function]

    def read(row: dict[str, Any]) -> Any:  # noqa: ANN401 - a number or a date
        held = column.read(row)
        return None if held is None else part(held)

    name = f"{call.function}({'.'.join(column.names)})"
    return replace(column, field=field, names=(name,), read=read, show=read, parents=())


def _texts(show: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], str | None]:
    return lambda row: None if (held := show(row)) is None else str(held)
