"""The meter of all processes on one ledger: together they never exceed a vendor's window or our share of its day."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, text

from connectors.budget import day_wait_s, forgotten, slot, wait_s
from sync.ledger.rows import fetch, upsert
from sync.ledger.side import DAYS, GRANTED, LOCK_SPACE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from connectors.budget import Window
    from sync.ledger.side import Side


class SharedMeter:
    """See `connectors.budget.Meter`.

    Args:
        side: Where the calls are kept.
        clock: Seconds, the same for all processes on the ledger. By default the server's clock on PostgreSQL, and on
            SQLite this machine's own, which all of its processes share and nobody sets.
        wall: Seconds since 1970, for the day; the same default on PostgreSQL.
    """

    def __init__(
        self, side: Side, *, clock: Callable[[], float] | None = None, wall: Callable[[], float] | None = None
    ) -> None:
        self._side = side
        self._clock = clock or (time.monotonic if side.is_sqlite else None)
        self._wall = wall or (time.time if side.is_sqlite else None)

    def reserve(self, name: str, windows: Sequence[Window]) -> float:
        """See `connectors.budget.Meter.reserve`."""
        keys = [f"{name}.{each.name}" for each in windows]
        with self._side.write() as connection:
            self._lock(connection, name)
            now = _now(connection, self._clock)
            kept: dict[str, str] = dict(fetch(connection, select(GRANTED).where(GRANTED.c.name.in_(keys))))
            # Times yet to come are of before the machine was started again: as if they were now.
            lines = [[min(each, now) for each in json.loads(kept.get(key, "[]"))] for key in keys]
            wait = max((wait_s(line, now, each) for line, each in zip(lines, windows, strict=True)), default=0.0)
            if not wait:
                lines = [[*line, now][-each.calls :] for line, each in zip(lines, windows, strict=True)]
            changed = [
                (key, packed)
                for key, line in zip(keys, lines, strict=True)
                if (packed := json.dumps(line)) != kept.get(key)
            ]
            upsert(connection, GRANTED, ("name", "times"), changed)
        return wait

    def reserve_day(self, name: str, *, calls: int, most: int) -> float:
        """See `connectors.budget.Meter.reserve_day`."""
        with self._side.write() as connection:
            self._lock(connection, name)
            now = _now(connection, self._wall)
            statement = select(DAYS.c.slot, DAYS.c.calls).where(DAYS.c.name == name, DAYS.c.slot >= forgotten(now))
            slots: dict[int, int] = dict(fetch(connection, statement))
            wait = day_wait_s(slots, now, calls, most)
            if not wait:
                here = slot(now)
                upsert(connection, DAYS, ("name", "slot", "calls"), [(name, here, slots.get(here, 0) + calls)])
                if here not in slots:
                    connection.execute(delete(DAYS).where(DAYS.c.name == name, DAYS.c.slot < forgotten(now)))
        return wait

    def _lock(self, connection: Connection, name: str) -> None:
        """Keep others from counting the same connection's calls; SQLite has one writer anyway."""
        if not self._side.is_sqlite:
            statement = text("SELECT pg_advisory_xact_lock(:space, hashtext(:name))")
            connection.execute(statement, {"space": LOCK_SPACE, "name": name})


def _now(connection: Connection, clock: Callable[[], float] | None) -> float:
    if clock is not None:
        return clock()
    return float(connection.scalar(select(func.extract("epoch", func.clock_timestamp()))) or 0.0)
