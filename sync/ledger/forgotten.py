"""Who was forgotten: keyed digests of what they were known by, so that nothing that is read again brings them back.

A digest is HMAC-SHA-256 with a random key that only this ledger has. It tells whether a row is of somebody who was
forgotten, and not of whom.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from sqlalchemy import delete, select

from sync.ledger.forgotten_tables import FORGETTING, FORGOTTEN
from sync.ledger.rows import fetch, upsert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from sync.identity.claims import Claims

#: Claims that name one person, and the kind under which each is digested: two addresses are one kind.
KINDS = {
    "email": "email",
    "recipient_email": "email",
    "phone": "phone",
    "salesforce_id": "salesforce_id",
    "hubspot_id": "hubspot_id",
    "customer_id": "customer_id",
    "external_ref": "external_ref",
}
RESPONSE = "response"
#: A kind and a value.
Mark = tuple[str, str]


class Of(Protocol):
    """A row of the ledger that came from one person."""

    @property
    def key(self) -> str: ...

    @property
    def respondent(self) -> str: ...


OfT = TypeVar("OfT", bound=Of)

_KEY = select(FORGETTING.c.key)
_DIGESTS = select(FORGOTTEN.c.digest)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Everybody who was forgotten. A digest takes some 150 bytes of memory, a person about four digests."""

    key: bytes
    digests: frozenset[str]

    def without(self, rows: Sequence[OfT], claims: Mapping[str, Claims]) -> list[OfT]:
        """Return the rows of those who were not forgotten; a mark costs some 2 µs, a respondent is looked at once."""
        gone = {each for each in {row.respondent for row in rows} if self._has(marks_of(claims[each]))}
        return [row for row in rows if row.respondent not in gone and not self._has([(RESPONSE, row.key)])]

    def _has(self, marks: Iterable[Mark]) -> bool:
        return any(digest(self.key, mark) in self.digests for mark in marks)


def known(connection: Connection) -> Forgotten | None:
    """Return who was forgotten; None, at the price of a look at an empty table: nobody ever was."""
    key: str | None = connection.scalar(_KEY)
    if key is None:
        return None
    return Forgotten(bytes.fromhex(key), frozenset(found for (found,) in fetch(connection, _DIGESTS)))


def keep(connection: Connection, receipt: str, at: str, marks: Iterable[Mark]) -> None:
    """Remember that whoever has *marks* was forgotten."""
    key = connection.scalar(_KEY)
    if key is None:
        key = secrets.token_hex(32)
        upsert(connection, FORGETTING, ("key",), [(key,)])
    digests = sorted({digest(bytes.fromhex(key), mark) for mark in marks})
    upsert(connection, FORGOTTEN, ("digest", "receipt", "at"), [(each, receipt, at) for each in digests], update=False)


def readmit(connection: Connection, receipt: str) -> int:
    """Forget that somebody was forgotten; return how many digests that were."""
    return connection.execute(delete(FORGOTTEN).where(FORGOTTEN.c.receipt == receipt)).rowcount


def marks_of(claims: Claims) -> set[Mark]:
    """Return what *claims* name one person by."""
    return {(kind, value) for name, kind in KINDS.items() if (value := getattr(claims, name)) is not None}


def digest(key: bytes, mark: Mark) -> str:
    """Return the keyed digest of a mark.

    >>> digest(b"k", ("email", "jo@acme.test")) == digest(b"k", ("customer_id", "jo@acme.test"))
    False
    """
    return hmac.digest(key, "\x1f".join(mark).encode("utf-8", "surrogatepass"), "sha256").hex()
