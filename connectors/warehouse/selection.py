"""Rows of a table, as SQL selects them and as Arrow holds them in the directory's form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from connectors.records import RECORD_FIELDS
from connectors.warehouse.database import SQLITE, sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.contract import RecordColumns
    from connectors.warehouse.database import Database
    from connectors.warehouse.tables import Shape

#: The single columns of `RECORD_FIELDS`, in the order in which they are selected.
_SINGLE = ("first_name", "last_name", "full_name", "account", "account_name", "country", "created_at", "merged_into")
_FLAGS = ("deleted", "suppressed")
_NO = "'', '0', '0.0', 'false', 'f', 'no', 'n'"


class Selection:
    """What is read of each record, and how it becomes Arrow.

    Columns that the mapping does not name are not selected; they arrive as nulls.
    """

    def __init__(self, database: Database, shape: Shape, columns: RecordColumns) -> None:
        self._database = database
        self._shape = shape
        self._columns = columns
        self._ids = [(kind, name) for kind, names in columns.ids.items() for name in names]
        self._single = [name for name in _SINGLE if getattr(columns, name) is not None]
        self._flags = [name for name in _FLAGS if getattr(columns, name) is not None]
        self._parts = self._select()

    @property
    def text(self) -> str:
        """The SELECT without a condition; each column once."""
        return sql("SELECT", ", ".join(self._parts.values()), "FROM", self._database.table(self._columns.object))

    def table(self, rows: Sequence[Sequence[Any]]) -> pa.Table:
        """Return rows of `text` as `RECORD_FIELDS`."""
        columns, count = self._columns, len(rows)
        taken = {part: _strings(values) for part, values in zip(self._parts, zip(*rows, strict=True), strict=True)}
        given = {
            "object": pa.repeat(pa.scalar(columns.object, pa.string()), count),
            "id": taken["text", columns.id],
            "emails": _lists([taken["text", name] for name in columns.emails], count),
            "phones": _lists([taken["text", name] for name in columns.phones], count),
            "ids": _pairs([kind for kind, _ in self._ids], [taken["text", name] for _, name in self._ids], count),
        }
        given |= {word: taken[_how(word), getattr(columns, word)] for word in self._single}
        given |= {word: pc.equal(taken["flag", getattr(columns, word)], "1") for word in self._flags}
        arrays = [given[field.name] if field.name in given else _absent(field, count) for field in RECORD_FIELDS]
        return pa.Table.from_arrays(arrays, schema=RECORD_FIELDS)

    def _select(self) -> dict[tuple[str, str], str]:
        """Return the expressions to select by (how it is read, column)."""
        columns = self._columns
        texts = [columns.id, *columns.emails, *columns.phones, *(name for _, name in self._ids)]
        parts = {("text", name): self._text(name) for name in texts}
        parts |= {
            (_how(word), name): self._read(_how(word), name)
            for word in self._single
            for name in [getattr(columns, word)]
        }
        return parts | {("flag", name): self.flag(name) for word in self._flags for name in [getattr(columns, word)]}

    def _read(self, how: str, name: str) -> str:
        return self._time(name) if how == "time" else self._text(name)

    def _text(self, name: str) -> str:
        column = self._database.quoted(name)
        declared = self._shape.columns[name]
        return column if declared.type == "text" and declared.cast is None else f"CAST({column} AS TEXT)"

    def _time(self, name: str) -> str:
        if self._database.dialect == SQLITE or self._shape.columns[name].type != "datetime":
            return self._text(name)
        return f'to_char({self._database.quoted(name)}, \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\')'

    def flag(self, name: str) -> str:
        """A yes/no column, or one such as `deleted_at` that is empty until it is so."""
        column = self._database.quoted(name)
        return f"CASE WHEN {column} IS NULL OR lower(trim(CAST({column} AS TEXT))) IN ({_NO}) THEN '0' ELSE '1' END"


def _absent(field: pa.Field, count: int) -> pa.Array:
    if field.name in _FLAGS:
        return pa.repeat(pa.scalar(False, pa.bool_()), count)
    return pa.nulls(count, field.type)


def _strings(values: Sequence[Any]) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeError):
        # SQLite lets any column hold a number or bytes; such a value finds nobody, and must stop nobody.
        texts = [None if value is None or isinstance(value, bytes) else str(value) for value in values]
        return pa.array(
            [None if text is None else text.encode(errors="replace").decode() for text in texts], pa.string()
        )


def _lists(columns: Sequence[pa.Array], count: int) -> pa.Array:
    """Return the columns' values of each row as a list, without the nulls."""
    every = _interleaved(columns, count)
    return pa.ListArray.from_arrays(_offsets(every, len(columns), count), every.drop_null())


def _pairs(kinds: Sequence[str], columns: Sequence[pa.Array], count: int) -> pa.Array:
    every = _interleaved(columns, count)
    words = pa.repeat(kinds[0], count) if len(kinds) == 1 else pa.array(list(kinds) * count, pa.string())
    type_ = RECORD_FIELDS.field("ids").type.value_type
    pairs = pa.StructArray.from_arrays([words.filter(every.is_valid()), every.drop_null()], fields=list(type_))
    return pa.ListArray.from_arrays(_offsets(every, len(columns), count), pairs)


def _interleaved(columns: Sequence[pa.Array], count: int) -> pa.Array:
    """Return the columns' values row by row."""
    if len(columns) == 1:
        return columns[0]
    if not columns:
        return pa.array([], pa.string())
    places = [row + column * count for row in range(count) for column in range(len(columns))]
    return pa.concat_arrays(columns).take(pa.array(places, pa.int64()))


def _offsets(every: pa.Array, width: int, count: int) -> pa.Array:
    """Return where each row's list starts in the values without nulls."""
    if not width:
        return pa.repeat(pa.scalar(0, pa.int32()), count + 1)
    ends = pc.cumulative_sum(every.is_valid().cast(pa.int32()))
    if width > 1:
        ends = ends.take(pa.array(range(width - 1, width * count, width), pa.int64()))
    return pa.concat_arrays([pa.array([0], pa.int32()), ends])


def _how(word: str) -> str:
    return "time" if word == "created_at" else "text"
