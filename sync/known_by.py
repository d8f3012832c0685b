"""What a person is known by beyond the rows that name them: kinds of ids, and texts to look for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from sync.ledger.forgotten import KINDS
from sync.ledger.rows import among, fetch
from sync.ledger.tables import RESPONSES
from sync.mapping.schema import record_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from sync.config.schema import Settings
    from sync.ledger.person import Person
    from sync.mapping.schema import Mapping as MappingFile

#: Shorter texts stand in files for many reasons, and say nothing when they are found.
SHORTEST = 8


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
