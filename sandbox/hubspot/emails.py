"""A contact's addresses: one primary, any number of additional ones; each belongs to one contact only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.hubspot import values
from sandbox.hubspot.errors import invalid_values
from sandbox.hubspot.values import BadValue

if TYPE_CHECKING:
    from collections.abc import Mapping

MORE = "hs_additional_emails"


def of(held: Mapping[str, str]) -> list[str]:
    """Return a contact's addresses, the primary one first."""
    return [*split(held.get("email")), *split(held.get(MORE))]


def settle(made: dict[str, str], before: Mapping[str, str]) -> None:
    """Make the additional addresses of a write valid, lower case, and free of the primary one.

    Raises:
        Refusal: One of them is none.
    """
    if not made.keys() & {"email", MORE}:
        return
    primary = made.get("email", before.get("email", ""))
    try:
        kept = dict.fromkeys(values.email(one) for one in split(made.get(MORE, before.get(MORE, ""))))
    except BadValue as error:
        raise invalid_values([(MORE, error.code, str(error))]) from error
    if primary in kept and "email" in before:
        kept[before["email"]] = None  # the two change places
    kept.pop(primary, None)
    if kept or before.get(MORE) or MORE in made:
        made[MORE] = ";".join(kept)


def split(text: str | None) -> list[str]:
    """Return the parts of a text that holds several, divided by semicolons.

    >>> split("a;; b")
    ['a', 'b']
    """
    return [part.strip() for part in (text or "").split(";") if part.strip()]
