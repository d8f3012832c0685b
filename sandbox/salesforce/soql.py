"""A query over an org's records: planned once, so that errors come before rows, then run and shown a page at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.salesforce.soql_columns import Column, source_of
from sandbox.salesforce.soql_filter import Conditions, family, key_of
from sandbox.salesforce.soql_functions import SHOWN
from sandbox.salesforce.soql_groups import Groups
from sandbox.salesforce.soql_parse import parse
from sandbox.salesforce.soql_shape import Shape
from sandbox.salesforce.soql_tree import Call, Condition, FieldsOf, Joined, Order, Path, Query
from sandbox.salesforce.soql_words import refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.salesforce.records import Row
    from sandbox.salesforce.soql_columns import Catalog
    from sandbox.salesforce.soql_tree import Filter


class Selection:
    """One planned query."""

    def __init__(self, catalog: Catalog, text: str, *, deleted: bool = False) -> None:
        """Plan *text*; with *deleted*, its rows may come from the recycle bin too, as queryAll has it.

        Raises:
            Refusal: The query cannot be understood, or names what is not there.
        """
        self._plan(catalog, parse(text), deleted=deleted)

    @classmethod
    def within(cls, catalog: Catalog, query: Query, *, deleted: bool) -> Selection:
        """Plan a query that stands within another."""
        self = cls.__new__(cls)
        self._plan(catalog, query, deleted=deleted)
        return self

    def _plan(self, catalog: Catalog, query: Query, *, deleted: bool) -> None:
        self.catalog, self.query, self._deleted = catalog, query, deleted
        self.source = source_of(catalog, query.source, query.source_at, query.text, query.source_alias)
        self.kind = self.source.kind
        calls = [item for item in query.select if isinstance(item, Call) and item.aggregates]
        #: `SELECT COUNT()`: a number and no rows.
        self.counts = len(query.select) == 1 and bool(calls) and calls[0].path is None and not query.group
        grouped = bool(query.group or query.having or calls) and not self.counts
        self._groups = Groups(self.source, query) if grouped else None
        self._conditions = self._made_conditions(self.source.column)
        self._where = self._conditions.test(query.where) if query.where else None
        self._having = self._made_conditions(self._column).test(query.having) if query.having else None
        self.shape: Shape | None = None if self.counts else self._shaped()
        self._orders = [self._ordered(order) for order in query.order]

    @property
    def aggregates(self) -> bool:
        """Whether rows are groups, not records."""
        return self._groups is not None

    def run(self) -> list[Row]:
        """Return the rows that the query finds, in its order."""
        rows = [row for row in self._candidates() if self._where is None or self._where(row)]
        if self._groups is not None:
            rows = self._groups.rows(rows)
            rows = [row for row in rows if self._having is None or self._having(row)]
        for key, descending in reversed(self._orders):
            rows.sort(key=key, reverse=descending)
        last = None if self.query.limit is None else self.query.offset + self.query.limit
        return rows[self.query.offset : last]

    def children_of(self, field_name: str, record_id: str) -> list[Row]:
        """Run as a query within SELECT: for the rows whose *field_name* refers to a record."""
        found = self.catalog.lookup(self.kind.name, field_name, [record_id], deleted=self._deleted)
        rows = self.catalog.rows(self.kind.name, deleted=self._deleted) if found is None else found
        own = [row for row in rows if row.get(field_name) == record_id and (self._where is None or self._where(row))]
        for key, descending in reversed(self._orders):
            own.sort(key=key, reverse=descending)
        return own[: self.query.limit]

    def _made_conditions(self, column: Callable[[Path | Call], Column]) -> Conditions:
        return Conditions(self.query.text, column, self._answers, self.catalog.clock())

    def _column(self, target: Path | Call) -> Column:
        if self._groups is None:
            return self.source.column(target)
        if isinstance(target, Path) and len(target.names) == 1:
            for item in self.query.select:
                if isinstance(item, Call) and item.alias and item.alias.lower() == target.names[0].lower():
                    return self._groups.column(item)
        return self._groups.column(target)

    def _shaped(self) -> Shape:
        """Resolve what is selected."""
        shape = Shape(None if self._groups else self.kind)
        for item in self.query.select:
            match item:
                case FieldsOf():
                    for field in self.kind.fields.values():
                        if item.which == "ALL" or field.custom == (item.which == "CUSTOM"):
                            self._add(shape, Path((field.name,), item.at))
                case Query():
                    name, selection, reference = self._child(item)
                    shape.add_children(name, selection, reference)
                case _ if self._groups:
                    column = self._column(item)
                    alias = item.alias or (column.names[-1] if isinstance(item, Path) else None)
                    shape.add_result(column, alias)
                case _:
                    self._add(shape, item)
        return shape

    def _add(self, shape: Shape, item: Path | Call) -> None:
        column = self._shown(item)
        if not shape.add(column):
            message = f"duplicate field selected: {'.'.join(column.names)}"
            raise refused(self.query.text, item.at, "INVALID_FIELD", message)

    def _shown(self, item: Path | Call) -> Column:
        """Resolve a field that is shown as it is, or by its label."""
        if isinstance(item, Path) and item.alias:
            message = f"only aggregate expressions use field aliasing: {item.alias}"
            raise refused(self.query.text, item.at, "MALFORMED_QUERY", message)
        if isinstance(item, Call) and item.function not in SHOWN:
            message = f"Field must be grouped or aggregated: {item.function}"
            raise refused(self.query.text, item.at, "MALFORMED_QUERY", message)
        return self.source.column(item)

    def _child(self, query: Query) -> tuple[str, Selection, str]:
        relation = self.kind.children.get(query.source.lower())
        kind = self.catalog.kind(relation[0]) if relation else None
        if relation is None or kind is None:
            message = (
                f"Didn't understand relationship '{query.source}' in FROM part of query call. If you are attempting "
                "to use a custom relationship, be sure to append the '__r' after the custom relationship name. "
                "Please reference your WSDL or the describe call for the appropriate names."
            )
            raise refused(query.text, query.source_at, "INVALID_TYPE", message)
        return query.source, _renamed(self.catalog, query, kind.name, deleted=self._deleted), relation[1]

    def _answers(self, query: Query) -> set[Any]:
        """Run a query within IN: it selects one field that holds ids."""
        selection = Selection.within(self.catalog, query, deleted=self._deleted)
        columns = selection.shape.columns if selection.shape else []
        if len(columns) != 1 or family(columns[0].field) != "id":
            message = "The inner select of a semi join must select exactly one field that holds ids"
            raise refused(query.text, query.source_at, "MALFORMED_QUERY", message)
        return {columns[0].read(row) for row in selection.run()} - {None}

    def _candidates(self) -> Iterable[Row]:
        """Narrow the rows down by indexes, where what must hold allows it."""
        found = self._narrowed(self.query.where)
        return self.catalog.rows(self.kind.name, deleted=self._deleted) if found is None else list(found.values())

    def _narrowed(self, part: Filter | None) -> dict[str, Row] | None:
        """Return by their ids the rows among which those that fulfil *part* are, or None: they may be anywhere."""
        match part:
            case Joined("AND", parts):
                return next((found for each in parts if (found := self._narrowed(each)) is not None), None)
            case Joined(_, parts):
                rows: dict[str, Row] = {}
                for each in parts:
                    narrowed = self._narrowed(each)
                    if narrowed is None:
                        return None
                    rows |= narrowed
                return rows
            case Condition(Path(), "=" | "IN"):
                return self._looked_up(part)
        return None

    def _looked_up(self, condition: Condition) -> dict[str, Row] | None:
        column = self.source.column(condition.target)
        literals = condition.values
        if len(column.names) > 1 or not column.field.indexed:
            return None
        if not isinstance(literals, Query) and any(literal.kind == "relative" for literal in literals):
            return None
        values = self._conditions.values(condition, column)
        if None in values:
            return None
        rows = self.catalog.lookup(self.kind.name, column.field.name, sorted(values, key=str), deleted=self._deleted)
        return None if rows is None else {row["Id"]: row for row in rows}

    def _ordered(self, order: Order) -> tuple[Callable[[Row], Any], bool]:
        column = self._column(order.target)
        if not column.field.sortable:
            message = f"field '{column.field.name}' can not be sorted in a query call"
            raise refused(self.query.text, order.target.at, "MALFORMED_QUERY", message)
        read, key = column.read, key_of(column.field)
        # True sorts after False; where the order is reversed, the place of nulls is reversed with it.
        null_rank = order.nulls_first is order.descending

        def rank(row: Row) -> tuple[bool, Any]:
            value = read(row)
            return (null_rank, 0) if value is None else (not null_rank, key(value))

        return rank, order.descending


def _renamed(catalog: Catalog, query: Query, kind_name: str, *, deleted: bool) -> Selection:
    return Selection.within(catalog, replace(query, source=kind_name), deleted=deleted)
