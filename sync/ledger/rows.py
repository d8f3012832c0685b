"""Many rows at once, in and out: upserts at the driver's speed, results as Arrow."""

from __future__ import annotations

from functools import cache, lru_cache, wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
from sqlalchemy import ARRAY, Text, any_, bindparam, func, select
from sqlalchemy import text as sql

from sync.packed import pack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Executable, Table, TextClause

S = TypeVar("S")

FETCH = 50_000

#: Statements that every run asks are built once, with parameters of these names: building one costs three times as
#: much CPU as asking it.
MAPPING, RUN = bindparam("mapping", type_=Text), bindparam("run", type_=Text)


@lru_cache(maxsize=128)
def _upsert(dialect: str, table: Table, columns: tuple[str, ...], update: tuple[str, ...]) -> str:
    """The statement's text with positional parameters, compiled once per form."""
    # Loading the dialect that is not in use would cost each start a twentieth of a second.
    known: Any = import_module(f"sqlalchemy.dialects.{dialect}")
    names = dict.fromkeys(columns)
    statement = known.insert(table).values(names)
    key = [column.name for column in table.primary_key.columns]
    if update:
        statement = statement.on_conflict_do_update(
            index_elements=key, set_={name: statement.excluded[name] for name in update}
        )
    else:
        statement = statement.on_conflict_do_nothing(index_elements=key)
    compiler = known.dialect(paramstyle="qmark" if dialect == "sqlite" else "format")
    compiled = statement.compile(dialect=compiler, column_keys=list(columns))
    assert compiled.positiontup is None or list(compiled.positiontup) == list(columns)
    return str(compiled)


@cache
def _columns(table: Table) -> tuple[Sequence[str], frozenset[str]]:
    """Return the names of a table's columns, in its order, and those of its key."""
    return [column.name for column in table.columns], frozenset(column.name for column in table.primary_key.columns)


def upsert(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    *,
    update: bool = True,
) -> None:
    """Insert *rows*; where the key exists, replace the other *columns*, or leave the row alone.

    Rows hold the values in the order of *columns*. A key occurs once at most in *rows*.
    """
    if not rows:
        return
    given = dict(zip(columns, zip(*rows, strict=True), strict=True))
    # The compiled statement lists columns in the table's order; so must the rows. Columns without any value are left
    # to the database: SQLite's driver takes ten times as long over None as over a text.
    names, key = _columns(table)
    ordered = [name for name in names if name in given]
    filled = tuple(name for name in ordered if given[name].count(None) < len(rows))
    changed = tuple(name for name in ordered if name not in key) if update else ()
    values = list(zip(*(given[name] for name in filled), strict=True))
    connection.exec_driver_sql(_upsert(connection.dialect.name, table, filled, changed), values)


def remove(connection: Connection, table: Table, keys: Sequence[tuple[Any, ...]]) -> None:
    """Delete the rows with these primary keys."""
    if not keys:
        return
    sign = "?" if connection.dialect.name == "sqlite" else "%s"
    where = " AND ".join(f'"{column.name}" = {sign}' for column in table.primary_key.columns)
    connection.exec_driver_sql(f'DELETE FROM "{table.name}" WHERE {where}', list(keys))  # noqa: S608 - our own names


@cache
def text(words: str) -> TextClause:
    """Return SQL of ours, which is one of few texts, as a statement; see `MAPPING`."""
    return sql(words)


def fetch(
    connection: Connection, statement: Executable, values: Mapping[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    """Return the rows of *statement* as the driver's own tuples: text and numbers only, nothing to convert."""
    with connection.execute(statement, values) as result:
        cursor: Any = result.cursor
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def arrow(
    connection: Connection, statement: Executable, schema: pa.Schema, given: Mapping[str, Any] | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of *statement* as Arrow, a bounded batch at a time; its columns come in *schema*'s order."""
    streams = connection.dialect.name != "sqlite"  # a server would send everything at once
    with connection.execute(statement, given, execution_options={"yield_per": FETCH} if streams else {}) as result:
        parts = result.partitions() if streams else iter(lambda: result.cursor.fetchmany(FETCH), [])
        for rows in parts:
            columns = zip(*rows, strict=True)
            arrays = [pa.array(values, type=field.type) for values, field in zip(columns, schema, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def table(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    """Collect batches into one table."""
    return pa.Table.from_batches(list(batches), schema=schema)


def tuples(rows: pa.Table, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """The rows of an Arrow table as tuples of Python values."""
    return list(zip(*(rows.column(name).to_pylist() for name in columns), strict=True)) if rows.num_rows else []


def among(connection: Connection, column: ColumnElement[Any], values: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that *column* is one of *values*, as one parameter however many there are."""
    return _among(connection.dialect.name, column, None, as_list(connection, values))


def listed(connection: Connection, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return what `among` does with the parameter *name*, for a statement that is built once for each dialect.

    Its value is what `as_list` makes of the values.
    """
    return _among(connection.dialect.name, column, name, None)


def as_list(connection: Connection, values: Sequence[str]) -> str | list[str]:
    """Return *values* as one parameter; see `listed`."""
    return pack(list(values)) if connection.dialect.name == "sqlite" else list(values)


def _among(dialect: str, column: ColumnElement[Any], name: str | None, given: object) -> ColumnElement[bool]:
    is_sqlite = dialect == "sqlite"
    type_ = Text() if is_sqlite else ARRAY(Text)
    given = bindparam(name, type_=type_) if name else bindparam(None, given, type_, unique=True)
    if is_sqlite:
        each = func.json_each(given).table_valued("value")
        return column.in_(select(each.c.value))
    return column == any_(given)


def once(build: Callable[[Connection], S]) -> Callable[[Connection], S]:
    """Return *build*, called once for each dialect: see `MAPPING`.

    A builder looks at nothing of the connection but its dialect.
    """
    built: dict[str, S] = {}

    @wraps(build)
    def statement(connection: Connection) -> S:
        name = connection.dialect.name
        found = built.get(name)
        if found is None:
            found = built[name] = build(connection)
        return found

    return statement
