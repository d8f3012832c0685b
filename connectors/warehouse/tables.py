"""What a table looks like: its columns, its unique keys, and which of them a write needs.

Read from the database's own catalogue once per table and kept until something turns out to be missing.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.errors import SchemaDrift
from connectors.values import Field
from connectors.warehouse.database import SQLITE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from connectors.warehouse.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column as the database declares it."""

    name: str
    #: `text`, `number`, `datetime`, `boolean` or `other`.
    type: str
    #: PostgreSQL's name of the type, for casts; None where text needs none.
    cast: str | None = None
    length: int | None = None
    #: It must have a value and has no default: a row cannot be created without it.
    required: bool = False
    writable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One table."""

    object: str
    columns: Mapping[str, Column]
    #: The primary key's columns in its order; empty for none.
    primary: tuple[str, ...]
    #: Every set of columns that the database holds unique, the primary key included.
    unique: frozenset[frozenset[str]]

    def column(self, name: str, where: str) -> Column:
        """Return a column.

        Raises:
            SchemaDrift: The table has no such column; says what it has.
        """
        found = self.columns.get(name)
        if found is None:
            raise missing_columns(self, [name], where)
        return found

    def check(self, names: Sequence[str], where: str) -> None:
        """Raise `SchemaDrift` for all of *names* that the table does not have."""
        missing = [name for name in names if name not in self.columns]
        if missing:
            raise missing_columns(self, missing, where)

    def as_fields(self) -> list[Field]:
        return [
            Field(
                name=each.name,
                type=each.type,
                length=each.length,
                writable=each.writable,
                unique=frozenset({each.name}) in self.unique,
                required=each.required,
            )
            for each in self.columns.values()
        ]


def missing_columns(shape: Shape, missing: Sequence[str], where: str) -> SchemaDrift:
    """Return the error for columns that a table does not have."""
    close = [(name, difflib.get_close_matches(name, shape.columns, n=1)) for name in missing]
    meant = " ".join(f"Did you mean `{found[0]}` for `{name}`?" for name, found in close if found)
    names = ", ".join(f"`{name}`" for name in missing)
    step = f"{meant} Columns of the table: {', '.join(sorted(shape.columns))}.".strip()
    return SchemaDrift(f"{where}: table `{shape.object}` has no column {names}", next_step=step)


def missing_table(database: Database, connection: Connection, object_: str) -> SchemaDrift:
    """Return the error for a table that does not exist."""
    known = tables_of(database, connection)
    close = difflib.get_close_matches(object_, known, n=1)
    meant = f"Did you mean `{close[0]}`? " if close else ""
    has = f"Tables there: {', '.join(known[:50])}." if known else "The database has no tables."
    return SchemaDrift(f"{database.where}: no table `{object_}`", next_step=meant + has)


def look(database: Database, connection: Connection, object_: str) -> Shape | None:
    """Read a table's shape; None when there is no such table or view."""
    read = _look_sqlite if database.dialect == SQLITE else _look_postgresql
    return read(database, connection, object_)


def tables_of(database: Database, connection: Connection) -> list[str]:
    """Return the names of all tables and views."""
    if database.dialect == SQLITE:
        text = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY 1"
        return [row[0] for row in connection.exec_driver_sql(text)]
    text = (
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname = COALESCE(%s, current_schema()) ORDER BY 1"
    )
    return [row[0] for row in connection.exec_driver_sql(text, (database.schema,))]


def _look_sqlite(_: Database, connection: Connection, object_: str) -> Shape | None:
    text = 'SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?)'
    rows = connection.exec_driver_sql(text, (object_,)).fetchall()
    if not rows:
        return None
    keyed = sorted((pk, name) for name, _type, _null, _default, pk, _hidden in rows if pk)
    primary = tuple(name for _pk, name in keyed)
    columns = {}
    for name, declared, not_null, default, pk, hidden in rows:
        generated = hidden in {2, 3}
        numbered = len(primary) == 1 and pk and declared.upper() == "INTEGER"  # SQLite gives it a number
        columns[name] = Column(
            name=name,
            type=_sqlite_type(declared),
            length=_length(declared),
            required=bool(not_null) and default is None and not generated and not numbered,
            writable=not generated,
        )
    text = (
        "SELECT l.name, i.name FROM pragma_index_list(?) AS l, pragma_index_info(l.name) AS i"
        ' WHERE l."unique" AND NOT l.partial'
    )
    indexes: dict[str, set[str]] = {}
    for index, column in connection.exec_driver_sql(text, (object_,)):
        indexes.setdefault(index, set()).add(column or "")  # no name: an expression, which is no key of ours
    unique = {frozenset(names) for names in indexes.values() if "" not in names}
    return Shape(object=object_, columns=columns, primary=primary, unique=_unique(unique, primary))


def _unique(indexes: set[frozenset[str]], primary: tuple[str, ...]) -> frozenset[frozenset[str]]:
    return frozenset(indexes | ({frozenset(primary)} if primary else set()))


def _length(declared: str) -> int | None:
    found = re.search(r"char[a-z ]*\((\d+)\)", declared.lower())
    return int(found[1]) if found else None


def _sqlite_type(declared: str) -> str:
    """Sort a declared type.

    >>> _sqlite_type("VARCHAR(20)"), _sqlite_type("DATETIME"), _sqlite_type("decimal(5,2)"), _sqlite_type("BLOB")
    ('text', 'datetime', 'number', 'other')
    """
    word = declared.upper()
    kinds = {
        "boolean": ("BOOL",),
        "datetime": ("DATETIME", "TIMESTAMP"),
        "text": ("CHAR", "CLOB", "TEXT", "DATE", "TIME", "UUID", "JSON"),
        "number": ("INT", "REAL", "FLOA", "DOUB", "NUM", "DEC"),
    }
    return next((kind for kind, parts in kinds.items() if any(part in word for part in parts)), "other")


_PG_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, NULL), t.typcategory, a.atttypmod,
       a.attnotnull AND NOT a.atthasdef AND a.attidentity = '', a.attgenerated = '' AND a.attidentity <> 'a'
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
_PG_KEYS = """
SELECT i.indisprimary, array_agg(a.attname::text ORDER BY array_position(i.indkey::int2[], a.attnum))
FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
WHERE i.indrelid = to_regclass(%s) AND i.indisunique AND i.indimmediate AND i.indpred IS NULL
  AND i.indexprs IS NULL AND i.indnatts = i.indnkeyatts
GROUP BY i.indexrelid, i.indisprimary
"""


def _look_postgresql(database: Database, connection: Connection, object_: str) -> Shape | None:
    # A bound value, not part of the statement: its percent signs are not doubled.
    name = database.table(object_).replace("%%", "%")
    rows = connection.exec_driver_sql(_PG_COLUMNS, (name,)).fetchall()
    if not rows:
        return None
    columns = {
        column: Column(
            name=column,
            type=_postgresql_type(type_, category),
            # A cast to a text type would cut a value that is too long without a word; assignment refuses it.
            cast=None if category == "S" else type_,
            length=modifier - 4 if category == "S" and modifier > 4 else None,
            required=required,
            writable=writable,
        )
        for column, type_, category, modifier, required, writable in rows
    }
    keys = connection.exec_driver_sql(_PG_KEYS, (name,)).fetchall()
    primary = next((tuple(names) for is_primary, names in keys if is_primary), ())
    unique = {frozenset(names) for _, names in keys}
    return Shape(object=object_, columns=columns, primary=primary, unique=_unique(unique, primary))


def _postgresql_type(name: str, category: str) -> str:
    if name.startswith("timestamp"):
        return "datetime"
    return {"S": "text", "N": "number", "B": "boolean", "D": "text", "E": "text"}.get(category, "other")
