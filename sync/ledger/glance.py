"""A look at a ledger that changes nothing, not even by opening it: its version, and who is at work on it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from connectors.budget import forgotten
from sync.ledger.database_errors import explain
from sync.ledger.encryption import is_plain
from sync.ledger.engines import opened
from sync.ledger.services import told_by
from sync.ledger.side import budgets_of
from sync.ledger.store import path_of
from sync.processes import is_alive
from sync.times import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    from sync.ledger.services import Standing

_VERSION = "SELECT version FROM schema_version"
_LEASES = "SELECT mapping, holder, expires_at FROM leases"
_SERVICES = "SELECT service, holder, expires_at, every_s, next_at FROM services"
_PATIENCE_S = 5.0


class _Row(NamedTuple):
    service: str
    holder: str
    expires_at: str
    every_s: int
    next_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What there is to see."""

    #: The file, or the address without a password.
    where: str
    #: Of the tables; None: the file is encrypted, and was not opened.
    version: int | None
    #: Mapping, machine and process of each run that is under way.
    holders: tuple[tuple[str, str, int], ...] = ()
    #: The service that runs the schedule, if there is one or it ended without saying so.
    service: Standing | None = None


def at(url: str, password: str | None, now: datetime, alive: Callable[[str], bool] = is_alive) -> Seen | None:
    """Look; None: there is no ledger yet.

    Raises:
        UserError: It cannot be read (E301, E601, E602).
    """
    path = path_of(url)
    if path is None:
        return _on_server(url, password, now, alive)
    plain = is_plain(path)
    if plain is None:
        return None
    if not plain:
        return Seen(where=str(path), version=None)
    try:
        with closing(sqlite3.connect(_read_only(path), uri=True, timeout=_PATIENCE_S)) as file:
            tables = {name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if "schema_version" not in tables:
                return None
            ((version,),) = file.execute(_VERSION).fetchall() or [(0,)]
            leases = file.execute(_LEASES).fetchall() if "leases" in tables else []
            rows = file.execute(_SERVICES).fetchall() if "services" in tables else []
    except sqlite3.Error as error:
        raise explain(DBAPIError("", None, error), str(path), _PATIENCE_S) from error
    return _seen(str(path), version, leases, rows, now, alive)


def calls(url: str, now_s: float) -> dict[str, int]:
    """Return how many calls each connection made in the last day, as far as a file beside the ledger says so."""
    path = path_of(url)
    beside = None if path is None else budgets_of(path)
    if beside is None or not beside.exists():
        return {}
    try:
        with closing(sqlite3.connect(_read_only(beside), uri=True, timeout=_PATIENCE_S)) as file:
            found = file.execute(
                "SELECT name, sum(calls) FROM call_days WHERE slot >= ? GROUP BY name", [forgotten(now_s)]
            )
            return dict(found.fetchall())
    except sqlite3.Error:
        return {}  # it may be deleted at any time, and then nothing was called


def _read_only(path: Path) -> str:
    """An address that makes no file: where nobody writes, SQLite needs none of those beside it."""
    used = path.with_name(f"{path.name}-wal").exists()
    return f"file:{quote(str(path))}?mode=ro{'' if used else '&immutable=1'}"


def _on_server(url: str, password: str | None, now: datetime, alive: Callable[[str], bool]) -> Seen | None:
    parsed = make_url(url)
    if password and not parsed.password:
        parsed = parsed.set(password=password)
    where = parsed.render_as_string(hide_password=True)
    engine = opened(parsed, None, _PATIENCE_S)
    try:
        with engine.connect() as connection:
            connection.execute(text("SET TRANSACTION READ ONLY"))
            if not inspect(connection).has_table("schema_version"):
                return None
            version = connection.execute(text(_VERSION)).scalar() or 0
            leases: list[Any] = list(connection.execute(text(_LEASES)))
            rows: list[Any] = list(connection.execute(text(_SERVICES)))
    except DBAPIError as error:
        raise explain(error, where, _PATIENCE_S) from error
    finally:
        engine.dispose()
    return _seen(where, version, leases, rows, now, alive)


def _seen(  # noqa: PLR0913 - what two engines give alike
    where: str, version: int, leases: Iterable[Any], rows: Iterable[Any], now: datetime, alive: Callable[[str], bool]
) -> Seen:
    services = [told_by(_Row(*row), now, alive) for row in rows]
    return Seen(
        where=where,
        version=version,
        holders=_living(leases, now, alive),
        service=services[0] if services else None,
    )


def _living(leases: Iterable[Any], now: datetime, alive: Callable[[str], bool]) -> tuple[tuple[str, str, int], ...]:
    parts = [
        (mapping, *holder.rsplit("/", 2)[:2])
        for mapping, holder, until in leases
        if until > to_text(now) and alive(holder)
    ]
    return tuple((mapping, host, int(process)) for mapping, host, process in sorted(parts))
