"""Values on their way into a field and back: by the field's type, for JSON and for the CSV of Bulk jobs. Pure.

In CSV an empty cell leaves a field alone and `#N/A` empties it; in JSON an absent key and `null` do. So a text that
*is* `#N/A`, or longer than a CSV cell may be, can only travel as JSON: `fits_csv` says so.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.values import FieldValue

#: What empties a field in CSV.
CLEARED = "#N/A"
#: Characters of one CSV cell (A6); longer text goes by REST, which takes 131,072.
LONGEST_CELL = 32_000
#: Types of numbers.
NUMBERS = frozenset({"double", "int", "currency", "percent", "long"})
_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,18})?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:?\d\d)?")
_CANONICAL = len("2026-01-31T09:30:00.000Z")


def into(value: FieldValue, type_: str) -> FieldValue:
    """Return *value* as a field of *type_* (describe's word) takes it; empty text is nothing, as Salesforce keeps it.

    >>> into(9, "string"), into(True, "string"), into("", "string"), into(None, "boolean")
    ('9', 'true', None, False)
    >>> into("2026-01-31T23:30:00-02:00", "date"), into("2026-01-31 09:30:00", "datetime")
    ('2026-02-01', '2026-01-31T09:30:00.000Z')
    """
    if value is None or value == "":
        return False if type_ == "boolean" else None
    if type_ in NUMBERS:
        return int(value) if isinstance(value, bool) else value
    if type_ == "datetime":
        return _moment(value) if isinstance(value, str) else value
    if type_ == "date":
        return _moment(value)[:10] if isinstance(value, str) and len(value) > 10 else value
    if type_ == "boolean" or isinstance(value, str):
        return value
    return _text(value)


def fits(value: FieldValue, type_: str) -> bool:
    """Tell whether a field of *type_* can hold what `into` made; one bad value spoils the call for all its records.

    >>> fits("nine", "double"), fits("9", "double"), fits(None, "double"), fits("soon", "datetime"), fits("x", "string")
    (False, True, True, False, True)
    """
    if value is None:
        return True
    if type_ in NUMBERS:
        return not isinstance(value, str) or _NUMBER.fullmatch(value) is not None
    if type_ == "datetime":
        return isinstance(value, str) and len(value) == _CANONICAL and value[-1] == "Z"
    if type_ == "date":
        return isinstance(value, str) and _DAY.fullmatch(value) is not None
    if type_ == "boolean":
        return isinstance(value, bool) or value in ("true", "false")
    return True


def into_csv(value: FieldValue) -> str:
    """Return what `into` made as a CSV cell.

    >>> into_csv(None), into_csv(True), into_csv(9.0), into_csv(45.5)
    ('#N/A', 'true', '9', '45.5')
    """
    return CLEARED if value is None else value if isinstance(value, str) else _text(value)


def fits_csv(value: FieldValue) -> bool:
    """Tell whether *value* arrives by CSV as it is.

    >>> fits_csv("#N/A"), fits_csv("x" * 32_001), fits_csv(None), fits_csv("a")
    (False, False, True, True)
    """
    if not isinstance(value, str):
        return True
    return len(value) <= LONGEST_CELL and value.strip() != CLEARED


def can_travel(value: FieldValue) -> bool:
    """Tell whether *value* is text that UTF-8 and Salesforce can hold: no half signs, no NUL.

    >>> can_travel("Zoë"), can_travel(chr(0xD83D)), can_travel("a" + chr(0))
    (True, False, False)
    """
    if not isinstance(value, str) or (value.isascii() and "\0" not in value):
        return True
    if "\0" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def out(value: object, type_: str) -> FieldValue:
    """Return what a reply holds in our canonical form.

    >>> out(9.0, "double"), out("2026-01-31T09:30:00.000+0000", "datetime"), out("", "string")
    (9, '2026-01-31T09:30:00.000Z', None)
    >>> out("9", "double"), out("true", "boolean")
    (9, True)
    """
    if value is None or value == "":
        return None
    if type_ == "boolean":
        return value if isinstance(value, bool) else value == "true"
    if type_ in NUMBERS and not isinstance(value, bool) and isinstance(value, str | int | float):
        number = float(value)
        return int(number) if number.is_integer() else number
    if type_ == "datetime" and isinstance(value, str):
        return _moment(value)
    return value if isinstance(value, str | int | float | bool) else str(value)


def _text(value: FieldValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _moment(text: str) -> str:
    """Write a time in UTC with milliseconds; a text that is no time stays as it is, for Salesforce to judge."""
    if len(text) == _CANONICAL and text[-1] == "Z" and text[10] == "T":
        return text
    found = _MOMENT.fullmatch(text)
    if found is None:
        return text
    day, hour, part, zone = found.groups()
    zone = "+00:00" if zone in (None, "Z") else zone
    try:
        moment = datetime.fromisoformat(f"{day}T{hour}.{(part or '0').ljust(6, '0')}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return text
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
