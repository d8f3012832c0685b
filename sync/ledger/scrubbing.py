"""The ledger's files after rows were deleted: written anew, and searched byte by byte.

What was deleted or replaced earlier, by any run, still stands in a SQLite file; `VACUUM` leaves it out. PostgreSQL
gets a `VACUUM` as well: its files belong to the server, and nothing here looks into them. An encrypted file is written
anew, too; its bytes say nothing, so its tables are searched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import String, Text, func, or_, select
from sqlalchemy.exc import DBAPIError

from connectors.traces import Scrubbed, files_of, found_in
from sync.ledger.person_rows import tables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Table

    from sync.ledger.store import Ledger

_BUSY = "another program has it open: close it, and run the same command again"


def scrub(ledger: Ledger, beside: Sequence[Path], texts: Sequence[str]) -> Scrubbed:
    """Have the ledger's files hold nothing of deleted rows, and look for *texts* in them and in those *beside* it."""
    trouble = _rewrite(ledger)
    own = files_of(ledger.path) if ledger.path is not None else []
    readable = [] if ledger.encrypted else own
    found = {path: found_in(path, texts) for path in (*readable, *(f for path in beside for f in files_of(path)))}
    # Where the files cannot be read, every text is looked for in the tables.
    rows, explained = _rows(ledger, sorted(set().union(*found.values())) if readable else texts)
    left = {path.name: len(each - explained) for path, each in found.items() if each - explained}
    sealed = tuple(path.name for path in own) if ledger.encrypted else ()
    return Scrubbed(files=tuple(path.name for path in found), sealed=sealed, left=left, rows=rows, trouble=trouble)


def _rewrite(ledger: Ledger) -> str:
    """Return what could not be done; empty: all was."""
    try:
        with ledger.alone() as run:
            if not ledger.is_sqlite:
                run(f"VACUUM {', '.join(table.name for table in tables())}")
                return ""
            run("VACUUM")
            busy, *_ = run("PRAGMA wal_checkpoint(TRUNCATE)")[0]
    except DBAPIError:
        return _BUSY
    return _BUSY if busy else ""


def _rows(ledger: Ledger, texts: Sequence[str]) -> tuple[dict[str, int], set[str]]:
    """Return in which columns one of *texts* stands in rows that are there, and which those texts are."""
    rows: dict[str, int] = {}
    explained: set[str] = set()
    if not texts:
        return rows, explained
    with ledger.read() as connection:
        for table in tables():
            for name, text, number in _columns(connection, table, texts):
                rows[f"{table.name}.{name}"] = rows.get(f"{table.name}.{name}", 0) + number
                explained.add(text)
    return rows, explained


def _columns(connection: Connection, table: Table, texts: Sequence[str]) -> list[tuple[str, str, int]]:
    """Return column, text and rows where a text stands."""
    columns = [column for column in table.columns if isinstance(column.type, String | Text)]
    found = []
    for text in texts:
        counts = [func.count().filter(column.icontains(text, autoescape=True)) for column in columns]
        anywhere = or_(*(column.icontains(text, autoescape=True) for column in columns))
        numbers = connection.execute(select(*counts).where(anywhere)).one()
        found += [(column.name, text, int(number)) for column, number in zip(columns, numbers, strict=True) if number]
    return found
