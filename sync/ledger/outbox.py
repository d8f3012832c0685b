"""The outbox: the latest desired value per record, until the destination has confirmed it.

A value becomes acknowledged only here, in the transaction that takes it out of the outbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select, text, tuple_, update

from sync.ledger.rows import among, fetch, remove, upsert
from sync.ledger.tables import ACKNOWLEDGED, FAILURES, OUTBOX
from sync.report import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection

    from connectors.values import Outcome
    from sync.intents import Confirmed, Intent
    from sync.parcels import Queued


_COLUMNS = tuple(column.name for column in OUTBOX.columns)


def put(connection: Connection, mapping: str, run: str, intents: Iterable[Intent]) -> None:
    """Replace what the outbox holds for these records: only the latest value is ever sent."""
    # In the order of the primary key: rows are appended to pages, not strewn over them.
    upsert(connection, OUTBOX, _COLUMNS, [(mapping, *intent, run, None) for intent in sorted(intents, key=_PLACE)])


def withdraw(connection: Connection, mapping: str, rank: int, object_: str, records: Sequence[str]) -> None:
    """Take back what need not be written any longer."""
    remove(connection, OUTBOX, [(mapping, rank, object_, record) for record in records])


def waiting(connection: Connection, mapping: str, object_: str, records: Sequence[str]) -> set[str]:
    """Return which of *records* have something in the outbox."""
    here = (OUTBOX.c.mapping == mapping, OUTBOX.c.object == object_)
    if connection.scalar(select(OUTBOX.c.record).where(*here).limit(1)) is None:
        return set()
    found = select(OUTBOX.c.record).where(*here, among(connection, OUTBOX.c.record, records))
    return {record for (record,) in fetch(connection, found)}


def acknowledged(connection: Connection, mapping: str, object_: str, records: Sequence[str]) -> dict[str, Confirmed]:
    """Return what *records* were last confirmed to hold, as packed text, and by which run."""
    here = (ACKNOWLEDGED.c.mapping == mapping, ACKNOWLEDGED.c.object == object_)
    if connection.scalar(select(ACKNOWLEDGED.c.record).where(*here).limit(1)) is None:
        return {}
    these = among(connection, ACKNOWLEDGED.c.record, records)
    statement = select(ACKNOWLEDGED.c.record, ACKNOWLEDGED.c.desired, ACKNOWLEDGED.c.run).where(*here, these)
    return {record: (desired, run) for record, desired, run in fetch(connection, statement)}


#: Parked for the rest of this run: what became of it is not known.
UNCONFIRMED = "unconfirmed"

#: Where a row stands in the order of delivery.
Place = tuple[int, str, str]
_PLACE = itemgetter(0, 1, 2)
BEFORE_ALL: Place = (-1, "", "")
_QUEUED = tuple(OUTBOX.c[name] for name in ("rank", "object", "record", "keys", "changes", "desired"))


def batch(connection: Connection, mapping: str, after: Place, most: int) -> list[Queued]:
    """Return the next rows to deliver, in the order of rank, object and record."""
    place = tuple_(OUTBOX.c.rank, OUTBOX.c.object, OUTBOX.c.record)
    statement = (
        select(*_QUEUED)
        .where(OUTBOX.c.mapping == mapping, OUTBOX.c.parked.is_(None), place > tuple_(*after))
        .order_by(OUTBOX.c.rank, OUTBOX.c.object, OUTBOX.c.record)
        .limit(most)
    )
    return fetch(connection, statement)


def acknowledge(  # noqa: PLR0913 - both ends of a range
    connection: Connection, mapping: str, run: str, after: Place, last: Place, *, deletions: bool
) -> None:
    """Make what stands in the outbox between two places, and is not parked, the acknowledged value.

    Args:
        connection: A transaction.
        mapping: Whose outbox.
        run: Who says so.
        after: The place before the first.
        last: The last place.
        deletions: Whether any of the rows says that a record must not exist.
    """
    first_rank, first_object, first = after
    values = {"mapping": mapping, "run": run, "r1": first_rank, "o1": first_object, "k1": first}
    values |= {"r2": last[0], "o2": last[1], "k2": last[2]}
    statements = [_KEEP, _DROP, _DONE] if deletions else [_KEEP, _DONE]
    if connection.scalar(select(FAILURES.c.record).where(FAILURES.c.mapping == mapping).limit(1)) is not None:
        statements.insert(0, _REPAIRED)
    for statement in statements:
        connection.execute(text(statement), values)


def keep(connection: Connection, mapping: str, rows: Sequence[Queued], code: str = UNCONFIRMED) -> None:
    """Set rows aside that were not confirmed, so that `acknowledge` passes them by."""
    for row in rows:
        connection.execute(update(OUTBOX).where(*_here(mapping, row)).values(parked=code))


def orphans(connection: Connection, mapping: str, run: str, object_: str) -> list[tuple[str, str]]:
    """Return (key, response id) of confirmed response records whose response, in *run*, is nobody's any longer."""
    values = {"mapping": mapping, "run": run, "object": object_}
    return [(row.key, row.response_id) for row in connection.execute(text(_ORPHANS), values)]


def release(connection: Connection, mapping: str) -> None:
    """Let what was not confirmed be tried again."""
    where = (OUTBOX.c.mapping == mapping, OUTBOX.c.parked == UNCONFIRMED)
    connection.execute(update(OUTBOX).where(*where).values(parked=None))


def fail(connection: Connection, mapping: str, run: str, at: str, failed: Sequence[tuple[Queued, Outcome]]) -> None:
    """Park rows that the destination refused."""
    columns = ("mapping", "object", "record", "code", "fields", "attempts", "first_at", "last_at", "run")
    for row, outcome in failed:
        code = outcome.code or "E502"
        _, object_, record, *_ = row
        where = (FAILURES.c.mapping == mapping, FAILURES.c.object == object_, FAILURES.c.record == record)
        before = connection.execute(select(FAILURES.c.attempts, FAILURES.c.first_at).where(*where)).first()
        attempts, first_at = (1, at) if before is None else (before.attempts + 1, before.first_at)
        values = (mapping, object_, record, code, ";".join(outcome.fields), attempts, first_at, at, run)
        upsert(connection, FAILURES, columns, [values])
        keep(connection, mapping, [row], code)


def _here(mapping: str, row: Queued) -> tuple[ColumnElement[bool], ...]:
    columns, (rank, object_, record, *_) = OUTBOX.c, row
    return (columns.mapping == mapping, columns.rank == rank, columns.object == object_, columns.record == record)


def settle(connection: Connection, mapping: str, run: str) -> None:
    """Say where the responses of *run* stand whose writes were planned: written, rejected, or still pending."""
    values = {"mapping": mapping, "run": run, "pending": State.PENDING.value}
    connection.execute(text(_REJECT), values | {"rejected": State.REJECTED.value, "unconfirmed": UNCONFIRMED})
    connection.execute(text(_WRITTEN), values | {"written": State.WRITTEN.value})


_ORPHANS = """
SELECT r.key, r.response_id FROM run_rows w
JOIN responses r ON r.key = w.key
JOIN matches m ON m.mapping = w.mapping AND m.respondent = r.respondent AND m.outcome <> 'matched'
JOIN acknowledged a ON a.mapping = w.mapping AND a.object = :object AND a.record = r.key
WHERE w.mapping = :mapping AND w.run = :run ORDER BY r.key
"""
_RANGE = """
  mapping = :mapping AND parked IS NULL AND (rank, object, record) > (:r1, :o1, :k1)
  AND (rank, object, record) <= (:r2, :o2, :k2)
"""
_KEEP = f"""
INSERT INTO acknowledged (mapping, object, record, desired, run)
SELECT mapping, object, record, desired, :run FROM outbox WHERE {_RANGE} AND desired IS NOT NULL
ON CONFLICT (mapping, object, record) DO UPDATE SET desired = excluded.desired, run = excluded.run
"""  # noqa: S608 - our own text
_DROP = f"""
DELETE FROM acknowledged WHERE (mapping, object, record) IN
  (SELECT mapping, object, record FROM outbox WHERE {_RANGE} AND desired IS NULL)
"""  # noqa: S608 - our own text
_REPAIRED = f"""
DELETE FROM failures WHERE (mapping, object, record) IN (SELECT mapping, object, record FROM outbox WHERE {_RANGE})
"""  # noqa: S608 - our own text
_DONE = f"DELETE FROM outbox WHERE {_RANGE}"  # noqa: S608 - our own text
_REJECT = """
UPDATE run_rows SET state = :rejected, reason = parked.code
FROM (
    SELECT cause, min(parked) AS code FROM outbox
    WHERE mapping = :mapping AND cause IS NOT NULL AND parked <> :unconfirmed GROUP BY cause
) AS parked
WHERE mapping = :mapping AND run = :run AND state = :pending AND key = parked.cause
"""
_WRITTEN = """
UPDATE run_rows SET state = :written, reason = ''
WHERE mapping = :mapping AND run = :run AND state = :pending
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


def extent(connection: Connection, mapping: str, records: Sequence[str]) -> Extent:
    """Measure what the outbox would do; *records* are the objects that hold a person's NPS."""
    statement = (  # one look at the outbox, which holds a whole import
        select(OUTBOX.c.object, func.count(), func.count(OUTBOX.c.changes), func.sum(OUTBOX.c.cleared))
        .where(OUTBOX.c.mapping == mapping, OUTBOX.c.parked.is_(None))
        .group_by(OUTBOX.c.object)
    )
    found = {name: sums for name, *sums in fetch(connection, statement)}
    changed = sum(found[name][1] for name in records if name in found)
    cleared = sum(int(found[name][2]) for name in records if name in found)
    return Extent(writes={name: writes for name, (writes, *_) in found.items()}, changed=changed, cleared=cleared)


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
