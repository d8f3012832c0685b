"""The meter of all processes on one ledger: together they never exceed a vendor's window or our share of its day."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import delete, func, select, text

from connectors.budget import LATEST_S, NO_LIMIT, Turn, day_wait_s, forgotten, postponed, slot, wait_s
from sync.ledger.rows import as_list, fetch, listed, once, upsert
from sync.ledger.side import DAYS, GRANTED, LOCK_SPACE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection, Select

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

    def reserve(self, name: str, windows: Sequence[Window]) -> Turn:
        """See `connectors.budget.Meter.reserve`."""
        with self._side.write() as connection:
            self._lock(connection, name)
            now = _now(connection, self._clock)
            kept = _kept(connection, name, windows)
            # Times yet to come are of before the machine was started again: as if they were now. A call that is
            # counted later than it was granted lies ahead too, by a second at most.
            lines = [[each if each < now + LATEST_S else now for each in line] for line in kept]
            wait = max((wait_s(line, now, each) for line, each in zip(lines, windows, strict=True)), default=0.0)
            if not wait:
                lines = [sorted([*line, now])[-each.calls :] for line, each in zip(lines, windows, strict=True)]
            if lines != kept:
                _keep(connection, name, windows, lines)
        return Turn(wait, now)

    def postpone(self, name: str, windows: Sequence[Window], turn: Turn, late_s: float) -> None:
        """See `connectors.budget.Meter.postpone`."""
        with self._side.write() as connection:
            self._lock(connection, name)
            lines = [postponed(line, turn.at, late_s) for line in _kept(connection, name, windows)]
            _keep(connection, name, windows, lines)

    def reserve_day(self, name: str, *, calls: int, most: int | None) -> float:
        """See `connectors.budget.Meter.reserve_day`."""
        with self._side.write() as connection:
            self._lock(connection, name)
            now = _now(connection, self._wall)
            statement = select(DAYS.c.slot, DAYS.c.calls).where(DAYS.c.name == name, DAYS.c.slot >= forgotten(now))
            slots: dict[int, int] = dict(fetch(connection, statement))
            wait = day_wait_s(slots, now, calls, NO_LIMIT if most is None else most)
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


def _kept(connection: Connection, name: str, windows: Sequence[Window]) -> list[list[float]]:
    keys = [f"{name}.{each.name}" for each in windows]
    found: dict[str, str] = dict(fetch(connection, _granted(connection), {"names": as_list(connection, keys)}))
    return [orjson.loads(found.get(key, "[]")) for key in keys]


@once
def _granted(connection: Connection) -> Select[Any]:
    return select(GRANTED.c.name, GRANTED.c.times).where(listed(connection, GRANTED.c.name, "names"))


def _keep(connection: Connection, name: str, windows: Sequence[Window], lines: Sequence[list[float]]) -> None:
    rows = [(f"{name}.{each.name}", orjson.dumps(line).decode()) for each, line in zip(windows, lines, strict=True)]
    upsert(connection, GRANTED, ("name", "times"), rows)


def _now(connection: Connection, clock: Callable[[], float] | None) -> float:
    if clock is not None:
        return clock()
    return float(connection.scalar(select(func.extract("epoch", func.clock_timestamp()))) or 0.0)
