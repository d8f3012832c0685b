"""Parked rows of the outbox: what is not sent now, and what lets it be sent again.

A row that was refused is parked under the code of its failure. The words below are of npsync's own; all but `LATER`
end with the run, and a run that died is tidied up by the next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from sync.ledger import doubts
from sync.ledger.rows import among, fetch, text
from sync.ledger.tables import OUTBOX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection

    from sync.parcels import Queued

#: Sent and not confirmed, or not sent because the destination took no more.
UNCONFIRMED = "unconfirmed"
#: Not of what is being replayed.
ASIDE = "aside"
#: Of a replay's later waves.
WAITING = "waiting"
#: It was not confirmed again and again, and rests; see `sync.ledger.failures.rest`.
LATER = "later"
_OF_A_RUN = (UNCONFIRMED, ASIDE, WAITING)
OURS = (*_OF_A_RUN, LATER)

#: What names a row of the outbox: object and record.
Ref = tuple[str, str]


def park(connection: Connection, mapping: str, rows: Iterable[tuple[Queued, str]]) -> None:
    """Have rows wait, each for what its word or code says."""
    values = [
        {"mapping": mapping, "rank": rank, "object": object_, "record": record, "parked": parked}
        for (rank, object_, record, *_), parked in rows
    ]
    if values:
        connection.execute(text(_PARK), values)


def tidy(connection: Connection, mapping: str) -> None:
    """Let go of what a run that died had set aside."""
    doubts.interrupted(connection, mapping)
    connection.execute(text(_TIDY), {"mapping": mapping})


def set_aside(connection: Connection, mapping: str, parked: str = ASIDE) -> None:
    """Have everything wait that could be sent now, under a word of ours."""
    connection.execute(
        update(OUTBOX).where(OUTBOX.c.mapping == mapping, OUTBOX.c.parked.is_(None)).values(parked=parked)
    )


def end(connection: Connection, mapping: str, now: str) -> None:
    """At the end of a run: what still fails waits for what its failure says, the rest can be sent by the next run."""
    connection.execute(text(_END), {"mapping": mapping, "now": now})


def mark(connection: Connection, mapping: str, refs: Sequence[Ref], parked: str | None) -> None:
    """Have these rows wait for what *parked* says; None: let them be sent."""
    for here in _rows_of(connection, mapping, refs):
        connection.execute(update(OUTBOX).where(*here).values(parked=parked))


def let_go(connection: Connection, mapping: str, parked: str) -> None:
    """Let everything be sent that waits under a word of ours."""
    here = (OUTBOX.c.mapping == mapping, OUTBOX.c.parked == parked)
    connection.execute(update(OUTBOX).where(*here).values(parked=None))


def inputs(connection: Connection, mapping: str, refs: Sequence[Ref]) -> dict[Ref, str]:
    """Return the packed values that are wanted of those of *refs* that can be sent now."""
    columns = (OUTBOX.c.object, OUTBOX.c.record, OUTBOX.c.changes, OUTBOX.c.desired)
    found: dict[Ref, str] = {}
    for here in _rows_of(connection, mapping, refs):
        for object_, record, changes, desired in fetch(connection, select(*columns).where(*here, _SENT)):
            found[object_, record] = changes or desired or ""
    return found


def still_parked(connection: Connection, mapping: str, refs: Sequence[Ref]) -> set[Ref]:
    """Return those of *refs* that wait for something, whatever it is."""
    found: set[Ref] = set()
    for here in _rows_of(connection, mapping, refs):
        found.update(fetch(connection, select(OUTBOX.c.object, OUTBOX.c.record).where(*here, ~_SENT)))
    return found


def causes(connection: Connection, mapping: str, refs: Sequence[Ref]) -> list[str]:
    """Return the responses that led to these rows."""
    found: set[str] = set()
    for here in _rows_of(connection, mapping, refs):
        found.update(connection.scalars(select(OUTBOX.c.cause).where(*here, OUTBOX.c.cause.is_not(None))))
    return sorted(found)


def _rows_of(connection: Connection, mapping: str, refs: Sequence[Ref]) -> Iterator[tuple[ColumnElement[bool], ...]]:
    """Yield what holds of the rows of *refs*, object by object."""
    by_object: dict[str, list[str]] = {}
    for object_, record in refs:
        by_object.setdefault(object_, []).append(record)
    for object_, records in by_object.items():
        these = among(connection, OUTBOX.c.record, records)
        yield OUTBOX.c.mapping == mapping, OUTBOX.c.object == object_, these


_SENT = OUTBOX.c.parked.is_(None)
_PARK = """
UPDATE outbox SET parked = :parked
WHERE mapping = :mapping AND rank = :rank AND object = :object AND record = :record
"""
_TIDY = f"UPDATE outbox SET parked = NULL WHERE mapping = :mapping AND parked IN {_OF_A_RUN!r}"  # noqa: S608 - our words
_END = """
UPDATE outbox SET parked = (
  SELECT CASE WHEN f.kind = 'transient' AND f.state = 'open' THEN 'later' ELSE f.code END FROM failures f
  WHERE f.mapping = outbox.mapping AND f.object = outbox.object AND f.record = outbox.record
    AND f.state IN ('open', 'given_up') AND (f.kind <> 'transient' OR f.state = 'given_up' OR f.next_at > :now)
)
WHERE mapping = :mapping AND parked IN ('unconfirmed', 'aside', 'waiting')
"""
