"""Comparison keys that are as loose as identity may need, the same in Python and in SQL.

Identity normalises with more care than SQL can (domains, country codes, providers' rules) and checks each record again.
So two values that it may call equal must have equal loose keys; that others have too costs a look, not an error.
A value whose loose key SQL cannot be trusted with is *odd* (a display name around an address, letters in a phone
number, another script): odd records are few, and are always found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.warehouse.database import SQLITE

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

#: Digits compared of a phone number: country and trunk prefixes differ between what people write, the end does not.
PHONE_DIGITS = 7
_DIGITS = "0123456789"
_SHORTEST_PHONE = 4
_ID_PREFIX = "abcdefghijklmnopqrstuvwxyz-_ #:/.,;|*&()[]+=~!@$^0"
_SALESFORCE_LONG, _SALESFORCE_SHORT = 18, 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way in which a column may hold a value; each has an index of its own."""

    #: The SQL of the loose key; None: the rows under `condition` are always found.
    key: str | None
    #: The rows it is about, in SQL; empty for all.
    condition: str = ""
    #: The loose keys under which a record that holds a value may stand.
    keys_of: Callable[[str], AbstractSet[str]] = frozenset


def ways(dialect: str, kind: str, column: str) -> tuple[Way, ...]:
    """Return the ways in which *column* (quoted) may hold a value of *kind*."""
    write = _Sqlite() if dialect == SQLITE else _PostgreSQL()
    match kind:
        case "email":
            return _email_ways(write, column)
        case "phone":
            return _phone_ways(write, column)
        case _:
            return _id_ways(write, column)


def email_keys(value: str) -> set[str]:
    """Return the loose keys of an address without its tag.

    >>> sorted(email_keys("j.doe+news@gmail.com"))
    ['jdoe+news@gmailcom', 'jdoe+news@googlemailcom', 'jdoe@gmailcom', 'jdoe@googlemailcom']
    """
    plain = value.strip(" ").lower().replace(".", "")
    keys = {plain, untagged(plain)}
    for one, other in (("@gmailcom", "@googlemailcom"), ("@googlemailcom", "@gmailcom")):
        keys |= {key.removesuffix(one) + other for key in keys if key.endswith(one)}
    return keys


def untagged(address: str) -> str:
    """Take what stands from the first plus sign to the at sign away.

    >>> untagged("jdoe+news@examplecom")
    'jdoe@examplecom'
    """
    local, at, domain = address.partition("@")
    return local.partition("+")[0] + at + domain


def phone_keys(value: str) -> set[str]:
    """Return the ends of a number; a short one stands in the record whole, with or without its trunk zero.

    >>> sorted(phone_keys("+1 (555) 010-9999"))
    ['009999', '0109999', '09999', '109999', '9999']
    """
    digits = "".join(letter for letter in value.lower().partition("x")[0] if letter in _DIGITS)
    short = {digits[-length:] for length in range(_SHORTEST_PHONE, PHONE_DIGITS)}
    return {digits[-PHONE_DIGITS:]} | short | {"0" + end for end in short}


def id_keys(value: str) -> set[str]:
    """Return the loose keys of an id: without letters, signs and zeros before it, and in Salesforce's two lengths.

    A spreadsheet may have made a number with a decimal point of it.

    >>> sorted(id_keys("C-00042")), sorted(id_keys("42"))
    (['42'], ['42', '42.0'])
    """
    lowered = value.strip(" ").lower()
    if number_keys(value):
        return {lowered.lstrip("0") or lowered, f"{lowered.lstrip('0') or '0'}.0"}
    short = {lowered[:_SALESFORCE_SHORT]} if len(lowered) == _SALESFORCE_LONG else set()
    return {spelling.lstrip(_ID_PREFIX) or spelling for spelling in {lowered} | short}


def number_keys(value: str) -> frozenset[str]:
    """Return the number under which an id with a prefix that has digits itself may stand (`EU1-00042`).

    >>> sorted(number_keys("00042")), sorted(number_keys("C-00042"))
    (['42'], [])
    """
    digits = value.strip(" ")
    return frozenset({digits.lstrip("0")}) if digits.isascii() and digits.isdigit() else frozenset()


def _email_ways(write: _Sqlite | _PostgreSQL, column: str) -> tuple[Way, ...]:
    text = f"trim(CAST({column} AS TEXT))"
    plain = f"replace(lower({text}), '.', '')"
    at = write.position(f"{plain} || '@'", "@")
    without_tag = f"substr({plain}, 1, {write.position(plain, '+')} - 1) || substr({plain}, {at})"
    listed, foreign = write.has_other_than(text, "-A-Za-z0-9@._+&="), write.has_other_than(text, "!-~")
    return (
        Way(key=plain, keys_of=email_keys),
        Way(key=without_tag, condition=f"{write.position(text, '+')} > 0", keys_of=email_keys),
        Way(key=None, condition=f"{listed} AND ({foreign} OR {write.position(text, '@')} > 0)"),
    )


def _phone_ways(write: _Sqlite | _PostgreSQL, column: str) -> tuple[Way, ...]:
    text = f"lower(CAST({column} AS TEXT))"
    number = f"substr({text}, 1, {write.position(text, 'x')} - 1)"
    listed, foreign = write.has_other_than(text, "-0-9 ()+./x"), write.has_other_than(text, " -~")
    return (
        Way(key=write.last_digits(f"CAST({column} AS TEXT)"), keys_of=phone_keys),
        Way(key=write.last_digits(number), condition=f"{write.position(text, 'x')} > 0", keys_of=phone_keys),
        Way(key=None, condition=f"{listed} AND ({foreign} OR {write.has_digits(text, _SHORTEST_PHONE)})"),
    )


def _id_ways(write: _Sqlite | _PostgreSQL, column: str) -> tuple[Way, ...]:
    lowered = f"lower(trim(CAST({column} AS TEXT)))"
    key = f"coalesce(nullif(ltrim({lowered}, '{_ID_PREFIX}'), ''), {lowered})"
    return (
        Way(key=key, keys_of=id_keys),
        Way(key=write.last_number(lowered), condition=write.has_numbered_prefix(lowered), keys_of=number_keys),
        Way(key=None, condition=write.has_other_than(f"CAST({column} AS TEXT)", " -~")),
    )


class _Sqlite:
    """SQLite's words; it has no regular expressions, and an index may not call a function of ours."""

    def position(self, text: str, sign: str) -> str:
        return f"instr({text}, '{sign}')"

    def has_other_than(self, text: str, allowed: str) -> str:
        """Return the condition that *text* has a character outside a set, in which `-` comes first."""
        listed = allowed.replace("'", "''")
        return f"{text} GLOB '*[^{listed}]*'"

    def has_digits(self, text: str, count: int) -> str:
        pattern = "*[0-9]" * count
        return f"{text} GLOB '{pattern}*'"

    def has_numbered_prefix(self, text: str) -> str:
        return f"{text} GLOB '*[0-9]*[-_ #:/.]*[0-9][0-9][0-9]'"

    def last_number(self, text: str) -> str:
        return f"ltrim(substr({text}, length(rtrim({text}, '{_DIGITS}')) + 1), '0')"

    def last_digits(self, text: str) -> str:
        for sign in "- ().+/":
            text = f"replace({text}, '{sign}', '')"
        return f"substr({text}, -{PHONE_DIGITS})"


class _PostgreSQL:
    """PostgreSQL's words for the same."""

    def position(self, text: str, sign: str) -> str:
        return f"strpos({text}, '{sign}')"

    def has_other_than(self, text: str, allowed: str) -> str:
        listed = allowed.replace("'", "''")
        return f"{text} ~ '[^{listed}]'"

    def has_digits(self, text: str, count: int) -> str:
        return f"{text} ~ '([0-9].*){{{count}}}'"

    def has_numbered_prefix(self, text: str) -> str:
        return f"{text} ~ '[0-9].*[-_ #:/.].*[0-9]{{3}}$'"

    def last_number(self, text: str) -> str:
        return f"ltrim(substr({text}, length(rtrim({text}, '{_DIGITS}')) + 1), '0')"

    def last_digits(self, text: str) -> str:
        return f"right(regexp_replace({text}, '[^0-9]', '', 'g'), {PHONE_DIGITS})"
