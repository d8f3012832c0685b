"""COUNT, SUM and their kin, over all rows or by group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.salesforce.objects import Field
from sandbox.salesforce.soql_columns import Column
from sandbox.salesforce.soql_filter import key_of
from sandbox.salesforce.soql_tree import Call, Path
from sandbox.salesforce.soql_words import refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.salesforce.records import Row
    from sandbox.salesforce.soql_columns import Source
    from sandbox.salesforce.soql_tree import Query

#: Groups are rows like any other, under keys that no field has.
_GROUP = "group {}"
_NUMBERS = frozenset({"int", "double", "currency", "percent"})


class Groups:
    """The groups of one query: rows whose cells are read by `column`."""

    def __init__(self, source: Source, query: Query) -> None:
        """Resolve what is grouped by and aggregated.

        Raises:
            Refusal: INVALID_FIELD, MALFORMED_QUERY.
        """
        self._source = source
        self._text = query.text
        self._by = [source.column(target) for target in query.group]
        self._calls: dict[tuple[str, tuple[str, ...]], tuple[str, Callable[[list[Row]], Any]]] = {}
        for target, column in zip(query.group, self._by, strict=True):
            if not column.field.groupable and column.field.type != "datetime":
                message = f"field '{column.field.name}' can not be grouped in a query call"
                raise refused(query.text, target.at, "MALFORMED_QUERY", message)

    def column(self, target: Path | Call) -> Column:
        """Resolve what SELECT, HAVING or ORDER BY names: a grouped field, or an aggregate."""
        if isinstance(target, Call) and target.aggregates:
            return self._aggregate(target)
        column = self._source.column(target)
        if all(column.names != grouped.names for grouped in self._by):
            message = f"Field must be grouped or aggregated: {'.'.join(column.names)}"
            raise refused(self._text, target.at, "MALFORMED_QUERY", message)
        read = _reader(_GROUP.format(".".join(column.names)))
        return Column(column.field, column.names, read, read)

    def rows(self, rows: Iterable[Row]) -> list[Row]:
        """Group *rows*; call it once every column is resolved."""
        keys = [(column.read, key_of(column.field)) for column in self._by]
        members: dict[tuple[Any, ...], list[Row]] = {}
        for row in rows:
            members.setdefault(tuple(key(read(row)) for read, key in keys), []).append(row)
        if not self._by and not members:
            members[()] = []
        return [self._row(group) for group in members.values()]

    def _row(self, group: list[Row]) -> Row:
        row = {_GROUP.format(".".join(column.names)): column.show(group[0]) for column in self._by}
        return row | {name: compute(group) for name, compute in self._calls.values()}

    def _aggregate(self, call: Call) -> Column:
        column = self._source.column(call.path) if call.path else None
        names = column.names if column else ()
        name = _GROUP.format(f"{call.function} {'.'.join(names)}")
        if column is not None and call.function in {"SUM", "AVG"} and column.field.type not in _NUMBERS:
            message = f"field {column.field.name} does not support aggregate operator {call.function}"
            raise refused(self._text, call.at, "MALFORMED_QUERY", message)
        self._calls[call.function, names] = (name, _computation(call.function, column))
        read = _reader(name)
        return Column(_result(call.function, column), names, read, read)


def _reader(name: str) -> Callable[[Row], Any]:
    return lambda row: row.get(name)


def _computation(function: str, column: Column | None) -> Callable[[list[Row]], Any]:
    if column is None:
        return len
    key = key_of(column.field)
    compute: dict[str, Callable[[list[Any]], Any]] = {
        "COUNT": len,
        "COUNT_DISTINCT": lambda held: len({key(value) for value in held}),
        "SUM": lambda held: sum(held) if held else None,
        "AVG": lambda held: sum(held) / len(held) if held else None,
        "MIN": lambda held: min(held, key=key, default=None),
        "MAX": lambda held: max(held, key=key, default=None),
    }
    return lambda rows: compute[function]([value for value in map(column.read, rows) if value is not None])


def _result(function: str, column: Column | None) -> Field:
    """Describe the field that an aggregate gives."""
    if function in {"MIN", "MAX"} and column is not None:
        return column.field
    kind = "int" if function.startswith("COUNT") else "double"
    return Field(name=function, type=kind)
