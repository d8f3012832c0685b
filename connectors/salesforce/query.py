"""SOQL as text: literals that cannot break out, and conditions cut so that each fits into one address. Pure.

REST queries travel in the address, which may have 16,384 bytes together with the headers (design facts A4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: Bytes of one encoded query: 16,384 less 1,500 for the path and the headers.
MOST_BYTES = 14_880
#: Characters of a value that is asked for: no field that can be searched holds more (Text, Text Area, URL, external
#: ids). Written in SOQL and in an address it may be twelve times as long, and one too long for an address stops a run.
LONGEST = 255
_ESCAPES = {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_TABLE = str.maketrans(_ESCAPES)
_LIKE = str.maketrans(_ESCAPES | {"%": "\\%", "_": "\\_"})


@dataclass(frozen=True, slots=True, order=True)
class Term:
    """One thing that a field may hold: `Email IN ('a@x.com')` or `Email LIKE 'a+%@x.com'`."""

    field: str
    #: As it stands in SOQL, quoted where it is a text.
    literal: str
    like: bool = False


def quoted(text: str) -> str:
    r"""Write *text* as a literal.

    >>> print(quoted("o'neil \\ x"))
    'o\'neil \\ x'
    """
    return f"'{text.translate(_TABLE)}'"


def escaped_for_like(text: str) -> str:
    r"""Write *text* as a part of a pattern, in which it means itself.

    >>> print(escaped_for_like("100%_o'neil"))
    100\%\_o\'neil
    """
    return text.translate(_LIKE)


def can_be_asked(text: str) -> bool:
    """Tell whether a field that can be searched may hold *text* at all."""
    if not text or len(text) > LONGEST:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return not any(sign < " " and sign not in _ESCAPES for sign in text)


def select(fields: Iterable[str], object_: str, where: str = "", rest: str = "") -> str:
    """Return a query.

    >>> select(["Id", "Email"], "Contact", "Email != null", "LIMIT 1")
    'SELECT Id,Email FROM Contact WHERE Email != null LIMIT 1'
    """
    parts = [f"SELECT {','.join(fields)} FROM {object_}"]  # noqa: S608 - names come from describe
    parts += [f"WHERE {where}"] if where else []
    parts += [rest] if rest else []
    return " ".join(parts)


def encoded_size(soql: str) -> int:
    """Bytes of *soql* in an address.

    >>> encoded_size("a'b c")
    7
    """
    return len(quote_plus(soql))


def conditions(terms: Sequence[Term], room: int) -> Iterator[str]:
    """Yield conditions that together say "any of *terms*", each of at most *room* encoded bytes.

    >>> list(conditions([Term("Id", "'a'"), Term("Email", "'b'"), Term("Id", "'c'"), Term("Email", "'d%'", True)], 999))
    ["Id IN ('a','c') OR Email IN ('b') OR Email LIKE 'd%'"]
    """
    part: list[Term] = []
    used = 0
    fields: set[str] = set()
    for term in terms:
        cost = _cost(term) + (0 if term.like or term.field in fields else encoded_size(f" OR {term.field} IN ()"))
        if part and used + cost > room:
            yield _joined(part)
            part, used, fields = [], 0, set()
            cost = _cost(term) + encoded_size(f" OR {term.field} IN ()")
        part.append(term)
        used += cost
        if not term.like:
            fields.add(term.field)
    if part:
        yield _joined(part)


def combinations(keys: Iterable[tuple[Term, ...]], room: int) -> Iterator[str]:
    """Yield conditions that together are fulfilled by all of *keys*, each of at most *room* encoded bytes.

    A key is one literal for each of several fields. What fulfils a condition may be another combination of its
    literals: whoever asks looks at the answer again.

    >>> a, b, x = Term("Who", "'a'"), Term("Who", "'b'"), Term("What", "'x'")
    >>> list(combinations([(a, x), (b, x)], 999))
    ["Who IN ('a','b') AND What IN ('x')"]
    """
    part: dict[Term, None] = {}
    used = 0
    for key in keys:
        new = [term for term in key if term not in part]
        cost = sum(map(_cost, new))
        if part and used + cost > room:
            yield _all_of(part)
            part, used, new = {}, 0, list(key)
            cost = sum(map(_cost, new))
        if not part:
            cost += sum(encoded_size(f" AND {term.field} IN ()") for term in key)
        part.update(dict.fromkeys(new))
        used += cost
    if part:
        yield _all_of(part)


def _all_of(terms: Iterable[Term]) -> str:
    return " AND ".join(_lists(terms))


def _lists(terms: Iterable[Term]) -> list[str]:
    found: dict[str, list[str]] = {}
    for term in terms:
        found.setdefault(term.field, []).append(term.literal)
    return [f"{field} IN ({','.join(literals)})" for field, literals in found.items()]


def _cost(term: Term) -> int:
    if term.like:
        return encoded_size(f" OR {term.field} LIKE {term.literal}")
    return encoded_size(term.literal) + len("%2C")


def _joined(terms: Sequence[Term]) -> str:
    likes = [f"{term.field} LIKE {term.literal}" for term in terms if term.like]
    return " OR ".join([*_lists(term for term in terms if not term.like), *likes])
