"""That something arrived for a connection: one number each, which only grows. Any process may watch it.

Nothing is consumed, so whoever stores an event and whoever starts a run never wait for each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, Integer, select

from sync.ledger.rows import fetch, text
from sync.ledger.tables import key, keyed

if TYPE_CHECKING:
    from sqlalchemy import Connection

ARRIVALS = keyed("arrivals", key("connection"), Column("number", Integer, nullable=False))

_BUMP = text(
    "INSERT INTO arrivals (connection, number) VALUES (:connection, 1)"
    " ON CONFLICT (connection) DO UPDATE SET number = arrivals.number + 1"
)


def bump(connection: Connection, name: str) -> None:
    """Say, in the transaction that stores it, that an event arrived for the connection *name*."""
    connection.execute(_BUMP, {"connection": name})


def newest(connection: Connection) -> dict[str, int]:
    """Return the number of the newest event of each connection that ever had one."""
    return dict(fetch(connection, select(ARRIVALS.c.connection, ARRIVALS.c.number)))
