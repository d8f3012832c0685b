"""Responses, rejects and cursors: what came in, and where each row stands."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Text, and_, bindparam, delete, func, or_, select, union_all, update

from sync.identity.claims import Claims
from sync.ledger.alias_tables import MOVES
from sync.ledger.rows import MAPPING, RUN, among, as_list, fetch, listed, once, text, upsert
from sync.ledger.tables import (
    CURSORS,
    MATCHES,
    REJECTS,
    RESPONDENTS,
    RESPONSES,
    RUN_COUNTS,
    RUN_ROWS,
    RUNS,
)
from sync.report import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import Connection, Select, Update

    from connectors.values import Reject


class Known(NamedTuple):
    """What the ledger holds of a response, for one mapping."""

    content_hash: str
    version: int
    responded_at: str
    updated_at: str | None
    respondent: str
    #: The run that handled it last for this mapping; None: this mapping has not seen it.
    run: str | None
    pending: bool


class Incoming(NamedTuple):
    """A response as the ledger holds it: a row of `responses`. A tuple, because one is made for every response."""

    key: str
    source: str
    response_id: str
    version: int
    content_hash: str
    survey: str
    survey_kind: str
    score: int
    comment: str | None
    responded_at: str
    updated_at: str | None
    respondent: str
    #: JSON: our name → text.
    extra: str | None
    file: str
    row: int | None

    def known(self, run: str) -> Known:
        """Return what the ledger will hold of it."""
        return Known(
            self.content_hash,
            self.version,
            self.responded_at,
            self.updated_at,
            self.respondent,
            run=run,
            pending=True,
        )


assert Incoming._fields == tuple(column.name for column in RESPONSES.columns)


def known(connection: Connection, mapping: str, keys: Sequence[str]) -> dict[str, Known]:
    """Return what is stored under *keys*; new ones are absent."""
    rows = fetch(connection, _known(connection), {"mapping": mapping, "keys": as_list(connection, keys)})
    return {key: Known._make((*values, state == State.PENDING.value)) for key, *values, state in rows}


@once
def _known(connection: Connection) -> Select[Any]:
    columns = (
        RESPONSES.c.key,
        RESPONSES.c.content_hash,
        RESPONSES.c.version,
        RESPONSES.c.responded_at,
        RESPONSES.c.updated_at,
        RESPONSES.c.respondent,
        RUN_ROWS.c.run,
        RUN_ROWS.c.state,
    )
    seen = RESPONSES.outerjoin(RUN_ROWS, and_(RUN_ROWS.c.mapping == MAPPING, RUN_ROWS.c.key == RESPONSES.c.key))
    return select(*columns).select_from(seen).where(listed(connection, RESPONSES.c.key, "keys"))


def store(
    connection: Connection, mapping: str, run: str, rows: Iterable[Incoming], claims: Mapping[str, Claims]
) -> None:
    """Store responses with the *claims* of those who gave them, and queue them for matching."""
    rows = sorted(rows)  # neighbours in the tables are written together
    respondents = [claims[respondent] for respondent in sorted({row.respondent for row in rows})]
    upsert(connection, RESPONDENTS, Claims._fields, respondents, update=False)
    upsert(connection, RESPONSES, Incoming._fields, rows)
    queue(connection, mapping, run, [row.key for row in rows])


def queue(connection: Connection, mapping: str, run: str, keys: Sequence[str]) -> None:
    """Make responses wait for matching in *run*."""
    columns, pending = ("mapping", "key", "run", "state", "reason"), State.PENDING.value
    upsert(connection, RUN_ROWS, columns, [(mapping, key, run, pending, "") for key in keys])


#: Characters kept of a column's title: it is a part of a key, and PostgreSQL keeps none of more than 2,704 bytes.
_TITLE = 200


def store_rejects(connection: Connection, mapping: str, run: str, source: str, rejects: Sequence[Reject]) -> None:
    """Keep rejected rows with their reasons."""
    columns = ("mapping", "file", "row", "column", "run", "source", "reason", "detail", "next_step")
    rows = {
        (mapping, reject.place.file, reject.place.row or 0, (reject.place.column or "")[:_TITLE]): reject
        for reject in rejects
    }
    values = [(*key, run, source, reject.reason, reject.detail, reject.next_step) for key, reject in rows.items()]
    upsert(connection, REJECTS, columns, values)


def forget_rejects(connection: Connection, mapping: str, runs: Collection[str], files: Sequence[str]) -> None:
    """Forget what runs other than *runs* rejected in *files*: they are being read again from their start."""
    if connection.scalar(_ANY_REJECT, {"mapping": mapping}) is not None:
        these = (REJECTS.c.mapping == mapping, among(connection, REJECTS.c.file, files), REJECTS.c.run.not_in(runs))
        connection.execute(delete(REJECTS).where(*these))


_ANY_REJECT = select(REJECTS.c.row).where(REJECTS.c.mapping == MAPPING).limit(1)


def count(connection: Connection, run: str, counts: Mapping[tuple[State, str], int]) -> None:
    """Add rows that need no further work to the run's counts."""
    for (state, reason), number in counts.items():
        _add(connection, run, state.value, reason, number)


def entered(connection: Connection, run: str, rows: int) -> None:
    """Add *rows* to what came into the run."""
    _add(connection, run, _ENTERED, "", rows)


_ENTERED = "in"
_ADD = text("""
INSERT INTO run_counts (run, state, reason, rows) VALUES (:run, :state, :reason, :rows)
ON CONFLICT (run, state, reason) DO UPDATE SET rows = run_counts.rows + excluded.rows
""")


def _add(connection: Connection, run: str, state: str, reason: str, rows: int) -> None:
    if rows:
        connection.execute(_ADD, {"run": run, "state": state, "reason": reason, "rows": rows})


def cursors(connection: Connection, mapping: str) -> dict[str, str]:
    """Return the cursor of every stream."""
    return dict(fetch(connection, _CURSORS, {"mapping": mapping}))


_CURSORS = select(CURSORS.c.stream, CURSORS.c.cursor).where(CURSORS.c.mapping == MAPPING)


def move_cursor(connection: Connection, mapping: str, stream: str, cursor: str) -> None:
    """Remember how far a stream has been read."""
    upsert(connection, CURSORS, ("mapping", "stream", "cursor"), [(mapping, stream, cursor)])


def forget_cursors(connection: Connection, mapping: str) -> None:
    """Have every stream read from its start; what moved meanwhile must not be forgotten."""
    connection.execute(delete(CURSORS).where(CURSORS.c.mapping == mapping, CURSORS.c.stream != MOVES))


def carry_over(connection: Connection, mapping: str, run: str) -> tuple[int, frozenset[str]]:
    """Take over the rows that earlier runs left pending; return how many, and those runs.

    They stay unsettled until `settled` says otherwise. When this run dies, too, the next one must know them all: what
    any of them wrote counts as written.
    """
    earlier = [each for (each,) in fetch(connection, _UNSETTLED, {"mapping": mapping, "run": run})]
    if not earlier:
        return 0, frozenset()
    given = {"this_mapping": mapping, "this_run": run, "earlier": as_list(connection, earlier)}
    return connection.execute(_carry(connection), given).rowcount, frozenset(earlier)


def settled(connection: Connection, runs: Collection[str]) -> None:
    """Say of *runs* that nothing of theirs is left to be told: the one that took over from them has ended."""
    if runs:
        connection.execute(_settled(connection), {"earlier": as_list(connection, sorted(runs))})


@once
def _carry(connection: Connection) -> Update:
    # A parameter of an update must not be called like a column.
    here = (RUN_ROWS.c.mapping == bindparam("this_mapping", type_=Text), RUN_ROWS.c.state == State.PENDING.value)
    these = listed(connection, RUN_ROWS.c.run, "earlier")
    return update(RUN_ROWS).where(*here, these).values(run=bindparam("this_run", type_=Text))


@once
def _settled(connection: Connection) -> Update:
    return update(RUNS).where(listed(connection, RUNS.c.run, "earlier")).values(unsettled=False)


_UNSETTLED = select(RUNS.c.run).where(RUNS.c.mapping == MAPPING, RUNS.c.unsettled, RUNS.c.run != RUN)


def take_up(connection: Connection, mapping: str, run: str, keys: Sequence[str]) -> int:
    """Have rejected responses stand as pending in *run*, because their write is tried again; return how many.

    So do those that stand as pending since an earlier replay of them, which died.
    """
    here = (RUN_ROWS.c.mapping == mapping, among(connection, RUN_ROWS.c.key, keys))
    left = and_(RUN_ROWS.c.state == State.PENDING.value, RUN_ROWS.c.run != run)
    moved = update(RUN_ROWS).where(*here, or_(RUN_ROWS.c.state == State.REJECTED.value, left))
    return connection.execute(moved.values(run=run, state=State.PENDING.value, reason="")).rowcount


def reject_of(connection: Connection, mapping: str, run: str, ref: tuple[str, str], reason: str) -> None:
    """Say of the responses of a record that wait in *run* that they are rejected."""
    here = (RUN_ROWS.c.mapping == mapping, RUN_ROWS.c.run == run, RUN_ROWS.c.state == State.PENDING.value)
    moved = update(RUN_ROWS).where(*here, RUN_ROWS.c.key.in_(_keys_of(mapping, ref)))
    connection.execute(moved.values(state=State.REJECTED.value, reason=reason))


def rejected_of(connection: Connection, mapping: str, ref: tuple[str, str], reason: str) -> list[str]:
    """Return the responses of a record that were rejected for *reason*."""
    here = (RUN_ROWS.c.mapping == mapping, RUN_ROWS.c.state == State.REJECTED.value, RUN_ROWS.c.reason == reason)
    return list(connection.scalars(select(RUN_ROWS.c.key).where(*here, RUN_ROWS.c.key.in_(_keys_of(mapping, ref)))))


def _keys_of(mapping: str, ref: tuple[str, str]) -> Select[tuple[str]]:
    object_, record = ref
    matched = and_(MATCHES.c.mapping == mapping, MATCHES.c.respondent == RESPONSES.c.respondent)
    here = (MATCHES.c.object == object_, MATCHES.c.record == record, MATCHES.c.outcome == "matched")
    return select(RESPONSES.c.key).join(MATCHES, matched).where(*here)


def counts(connection: Connection, mapping: str, run: str) -> tuple[int, dict[tuple[State, str], int]]:
    """How many rows came into *run*; and them by state and reason: those counted, and those in `run_rows`."""
    entered, found = 0, Counter[tuple[State, str]]()
    for state, reason, rows in fetch(connection, _COUNTS, {"mapping": mapping, "run": run}):
        if state == _ENTERED:
            entered = rows
        else:
            found[State(state), reason] += rows
    return entered, found


_COUNTS = union_all(
    select(RUN_COUNTS.c.state, RUN_COUNTS.c.reason, RUN_COUNTS.c.rows).where(RUN_COUNTS.c.run == RUN),
    select(RUN_ROWS.c.state, RUN_ROWS.c.reason, func.count())
    .where(RUN_ROWS.c.mapping == MAPPING, RUN_ROWS.c.run == RUN)
    .group_by(RUN_ROWS.c.state, RUN_ROWS.c.reason),
)


def stand(connection: Connection, mapping: str, run: str, rows: Sequence[tuple[str, str, str]]) -> None:
    """Say where responses stand: (key, state, reason)."""
    columns = ("mapping", "key", "run", "state", "reason")
    upsert(connection, RUN_ROWS, columns, [(mapping, key, run, state, reason) for key, state, reason in rows])
