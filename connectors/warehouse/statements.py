"""The SQL of writes, composed once per shape of a write; every value is a parameter.

Both databases get the same meaning in their fastest form: SQLite one prepared statement run for many rows,
PostgreSQL one statement that takes whole columns as JSON (its driver writes arrays in Python, at ten times the cost).
"""

from __future__ import annotations

import json
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.errors import SchemaDrift
from connectors.warehouse import cells
from connectors.warehouse.database import SQLITE, sql

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from connectors.values import FieldValue
    from connectors.warehouse.database import Database
    from connectors.warehouse.tables import Column, Shape

Rows = Sequence[tuple["FieldValue", ...]]
Columns = Sequence[Sequence["FieldValue"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What writes have in common that one statement can carry."""

    object: str
    key: tuple[str, ...]
    #: Columns set beside the key, in the order of the rows' values.
    values: tuple[str, ...]
    delete: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        return self.key if self.delete else self.key + self.values


class Statement:
    """A form against one table, ready to run.

    Raises:
        SchemaDrift: A column does not exist, or nothing keeps the key unique.
    """

    def __init__(self, database: Database, shape: Shape, form: Form) -> None:
        shape.check(form.columns, database.where)
        _check_key(shape, form, database.where)
        self.form = form
        self._columns = [shape.columns[name] for name in form.columns]
        self._sqlite = database.dialect == SQLITE
        self._texts = _compose(database, shape, form)

    def run(self, connection: Connection, rows: Rows) -> None:
        """Apply *rows*, each the values of `form.columns`; a key may occur in them once."""
        turned = list(zip(*rows, strict=True))
        into = cells.into_sqlite if self._sqlite else cells.into_postgresql
        columns = [into(*pair) for pair in zip(self._columns, turned, strict=True)]
        for text, order in self._texts:
            connection.exec_driver_sql(text, self._parameters(rows, turned, columns, order))

    def _parameters(self, rows: Rows, turned: Columns, columns: Columns, order: tuple[int, ...]) -> Any:  # noqa: ANN401 - what a driver takes
        if not self._sqlite:
            return tuple(json.dumps(column, ensure_ascii=False) for column in columns)
        if order == tuple(range(len(columns))) and all(map(operator.is_, turned, columns)):
            return rows  # nothing had to be converted
        return list(zip(*(columns[place] for place in order), strict=True))


def _check_key(shape: Shape, form: Form, where: str) -> None:
    if frozenset(form.key) not in shape.unique:
        named = ", ".join(form.key)
        raise SchemaDrift(
            f"{where}: nothing keeps {named} unique in table `{shape.object}`",
            next_step=f"Give the table a primary key or a unique index on ({named}); without one a repeated write"
            " would add a second row.",
        )


#: A statement, and which of the form's columns each of its placeholders takes (SQLite).
Text = tuple[str, tuple[int, ...]]


def _compose(database: Database, shape: Shape, form: Form) -> tuple[Text, ...]:
    words = _Words(database, shape, form)
    every, key = tuple(range(len(form.columns))), tuple(range(len(form.key)))
    if form.delete:
        return ((words.delete(), key),)
    # A row that exists may be updated although we do not know its required columns, but an INSERT is refused for
    # them before the database looks for the row.
    required = {name for name, column in shape.columns.items() if column.required}
    if required <= set(form.columns):
        return ((words.upsert(), every),)
    insert = (words.insert_missing(), every + key)
    return ((words.update(), every[len(key) :] + key), insert) if form.values else (insert,)


class _Words:
    """The parts of one form's statements; only quoted names and type names from the catalogue are put together."""

    def __init__(self, database: Database, shape: Shape, form: Form) -> None:
        self._form = form
        self._sqlite = database.dialect == SQLITE
        self._table = database.table(form.object)
        self._quoted = {name: database.quoted(name) for name in form.columns}
        self._given = {
            name: "?" if self._sqlite else _taken(f"s.c{place}", shape.columns[name])
            for place, name in enumerate(form.columns, start=1)
        }

    def upsert(self) -> str:
        return sql(self._insert(), self._on_conflict())

    def update(self) -> str:
        changes = ", ".join(f"{self._quoted[name]} = {self._given[name]}" for name in self._form.values)
        return sql("UPDATE", self._table, "SET", changes, self._from(), "WHERE", self._same_key())

    def insert_missing(self) -> str:
        exists = sql("SELECT 1 FROM", self._table, "WHERE", self._same_key())
        return sql(self._insert(select=True), f"WHERE NOT EXISTS ({exists})", self._on_conflict())

    def delete(self) -> str:
        using = self._from().replace("FROM", "USING", 1)
        return sql("DELETE FROM", self._table, using, "WHERE", self._same_key())

    def _insert(self, *, select: bool = False) -> str:
        columns = ", ".join(self._quoted[name] for name in self._form.columns)
        given = ", ".join(self._given[name] for name in self._form.columns)
        source = f"SELECT {given}" if select or not self._sqlite else f"VALUES ({given})"
        return sql("INSERT INTO", self._table, f"({columns})", source, self._from())

    def _on_conflict(self) -> str:
        key = ", ".join(self._quoted[name] for name in self._form.key)
        changes = ", ".join(f"{self._quoted[name]} = excluded.{self._quoted[name]}" for name in self._form.values)
        return f"ON CONFLICT ({key}) DO " + (f"UPDATE SET {changes}" if changes else "NOTHING")

    def _same_key(self) -> str:
        return " AND ".join(f"{self._table}.{self._quoted[name]} = {self._given[name]}" for name in self._form.key)

    def _from(self) -> str:
        if self._sqlite:
            return ""
        arrays = ", ".join("json_array_elements_text(%s::json)" for _ in self._form.columns)
        names = ", ".join(f"c{place}" for place, _ in enumerate(self._form.columns, start=1))
        return f"FROM ROWS FROM ({arrays}) AS s({names})"


def _taken(name: str, column: Column) -> str:
    return name if column.cast is None else f"CAST({name} AS {column.cast.replace('%', '%%')})"
