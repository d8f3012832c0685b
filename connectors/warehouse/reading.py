"""Records read back by their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.errors import Rejected
from connectors.values import RecordRef
from connectors.warehouse import cells
from connectors.warehouse.database import SQLITE, sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.values import FieldValue
    from connectors.warehouse.database import Database
    from connectors.warehouse.tables import Column, Shape

#: Keys in one statement; old SQLite takes 999 parameters.
CHUNK = 900


def read_records(
    database: Database, shape: Shape, key: Sequence[str], refs: Sequence[RecordRef], fields: Sequence[str]
) -> Mapping[RecordRef, Mapping[str, FieldValue]]:
    """Return what the records hold now; *key* says which columns an id is made of.

    Raises:
        SchemaDrift: A column does not exist.
    """
    shape.check([*key, *fields], database.where)
    # Other columns than the key are asked for; the key is read too, to tell whose they are.
    names = [*key, *fields]
    columns = [shape.columns[name] for name in names]
    parts = [ref.id.split("\x1f") for ref in refs]
    ids = [tuple(each) for each in parts if len(each) == len(key)]
    size = max(1, CHUNK // max(1, len(key)))
    found: dict[RecordRef, Mapping[str, FieldValue]] = {}
    for start in range(0, len(ids), size):
        for row in _rows(database, shape, key, names, ids[start : start + size]):
            values = [cells.out(column, value) for column, value in zip(columns, row, strict=True)]
            id_ = "\x1f".join(str(value) for value in values[: len(key)])
            found[RecordRef(object=shape.object, id=id_)] = dict(zip(fields, values[len(key) :], strict=True))
    return {ref: found[ref] for ref in refs if ref in found}


def _rows(
    database: Database, shape: Shape, key: Sequence[str], names: Sequence[str], ids: Sequence[tuple[str, ...]]
) -> Iterator[Any]:
    selected = ", ".join(database.quoted(name) for name in names)
    columns = [shape.columns[name] for name in key]
    head = sql("SELECT", selected, "FROM", database.table(shape.object), "WHERE ")
    if database.dialect == SQLITE:
        one = "(" + " AND ".join(f"{database.quoted(name)} = ?" for name in key) + ")"
        condition = f"{database.quoted(key[0])} IN ({', '.join('?' for _ in ids)})" if len(key) == 1 else ""
        text = head + (condition or " OR ".join(one for _ in ids))
        parameters: tuple[Any, ...] = tuple(part for id_ in ids for part in id_)
        with database.reading() as connection:
            yield from connection.exec_driver_sql(text, parameters)
        return
    parameters = tuple(list(column) for column in zip(*ids, strict=True))
    try:
        with database.reading() as connection:
            yield from connection.exec_driver_sql(head + _among(database, columns, cast=True), parameters).fetchall()
    except Rejected:
        # An id that the column's type cannot hold names no record; compared as text it simply is not found.
        with database.reading() as connection:
            yield from connection.exec_driver_sql(head + _among(database, columns, cast=False), parameters).fetchall()


def _among(database: Database, columns: Sequence[Column], *, cast: bool) -> str:
    """Return the condition that a row's key is among the arrays given (PostgreSQL)."""
    arrays = ", ".join("%s::text[]" for _ in columns)
    names = ", ".join(f"c{place}" for place, _ in enumerate(columns))
    left = [database.quoted(column.name) for column in columns]
    if cast:
        right = [f"CAST(c{place} AS {column.cast or 'text'})" for place, column in enumerate(columns)]
    else:
        left = [f"CAST({name} AS text)" for name in left]
        right = [f"c{place}" for place, _ in enumerate(columns)]
    wanted = sql("SELECT", ", ".join(right), f"FROM unnest({arrays}) AS s({names})")
    return f"({', '.join(left)}) IN ({wanted})"
