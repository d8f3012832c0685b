"""What a client sent becomes what a record holds: types, white space, zones, digits. Rules come later, in `rules`.

Stored are: text, int, float, bool, and Salesforce's own texts of dates ("2026-01-31") and of moments in UTC
("2026-01-31T10:00:00.000+0000"), so that they sort as they stand. Nothing is stored for null.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.salesforce.objects import Field

#: Moments have whole seconds: what lies behind the point is cut off.
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)$")
DAY = re.compile(r"\d{4}-\d\d-\d\d$")
TRUTHS = {"true": True, "false": False, "1": True, "0": False}

Stored = str | float | bool | None


class Unreadable(ValueError):
    """A value that its field's type cannot hold; the words are those of the JSON parser."""

    def __init__(self, wanted: str, value: object) -> None:
        shown = "" if isinstance(value, (dict, list)) or value is None else f" value {value}"
        super().__init__(f"Cannot deserialize instance of {wanted} from {_token(value)}{shown}")


def _token(value: object) -> str:
    match value:
        case bool():
            return f"VALUE_{str(value).upper()}"
        case int():
            return "VALUE_NUMBER_INT"
        case float():
            return "VALUE_NUMBER_FLOAT"
        case list():
            return "START_ARRAY"
        case dict():
            return "START_OBJECT"
        case _:
            return "VALUE_STRING"


def stamp(seconds: float) -> str:
    """Return Salesforce's text of a moment given in seconds since 1970.

    >>> stamp(0.9)
    '1970-01-01T00:00:00.000+0000'
    """
    return _stamp(int(seconds))


@lru_cache(maxsize=256)
def _stamp(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def read(field: Field, value: object) -> Stored:
    """Return what a record will hold for *value*; None for null and for text of nothing but spaces.

    Raises:
        Unreadable: The field's type cannot hold it.
    """
    if value is None or value == "":
        return None
    return READERS.get(field.type, _text)(field, value)


def _text(field: Field, value: object) -> Stored:  # noqa: ARG001 - the form of a reader
    if not isinstance(value, str):
        raise Unreadable("string", value)
    return value.strip().replace("\0", "") or None


def _email(field: Field, value: object) -> Stored:
    text = _text(field, value)
    return text.lower() if isinstance(text, str) else text


def _id(field: Field, value: object) -> Stored:
    if not isinstance(value, str):
        raise Unreadable("reference" if field.type == "reference" else "id", value)
    return value.strip() or None


def _boolean(field: Field, value: object) -> Stored:  # noqa: ARG001 - the form of a reader
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in TRUTHS:
        return TRUTHS[value.strip().lower()]
    raise Unreadable("boolean", value)


def _int(field: Field, value: object) -> Stored:  # noqa: ARG001 - the form of a reader
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d{1,15}(\.0+)?\s*", value):
        return int(float(value))
    raise Unreadable("int", value)


def _number(field: Field, value: object) -> Stored:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise Unreadable(field.type, value)
    try:
        exact = Decimal(str(value).strip())
    except InvalidOperation:
        raise Unreadable(field.type, value) from None
    if not exact.is_finite() or math.isinf(float(exact)):
        raise Unreadable(field.type, value)
    return float(round_to(exact, field.scale))


def round_to(exact: Decimal, scale: int) -> Decimal:
    """Round half away from zero, as the org does on saving.

    >>> str(round_to(Decimal("8.5"), 0)), str(round_to(Decimal("1e30"), 2))
    ('9', '1E+30')
    """
    try:
        return exact.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    except InvalidOperation:  # more digits than a Decimal keeps; `rules` refuses it
        return exact


def _day(field: Field, value: object) -> Stored:  # noqa: ARG001 - the form of a reader
    if isinstance(value, str) and DAY.match(value.strip()):
        try:
            return date.fromisoformat(value.strip()).isoformat()
        except ValueError:
            pass
    raise Unreadable("date", value)


def _moment(field: Field, value: object) -> Stored:  # noqa: ARG001 - the form of a reader
    found = MOMENT.match(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise Unreadable("datetime", value)
    try:
        moment = datetime.fromisoformat(f"{found[1]}T{found[2]}{found[3]}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable("datetime", value) from None
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


READERS: dict[str, Callable[[Field, object], Stored]] = {
    "id": _id,
    "reference": _id,
    "boolean": _boolean,
    "int": _int,
    "double": _number,
    "currency": _number,
    "percent": _number,
    "date": _day,
    "datetime": _moment,
    "email": _email,
}
