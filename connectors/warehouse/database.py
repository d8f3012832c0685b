"""One database, opened the same way every time, with its failures in our words.

Knows connections and transactions; nothing of tables, records or writes.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool, StaticPool

from connectors.errors import Deferred, Refused, Unknown
from connectors.sqlite import insert_at_once
from connectors.warehouse.failures import driver_errors, judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

    from connectors.retry import Retry

SQLITE = "sqlite"
POSTGRESQL = "postgresql"
#: Seconds; a statement that runs longer is stuck: the longest of ours indexes some million rows.
STATEMENT_S = 600
CONNECT_S = 10
_OPENING = "npsync_begin"


class Database:
    """Connections to one database, each closed or given back when its block ends.

    Args:
        name: The connection's name, for messages.
        url: SQLAlchemy URL; `sqlite:///path` or `postgresql://user@host/database`.
        schema: Schema of the tables; PostgreSQL only.
        password: Put into the URL where it has none.
        lock_wait_s: Seconds to wait for another program's lock.
        retry: For opening a connection only; a transaction is repeated by the next run.
    """

    def __init__(  # noqa: PLR0913 - what the config says of a connection
        self, *, name: str, url: str, schema: str | None, password: str | None, lock_wait_s: float, retry: Retry
    ) -> None:
        self.where = f"connection `{name}`"
        self.schema = schema
        self._url = _read_url(self.where, url, password)
        self.dialect = self._url.get_backend_name()
        self._retry = retry
        self._lock_wait_s = lock_wait_s
        #: The database's file; None for a server or a database in memory.
        self.path = _file_of(self._url) if self.dialect == SQLITE else None
        self._engine = self._open_engine()
        self._prepared = False

    def exists(self) -> bool:
        """Say whether there is anything to read; looking does not create a file."""
        return self.path is None or self.path.exists()

    def quoted(self, name: str) -> str:
        return self._engine.dialect.identifier_preparer.quote_identifier(name)

    def table(self, name: str) -> str:
        """Return the quoted name of a table, in the schema where one was given."""
        return self.quoted(name) if self.schema is None else f"{self.quoted(self.schema)}.{self.quoted(name)}"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection in a transaction that sees one state and changes nothing.

        Raises:
            Deferred, Refused, SchemaDrift: See `connectors.warehouse.failures`.
        """
        with self._connected({_OPENING: "BEGIN"}) as connection, self._judged(), connection.begin():
            yield connection

    def stream(
        self, text: str, parameters: tuple[Any, ...], size: int, *, by_index: bool
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a query, *size* at a time, as the driver gives them; SQLAlchemy's would cost twice that."""
        with self.reading() as connection:
            if by_index and self.dialect == POSTGRESQL:
                # Its guess for a condition on patterns is "most rows", so that it would read the whole table.
                connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            driver: Any = connection.connection.driver_connection
            # A named cursor stays on the server; an unnamed one would fetch everything first.
            cursor = driver.cursor(name="npsync_rows") if self.dialect == POSTGRESQL else driver.cursor()
            try:
                cursor.execute(text, parameters)
                while rows := cursor.fetchmany(size):
                    yield rows
            finally:
                cursor.close()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes are kept together when the block ends without an error.

        Raises:
            Unknown: The line dropped while the changes were being committed.
            Deferred, Refused, SchemaDrift: Nothing was changed.
        """
        self._prepare_file()
        with self._connected({_OPENING: "BEGIN IMMEDIATE"}) as connection:
            with self._judged():
                transaction = connection.begin()
                if self.dialect == POSTGRESQL:
                    connection.exec_driver_sql(
                        "SET CONSTRAINTS ALL IMMEDIATE"
                    )  # a bad row must fail alone, not the commit
                try:
                    yield connection
                except BaseException:  # whatever ended the block, half of it must not stay
                    transaction.rollback()
                    raise
            self._commit(connection)

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """Give a connection outside any transaction, as `VACUUM` must be."""
        server = {} if self.dialect == SQLITE else {"isolation_level": "AUTOCOMMIT"}
        with self._connected({_OPENING: "", **server}) as connection:
            yield connection

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _connected(self, options: Mapping[str, Any]) -> Iterator[Connection]:
        connection = self._retry.call(self._connect)
        try:
            yield connection.execution_options(**options)
        finally:
            connection.close()

    def _connect(self) -> Connection:
        with self._judged():
            return self._engine.connect()

    @contextmanager
    def _judged(self) -> Iterator[None]:
        try:
            yield
        except driver_errors() as error:
            raise judge(error, self.where) from None

    def _commit(self, connection: Connection) -> None:
        try:
            connection.commit()
        except driver_errors() as error:
            verdict = judge(error, self.where)
            connection.rollback()
            # SQLite undoes what it could not commit; a server may have committed before the line dropped.
            if self.dialect != SQLITE and isinstance(verdict, Deferred):
                raise Unknown(f"{self.where}: the line dropped during a commit", code="E501") from None
            raise verdict from None

    def _prepare_file(self) -> None:
        """Create the file for its owner only, and let readers and the writer not wait for each other (WAL)."""
        if self._prepared or self.path is None:
            return
        try:
            if not self.path.parent.exists():
                self.path.parent.mkdir(parents=True, mode=0o700)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise Refused(
                f"{self.where}: the database file cannot be created ({type(error).__name__})",
                next_step="Let this user write the file and its folder.",
            ) from None
        with self._connected({_OPENING: ""}) as connection, self._judged():
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        self._prepared = True

    def _open_engine(self) -> Engine:
        if self.dialect == SQLITE:
            # Kept open between transactions: closing the last connection copies the whole WAL into the file.
            pool = QueuePool if self.path else StaticPool
            arguments: dict[str, Any] = {"timeout": self._lock_wait_s, "check_same_thread": False}
            engine = create_engine(self._url, hide_parameters=True, poolclass=pool, connect_args=arguments)
            insert_at_once(engine)
            event.listen(engine, "connect", _leave_transactions_to_us)
            event.listen(engine, "begin", _begin)
            return engine
        lock_ms, statement_ms = int(self._lock_wait_s * 1000), STATEMENT_S * 1000
        settings = f"-c timezone=UTC -c lock_timeout={lock_ms} -c statement_timeout={statement_ms}"
        arguments = {"connect_timeout": CONNECT_S, "options": settings, "application_name": "npsync"}
        return create_engine(
            self._url, hide_parameters=True, pool_size=1, max_overflow=2, pool_pre_ping=True, connect_args=arguments
        )


def _read_url(where: str, text: str, password: str | None) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        url = URL.create("none")
    match url.get_backend_name():
        case "sqlite":
            return url.set(drivername="sqlite")
        case "postgresql" | "postgres":
            url = url.set(drivername="postgresql+psycopg")
            return url.set(password=password) if password and not url.password else url
        case _:
            raise Refused(
                f"{where}: `url` names no database that can be written safely",
                code="E103",
                next_step="Use sqlite:///path/to/file.db or postgresql://user@host/database. Others lack an upsert"
                " that leaves unnamed columns alone, or it was not tested.",
            )


def _file_of(url: URL) -> Path | None:
    return None if not url.database or url.database == ":memory:" else Path(url.database)


def sql(*parts: str) -> str:
    """Join the parts of a statement: keywords, quoted names and placeholders, never a value."""
    return " ".join(part for part in parts if part)


def _leave_transactions_to_us(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # The driver would begin a transaction of its own kind before the first change, and none before a savepoint.
    connection.isolation_level = None
    cursor = connection.cursor()
    # `synchronous` stays FULL: what the ledger has as acknowledged must survive a power loss here too.
    cursor.execute("PRAGMA wal_autocheckpoint=8192")  # 32 MiB: pages written over and over are copied once
    cursor.execute("PRAGMA cache_size=-65536")  # 64 MiB: keeps a million-row index in reach
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    opening = connection.get_execution_options().get(_OPENING, "BEGIN")
    if opening:
        connection.exec_driver_sql(opening)
