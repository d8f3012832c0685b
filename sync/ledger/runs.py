"""Runs: begun, ended, and told again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, bindparam, insert, select, update

from sync.ledger.rows import RUN, among
from sync.ledger.tables import RUN_ROWS, RUNS
from sync.report import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, RowMapping


def new_id(connection: Connection, now: datetime) -> str:
    """Name a run by its second; the second one of a second gets a number."""
    name = now.strftime("%Y%m%d-%H%M%S")
    number = 1
    while exists(connection, name if number == 1 else f"{name}-{number}"):
        number += 1
    return name if number == 1 else f"{name}-{number}"


def begin(connection: Connection, run: str, mapping: str, at: str, *, unsettled: bool = True) -> None:
    """Record that a run began; *unsettled*: it may come to own pending rows."""
    values = {"run": run, "mapping": mapping, "status": Status.RUNNING.value, "started_at": at, "unsettled": unsettled}
    connection.execute(_BEGIN, values)


def finish(  # noqa: PLR0913 - a run's end is one row
    connection: Connection, run: str, *, status: Status, at: str, unsettled: bool, report: Mapping[str, Any]
) -> None:
    """Record how a run ended."""
    told = json.dumps(report, ensure_ascii=False)
    values = {"status": status.value, "finished_at": at, "unsettled": unsettled, "report": told}
    connection.execute(_FINISH, values | {"this_run": run})


def exists(connection: Connection, run: str) -> bool:
    """Tell whether there is a run of that name."""
    return connection.scalar(_NAMED, {"run": run}) is not None


_BEGIN = insert(RUNS)
_FINISH = (
    update(RUNS)
    .where(RUNS.c.run == bindparam("this_run", type_=Text))
    .values({name: bindparam(name) for name in ("status", "finished_at", "unsettled", "report")})
)
_NAMED = select(RUNS.c.run).where(RUNS.c.run == RUN)


#: Runs that began earlier than the parameter `before`.
OLD_RUNS = select(RUNS.c.run).where(RUNS.c.started_at < bindparam("before", type_=Text))


def latest(connection: Connection, mapping: str | None = None, most: int = 20) -> list[dict[str, Any]]:
    """Return the last runs, newest first, each with its report where it ended."""
    statement = select(RUNS).order_by(RUNS.c.started_at.desc(), RUNS.c.run.desc()).limit(most)
    if mapping is not None:
        statement = statement.where(RUNS.c.mapping == mapping)
    return [_told(row) for row in connection.execute(statement).mappings()]


def one(connection: Connection, run: str) -> dict[str, Any] | None:
    """Return one run; None: there is no such run."""
    row = connection.execute(select(RUNS).where(RUNS.c.run == run)).mappings().first()
    return None if row is None else _told(row)


def _told(row: RowMapping) -> dict[str, Any]:
    return dict(row) | {"report": None if row["report"] is None else json.loads(row["report"])}


def handled(connection: Connection, mapping: str, run: str, keys: Sequence[str]) -> set[str]:
    """Return which of these responses came in, or changed, in *run*."""
    here = (RUN_ROWS.c.mapping == mapping, RUN_ROWS.c.run == run, among(connection, RUN_ROWS.c.key, keys))
    return {row.key for row in connection.execute(select(RUN_ROWS.c.key).where(*here))}
