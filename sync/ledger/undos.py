"""Undos: which run undid which, what they left as it was, and what a person does not want written again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select

from sync.ledger import failures
from sync.ledger.log_tables import DECLINED, LEFT, UNDOS
from sync.ledger.rows import among, fetch, remove, upsert
from sync.ledger.runs import OLD_RUNS
from sync.ledger.tables import FAILURES, OUTBOX

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection


def begin(connection: Connection, mapping: str, run: str, undone: str) -> None:
    """Say that *run* undoes another, and take back what an earlier try that died has left to be sent.

    It is decided anew: whatever of it arrived is seen in the records.
    """
    connection.execute(insert(UNDOS).values(mapping=mapping, run=run, undone=undone))
    tries = select(UNDOS.c.run).where(UNDOS.c.mapping == mapping, UNDOS.c.undone == undone)
    theirs = (OUTBOX.c.mapping == mapping, OUTBOX.c.run.in_(tries))
    if failures.any_open(connection, mapping):
        for object_, record in fetch(connection, select(OUTBOX.c.object, OUTBOX.c.record).where(*theirs)):
            failures.supersede(connection, mapping, run, object_, [record])
    connection.execute(delete(OUTBOX).where(*theirs))


def of(connection: Connection, run: str) -> str | None:
    """Return the run that *run* undoes; None: it is no undo."""
    found: str | None = connection.scalar(select(UNDOS.c.undone).where(UNDOS.c.run == run))
    return found


def by(connection: Connection, mapping: str, run: str) -> list[str]:
    """Return the runs that undid *run*, the first one first."""
    here = (UNDOS.c.mapping == mapping, UNDOS.c.undone == run)
    return list(connection.scalars(select(UNDOS.c.run).where(*here).order_by(UNDOS.c.run)))


def reconsider(connection: Connection, mapping: str, records: Iterable[tuple[str, str]]) -> None:
    """Forget what was declined of records, by object and id: what was undone was a try, and may be written again."""
    remove(connection, DECLINED, [(mapping, *record) for record in records])


def leave(connection: Connection, run: str, object_: str, rows: Iterable[tuple[str, str, str]]) -> None:
    """Keep what an undo leaves as it is: record, field, reason."""
    upsert(connection, LEFT, ("run", "object", "record", "field", "reason"), [(run, object_, *row) for row in rows])


def left(connection: Connection, run: str, most: int | None = None, skip: int = 0) -> list[dict[str, Any]]:
    """Return what an undo left as it was, in the order of records."""
    order = (LEFT.c.object, LEFT.c.record, LEFT.c.field)
    names = ("object", "record", "field", "reason")
    statement = select(*(LEFT.c[name] for name in names)).where(LEFT.c.run == run).order_by(*order)
    return [dict(zip(names, row, strict=True)) for row in fetch(connection, statement.limit(most).offset(skip))]


def left_records(connection: Connection, run: str) -> tuple[int, dict[str, int]]:
    """Return how many records an undo left something of, in all and by reason."""
    whole = select(LEFT.c.object, LEFT.c.record).where(LEFT.c.run == run).distinct().subquery()
    by_reason = select(LEFT.c.reason, LEFT.c.object, LEFT.c.record).where(LEFT.c.run == run).distinct().subquery()
    counted = select(by_reason.c.reason, func.count()).group_by(by_reason.c.reason).order_by(by_reason.c.reason)
    return connection.scalar(select(func.count()).select_from(whole)) or 0, dict(fetch(connection, counted))


def trim(connection: Connection, before: str) -> None:
    """Drop what undos that began earlier than *before* left as it was."""
    connection.execute(_TRIM, {"before": before})


_TRIM = delete(LEFT).where(LEFT.c.run.in_(OLD_RUNS))


def give_up(connection: Connection, mapping: str, run: str) -> int:
    """Have what the destination refused of an undo be told as left, instead of waiting to be sent; return how many."""
    waits = (OUTBOX.c.mapping == mapping, OUTBOX.c.run == run)
    statement = (
        select(OUTBOX.c.rank, OUTBOX.c.object, OUTBOX.c.record, FAILURES.c.code)
        .join(
            FAILURES,
            (FAILURES.c.mapping == OUTBOX.c.mapping)
            & (FAILURES.c.object == OUTBOX.c.object)
            & (FAILURES.c.record == OUTBOX.c.record),
        )
        .where(*waits, FAILURES.c.state == "open", FAILURES.c.kind != "transient")
    )
    refused = fetch(connection, statement)
    for rank, object_, record, code in refused:
        failures.supersede(connection, mapping, run, object_, [record])
        remove(connection, OUTBOX, [(mapping, rank, object_, record)])
        leave(connection, run, object_, [(record, "", code)])
    return len(refused)


def waiting(connection: Connection, mapping: str, object_: str, records: Sequence[str]) -> set[str]:
    """Return those of *records* for which something else waits to be sent."""
    here = (OUTBOX.c.mapping == mapping, OUTBOX.c.object == object_, among(connection, OUTBOX.c.record, records))
    return {record for (record,) in fetch(connection, select(OUTBOX.c.record).where(*here))}


def unsent(connection: Connection, mapping: str, run: str) -> int:
    """Return how much of an undo still waits to be sent."""
    here = (OUTBOX.c.mapping == mapping, OUTBOX.c.run == run)
    return connection.scalar(select(func.count()).select_from(OUTBOX).where(*here)) or 0
