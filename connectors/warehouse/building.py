"""Tables and columns that are missing, made; nothing that exists is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.errors import SchemaDrift
from connectors.warehouse.database import SQLITE
from connectors.warehouse.tables import look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from connectors.values import Field
    from connectors.warehouse.database import Database

#: Our type → the column's type. NUMERIC keeps 9 a whole number and 45.5 exact on both.
_TYPES = {
    SQLITE: {"number": "NUMERIC", "datetime": "DATETIME", "boolean": "BOOLEAN"},
    "postgresql": {"number": "NUMERIC", "datetime": "TIMESTAMPTZ", "boolean": "BOOLEAN"},
}


def ensure(
    database: Database, connection: Connection, object_: str, key: Sequence[str], fields: Sequence[Field]
) -> None:
    """Make table *object_* with *key* as its primary key, or add the columns it lacks.

    Raises:
        SchemaDrift: The table exists and nothing keeps *key* unique in it.
        Refused: The user may not create tables or columns.
    """
    types = {field.name: _TYPES[database.dialect].get(field.type, "TEXT") for field in fields}
    columns = {name: types.get(name, "TEXT") for name in (*key, *types)}
    shape = look(database, connection, object_)
    if shape is None:
        _create(database, connection, object_, key, columns)
        return
    if frozenset(key) not in shape.unique:
        named = ", ".join(key)
        raise SchemaDrift(
            f"{database.where}: nothing keeps {named} unique in table `{object_}`",
            next_step=f"Give the table a primary key or a unique index on ({named}), or write to another table.",
        )
    # Names that differ by case only are one column to SQLite.
    known = {name.lower() if database.dialect == SQLITE else name for name in shape.columns}
    for name, type_ in columns.items():
        if (name.lower() if database.dialect == SQLITE else name) not in known:
            table, column = database.table(object_), database.quoted(name)
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {column} {type_}")


def _create(
    database: Database, connection: Connection, object_: str, key: Sequence[str], columns: dict[str, str]
) -> None:
    lines = [f"{database.quoted(name)} {type_}{' NOT NULL' if name in key else ''}" for name, type_ in columns.items()]
    named = ", ".join(database.quoted(name) for name in key)
    body = ", ".join([*lines, f"PRIMARY KEY ({named})"])
    connection.exec_driver_sql(f"CREATE TABLE IF NOT EXISTS {database.table(object_)} ({body})")
