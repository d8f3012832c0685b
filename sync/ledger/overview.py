"""Where a mapping stands as a whole: for `status`, `report` and `state`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from sync.ledger import failures, runs, waiting
from sync.ledger.tables import CURSORS, MEMBERSHIPS, PROFILES, ROLLUPS, RUN_ROWS
from sync.report import State

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

#: Accounts that a report shows.
ACCOUNTS = 10


def status(connection: Connection, mapping: str) -> dict[str, Any]:
    """Return the last run, and where the mapping's responses stand."""
    last = next(iter(runs.latest(connection, mapping, 1)), None)
    states = _counts(connection, RUN_ROWS.c.state, RUN_ROWS.c.mapping == mapping)
    return {
        "mapping": mapping,
        "last_run": None
        if last is None
        else {name: last[name] for name in ("run", "status", "started_at", "finished_at")},
        "responses": sum(states.values()),
        "held": states.get(State.HELD, 0),
        "pending": states.get(State.PENDING, 0),
        "rejected": sum(waiting.rejected_by_reason(connection, mapping).values()),
        "failures": failures.count(connection, mapping),
        "held_by_reason": waiting.held_by_reason(connection, mapping),
        "rejected_by_reason": waiting.rejected_by_reason(connection, mapping),
    }


def standing(connection: Connection, mapping: str) -> dict[str, Any]:
    """Return NPS, freshness, trend, segments and accounts as the last run left them."""
    told = [run for run in runs.latest(connection, mapping, 50) if (run["report"] or {}).get("nps")]
    here = PROFILES.c.mapping == mapping
    number = select(func.count()).select_from(ROLLUPS).where(ROLLUPS.c.mapping == mapping)
    return {
        "mapping": mapping,
        "as_of": told[0]["finished_at"] if told else None,
        "nps": told[0]["report"]["nps"] if told else None,
        "people": connection.scalar(select(func.count()).select_from(PROFILES).where(here)) or 0,
        "by_status": _counts(connection, PROFILES.c.status, here),
        "by_trend": _counts(connection, PROFILES.c.trend, here, PROFILES.c.trend.is_not(None)),
        "segments": _counts(connection, MEMBERSHIPS.c.segment, MEMBERSHIPS.c.mapping == mapping),
        "accounts": _lowest(connection, mapping),
        "accounts_total": connection.scalar(number) or 0,
        "held_by_reason": waiting.held_by_reason(connection, mapping),
        "rejected_by_reason": waiting.rejected_by_reason(connection, mapping),
    }


def cursors(connection: Connection, mapping: str | None = None) -> list[dict[str, Any]]:
    """Return the cursor of each stream; a cursor is the source's own and means nothing to us."""
    statement = select(CURSORS).order_by(CURSORS.c.mapping, CURSORS.c.stream)
    if mapping is not None:
        statement = statement.where(CURSORS.c.mapping == mapping)
    return [dict(row) for row in connection.execute(statement).mappings()]


def _lowest(connection: Connection, mapping: str) -> list[dict[str, Any]]:
    names = ("account", "nps", "nps_low", "nps_high", "responses", "promoters", "passives", "detractors", "coverage")
    statement = (
        select(*(ROLLUPS.c[name] for name in names))
        .where(ROLLUPS.c.mapping == mapping, ROLLUPS.c.nps.is_not(None))
        .order_by(ROLLUPS.c.nps, ROLLUPS.c.account)
        .limit(ACCOUNTS)
    )
    return [dict(row) for row in connection.execute(statement).mappings()]


def _counts(connection: Connection, column: ColumnElement[Any], *where: ColumnElement[bool]) -> dict[str, int]:
    """Rows by value, the most frequent first."""
    counted = [
        (name, rows) for name, rows in connection.execute(select(column, func.count()).where(*where).group_by(column))
    ]
    return dict(sorted(counted, key=lambda pair: (-pair[1], pair[0])))
