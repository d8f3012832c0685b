"""The outbox: the latest desired value per record, until the destination has confirmed it.

A value becomes acknowledged only here, in the transaction that takes it out of the outbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, and_, bindparam, case, exists, func, select, update

from sync.ledger import failures, parking
from sync.ledger.doubt_tables import DOUBTS
from sync.ledger.log_tables import DECLINED, UNDOS
from sync.ledger.rows import MAPPING, among, as_list, fetch, listed, once, remove, text, upsert
from sync.ledger.tables import ACKNOWLEDGED, OUTBOX
from sync.report import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection, Select

    from sync.intents import Confirmed, Intent
    from sync.parcels import Queued

_COLUMNS = tuple(column.name for column in OUTBOX.columns)


def put(connection: Connection, mapping: str, run: str, intents: Iterable[Intent]) -> None:
    """Replace what the outbox holds for these records: only the latest value is ever sent.

    What was refused and is wanted again unchanged stays parked.
    """
    # In the order of the primary key: rows are appended to pages, not strewn over them.
    rows = sorted(intents, key=_PLACE)
    if rows and failures.any_open(connection, mapping):
        rows = _unless_refused(connection, mapping, run, rows)
    upsert(connection, OUTBOX, _COLUMNS, [(mapping, *intent, run, None) for intent in rows])


def _unless_refused(connection: Connection, mapping: str, run: str, rows: Sequence[Intent]) -> list[Intent]:
    """Return the rows that are not, value for value, what was refused before; they take the place of what was."""
    wanted: dict[str, dict[str, Intent]] = {}
    for row in rows:
        wanted.setdefault(row[1], {})[row[2]] = row
    again: set[Place] = set()
    for object_, by_record in wanted.items():
        here = (OUTBOX.c.mapping == mapping, OUTBOX.c.object == object_, OUTBOX.c.parked.is_not(None))
        parked = select(*(OUTBOX.c[name] for name in ("record", "keys", "changes", "desired")))
        these = among(connection, OUTBOX.c.record, list(by_record))
        found = fetch(connection, parked.where(*here, these))
        same = [record for record, *values in found if list(by_record[record][3:6]) == values]
        failures.supersede(connection, mapping, run, object_, {record for record, *_ in found}.difference(same))
        again.update(by_record[record][:3] for record in same)
        for record in same:
            _blame(connection, mapping, by_record[record])
    return [row for row in rows if row[:3] not in again]


def _blame(connection: Connection, mapping: str, intent: Intent) -> None:
    """Say which response leads to a write that stays parked."""
    rank, object_, record, *_, cause = intent
    columns = OUTBOX.c
    here = (columns.mapping == mapping, columns.rank == rank, columns.object == object_, columns.record == record)
    connection.execute(update(OUTBOX).where(*here).values(cause=cause))


def withdraw(  # noqa: PLR0913 - rows of one object, and who says so
    connection: Connection, mapping: str, run: str, rank: int, object_: str, records: Sequence[str]
) -> None:
    """Take back what need not be written any longer."""
    if records and failures.any_open(connection, mapping):
        failures.supersede(connection, mapping, run, object_, records)
    remove(connection, OUTBOX, [(mapping, rank, object_, record) for record in records])


def waiting(connection: Connection, mapping: str, object_: str, records: Sequence[str]) -> set[str]:
    """Return which of *records* have something in the outbox, but for what a person undid: that is to be sent."""
    given = {"mapping": mapping, "object": object_}
    if connection.scalar(_ANY_WAITING, given) is None:
        return set()
    found = fetch(connection, _waiting(connection), given | {"records": as_list(connection, records)})
    return {record for (record,) in found}


_OBJECT = bindparam("object", type_=Text)
_WAITING = select(OUTBOX.c.record).where(OUTBOX.c.mapping == MAPPING, OUTBOX.c.object == _OBJECT)
_ANY_WAITING = _WAITING.limit(1)


@once
def _waiting(connection: Connection) -> Select[Any]:
    undos = select(UNDOS.c.run).where(UNDOS.c.mapping == MAPPING)
    return _WAITING.where(listed(connection, OUTBOX.c.record, "records"), OUTBOX.c.run.not_in(undos))


def acknowledged(connection: Connection, mapping: str, object_: str, records: Sequence[str]) -> dict[str, Confirmed]:
    """Return what *records* were last confirmed to hold, by which run, and what a person undid of them.

    Last, whether something else was sent since of which an answer was lost: 1, it may arrive yet, or have arrived
    over what was confirmed since; 2, it was never confirmed, and may stand there now.
    """
    given = {"mapping": mapping, "object": object_}
    if connection.scalar(_ANY_ACKNOWLEDGED, given) is None:
        return {}
    found = fetch(connection, _acknowledged(connection), given | {"records": as_list(connection, records)})
    return {record: (desired, run, undone, doubt) for record, desired, run, undone, doubt in found}


_OURS = (ACKNOWLEDGED.c.mapping == MAPPING, ACKNOWLEDGED.c.object == _OBJECT)
_ANY_ACKNOWLEDGED = select(ACKNOWLEDGED.c.record).where(*_OURS).limit(1)


@once
def _acknowledged(connection: Connection) -> Select[Any]:
    declined, sent, waits = (
        and_(*(beside.c[name] == ACKNOWLEDGED.c[name] for name in ("mapping", "object", "record")))
        for beside in (DECLINED, DOUBTS, OUTBOX)
    )
    # Few are in doubt, and only of those the outbox is asked.
    doubt = case((exists().where(sent), case((exists().where(waits), 2), else_=1)), else_=0)
    columns = (ACKNOWLEDGED.c.record, ACKNOWLEDGED.c.desired, ACKNOWLEDGED.c.run, DECLINED.c.desired, doubt)
    held = ACKNOWLEDGED.outerjoin(DECLINED, declined)
    return select(*columns).select_from(held).where(*_OURS, listed(connection, ACKNOWLEDGED.c.record, "records"))


#: Where a row stands in the order of delivery.
Place = tuple[int, str, str]
_PLACE = itemgetter(0, 1, 2)
BEFORE_ALL: Place = (-1, "", "")


def batch(connection: Connection, mapping: str, after: Place, most: int, last: Place | None = None) -> list[Queued]:
    """Return the next rows to deliver, in the order of rank, object and record, up to *last*."""
    given: dict[str, Any] = {"mapping": mapping, "most": most, **dict(zip(("r1", "o1", "k1"), after, strict=True))}
    if last is None:
        return fetch(connection, text(_BATCH.format(last="")), given)
    given |= dict(zip(("r2", "o2", "k2"), last, strict=True))
    return fetch(connection, text(_BATCH.format(last=_UP_TO)), given)


_UP_TO = "AND (rank, object, record) <= (:r2, :o2, :k2)"
_BATCH = """
SELECT rank, object, record, keys, changes, desired FROM outbox
WHERE mapping = :mapping AND parked IS NULL AND (rank, object, record) > (:r1, :o1, :k1) {last}
ORDER BY rank, object, record LIMIT :most
"""


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
    if failures.any_open(connection, mapping):
        statements.insert(0, _REPAIRED)
    for statement in statements:
        connection.execute(text(statement), values)


def orphans(connection: Connection, mapping: str, run: str, rank: int, object_: str) -> list[tuple[str, str]]:
    """Return (key, response id) of what *object_* holds of responses that, in *run*, are nobody's any longer.

    What still waits to be sent counts, too: it may have been sent. Where the record was deleted its history is left.
    """
    values = {"mapping": mapping, "run": run, "rank": rank, "object": object_}
    return [(row.key, row.response_id) for row in connection.execute(text(_ORPHANS), values)]


def settle(connection: Connection, mapping: str, run: str) -> None:
    """Say where the responses of *run* stand whose writes were planned: written, rejected, or still pending."""
    values = {"mapping": mapping, "run": run, "pending": State.PENDING.value}
    connection.execute(text(_REJECT), values | {"rejected": State.REJECTED.value})
    connection.execute(text(_WRITTEN), values | {"written": State.WRITTEN.value})


_ORPHANS = """
SELECT r.key, r.response_id FROM run_rows w
JOIN responses r ON r.key = w.key
JOIN matches m ON m.mapping = w.mapping AND m.respondent = r.respondent AND m.outcome <> 'matched'
  AND m.reason <> 'tombstone'
LEFT JOIN acknowledged a ON a.mapping = w.mapping AND a.object = :object AND a.record = r.key
LEFT JOIN outbox o ON o.mapping = w.mapping AND o.rank = :rank AND o.object = :object AND o.record = r.key
WHERE w.mapping = :mapping AND w.run = :run AND (a.record IS NOT NULL OR o.desired IS NOT NULL) ORDER BY r.key
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
UPDATE failures SET state = 'delivered', closed_by = :run
WHERE state IN ('open', 'given_up')
  AND (mapping, object, record) IN (SELECT mapping, object, record FROM outbox WHERE {_RANGE})
"""  # noqa: S608 - our own text
_DONE = f"DELETE FROM outbox WHERE {_RANGE}"  # noqa: S608 - our own text
_REJECT = f"""
UPDATE run_rows SET state = :rejected, reason = parked.code
FROM (
    SELECT cause, min(parked) AS code FROM outbox
    WHERE mapping = :mapping AND cause IS NOT NULL AND parked NOT IN {parking.OURS!r} GROUP BY cause
) AS parked
WHERE mapping = :mapping AND run = :run AND state = :pending AND key = parked.cause
"""  # noqa: S608 - our own text
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
    found = {name: sums for name, *sums in fetch(connection, _EXTENT, {"mapping": mapping})}
    changed = sum(found[name][1] for name in records if name in found)
    cleared = sum(int(found[name][2]) for name in records if name in found)
    return Extent(writes={name: writes for name, (writes, *_) in found.items()}, changed=changed, cleared=cleared)


_EXTENT = (  # one look at the outbox, which holds a whole import
    select(OUTBOX.c.object, func.count(), func.count(OUTBOX.c.changes), func.sum(OUTBOX.c.cleared))
    .where(OUTBOX.c.mapping == MAPPING, OUTBOX.c.parked.is_(None))
    .group_by(OUTBOX.c.object)
)


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
