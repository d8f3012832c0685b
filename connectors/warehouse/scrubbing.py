"""The store's file after rows were deleted: written anew, and searched byte by byte. See `connectors.traces.Scrubs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.traces import Scrubbed, files_of, found_in
from connectors.warehouse.database import SQLITE, sql
from connectors.warehouse.failures import driver_errors
from connectors.warehouse.tables import look, tables_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from connectors.warehouse.database import Database

_BUSY = "another program has it open: close it, and run the same command again"


def scrub(database: Database, texts: Sequence[str], objects: Sequence[str]) -> Scrubbed:
    """See `connectors.traces.Scrubs.scrub`. A server is told to `VACUUM`; nothing here looks into its files."""
    if not database.exists():
        return Scrubbed(left={}, rows={})
    trouble = _rewrite(database, objects)
    paths = files_of(database.path) if database.path is not None else []
    found = {path: found_in(path, texts) for path in paths}
    rows, explained = _rows(database, sorted(set().union(*found.values())) if paths else texts)
    left = {path.name: len(each - explained) for path, each in found.items() if each - explained}
    return Scrubbed(files=tuple(path.name for path in paths), left=left, rows=rows, trouble=trouble)


def _rewrite(database: Database, objects: Sequence[str]) -> str:
    """Return what could not be done; empty: all was."""
    try:
        with database.alone() as connection:
            if database.dialect != SQLITE:
                for name in sorted(set(objects) & set(tables_of(database, connection))):
                    connection.exec_driver_sql(sql("VACUUM", database.table(name)))
                return ""
            connection.exec_driver_sql("VACUUM")
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except driver_errors():
        return _BUSY
    return _BUSY if busy is not None and busy[0] else ""


def _rows(database: Database, texts: Sequence[str]) -> tuple[dict[str, int], set[str]]:
    """Return in which columns one of *texts* stands in rows that are there, and which those texts are."""
    rows: dict[str, int] = {}
    explained: set[str] = set()
    if not texts:
        return rows, explained
    with database.reading() as connection:
        for name in tables_of(database, connection):
            for text in texts:
                for column, number in _columns(database, connection, name, text):
                    rows[f"{name}.{column}"] = rows.get(f"{name}.{column}", 0) + number
                    explained.add(text)
    return rows, explained


def _columns(database: Database, connection: Connection, table: str, text: str) -> list[tuple[str, int]]:
    """Return the columns in which a text stands, and in how many rows."""
    shape = look(database, connection, table)
    names = list(shape.columns) if shape is not None else []
    if not names:
        return []
    sign = "?" if database.dialect == SQLITE else "%s"
    function = "instr" if database.dialect == SQLITE else "strpos"
    holds = [f"{function}(lower(CAST({database.quoted(name)} AS TEXT)), {sign}) > 0" for name in names]
    counts = ", ".join(f"sum(CASE WHEN {each} THEN 1 ELSE 0 END)" for each in holds)
    found = connection.exec_driver_sql(
        sql("SELECT", counts, "FROM", database.table(table)), (text.lower(),) * len(names)
    ).one()
    return [(name, int(number)) for name, number in zip(names, found, strict=True) if number]
