"""What SQLite's planner is told of the tables: which column tells rows apart, and which is the same in all of them.

Without statistics SQLite takes any first column of a key to pick about ten rows. Here it is the mapping, which picks
them all: a lookup of one run's rows would then read every row of every run. The numbers are those of a large ledger,
written once, so that plans neither depend on a ledger's age nor change from one day to the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Table, index, and as SQLite counts: rows, then rows for one value of its first column, of its first two, ...
_STATISTICS = (
    ("run_rows", "run_rows", "1000000 500000 1"),
    ("run_rows", "run_rows_by_run", "1000000 500000 5000"),
    ("matches", "matches", "1000000 500000 1"),
    ("matches", "matches_by_record", "1000000 500000 500000 2"),
    ("matches", "matches_by_outcome", "1000000 500000 20000 10000"),
    ("responses", "sqlite_autoindex_responses_1", "1000000 1"),
    ("responses", "responses_by_respondent", "1000000 2"),
    ("respondents", "respondents", "1000000 1"),
    ("profiles", "profiles", "1000000 500000 500000 1"),
    ("profiles", "profiles_by_due", "1000000 500000 50"),
    ("profiles", "profiles_by_account", "1000000 500000 5"),
    ("unmatched", "unmatched", "100000 50000 2 1"),
    ("unmatched", "unmatched_by_time", "100000 50000 50"),
    ("touched", "touched", "2000 2000 1000 1000 1"),
    ("outbox", "outbox", "10000 10000 5000 5000 1"),
    ("acknowledged", "acknowledged", "2000000 1000000 300000 1"),
)


def tell_planner(connection: Connection) -> None:
    """Write the statistics into a new SQLite ledger; PostgreSQL gathers its own."""
    if connection.dialect.name != "sqlite":
        return
    connection.exec_driver_sql("ANALYZE")  # makes the table of statistics
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    connection.exec_driver_sql("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", list(_STATISTICS))
    connection.exec_driver_sql("ANALYZE sqlite_schema")  # reads it again
