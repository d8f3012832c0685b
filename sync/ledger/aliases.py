"""Records known by another id now, or gone: whom that concerns, and what the ledger forgets of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update

from connectors.values import RecordRef
from sync.chunk import Before
from sync.identity.claims import CLAIM_COLUMNS, CLAIMS_SCHEMA
from sync.ledger import failures, matching
from sync.ledger.alias_tables import ALIASES
from sync.ledger.doubt_tables import DOUBTS
from sync.ledger.log_tables import DECLINED, EARLIER
from sync.ledger.rows import MAPPING, among, arrow, fetch, table, upsert
from sync.ledger.tables import (
    ACKNOWLEDGED,
    FAILURES,
    MATCHES,
    MEMBERSHIPS,
    OUTBOX,
    PROFILES,
    RESPONDENTS,
    RESPONSES,
    RUN_ROWS,
    TOUCHED,
)
from sync.report import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import pyarrow as pa
    from sqlalchemy import ColumnElement, Connection, Table

#: What is known of a record under its own name.
_OF_A_RECORD = (ACKNOWLEDGED, OUTBOX, EARLIER, DECLINED, DOUBTS)


def known(connection: Connection, mapping: str, refs: Iterable[RecordRef]) -> list[RecordRef]:
    """Return those of *refs* that somebody is matched to, that we wrote, or that wait in the outbox; in order."""
    found: set[tuple[str, str]] = set()
    for object_, records in _by_object(refs).items():
        for held in (MATCHES, ACKNOWLEDGED, OUTBOX):
            statement = select(held.c.record).where(*_these(connection, held, mapping, object_, records)).distinct()
            found.update((object_, record) for (record,) in fetch(connection, statement))
    return [RecordRef(object=object_, id=record) for object_, record in sorted(found)]


def gone(connection: Connection, mapping: str, objects: Collection[str]) -> list[RecordRef]:
    """Return the records of *objects* that the destination did not find any longer when we wrote to them."""
    rows = fetch(connection, _GONE, {"mapping": mapping})
    return [RecordRef(object=object_, id=record) for object_, record in sorted(rows) if object_ in objects]


_GONE = select(FAILURES.c.object, FAILURES.c.record).where(
    FAILURES.c.mapping == MAPPING, FAILURES.c.state.in_(failures.OPEN), FAILURES.c.kind == "gone"
)


def claims(connection: Connection, mapping: str, refs: Iterable[RecordRef], accounts: str | None) -> pa.Table:
    """Return the claims of the respondents that are matched to *refs*, ordered by respondent.

    Of the object *accounts* they are the ones whose responses count for these accounts.
    """
    respondents: set[str] = set()
    for object_, ids in _by_object(refs).items():
        matched = select(MATCHES.c.respondent).where(MATCHES.c.outcome == "matched", MATCHES.c.mapping == mapping)
        if object_ == accounts:
            statement = matched.where(among(connection, MATCHES.c.account, ids))
        else:
            statement = matched.where(*_these(connection, MATCHES, mapping, object_, ids))
        respondents.update(respondent for (respondent,) in fetch(connection, statement))
    columns = (RESPONDENTS.c.respondent, *(RESPONDENTS.c[name] for name in CLAIM_COLUMNS))
    statement = select(*columns).where(among(connection, RESPONDENTS.c.respondent, sorted(respondents)))
    return table(arrow(connection, statement.order_by(RESPONDENTS.c.respondent), CLAIMS_SCHEMA), CLAIMS_SCHEMA)


def stored(connection: Connection, mapping: str, object_: str, records: Sequence[str]) -> dict[str, Before]:
    """Return the profiles of *records*, as far as others depend on them."""
    columns = (PROFILES.c.record, *(PROFILES.c[name] for name in Before._fields))
    statement = select(*columns).where(*_these(connection, PROFILES, mapping, object_, records))
    return {record: Before(*values) for record, *values in fetch(connection, statement)}


def forget(connection: Connection, mapping: str, run: str, object_: str, records: Sequence[str]) -> None:
    """Forget what records held and should hold, and take back what would be sent to them."""
    if failures.any_open(connection, mapping):
        failures.supersede(connection, mapping, run, object_, records)
    for held in _OF_A_RECORD:
        connection.execute(delete(held).where(*_these(connection, held, mapping, object_, records)))


def unacknowledge(connection: Connection, mapping: str, object_: str, records: Sequence[str]) -> None:
    """Be sure no longer of what records hold."""
    connection.execute(delete(ACKNOWLEDGED).where(*_these(connection, ACKNOWLEDGED, mapping, object_, records)))


def forget_profiles(connection: Connection, mapping: str, object_: str, records: Sequence[str]) -> None:
    """Forget who records are and in which segments; whoever calls it moves the totals."""
    for held in (PROFILES, MEMBERSHIPS):
        connection.execute(delete(held).where(*_these(connection, held, mapping, object_, records)))


def withdraw_responses(
    connection: Connection, mapping: str, run: str, objects: Sequence[str], respondents: Sequence[str]
) -> None:
    """Take back what would be sent of the responses of *respondents*; what was sent is left alone."""
    keys = [
        key
        for (key,) in fetch(
            connection, select(RESPONSES.c.key).where(among(connection, RESPONSES.c.respondent, respondents))
        )
    ]
    for object_ in objects:
        if failures.any_open(connection, mapping):
            failures.supersede(connection, mapping, run, object_, keys)
        connection.execute(delete(OUTBOX).where(*_these(connection, OUTBOX, mapping, object_, keys)))


def made(connection: Connection, mapping: str, object_: str) -> list[str]:
    """Return the persons for whom records are made and whose records' own ids are not known yet."""
    here = (MATCHES.c.mapping == mapping, MATCHES.c.outcome == "matched", MATCHES.c.reason == "none")
    rows = fetch(connection, select(MATCHES.c.record).where(*here, MATCHES.c.object == object_).distinct())
    return sorted(record for (record,) in rows)


def acknowledge(connection: Connection, mapping: str, rows: Iterable[tuple[RecordRef, str, str]]) -> None:
    """Be sure of what records hold: record, values, and the run that was told so."""
    columns = ("mapping", "object", "record", "desired", "run")
    upsert(connection, ACKNOWLEDGED, columns, [(mapping, ref.object, ref.id, *said) for ref, *said in rows])


def reopen(connection: Connection, mapping: str, run: str, respondents: Sequence[str]) -> int:
    """Queue every response of *respondents* again in *run*; return how many come into it with that."""
    keys = select(RESPONSES.c.key).where(among(connection, RESPONSES.c.respondent, respondents))
    there = (RUN_ROWS.c.mapping == mapping, RUN_ROWS.c.key.in_(keys), RUN_ROWS.c.run == run)
    before = connection.scalar(
        select(func.count()).select_from(RUN_ROWS).where(*there, RUN_ROWS.c.state != State.PENDING.value)
    )
    return matching.reopen(connection, mapping, run, respondents) - (before or 0)


def touch(connection: Connection, mapping: str, refs: Iterable[RecordRef]) -> None:
    """Have records computed again."""
    rows = [(mapping, "record", ref.object, ref.id) for ref in dict.fromkeys(refs)]
    upsert(connection, TOUCHED, ("mapping", "kind", "object", "record"), rows, update=False)


def keep(connection: Connection, mapping: str, run: str, at: str, moved: Mapping[RecordRef, RecordRef | None]) -> None:
    """Remember where records went; what led to one of them leads on."""
    columns = ("mapping", "object", "record", "new_object", "new", "run", "at")
    rows = [
        (mapping, old.object, old.id, new and new.object, new and new.id, run, at)
        for old, new in sorted(moved.items(), key=lambda pair: (pair[0].object, pair[0].id))
    ]
    for _, object_, record, new_object, new, *_ in rows:
        here = (ALIASES.c.mapping == mapping, ALIASES.c.new_object == object_, ALIASES.c.new == record)
        connection.execute(update(ALIASES).where(*here).values(new_object=new_object, new=new))
    upsert(connection, ALIASES, columns, rows)


def present(
    connection: Connection, mapping: str, object_: str, records: Sequence[str]
) -> dict[str, tuple[str, str] | None]:
    """Return where those of *records* are now that went elsewhere: object and record; None: nowhere."""
    columns = (ALIASES.c.record, ALIASES.c.new_object, ALIASES.c.new)
    statement = select(*columns).where(*_these(connection, ALIASES, mapping, object_, records))
    return {record: None if new is None else (in_, new) for record, in_, new in fetch(connection, statement)}


def _by_object(refs: Iterable[RecordRef]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for ref in refs:
        found.setdefault(ref.object, []).append(ref.id)
    return found


def _these(
    connection: Connection, held: Table, mapping: str, object_: str, records: Sequence[str]
) -> tuple[ColumnElement[bool], ...]:
    columns = held.c
    return (columns.mapping == mapping, columns.object == object_, among(connection, columns.record, records))
