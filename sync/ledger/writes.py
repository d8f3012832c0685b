"""The log of writes: what each run wrote over what, and what records held before we first wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Text, bindparam, delete, func, select, tuple_, update

from sync.ledger import failures
from sync.ledger.log_tables import DECLINED, EARLIER, OWNED, WRITES
from sync.ledger.rows import MAPPING, as_list, fetch, listed, once, remove, text, upsert
from sync.ledger.runs import OLD_RUNS
from sync.ledger.tables import ACKNOWLEDGED, FAILURES, OUTBOX

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection, Select

    from sync.ledger.outbox import Place
    from sync.parcels import Queued

#: What a record was confirmed to hold whose row an undo deleted: nothing. It reads as a row without fields does, and
#: is another text: `pack` writes no spaces.
NOTHING = "{ }"


class Logged(NamedTuple):
    """A write of a run; see `WRITES`."""

    object: str
    record: str
    keys: str | None
    before: str | None
    after: str | None
    made: int


_LOGGED = tuple(WRITES.c[name] for name in Logged._fields)


def counts(connection: Connection, run: str) -> dict[str, int]:
    """Return how many writes of *run* the log has, by object."""
    statement = select(WRITES.c.object, func.count()).where(WRITES.c.run == run).group_by(WRITES.c.object)
    return dict(fetch(connection, statement.order_by(WRITES.c.object)))


def page(
    connection: Connection, run: str, after: tuple[str, str], most: int, *, object_: str | None = None
) -> list[Logged]:
    """Return the next writes of *run*, in the order of object and record.

    Args:
        connection: The ledger.
        run: Whose.
        after: Object and record of the last one before; two empty texts at first.
        most: At most so many.
        object_: Of this object only.
    """
    place = tuple_(WRITES.c.object, WRITES.c.record)
    statement = select(*_LOGGED).where(WRITES.c.run == run, place > tuple_(*after))
    if object_ is not None:
        statement = statement.where(WRITES.c.object == object_)
    rows = fetch(connection, statement.order_by(WRITES.c.object, WRITES.c.record).limit(most))
    return [Logged._make(row) for row in rows]


def trim(connection: Connection, before: str) -> int:
    """Drop the log of runs that began earlier than *before*; return how many rows that were."""
    return connection.execute(_TRIM, {"before": before}).rowcount


_TRIM = delete(WRITES).where(WRITES.c.run.in_(OLD_RUNS))


def owned(connection: Connection, mapping: str) -> dict[str, bool]:
    """Return the objects that were asked about, and whether they were empty before our first write."""
    return dict(fetch(connection, select(OWNED.c.object, OWNED.c.ours).where(OWNED.c.mapping == mapping)))


def own(connection: Connection, mapping: str, found: Mapping[str, bool]) -> None:
    """Remember which objects were empty before our first write; what was said before stands."""
    rows = [(mapping, object_, ours) for object_, ours in found.items()]
    upsert(connection, OWNED, ("mapping", "object", "ours"), rows, update=False)


def earlier(connection: Connection, mapping: str, object_: str, records: Sequence[str]) -> dict[str, str | None]:
    """Return what is kept of *records*; see `EARLIER`."""
    given = {"mapping": mapping, "object": object_, "records": as_list(connection, records)}
    return dict(fetch(connection, _earlier(connection), given))


@once
def _earlier(connection: Connection) -> Select[Any]:
    here = (EARLIER.c.mapping == MAPPING, EARLIER.c.object == bindparam("object", type_=Text))
    return select(EARLIER.c.record, EARLIER.c.fields).where(*here, listed(connection, EARLIER.c.record, "records"))


def keep(
    connection: Connection, mapping: str, run: str, object_: str, fields: Iterable[tuple[str, str | None]]
) -> None:
    """Keep what records hold, before anything is written to them."""
    rows = [(mapping, object_, record, values, run) for record, values in fields]
    upsert(connection, EARLIER, ("mapping", "object", "record", "fields", "run"), rows)


def forget(connection: Connection, mapping: str, run: str, records: Iterable[tuple[str, str]]) -> None:
    """Forget what *run* kept of records to which it certainly wrote nothing: next time they may hold something else."""
    for object_, record in records:
        here = (EARLIER.c.mapping == mapping, EARLIER.c.object == object_, EARLIER.c.record == record)
        connection.execute(delete(EARLIER).where(*here, EARLIER.c.run == run))


def agree(connection: Connection, mapping: str, run: str, rows: Sequence[Queued]) -> None:
    """Take rows out of the outbox whose records hold what they say already: nothing is written, and nothing logged."""
    if not rows:
        return
    confirmed = [(mapping, object_, record, desired, run) for _, object_, record, *_, desired in rows]
    upsert(connection, ACKNOWLEDGED, ("mapping", "object", "record", "desired", "run"), confirmed)
    places = [(mapping, *row[:3]) for row in rows]
    remove(connection, OUTBOX, places)
    records = [(mapping, object_, record) for _, _, object_, record in places]
    remove(connection, DECLINED, records)
    if failures.any_open(connection, mapping):
        for _, object_, record in records:
            here = (*failures.is_open(mapping), FAILURES.c.object == object_, FAILURES.c.record == record)
            connection.execute(update(FAILURES).where(*here).values(state="delivered", closed_by=run))


def log(connection: Connection, mapping: str, run: str, between: tuple[Place, Place]) -> bool:
    """Add what stands in the outbox between two places, and is not parked, to the log: it is about to be acknowledged.

    A record that an undo writes is remembered with what was wanted of it, until something else is wanted.

    Returns:
        Whether an undo ever ran for the mapping; see `emptied`.
    """
    values = _values(mapping, run, between)
    connection.execute(text(_LOG), values)
    kept, undos = connection.execute(text(_ANYTHING), values).one()
    if kept:
        connection.execute(text(_KNOWN), values)
    if undos:
        for statement in (_ANSWERED, _DECLINE, _AGREED):
            connection.execute(text(statement), values)
    return bool(undos)


def emptied(connection: Connection, mapping: str, run: str) -> None:
    """Say of records that an undo deleted that they hold nothing; without it they would be taken for new ones."""
    connection.execute(text(_EMPTIED), {"mapping": mapping, "run": run, "nothing": NOTHING})


def _values(mapping: str, run: str, between: tuple[Place, Place]) -> dict[str, Any]:
    values: dict[str, Any] = {"mapping": mapping, "run": run, "nothing": NOTHING}
    for number, place in enumerate(between, 1):
        values |= dict(zip((f"r{number}", f"o{number}", f"k{number}"), place, strict=True))
    return values


_RANGE = """
  o.mapping = :mapping AND o.parked IS NULL AND (o.rank, o.object, o.record) > (:r1, :o1, :k1)
  AND (o.rank, o.object, o.record) <= (:r2, :o2, :k2)
"""
_LOG = f"""
INSERT INTO writes (run, object, record, mapping, keys, before, after, made)
SELECT :run, o.object, o.record, o.mapping, o.keys,
  CASE WHEN e.record IS NOT NULL THEN e.fields WHEN a.desired <> :nothing THEN a.desired END,
  CASE WHEN o.desired IS NOT NULL THEN coalesce(o.changes, o.desired) END,
  CASE WHEN o.desired IS NULL THEN 0
       WHEN e.record IS NOT NULL THEN CASE WHEN e.fields IS NULL THEN 1 ELSE 0 END
       WHEN owned.ours AND coalesce(a.desired, :nothing) = :nothing THEN 1 ELSE 0 END
FROM outbox o
LEFT JOIN acknowledged a ON a.mapping = o.mapping AND a.object = o.object AND a.record = o.record
LEFT JOIN earlier e ON e.mapping = o.mapping AND e.object = o.object AND e.record = o.record
LEFT JOIN owned ON owned.mapping = o.mapping AND owned.object = o.object
WHERE {_RANGE}
ON CONFLICT (run, object, record) DO UPDATE SET after = excluded.after
"""  # noqa: S608 - our own text
_ANYTHING = """
SELECT EXISTS (SELECT 1 FROM earlier WHERE mapping = :mapping), EXISTS (SELECT 1 FROM undos WHERE mapping = :mapping)
"""
_THESE = f"SELECT o.mapping, o.object, o.record FROM outbox o WHERE {_RANGE}"  # noqa: S608 - our own text
_OF_UNDOS = "(SELECT run FROM undos WHERE mapping = :mapping)"
_KNOWN = f"DELETE FROM earlier WHERE (mapping, object, record) IN ({_THESE})"  # noqa: S608 - our own text
#: A value that is not the undone one: what the person declined is settled. What stands already and is only said again,
#: because an older write may have arrived over it, settles nothing.
_ANSWERED = f"""
DELETE FROM declined WHERE (mapping, object, record) IN ({_THESE} AND o.run NOT IN {_OF_UNDOS} AND NOT EXISTS (
  SELECT 1 FROM acknowledged a WHERE a.mapping = o.mapping AND a.object = o.object AND a.record = o.record
    AND a.desired = o.desired))
"""  # noqa: S608 - our own text
_DECLINE = f"""
INSERT INTO declined (mapping, object, record, desired)
SELECT o.mapping, o.object, o.record, a.desired FROM outbox o
JOIN acknowledged a ON a.mapping = o.mapping AND a.object = o.object AND a.record = o.record
WHERE {_RANGE} AND o.run IN {_OF_UNDOS} AND a.desired <> :nothing
ON CONFLICT (mapping, object, record) DO NOTHING
"""  # noqa: S608 - our own text
#: The undo itself was undone: the record holds what was wanted.
_AGREED = f"""
DELETE FROM declined WHERE (mapping, object, record, desired) IN
  (SELECT o.mapping, o.object, o.record, o.desired FROM outbox o WHERE {_RANGE})
"""  # noqa: S608 - our own text
_EMPTIED = """
INSERT INTO acknowledged (mapping, object, record, desired, run)
SELECT d.mapping, d.object, d.record, :nothing, :run FROM declined d
WHERE d.mapping = :mapping AND NOT EXISTS (
  SELECT 1 FROM acknowledged a WHERE a.mapping = d.mapping AND a.object = d.object AND a.record = d.record)
ON CONFLICT (mapping, object, record) DO NOTHING
"""
