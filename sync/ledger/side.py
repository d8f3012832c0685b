"""What runs share while they run, beside the ledger: calls already made, and jobs under way at a vendor.

It cannot stand in the ledger of a SQLite project: a dry run is one transaction there that holds the only write lock
until it is rolled back (docs/decisions/0008), and what it called was called all the same. So SQLite gets a small file
of its own, which may be deleted while nothing runs; PostgreSQL gets tables beside the ledger's.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from sync.ledger.database_errors import explain
from sync.ledger.engines import begin, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

BUSY_TIMEOUT_S = 30.0
#: Taken while tables are made, and with a name's hash while its calls are counted.
LOCK_SPACE = 7_267_993

METADATA = MetaData()

#: When calls went out: one row for each window of each connection.
GRANTED = Table(
    "call_windows",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("times", Text, nullable=False),  # JSON: seconds, oldest first
)

#: How many calls went out in each ten minutes of the last day.
DAYS = Table(
    "call_days",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("slot", BigInteger, primary_key=True, autoincrement=False),
    Column("calls", Integer, nullable=False),
)

#: Jobs that a vendor works on, so that the next run finds them again.
JOBS = Table(
    "bulk_jobs",
    METADATA,
    Column("connection", Text, primary_key=True),
    Column("job", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("at", Text, nullable=False),
)


class Side:
    """The database beside the ledger.

    Args:
        url: The ledger's.
        password: For PostgreSQL, where the URL names a user without one.

    Raises:
        UserError: See `Ledger`.
    """

    def __init__(self, url: str, *, password: str | None = None, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        parsed = make_url(url)
        if password and not parsed.password:
            parsed = parsed.set(password=password)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        path = None
        if self.is_sqlite and parsed.database:
            path = budgets_of(Path(parsed.database))
            parsed = parsed.set(database=str(path))
        #: Its file; None on PostgreSQL.
        self.path = path
        self.where = str(path) if path else parsed.render_as_string(hide_password=True)
        self._busy_timeout_s = busy_timeout_s
        self._engine = opened(parsed, path, busy_timeout_s)
        with self.write() as connection:
            if not self.is_sqlite:  # two processes that make the same table at once fail, `IF NOT EXISTS` or not
                connection.execute(text("SELECT pg_advisory_xact_lock(:space)"), {"space": LOCK_SPACE})
            METADATA.create_all(connection)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view for one or more queries."""
        with self._in_words(), self._engine.connect() as connection, connection.begin():
            begin(connection)
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One short transaction; it is stored even when the run around it is rolled back."""
        with self._in_words(), self._engine.connect() as connection, connection.begin():
            begin(connection, writes=True)
            yield connection

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise explain(error, self.where, self._busy_timeout_s) from error


def budgets_of(ledger: Path) -> Path:
    """Return the file beside the one of a ledger.

    >>> budgets_of(Path(".npsync/ledger.db")).as_posix()
    '.npsync/ledger.budgets.db'
    """
    return ledger.with_name(f"{ledger.stem}.budgets{ledger.suffix or '.db'}")
