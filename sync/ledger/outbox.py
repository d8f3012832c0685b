"""The outbox: the latest desired value per record, until the destination has confirmed it.

A value becomes acknowledged only here, in the transaction that takes it out of the outbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select, text, tuple_, update

from sync.ledger.inbox import TO_DELIVER
from sync.ledger.rows import among, remove, upsert
from sync.ledger.tables import ACKNOWLEDGED, FAILURES, OUTBOX, RUN_ROWS
from sync.report import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from connectors.values import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A record and what it should hold."""

    object: str
    record: str
    rank: int
    keys: str
    #: None: all of `desired` is new.
    changes: str | None
    #: None: the record must not exist.
    desired: str | None
    cleared: int = 0
    cause: str | None = None


_COLUMNS = (
    "mapping",
    "object",
    "record",
    "rank",
    "keys",
    "changes",
    "desired",
    "cleared",
    "cause",
    "run",
    "attempts",
    "ambiguous",
    "parked",
)


def put(connection: Connection, mapping: str, run: str, intents: Iterable[Intent]) -> None:
    """Replace what the outbox holds for these records: only the latest value is ever sent."""
    rows = [
        (
            mapping,
            intent.object,
            intent.record,
            intent.rank,
            intent.keys,
            intent.changes,
            intent.desired,
            intent.cleared,
            intent.cause,
            run,
            0,
            False,
            None,
        )
        for intent in intents
    ]
    upsert(connection, OUTBOX, _COLUMNS, rows)


def withdraw(connection: Connection, mapping: str, rank: int, object_: str, records: Sequence[str]) -> None:
    """Take back what need not be written any longer."""
    remove(connection, OUTBOX, [(mapping, rank, object_, record) for record in records])


def waiting(connection: Connection, mapping: str, object_: str, records: Sequence[str]) -> set[str]:
    """Return which of *records* have something in the outbox."""
    here = (OUTBOX.c.mapping == mapping, OUTBOX.c.object == object_)
    if connection.scalar(select(OUTBOX.c.record).where(*here).limit(1)) is None:
        return set()
    found = select(OUTBOX.c.record).where(*here, among(connection, OUTBOX.c.record, records))
    return {row.record for row in connection.execute(found)}


def acknowledged(connection: Connection, mapping: str, object_: str, records: Sequence[str]) -> dict[str, str]:
    """Return what *records* were last confirmed to hold, as packed text."""
    here = (ACKNOWLEDGED.c.mapping == mapping, ACKNOWLEDGED.c.object == object_)
    if connection.scalar(select(ACKNOWLEDGED.c.record).where(*here).limit(1)) is None:
        return {}
    these = among(connection, ACKNOWLEDGED.c.record, records)
    statement = select(ACKNOWLEDGED.c.record, ACKNOWLEDGED.c.desired).where(*here, these)
    return {row.record: row.desired for row in connection.execute(statement)}


#: Where a row stands in the order of delivery.
Place = tuple[int, str, str]
BEFORE_ALL: Place = (-1, "", "")


def batch(connection: Connection, mapping: str, after: Place, most: int) -> list[Any]:
    """Return the next rows to deliver, in the order of rank, object and record."""
    place = tuple_(OUTBOX.c.rank, OUTBOX.c.object, OUTBOX.c.record)
    statement = (
        select(OUTBOX)
        .where(OUTBOX.c.mapping == mapping, OUTBOX.c.parked.is_(None), place > tuple_(*after))
        .order_by(OUTBOX.c.rank, OUTBOX.c.object, OUTBOX.c.record)
        .limit(most)
    )
    return list(connection.execute(statement))


def mark_sent(connection: Connection, mapping: str, after: Place, last: Place) -> None:
    """Commit the intent: from now on, an answer that never comes leaves these rows unknown."""
    place = tuple_(OUTBOX.c.rank, OUTBOX.c.object, OUTBOX.c.record)
    where = (OUTBOX.c.mapping == mapping, OUTBOX.c.parked.is_(None), place > tuple_(*after), place <= tuple_(*last))
    connection.execute(update(OUTBOX).where(*where).values(ambiguous=True, attempts=OUTBOX.c.attempts + 1))


def acknowledge(connection: Connection, mapping: str, run: str, rows: Sequence[Any]) -> None:
    """Make what was confirmed the acknowledged value, and take it out of the outbox."""
    columns = ("mapping", "object", "record", "desired", "run")
    kept = [(mapping, row.object, row.record, row.desired, run) for row in rows if row.desired is not None]
    upsert(connection, ACKNOWLEDGED, columns, kept)
    gone = [(mapping, row.object, row.record) for row in rows if row.desired is None]
    remove(connection, ACKNOWLEDGED, gone)
    remove(connection, OUTBOX, [(mapping, row.rank, row.object, row.record) for row in rows])


def fail(connection: Connection, mapping: str, run: str, at: str, failed: Sequence[tuple[Any, Outcome]]) -> None:
    """Park rows that the destination refused, and tell the responses that caused them."""
    columns = ("mapping", "object", "record", "code", "fields", "attempts", "first_at", "last_at", "run")
    for row, outcome in failed:
        code = outcome.code or "E502"
        values = (mapping, row.object, row.record, code, ";".join(outcome.fields), row.attempts + 1, at, at, run)
        upsert(connection, FAILURES, columns, [values])
        where = (OUTBOX.c.mapping == mapping, OUTBOX.c.object == row.object, OUTBOX.c.record == row.record)
        connection.execute(update(OUTBOX).where(*where).values(parked=code, ambiguous=False))
        if row.cause is not None:
            here = (RUN_ROWS.c.mapping == mapping, RUN_ROWS.c.key == row.cause)
            state = {"run": run, "state": State.REJECTED.value, "reason": code}
            connection.execute(update(RUN_ROWS).where(*here).values(state))


def settle_delivered(connection: Connection, mapping: str, run: str) -> None:
    """Call written every response whose writes have all been confirmed."""
    values = {"mapping": mapping, "run": run, "written": State.WRITTEN.value, "pending": State.PENDING.value}
    connection.execute(text(_SETTLE), values | {"queue": TO_DELIVER})


_SETTLE = """
UPDATE run_rows SET state = :written, reason = ''
WHERE mapping = :mapping AND run = :run AND state = :pending AND reason = :queue
  AND key NOT IN (SELECT cause FROM outbox WHERE mapping = :mapping AND cause IS NOT NULL)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much a plan would do, for the guard."""

    #: Writes by object.
    writes: Mapping[str, int]
    #: Records of the mapping's own object that hold our values and would change.
    changed: int
    #: Values that would become empty, and values that would be written.
    cleared: int
    #: Records that would be created in the destination's own object.
    created: int


def extent(connection: Connection, mapping: str, object_: str) -> Extent:
    """Measure what the outbox would do; *object_* is the mapping's own."""
    here = (OUTBOX.c.mapping == mapping, OUTBOX.c.parked.is_(None))
    by_object = select(OUTBOX.c.object, func.count()).where(*here).group_by(OUTBOX.c.object)
    writes = {row[0]: row[1] for row in connection.execute(by_object)}
    own = (*here, OUTBOX.c.object == object_)
    changed = connection.scalar(select(func.count()).select_from(OUTBOX).where(*own, OUTBOX.c.changes.is_not(None)))
    cleared = connection.scalar(select(func.sum(OUTBOX.c.cleared)).where(*own))
    return Extent(writes=writes, changed=changed or 0, cleared=int(cleared or 0), created=0)


def planned(connection: Connection, mapping: str, most: int | None = None) -> Iterable[Any]:
    """Yield everything the outbox would send, with the acknowledged text beside it, in a fixed order."""
    beside = and_(
        ACKNOWLEDGED.c.mapping == OUTBOX.c.mapping,
        ACKNOWLEDGED.c.object == OUTBOX.c.object,
        ACKNOWLEDGED.c.record == OUTBOX.c.record,
    )
    statement = (
        select(OUTBOX, ACKNOWLEDGED.c.desired.label("before"))
        .select_from(OUTBOX.outerjoin(ACKNOWLEDGED, beside))
        .where(OUTBOX.c.mapping == mapping, OUTBOX.c.parked.is_(None))
        .order_by(OUTBOX.c.rank, OUTBOX.c.object, OUTBOX.c.record)
    )
    return connection.execute(statement.limit(most) if most is not None else statement)
