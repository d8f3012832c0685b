"""Failures: writes that were refused or never confirmed, what they were made of, and what became of them.

A refused write waits, parked in the outbox, until its data, the mapping or the destination's fields change; nothing is
sent again blindly. One that was only not confirmed is tried again by itself, ever more rarely, for two weeks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Text, bindparam, func, select, update

from connectors.values import OutcomeKind
from sync.ledger.rows import MAPPING, among, fetch, upsert
from sync.ledger.tables import FAILURES, OUTBOX
from sync.times import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import ColumnElement, Connection

    from sync.parcels import Queued

#: What a refusal is about, and so what may end it.
KINDS = {
    OutcomeKind.REJECTED: "data",
    OutcomeKind.CONFLICT: "conflict",
    OutcomeKind.GONE: "gone",
    OutcomeKind.DEFERRED: "transient",
    OutcomeKind.UNKNOWN: "transient",
}
OPEN = ("open", "given_up")
#: How long what was not confirmed rests, by how long it has failed (reliability.md section 6, with its first steps left
#: out: within an hour every run tries again, so that the first one after an outage delivers everything).
_RESTS = ((timedelta(days=1), timedelta(days=1)), (timedelta(hours=6), timedelta(hours=2)))
_REST = (timedelta(hours=1), timedelta(minutes=30))
#: After this long nothing is tried by itself any more.
GIVEN_UP_AFTER = timedelta(days=14)
#: One of each group is tried again this often: what the other side changed need not show in its fields.
PROBED_EVERY = timedelta(days=7)
#: Open failures of a mapping at most; above, something is wrong that more of them do not tell better.
MOST = 100_000


class Selection(NamedTuple):
    """Which failures are meant; what is None does not narrow it."""

    #: In which they failed last.
    run: str | None = None
    code: str | None = None
    #: A time of the ledger: they failed last then or later.
    since: str | None = None
    #: The key of a response, or the id of a record.
    row: str | None = None


class Failure(NamedTuple):
    """A write that failed, as the ledger keeps it."""

    object: str
    record: str
    state: str
    kind: str
    code: str
    fields: str
    run: str
    closed_by: str | None
    input: str
    definition: str
    schema: str

    @property
    def ref(self) -> tuple[str, str]:
        return self.object, self.record

    @property
    def waits(self) -> bool:
        """Whether it is neither delivered nor replaced."""
        return self.state in OPEN


class Failed(NamedTuple):
    """A write that was not taken."""

    row: Queued
    kind: OutcomeKind
    code: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What the failures of one run have in common."""

    mapping: str
    run: str
    now: datetime
    #: Digest of what values are computed with.
    definition: str
    #: Object → digest of its fields at the destination.
    schema: Callable[[str], str]


def rest(failing: timedelta) -> timedelta:
    """Return how long a write rests that was not confirmed, after *failing* for so long.

    >>> [str(rest(timedelta(hours=hours))) for hours in (0, 2, 10, 30)]
    ['0:00:00', '0:30:00', '2:00:00', '1 day, 0:00:00']
    """
    for after, pause in (*_RESTS, _REST):
        if failing >= after:
            return pause
    return timedelta(0)


def digest_of(values: str | None) -> str:
    """Digest packed values: equal texts have equal digests, and say nothing of a person."""
    return blake2b((values or "").encode(), digest_size=12).hexdigest()


def store(connection: Connection, moment: Moment, failed: Sequence[Failed]) -> None:
    """Keep what was not taken, with what it was made of; its rows are parked by `sync.ledger.outbox`."""
    columns = [column.name for column in FAILURES.columns]
    by_object: dict[str, list[Failed]] = {}
    for one in failed:
        by_object.setdefault(one.row[1], []).append(one)
    for object_, ones in by_object.items():
        records = [one.row[2] for one in ones]
        before = _before(connection, moment.mapping, object_, records)
        causes = _causes(connection, moment.mapping, object_, records)
        schema = moment.schema(object_)
        rows = [_row(moment, one, before.get(one.row[2]), causes.get(one.row[2]), schema) for one in ones]
        upsert(connection, FAILURES, columns, rows)


def _row(
    moment: Moment, one: Failed, before: tuple[int, str] | None, cause: str | None, schema: str
) -> tuple[Any, ...]:
    attempts, first_at = before or (0, to_text(moment.now))
    kind = KINDS[one.kind]
    state, next_at = "open", None
    if kind == "transient":
        failing = moment.now - datetime.fromisoformat(first_at)
        state = "given_up" if failing >= GIVEN_UP_AFTER else "open"
        next_at = to_text(moment.now + rest(failing))
    _, object_, record, _, changes, desired = one.row
    return (
        *(moment.mapping, object_, record, state, kind, one.code, ";".join(one.fields), attempts + 1, first_at),
        *(to_text(moment.now), next_at, moment.run, cause, None),
        *(digest_of(changes or desired), moment.definition, schema),
    )


def _before(connection: Connection, mapping: str, object_: str, records: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Return attempts and first time of those of *records* that fail already."""
    if not any_open(connection, mapping):
        return {}
    statement = select(FAILURES.c.record, FAILURES.c.attempts, FAILURES.c.first_at).where(
        *is_open(mapping), FAILURES.c.object == object_, among(connection, FAILURES.c.record, records)
    )
    return {record: (attempts, first_at) for record, attempts, first_at in fetch(connection, statement)}


def _causes(connection: Connection, mapping: str, object_: str, records: Sequence[str]) -> dict[str, str | None]:
    statement = select(OUTBOX.c.record, OUTBOX.c.cause).where(
        OUTBOX.c.mapping == mapping, OUTBOX.c.object == object_, among(connection, OUTBOX.c.record, records)
    )
    return {row[0]: row[1] for row in fetch(connection, statement)}


def poisoned(  # noqa: PLR0913 - what one failure is known by
    connection: Connection, mapping: str, run: str, now: datetime, definition: str, ref: tuple[str, str], code: str
) -> None:
    """Keep that we could not work with a record, until its data or the definitions change."""
    object_, record = ref
    attempts, first_at = _before(connection, mapping, object_, [record]).get(record, (0, to_text(now)))
    at, columns = to_text(now), [column.name for column in FAILURES.columns]
    row = (mapping, object_, record, "open", "ours", code, "", attempts + 1, first_at, at, None, run, None, None)
    upsert(connection, FAILURES, columns, [(*row, "", definition, "")])


def is_open(mapping: str) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of a failure that waits."""
    return (FAILURES.c.mapping == mapping, FAILURES.c.state.in_(OPEN))


def any_open(connection: Connection, mapping: str) -> bool:
    """Tell whether any write of *mapping* waits for something to change."""
    return connection.scalar(_ANY_OPEN, {"mapping": mapping}) is not None


_ANY_OPEN = select(FAILURES.c.record).where(FAILURES.c.mapping == MAPPING, FAILURES.c.state.in_(OPEN)).limit(1)


def count(connection: Connection, mapping: str) -> int:
    """Return how many writes of *mapping* wait for something to change."""
    return connection.scalar(select(func.count()).select_from(FAILURES).where(*is_open(mapping))) or 0


def chosen(connection: Connection, mapping: str, selection: Selection) -> list[Failure]:
    """Return the failures that *selection* means, those that were repaired since too, in a fixed order."""
    wanted = {"run": selection.run, "code": selection.code}
    where = [FAILURES.c.mapping == mapping]
    where += [FAILURES.c[name] == value for name, value in wanted.items() if value is not None]
    if selection.since is not None:
        where.append(FAILURES.c.last_at >= selection.since)
    if selection.row is not None:
        where.append((FAILURES.c.cause == selection.row) | (FAILURES.c.record == selection.row))
    statement = select(*(FAILURES.c[name] for name in Failure._fields)).where(*where)
    order = (FAILURES.c[name] for name in ("object", "kind", "code", "fields", "record"))
    return [Failure._make(row) for row in fetch(connection, statement.order_by(*order))]


def standing(connection: Connection, mapping: str) -> dict[tuple[str, str], tuple[str, str, str | None]]:
    """Return of all failures the state, the run in which they failed last, and the one that closed them."""
    columns = ("object", "record", "state", "run", "closed_by")
    statement = select(*(FAILURES.c[name] for name in columns)).where(FAILURES.c.mapping == mapping)
    return {(object_, record): (state, run, by) for object_, record, state, run, by in fetch(connection, statement)}


def ours(connection: Connection, mapping: str, refs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return those of *refs* that we could not work with ourselves."""
    statement = select(FAILURES.c.object, FAILURES.c.record).where(*is_open(mapping), FAILURES.c.kind == "ours")
    wanted = set(refs)
    return sorted(ref for ref in fetch(connection, statement) if ref in wanted)


def supersede(connection: Connection, mapping: str, run: str, object_: str, records: Iterable[str]) -> None:
    """Say that newer values took the place of what had failed, so that nobody sends it any more."""
    here = (*is_open(mapping), FAILURES.c.object == object_, among(connection, FAILURES.c.record, list(records)))
    connection.execute(update(FAILURES).where(*here).values(state="superseded", closed_by=run))


def forget(connection: Connection, before: str) -> None:
    """Forget failures that were repaired, or replaced, before a time."""
    connection.execute(_FORGET, {"before": before})


_FORGET = FAILURES.delete().where(FAILURES.c.state.not_in(OPEN), FAILURES.c.last_at < bindparam("before", type_=Text))


def ripe(
    connection: Connection, mapping: str, now: datetime, definition: str, schema: Callable[[str], str]
) -> list[tuple[str, str]]:
    """Return (object, record) of failures whose reason may be gone: another try may end otherwise.

    Those are what rested long enough, what was computed with other definitions, what was refused by other fields than
    the destination has now, and one of each group that has not been tried for a week.
    """
    groups = select(
        *(FAILURES.c[name] for name in ("object", "kind", "code", "fields", "definition", "schema")),
        func.min(FAILURES.c.next_at),
        func.min(FAILURES.c.last_at),
    ).where(FAILURES.c.mapping == mapping, FAILURES.c.state == "open")
    found: list[tuple[str, str]] = []
    at, stale = to_text(now), to_text(now - PROBED_EVERY)
    same = ("object", "kind", "code", "fields", "definition", "schema")
    for *values, next_at, last_at in fetch(connection, groups.group_by(*(FAILURES.c[name] for name in same))):
        object_, kind, _, _, made_with, held_by = values
        here = select(FAILURES.c.object, FAILURES.c.record).where(
            FAILURES.c.mapping == mapping,
            FAILURES.c.state == "open",
            *(FAILURES.c[name] == value for name, value in zip(same, values, strict=True)),
        )
        if kind == "transient":
            if next_at <= at:
                found += fetch(connection, here.where(FAILURES.c.next_at <= at))
        elif made_with != definition or (kind != "ours" and held_by != schema(object_)):
            found += fetch(connection, here)
        elif last_at <= stale:
            found += fetch(connection, here.order_by(FAILURES.c.last_at, FAILURES.c.record).limit(1))
    return sorted(found)
