"""What services have called about: one row an event, kept for a while so that the same one is not taken twice.

Whoever listens only stores, and whoever runs only reads: how far a mapping has come stands under its cursors.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Column, Index, Integer, Text, func, select

from connectors.values import Hint
from sync.ledger import arrivals
from sync.ledger.rows import among, fetch, text
from sync.ledger.tables import key, keyed
from sync.times import to_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from connectors.surveys.events import Event

#: How long an event is remembered: the longest that a service goes on trying is a day.
KEEP = timedelta(days=30)
#: Events that one run takes; the next one goes on.
MOST_AT_ONCE = 10_000

HOOK_EVENTS = keyed(
    "hook_events",
    key("connection"),
    key("event"),  # a digest
    Column("number", Integer, nullable=False),  # grows in the order in which they were stored
    Column("survey", Text, nullable=False),
    Column("response", Text, nullable=False),
    Column("key", Text, nullable=False),  # connection:response
    Column("at", Text, nullable=False),
    Index("hook_events_by_number", "connection", "number"),
    Index("hook_events_by_key", "key"),
)


class Stored(NamedTuple):
    """What became of the events of one call."""

    new: int
    known: int


def store(connection: Connection, name: str, events: Sequence[Event], at: datetime) -> Stored:
    """Keep the events of a call to the connection *name*; those that are kept already change nothing."""
    ids = [each.id for each in events]
    here = (HOOK_EVENTS.c.connection == name, among(connection, HOOK_EVENTS.c.event, ids))
    known = set(connection.scalars(select(HOOK_EVENTS.c.event).where(*here)))
    new = 0
    for event in events:
        if event.id in known:
            continue
        # Whoever counts on holds its row until the end, so that numbers become visible in their order.
        arrivals.bump(connection, name)
        values = {"connection": name, "event": event.id, "survey": event.survey, "response": event.response}
        row = values | {"key": f"{name}:{event.response}", "at": to_text(at)}
        new += connection.execute(_INSERT, row).rowcount
    return Stored(new, len(events) - new)


_INSERT = text(
    "INSERT INTO hook_events (connection, event, number, survey, response, key, at)"
    " SELECT CAST(:connection AS TEXT), :event, number, :survey, :response, :key, :at"
    " FROM arrivals WHERE connection = :connection"
    " ON CONFLICT (connection, event) DO NOTHING"
)


def waiting(connection: Connection, name: str, after: int) -> list[Hint]:
    """Return the events of a connection with a higher number than *after*, the oldest first."""
    rows = fetch(connection, _WAITING, {"connection": name, "after": after, "most": MOST_AT_ONCE})
    return [
        Hint(number=number, survey=survey, response=response, at=datetime.fromisoformat(at))
        for number, survey, response, at in rows
    ]


_WAITING = text(
    "SELECT number, survey, response, at FROM hook_events"
    " WHERE connection = :connection AND number > :after ORDER BY number LIMIT :most"
)


def newest(connection: Connection, name: str) -> int:
    """Return the highest number of a connection's events; 0: there is none."""
    statement = select(func.max(HOOK_EVENTS.c.number)).where(HOOK_EVENTS.c.connection == name)
    return connection.scalar(statement) or 0


def trim(connection: Connection, before: datetime) -> None:
    """Forget events that were stored before."""
    connection.execute(HOOK_EVENTS.delete().where(HOOK_EVENTS.c.at < to_text(before)))
