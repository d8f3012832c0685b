"""Who runs the schedule: one service a ledger, so that a second one waits.

It is a courtesy between services, not what keeps two runs apart: that is each mapping's lease (`sync.ledger.lease`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Integer, Text, delete, select

from sync.ledger.rows import upsert
from sync.ledger.tables import key, keyed
from sync.processes import is_alive
from sync.times import to_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from sync.ledger.store import Ledger

#: A service on another machine is given up after this long without a word.
TERM = timedelta(minutes=10)
SCHEDULE = "schedule"

SERVICES = keyed(
    "services",
    key("service"),
    Column("holder", Text, nullable=False),  # machine/process/its start
    Column("expires_at", Text, nullable=False),
    Column("every_s", Integer, nullable=False),
    Column("next_at", Text),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the ledger knows of the service."""

    #: `runs`; `silent`: its process is there and has said nothing for long; `ended`: without saying so.
    state: str
    host: str
    process: int
    every_s: int
    #: When it starts the next run; None: it knows no mapping.
    next_at: str | None
    #: Until when its word counts.
    expires_at: str


def take(  # noqa: PLR0913 - a service's row
    ledger: Ledger,
    holder: str,
    now: datetime,
    *,
    every_s: int,
    next_at: datetime | None,
    alive: Callable[[str], bool] = is_alive,
) -> Standing | None:
    """Become the service, or stay it for another `TERM`; return who is it instead, if somebody is.

    Raises:
        UserError: The ledger cannot be written.
    """
    with ledger.write() as connection:
        found = _row(connection)
        if found is not None and found.holder != holder and found.expires_at > to_text(now) and alive(found.holder):
            return told_by(found, now, alive)
        row = (SCHEDULE, holder, to_text(now + TERM), every_s, None if next_at is None else to_text(next_at))
        upsert(connection, SERVICES, tuple(SERVICES.c.keys()), [row])
    return None


def leave(ledger: Ledger, holder: str) -> None:
    """Say that the service of *holder* ends."""
    with ledger.write() as connection:
        connection.execute(delete(SERVICES).where(SERVICES.c.service == SCHEDULE, SERVICES.c.holder == holder))


def standing(connection: Connection, now: datetime, alive: Callable[[str], bool] = is_alive) -> Standing | None:
    """Tell of the service; None: there was none, or it ended in order."""
    found = _row(connection)
    return None if found is None else told_by(found, now, alive)


def _row(connection: Connection) -> Any:  # noqa: ANN401 - a row
    return connection.execute(select(SERVICES).where(SERVICES.c.service == SCHEDULE)).first()


def told_by(row: Any, now: datetime, alive: Callable[[str], bool]) -> Standing:  # noqa: ANN401 - a row
    """Tell of the service by its row, which has the columns of `SERVICES` as attributes."""
    host, process, _ = row.holder.rsplit("/", 2)
    fresh = row.expires_at > to_text(now)
    state = ("runs" if fresh else "silent") if alive(row.holder) else "ended"
    return Standing(
        state=state,
        host=host,
        process=int(process),
        every_s=row.every_s,
        next_at=row.next_at,
        expires_at=row.expires_at,
    )
