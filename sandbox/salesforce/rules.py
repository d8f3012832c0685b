"""What a value must be before a record may hold it; each breach is one error with Salesforce's code and words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.salesforce.ids import widened

if TYPE_CHECKING:
    from sandbox.salesforce.objects import Field
    from sandbox.salesforce.reading import Stored

EMAIL = re.compile(r"[^\s@,;:<>()\[\]\\\"]+@[^\s@.,;:<>()_]+(\.[^\s@.,;:<>()_]+)+$")
TEXT = frozenset({"string", "textarea", "phone", "url", "email", "picklist", "multipicklist"})


@dataclass(frozen=True, slots=True)
class Breach(Exception):
    """One error of one row."""

    code: str
    message: str
    fields: tuple[str, ...] = ()


def characters(text: str) -> int:
    """Return a text's length as the org counts it: a character beyond the basic plane counts twice.

    >>> characters("né"), characters("👍")
    (2, 2)
    """
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def checked(field: Field, value: Stored) -> Stored:
    """Return *value* as *field* may hold it: ids in their long form.

    Raises:
        Breach: It may not.
    """
    if value is None:
        return None
    if field.type in {"reference", "id"}:
        return _reference(field, value)
    if field.type in TEXT:
        _text(field, str(value))
    elif field.precision:
        digits = Decimal(str(value)).adjusted() + 1 if value else 0
        if digits > field.precision - field.scale:
            raise Breach(
                "NUMBER_OUTSIDE_VALID_RANGE",
                f"{field.label}: value outside of valid range on numeric field: {value}",
                (field.name,),
            )
    return value


def _text(field: Field, value: str) -> None:
    if field.length and characters(value) > field.length:
        raise Breach(
            "STRING_TOO_LONG",
            f"{field.label}: data value too large: {value[:255]} (max length={field.length})",
            (field.name,),
        )
    if field.type == "email" and not EMAIL.match(value):
        raise Breach("INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {value}", (field.name,))
    if field.restricted:
        chosen = value.split(";") if field.type == "multipicklist" else [value]
        for each in chosen:
            if each not in field.values:
                raise Breach(
                    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                    f"{field.label}: bad value for restricted picklist field: {each}",
                    (field.name,),
                )


def _reference(field: Field, value: Stored) -> str:
    wide = widened(value)
    if wide is None:
        raise Breach("MALFORMED_ID", f"{field.label}: id value of incorrect type: {value}", (field.name,))
    return wide
