"""What to ask the org for, as loosely as identity compares and never more strictly (see `Directory.find`). Pure.

Salesforce compares text without case, so an address is asked for as it is, with `local+%@domain` for its tagged forms;
Gmail's dots and a phone number's spaces by `%` between what must be there. Identity looks again at what is found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.salesforce.ids import PREFIX, is_id
from connectors.salesforce.keys import exact
from connectors.salesforce.query import Term, can_be_asked, escaped_for_like

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from connectors.salesforce.schema import Column, Kind

#: Digits compared of a phone number; country and trunk prefixes differ between what people write, the end does not.
PHONE_DIGITS = 7
_GMAIL = ("gmail.com", "googlemail.com")
_SHORT_ID = 15


def by_id(kind: Kind, name: str, ids: Iterable[str]) -> Iterator[Term]:
    """Yield conditions that a record is one of *ids*; those of other objects are left out."""
    column = kind.column(name)
    assert column is not None
    own = column.type == "id"
    for id_ in ids:
        if own and kind.prefix and id_[:PREFIX].lower() != kind.prefix.lower():
            continue
        term = exact(column, id_)
        if term is not None:
            yield term


def by_identifier(kind: Kind, name: str, values: Iterable[str]) -> Iterator[Term]:
    """Yield conditions that a field holds an id of the user's own, with or without prefix and leading zeros."""
    column = kind.column(name)
    assert column is not None
    for value in values:
        term = exact(column, value)
        if term is not None:
            yield term
        if term is None or column.type in {"id", "reference"} or not term.literal.startswith("'"):
            continue
        if is_id(value):
            yield _like(column, f"{escaped_for_like(value[:_SHORT_ID])}%")
        else:
            # A number may stand between a prefix and a spreadsheet's `.0`; another id after a prefix.
            yield _like(column, f"%{escaped_for_like(value)}{'%' if value.isdigit() else ''}")


def by_email(column: Column, addresses: Iterable[str], bases: Iterable[str]) -> Iterator[Term]:
    """Yield conditions that a field holds an address.

    Args:
        column: The field.
        addresses: As identity asks for them.
        bases: Addresses without their tag, for Gmail without dots.
    """
    for address in addresses:
        if can_be_asked(address):
            yield Term(column.name, f"'{_quoted(address)}'")
    for base in bases:
        local, at, domain = base.rpartition("@")
        if not at or not local or not can_be_asked(base):
            continue
        # A text field may hold a name around the address, or several addresses.
        around = "" if column.type == "email" else "%"
        if around:
            yield _like(column, f"%{escaped_for_like(base)}%")
        if domain in _GMAIL:
            yield _like(column, f"{around}{'%'.join(map(escaped_for_like, local))}%@g%mail.com{around}")
        else:
            yield _like(column, f"{around}{escaped_for_like(local)}+%@{escaped_for_like(domain)}{around}")


def by_phone(column: Column, numbers: Iterable[str]) -> Iterator[Term]:
    """Yield conditions that a field holds a number, however it is written."""
    for number in numbers:
        digits = "".join(sign for sign in number if sign in "0123456789")[-PHONE_DIGITS:]
        if digits:
            yield _like(column, f"%{'%'.join(digits)}%")


def _like(column: Column, pattern: str) -> Term:
    return Term(column.name, f"'{pattern}'", like=True)


def _quoted(text: str) -> str:
    # As in a pattern, but `%` and `_` mean themselves in an exact comparison.
    return escaped_for_like(text).replace("\\%", "%").replace("\\_", "_")
