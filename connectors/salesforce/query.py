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
#: Characters of a literal in WHERE; a longer one is refused, and no record holds it in a field that can be searched.
LONGEST_LITERAL = 4_000
_ESCAPES = {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_TABLE = str.maketrans(_ESCAPES)
_LIKE = str.maketrans(_ESCAPES | {"%": "\\%", "_": "\\_"})


@dataclass(frozen=True, slots=True)
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
    if not text or len(text) > LONGEST_LITERAL:
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


def _cost(term: Term) -> int:
    if term.like:
        return encoded_size(f" OR {term.field} LIKE {term.literal}")
    return encoded_size(term.literal) + len("%2C")


def _joined(terms: Iterable[Term]) -> str:
    exact: dict[str, list[str]] = {}
    likes: list[str] = []
    for term in terms:
        if term.like:
            likes.append(f"{term.field} LIKE {term.literal}")
        else:
            exact.setdefault(term.field, []).append(term.literal)
    return " OR ".join([*(f"{field} IN ({','.join(values)})" for field, values in exact.items()), *likes])
