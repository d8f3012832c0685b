"""Profiles, rollups and memberships: what was computed, and what must be computed again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
from sqlalchemy import delete, select

from sync.chunk import Before
from sync.identity.claims import CLAIM_COLUMNS
from sync.ledger.rows import MAPPING, among, arrow, fetch, table, text, tuples, upsert
from sync.ledger.tables import (
    MEMBERSHIPS,
    PROFILE_COLUMNS,
    PROFILES,
    RESPONDENTS,
    ROLLUPS,
    TOTALS,
    TOUCHED,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

#: What is always read of a response, and what only where a mapping names it.
_RESPONSE = ("key", "source", "survey", "survey_kind", "score", "comment", "responded_at", "respondent")
_FURTHER = ("response_id", "updated_at", "file", "row", "extra")
_NUMBERS = frozenset({"score", "row"})
PROFILE_NAMES = tuple(column.name for column in PROFILE_COLUMNS)


def touch_due(connection: Connection, mapping: str, now: str) -> None:
    """Queue the records whose profile changes by time alone by *now*."""
    connection.execute(
        text(
            "INSERT INTO touched (mapping, kind, object, record) "
            "SELECT mapping, 'record', object, record FROM profiles WHERE mapping = :mapping AND due_at <= :now "
            "ON CONFLICT DO NOTHING"
        ),
        {"mapping": mapping, "now": now},
    )


def touch_all(connection: Connection, mapping: str) -> None:
    """Queue every record: the definitions changed."""
    connection.execute(
        text(
            "INSERT INTO touched (mapping, kind, object, record) "
            "SELECT mapping, 'record', object, record FROM profiles WHERE mapping = :mapping ON CONFLICT DO NOTHING"
        ),
        {"mapping": mapping},
    )


def touch(connection: Connection, mapping: str, refs: Sequence[tuple[str, str]]) -> None:
    """Queue records by object and id."""
    rows = [(mapping, "record", object_, record) for object_, record in refs]
    upsert(connection, TOUCHED, ("mapping", "kind", "object", "record"), rows, update=False)


def touch_accounts(connection: Connection, mapping: str, accounts: Sequence[str]) -> None:
    """Queue accounts whose contacts' profiles were computed."""
    rows = [(mapping, "account", "", account) for account in accounts]
    upsert(connection, TOUCHED, ("mapping", "kind", "object", "record"), rows, update=False)


def next_touched(connection: Connection, mapping: str, kind: str, most: int) -> tuple[str, list[str]]:
    """Return one object and at most *most* of its touched records, in order; no records: there is nothing to do."""
    given = {"mapping": mapping, "kind": kind}
    object_ = connection.scalar(text(_FIRST), given)
    if object_ is None:
        return "", []
    rows = fetch(connection, text(_NEXT), given | {"object": object_, "most": most})
    return object_, [record for (record,) in rows]


_FIRST = "SELECT min(object) FROM touched WHERE mapping = :mapping AND kind = :kind"
_NEXT = """
SELECT record FROM touched WHERE mapping = :mapping AND kind = :kind AND object = :object
ORDER BY record LIMIT :most
"""


def count_touched(connection: Connection, mapping: str, kind: str) -> int:
    """Return how many records or accounts wait."""
    return connection.scalar(text(_COUNT), {"mapping": mapping, "kind": kind}) or 0


_COUNT = "SELECT count(*) FROM touched WHERE mapping = :mapping AND kind = :kind"


def untouch(connection: Connection, mapping: str, kind: str, object_: str, last: str) -> None:
    """Take the records up to *last* out of the queue."""
    connection.execute(text(_UNTOUCH), {"mapping": mapping, "kind": kind, "object": object_, "last": last})


#: Exactly those that `next_touched` returned, in one lease.
_UNTOUCH = "DELETE FROM touched WHERE mapping = :mapping AND kind = :kind AND object = :object AND record <= :last"


def history(  # noqa: PLR0913 - a range of records, and what is asked of it
    connection: Connection, mapping: str, run: str, object_: str, last: str, most: int, further: Collection[str]
) -> pa.Table:
    """Return all responses of the touched records up to *last*, of which there are at most *most*.

    Returns:
        `subject` (the record), `person`, `account`, the response's own columns with those of *further*,
        and `waiting`: 1 where *run* must still say what becomes of it, else 0.
    """
    names = (*_RESPONSE, *(name for name in _FURTHER if name in further))
    columns = ", ".join(f'r."{name}"' for name in names)
    statement = text(_HISTORY.format(columns=columns))
    values = {"mapping": mapping, "run": run, "object": object_, "last": last, "most": most}
    schema = pa.schema(
        [
            *((name, pa.string()) for name in ("subject", "person", "account")),
            *((name, pa.int32() if name in _NUMBERS else pa.string()) for name in names),
            ("waiting", pa.int8()),
        ]
    )
    return table(arrow(connection, statement, schema, values), schema)


#: The touched records are few: everything else is looked up from them. The limit keeps SQLite from moving the range
#: to the larger tables, where it would be a scan, and tells PostgreSQL how few they are.
_TOUCHED_NOW = """(
    SELECT record FROM touched
    WHERE mapping = :mapping AND kind = 'record' AND object = :object AND record <= :last ORDER BY record LIMIT :most
) t"""
_HISTORY = f"""
SELECT t.record, m.person, m.account, {{columns}}, CASE WHEN w.run = :run AND w.state = 'pending' THEN 1 ELSE 0 END
FROM {_TOUCHED_NOW}
JOIN matches m ON m.mapping = :mapping AND m.object = :object AND m.record = t.record
JOIN responses r ON r.respondent = m.respondent
JOIN run_rows w ON w.mapping = :mapping AND w.key = r.key
WHERE m.outcome = 'matched'
"""  # noqa: S608 - our own text
_STORED = f"""
SELECT t.record, {", ".join(f"p.{name}" for name in Before._fields)}
FROM {_TOUCHED_NOW}
JOIN profiles p ON p.mapping = :mapping AND p.object = :object AND p.record = t.record
"""  # noqa: S608 - our own text


def claims_of(connection: Connection, respondents: Sequence[str]) -> dict[str, dict[str, str | None]]:
    """Return the identity claims by respondent."""
    found: dict[str, dict[str, str | None]] = {}
    columns = (RESPONDENTS.c.respondent, *(RESPONDENTS.c[name] for name in CLAIM_COLUMNS))
    for row in fetch(connection, select(*columns).where(among(connection, RESPONDENTS.c.respondent, respondents))):
        found[row[0]] = dict(zip(CLAIM_COLUMNS, row[1:], strict=True))
    return found


def stored(connection: Connection, mapping: str, object_: str, last: str, most: int) -> dict[str, Before]:
    """Return what the ledger holds of the profiles of the touched records up to *last*, at most *most*."""
    values = {"mapping": mapping, "object": object_, "last": last, "most": most}
    rows = fetch(connection, text(_STORED), values)
    return {record: Before(*values) for record, *values in rows}


def store(connection: Connection, mapping: str, object_: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Store profiles: tuples of the record and `PROFILE_NAMES`."""
    columns = ("mapping", "object", "record", *PROFILE_NAMES)
    upsert(connection, PROFILES, columns, [(mapping, object_, *row) for row in rows])


def drop(connection: Connection, mapping: str, object_: str, records: Sequence[str]) -> None:
    """Delete the profiles of records that have no response any longer."""
    if not records:
        return
    these = among(connection, PROFILES.c.record, records)
    connection.execute(delete(PROFILES).where(PROFILES.c.mapping == mapping, PROFILES.c.object == object_, these))


def move_totals(connection: Connection, mapping: str, moves: Mapping[tuple[str, str], int]) -> None:
    """Add to the persons counted by (survey kind, category); the pair of empty texts counts all profiles."""
    for (kind, category), number in moves.items():
        values = {"mapping": mapping, "kind": kind, "category": category, "persons": number}
        connection.execute(text(_MOVE), values)


_MOVE = """
INSERT INTO totals (mapping, survey_kind, category, persons) VALUES (:mapping, :kind, :category, :persons)
ON CONFLICT (mapping, survey_kind, category) DO UPDATE SET persons = totals.persons + excluded.persons
"""


def totals(connection: Connection, mapping: str) -> dict[tuple[str, str], int]:
    """Return the persons by (survey kind, category)."""
    rows = fetch(connection, _TOTALS, {"mapping": mapping})
    return {(kind, category): persons for kind, category, persons in rows}


_TOTALS = select(TOTALS.c.survey_kind, TOTALS.c.category, TOTALS.c.persons).where(TOTALS.c.mapping == MAPPING)


def set_memberships(  # noqa: PLR0913 - both directions of one change
    connection: Connection,
    mapping: str,
    object_: str,
    *,
    entered: Sequence[tuple[str, str]],
    left: Sequence[tuple[str, str]],
    since: str,
) -> None:
    """Record who entered and who left which segment: pairs of record and segment."""
    columns = ("mapping", "object", "record", "segment", "since")
    rows = [(mapping, object_, record, segment, since) for record, segment in entered]
    upsert(connection, MEMBERSHIPS, columns, rows, update=False)
    for record, segment in left:
        where = (
            MEMBERSHIPS.c.mapping == mapping,
            MEMBERSHIPS.c.object == object_,
            MEMBERSHIPS.c.record == record,
            MEMBERSHIPS.c.segment == segment,
        )
        connection.execute(delete(MEMBERSHIPS).where(*where))


def memberships(
    connection: Connection, mapping: str, object_: str, records: Sequence[str]
) -> dict[tuple[str, str], str]:
    """Return (record, segment) → since when, for *records*."""
    here = (MEMBERSHIPS.c.mapping == mapping, MEMBERSHIPS.c.object == object_)
    columns = (MEMBERSHIPS.c.record, MEMBERSHIPS.c.segment, MEMBERSHIPS.c.since)
    rows = fetch(connection, select(*columns).where(*here, among(connection, MEMBERSHIPS.c.record, records)))
    return {(record, segment): since for record, segment, since in rows}


#: What the kernel `rollups` reads of a profile, with times as texts.
ACCOUNT_PROFILE_SCHEMA = pa.schema(
    [
        ("subject", pa.string()),
        ("account", pa.string()),
        ("trend", pa.string()),
        ("due_at", pa.string()),
        ("sends", pa.int64()),
        ("answered", pa.int64()),
        *(
            (f"{kind}_{name}", pa.string() if name == "responded_at" else pa.int64())
            for kind in ("relational", "transactional")
            for name in ("score", "responded_at", "promoters", "passives", "detractors", "total")
        ),
    ]
)


def by_account(connection: Connection, mapping: str, accounts: Sequence[str]) -> pa.Table:
    """Return the profiles of the contacts of *accounts*."""
    names = [name for name in ACCOUNT_PROFILE_SCHEMA.names if name != "subject"]
    where = (PROFILES.c.mapping == mapping, among(connection, PROFILES.c.account, accounts))
    statement = select(PROFILES.c.record, *(PROFILES.c[name] for name in names)).where(*where)
    return table(arrow(connection, statement, ACCOUNT_PROFILE_SCHEMA), ACCOUNT_PROFILE_SCHEMA)


def store_rollups(connection: Connection, mapping: str, rollups: pa.Table) -> None:
    """Store the rollups of accounts."""
    names = [column.name for column in ROLLUPS.columns if column.name != "mapping"]
    upsert(connection, ROLLUPS, ("mapping", *names), [(mapping, *row) for row in tuples(rollups, names)])


def drop_rollups(connection: Connection, mapping: str, accounts: Sequence[str]) -> None:
    """Delete the rollups of accounts that nobody belongs to any longer."""
    if accounts:
        these = among(connection, ROLLUPS.c.account, accounts)
        connection.execute(delete(ROLLUPS).where(ROLLUPS.c.mapping == mapping, these))
