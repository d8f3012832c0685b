"""Doubts: writes whose answer was lost may still arrive, after a newer value was written and confirmed.

See `sync.late` for what is done about it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Text, bindparam, select

from sync.ledger.doubt_tables import DOUBTS, SENDINGS
from sync.ledger.rows import MAPPING, among, fetch, text, upsert
from sync.packed import id_of
from sync.times import to_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from sync.ledger.outbox import Place
    from sync.parcels import Queued

#: How long a request can be on its way: Salesforce ends one after ten minutes, HubSpot sooner.
ON_ITS_WAY = timedelta(minutes=15)
#: As long again, for a process that sleeps in the middle of sending and goes on when its lease has gone to another.
ASLEEP = timedelta(minutes=30)


class Doubt(NamedTuple):
    """A write that may have arrived after what was written since."""

    object: str
    record: str
    #: Packed key columns, as the outbox has them.
    keys: str | None
    #: The packed values that were sent; None: that the record must not exist.
    sent: str | None

    @property
    def id(self) -> str:
        """The record's id as `Block.ids` says it."""
        return id_of(self.record, self.keys)


def over(connection: Connection, mapping: str, now: datetime) -> list[Doubt]:
    """Return the doubts of *mapping* that cannot come true any more, if they have not already."""
    rows = fetch(connection, _OVER, {"mapping": mapping, "now": to_text(now)})
    return [Doubt(object_, record, keys, None if sent == _NOTHING else sent) for object_, record, keys, sent in rows]


def sent(connection: Connection, mapping: str, object_: str, records: Sequence[str]) -> dict[str, str]:
    """Return what *records* were sent last of which an answer was lost, packed."""
    these = (DOUBTS.c.mapping == mapping, DOUBTS.c.object == object_, among(connection, DOUBTS.c.record, records))
    rows = fetch(connection, select(DOUBTS.c.record, DOUBTS.c.sent).where(*these).order_by(DOUBTS.c.until))
    return {record: values for record, values in rows if values != _NOTHING}


def deleting(connection: Connection, mapping: str, object_: str, records: Sequence[str]) -> set[str]:
    """Return those of *records* that were to be deleted by a write of which an answer was lost."""
    these = (DOUBTS.c.mapping == mapping, DOUBTS.c.object == object_, among(connection, DOUBTS.c.record, records))
    return {record for (record,) in fetch(connection, select(DOUBTS.c.record).where(*these, DOUBTS.c.sent == _NOTHING))}


def end(connection: Connection, mapping: str, now: datetime) -> None:
    """Forget the doubts that are over; not of what waits to be sent: the next run looks whether it stands then."""
    connection.execute(text(_PASSED), {"mapping": mapping, "now": to_text(now)})


def intend(connection: Connection, mapping: str, between: tuple[Place, Place], now: datetime) -> None:
    """Say which stretch of the outbox is about to be sent."""
    names = [column.name for column in SENDINGS.columns]
    upsert(connection, SENDINGS, names, [(mapping, *between[0], *between[1], to_text(now + ASLEEP))])


def known(connection: Connection, mapping: str) -> None:
    """Say that what became of everything that was sent is stored."""
    connection.execute(text(_KNOWN), {"mapping": mapping})


def remember(connection: Connection, mapping: str, rows: Sequence[Queued], now: datetime) -> None:
    """Remember rows of the outbox that were sent, and of which an answer was lost."""
    until = to_text(now + ON_ITS_WAY)
    for _, object_, record, keys, changes, desired in rows:
        values = {"object": object_, "record": record, "keys": keys, "sent": changes or desired or _NOTHING}
        connection.execute(text(_REMEMBER), {"mapping": mapping, "until": until, **values})


def interrupted(connection: Connection, mapping: str) -> None:
    """Doubt everything that an earlier run was sending when it ended without a word."""
    if fetch(connection, _SENDING, {"mapping": mapping}):
        connection.execute(text(_DOUBT_ALL), {"mapping": mapping})
        known(connection, mapping)


_NOTHING = "null"
_OVER = (
    select(*(DOUBTS.c[name] for name in Doubt._fields))
    .where(DOUBTS.c.mapping == MAPPING, DOUBTS.c.until <= bindparam("now", type_=Text))
    .order_by(DOUBTS.c.object, DOUBTS.c.record, DOUBTS.c.until)
)
_SENDING = select(SENDINGS.c.until).where(SENDINGS.c.mapping == MAPPING)
_KNOWN = "DELETE FROM sendings WHERE mapping = :mapping"
_AGAIN = "ON CONFLICT (mapping, object, record, until) DO UPDATE SET keys = excluded.keys, sent = excluded.sent"
_REMEMBER = f"""
INSERT INTO doubts (mapping, object, record, keys, sent, until)
VALUES (:mapping, :object, :record, :keys, :sent, :until) {_AGAIN}
"""  # noqa: S608 - our own text
_DOUBT_ALL = f"""
INSERT INTO doubts (mapping, object, record, keys, sent, until)
SELECT o.mapping, o.object, o.record, o.keys, coalesce(o.changes, o.desired, '{_NOTHING}'), s.until
FROM outbox o JOIN sendings s ON s.mapping = o.mapping
WHERE o.mapping = :mapping AND o.parked IS NULL
  AND (o.rank, o.object, o.record) > (s.rank_after, s.object_after, s.record_after)
  AND (o.rank, o.object, o.record) <= (s.rank_last, s.object_last, s.record_last)
{_AGAIN}
"""  # noqa: S608 - our own text
_PASSED = """
DELETE FROM doubts WHERE mapping = :mapping AND until <= :now AND (object, record) NOT IN
  (SELECT o.object, o.record FROM outbox o WHERE o.mapping = :mapping)
"""
