"""One door to the ledger: connections, transactions, versions, and failures in words.

Every write happens inside `Ledger.write()`, one transaction each; a dry run is the same code inside one
transaction that is rolled back at its end.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from sync.errors import Problem, UserError
from sync.ledger import (  # noqa: F401 - their tables are made with the others
    alias_tables,
    arrivals,
    doubt_tables,
    forgotten_tables,
    hooks,
    log_tables,
    send_tables,
    services,
)
from sync.ledger.database_errors import explain
from sync.ledger.engines import begin, opened
from sync.ledger.migrations import MIGRATIONS, VERSION
from sync.ledger.statistics import tell_planner
from sync.ledger.tables import METADATA, SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import URL

#: How long a statement waits for another process's write before it gives up.
BUSY_TIMEOUT_S = 10.0


class Ledger:
    """The database that remembers responses, matches, what was acknowledged, and every run.

    Args:
        url: `sqlite:///path` or `postgresql+psycopg://host/database`.
        password: For PostgreSQL, where the URL names a user without one.
        key: For SQLite, when the file is encrypted: see `sync.ledger.encryption`.

    Raises:
        UserError: The URL is unusable (E103), the ledger cannot be opened (E301, E601, E602, E607), or it is newer
            than we are (E603).
    """

    def __init__(
        self,
        url: str,
        *,
        password: str | None = None,
        key: str | None = None,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
    ) -> None:
        try:
            parsed = make_url(url)
            if password and not parsed.password:
                parsed = parsed.set(password=password)
            self.path = _file(parsed)
            self.where = str(self.path) if self.path else parsed.render_as_string(hide_password=True)
            self._busy_timeout_s = busy_timeout_s
            self._engine = opened(parsed, self.path, busy_timeout_s, key)
        except (ArgumentError, NoSuchModuleError) as error:
            hint = "Use sqlite:///.npsync/ledger.db or postgresql+psycopg://user@host/database."
            raise UserError("E103", Problem(where="ledger", what="the URL cannot be used", hint=hint)) from error
        self.is_sqlite = self._engine.dialect.name == "sqlite"
        self.encrypted = self.is_sqlite and key is not None
        self._outer: Connection | None = None
        try:
            self._migrate()
        except UserError:
            self.close()
            raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view for one or more queries."""
        if self._outer is not None:
            yield self._outer
            return
        with self._in_words(), self._engine.connect() as connection, connection.begin():
            begin(connection)
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: everything in it is stored, or nothing."""
        if self._outer is not None:
            with self._in_words(), self._outer.begin_nested():
                yield self._outer
            return
        with self._in_words(), self._engine.connect() as connection, connection.begin():
            begin(connection, writes=True)
            yield connection

    @contextmanager
    def rolled_back(self) -> Iterator[None]:
        """Everything written inside is seen inside and gone afterwards: a dry run."""
        with self._as_one(keep=False):
            yield

    @contextmanager
    def in_one(self) -> Iterator[None]:
        """Everything written inside is one transaction, however many `write` there are."""
        with self._as_one(keep=True):
            yield

    @contextmanager
    def _as_one(self, *, keep: bool) -> Iterator[None]:
        with self._in_words(), self._engine.connect() as connection:
            transaction = connection.begin()
            begin(connection, writes=True)
            self._outer = connection
            try:
                yield
                if keep:
                    transaction.commit()
            finally:
                self._outer = None
                if transaction.is_active:
                    transaction.rollback()

    @contextmanager
    def alone(self) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
        """Give what runs a statement outside any transaction, as `VACUUM` must be."""
        with self._engine.connect() as plain:
            connection = plain.execution_options(isolation_level="AUTOCOMMIT")
            driver: Any = connection.connection.driver_connection

            def run(statement: str) -> list[tuple[Any, ...]]:
                cursor = driver.execute(statement)
                return list(cursor.fetchall()) if cursor.description else []

            yield run

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise explain(error, self.where, self._busy_timeout_s) from error

    def _migrate(self) -> None:
        """Bring the tables to this version: a new ledger at once, an old one step by step."""
        with self.read() as connection:
            known = inspect(connection).has_table(SCHEMA_VERSION.name)
            version = connection.scalar(select(SCHEMA_VERSION.c.version)) if known else None
        if version == VERSION:
            return
        if version is not None and version > VERSION:
            what = f"the ledger is of version {version}, this npsync knows up to {VERSION}"
            problem = Problem(where=self.where, what=what, hint="Install the newer npsync that wrote it.")
            raise UserError("E603", problem)
        with self.write() as connection:
            if version is None:
                METADATA.create_all(connection)
                tell_planner(connection)
                if connection.scalar(select(SCHEMA_VERSION.c.version)) is None:
                    connection.execute(insert(SCHEMA_VERSION).values(version=VERSION))
                return
            for number in range(version + 1, VERSION + 1):
                MIGRATIONS[number](connection)
            connection.execute(SCHEMA_VERSION.update().values(version=VERSION))


def path_of(url: str) -> Path | None:
    """Return the file of a ledger; None: it is on a server."""
    return _file(make_url(url))


def _file(url: URL) -> Path | None:
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
