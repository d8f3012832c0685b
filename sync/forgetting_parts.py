"""What forgetting a person needs beside the rows that go: sizes of accounts, kinds of ids, texts to look for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from sync.ledger.forgotten import KINDS
from sync.ledger.rows import among, fetch
from sync.ledger.tables import RESPONSES, ROLLUPS
from sync.mapping.schema import record_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from sync.config.schema import Settings
    from sync.ledger.person import Person
    from sync.mapping.schema import Mapping as MappingFile

#: Shorter texts stand in files for many reasons, and say nothing when they are found.
SHORTEST = 8


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many contacts accounts had when they were computed last: nobody is asked, and nobody left the company."""

    accounts: frozenset[str]
    known: Mapping[str, int]

    @classmethod
    def of(cls, connection: Connection, mapping: str, accounts: set[str]) -> Sizes:
        """Read them back from the coverage of each."""
        these = (ROLLUPS.c.mapping == mapping, among(connection, ROLLUPS.c.account, sorted(accounts)))
        rows = fetch(connection, select(ROLLUPS.c.account, ROLLUPS.c.contacts, ROLLUPS.c.coverage).where(*these))
        known = {account: round(contacts / coverage) for account, contacts, coverage in rows if coverage}
        return cls(frozenset(accounts), known)

    def sizes(self, accounts: Sequence[str]) -> Mapping[str, int]:
        """See `Accounts.sizes`."""
        return {account: self.known[account] for account in accounts if account in self.known}


def id_kinds(mapping: MappingFile | None, settings: Settings, object_: str) -> list[str]:
    """Return the kinds of claims by which a response can name a record of *object_* itself."""
    if mapping is None:
        return []
    own = settings.connections[mapping.to].own_id
    for columns in record_columns(mapping):
        if columns.object == object_:
            names = {name.casefold() for name in (columns.id, own) if name}
            return [
                kind for kind, held in columns.ids.items() if kind in KINDS and names & {h.casefold() for h in held}
            ]
    return []


def texts_of(connection: Connection, person: Person) -> list[str]:
    """Return what must not be found any longer: addresses, numbers, ids, whole names, and what the person wrote."""
    texts = _distinct(connection, person.keys) | set(person.persons) | set(person.respondents)
    texts |= {each.record for each in person.records}
    for claims in person.claims:
        texts |= {getattr(claims, name) for name in (*KINDS, "full_name", "link")} - {None}
    columns = (RESPONSES.c.response_id, RESPONSES.c.comment, RESPONSES.c.extra, RESPONSES.c.content_hash)
    rows = fetch(connection, select(*columns).where(among(connection, RESPONSES.c.key, person.keys)))
    texts |= {text for row in rows for text in row if text}
    if person.email is not None:
        texts.add(person.email)
    return sorted(text for text in texts if len(text) >= SHORTEST)


def _distinct(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Return those of *keys* that no other response's key begins with: `survey:r7` stands in every `survey:r71`."""
    found = set()
    for key in keys:
        longer = select(RESPONSES.c.key).where(RESPONSES.c.key.startswith(key, autoescape=True), RESPONSES.c.key != key)
        if connection.scalar(longer.limit(1)) is None:
            found.add(key)
    return found
