"""How a database of ours is opened: SQLite in a private file, plain or encrypted, with short writes; or PostgreSQL."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.exc import OperationalError

from connectors.sqlite import insert_at_once
from sync.errors import Exit, Problem, UserError
from sync.ledger import encryption

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import URL

#: SQLite's page cache; the rest of the machine's memory belongs to the kernel and the page in hand.
CACHE_KIB = 32_768
#: Statements that stay planned: more than a run has.
STATEMENTS = 512


def opened(url: URL, path: Path | None, busy_timeout_s: float, key: str | None = None) -> Engine:
    """Return an engine; each of its transactions is told by `begin` whether it writes.

    Args:
        url: Its address.
        path: Its file, for SQLite.
        busy_timeout_s: How long a statement waits for another process's write.
        key: With which the file is encrypted; None: it is not.

    Raises:
        UserError: The file cannot be created (E602), or is not encrypted as it should be (E607).
    """
    if url.get_backend_name() == "postgresql":
        return create_engine(url.set(drivername="postgresql+psycopg"), hide_parameters=True, pool_size=2)
    module = {} if key is None else {"module": encryption.driver()}
    if path is not None:
        if key is not None:
            encryption.check(path, key)
        _make_private(path)
    options = {"timeout": busy_timeout_s, "cached_statements": STATEMENTS}
    engine = create_engine(url, hide_parameters=True, connect_args=options, **module)
    insert_at_once(engine)
    if key is not None:
        encryption.unlock_each(engine, key)

    @event.listens_for(engine, "connect")
    def prepare(raw: Any, _record: Any) -> None:  # noqa: ANN401 - the driver's connection
        raw.isolation_level = None  # transactions are ours to begin (see `begin`)
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("PRAGMA synchronous=FULL")  # an acknowledged value survives power loss
        raw.execute(f"PRAGMA cache_size=-{CACHE_KIB}")

    return engine


def begin(connection: Connection, *, writes: bool = False) -> None:
    """Begin the transaction of *connection* on SQLite too, where the driver would begin it too late.

    An engine that listens to `begin` would ask after listeners at every statement, and take half as long again for it.
    """
    if connection.dialect.name != "sqlite":
        return
    statement = "BEGIN IMMEDIATE" if writes else "BEGIN"
    driver: Any = connection.connection.dbapi_connection
    try:
        driver.execute(statement)
    except connection.dialect.loaded_dbapi.OperationalError as error:
        raise OperationalError(statement, None, error) from error


def _make_private(path: Path) -> None:
    try:
        if not path.parent.exists():
            path.parent.mkdir(parents=True, mode=0o700)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as error:
        hint = f"Make {path.parent} writable for this user, or set `ledger:` to another place."
        what = f"the ledger cannot be created ({error.strerror})"
        raise UserError("E602", Problem(where=str(path), what=what, hint=hint), exit_=Exit.UNAVAILABLE) from error
