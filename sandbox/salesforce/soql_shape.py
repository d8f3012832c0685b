"""What each row of a query looks like: as nested JSON in REST, as one line of CSV in Bulk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.salesforce.objects import Kind
    from sandbox.salesforce.records import Row
    from sandbox.salesforce.soql import Selection
    from sandbox.salesforce.soql_columns import Column, Parent


@dataclass(slots=True)
class _Level:
    """The selected fields of one record: the row's own, or a parent's."""

    cells: dict[str, Column | _Level] = field(default_factory=dict)
    #: Finds the parent from the row of the query; None for the row itself.
    parent: Callable[[Row], Parent | None] | None = None


class Shape:
    """The columns of a query, in the order of its SELECT."""

    def __init__(self, kind: Kind | None) -> None:
        """Make one for records of *kind*, or (None) for the results of aggregates."""
        self._kind = kind
        self.columns: list[Column] = []
        self.children: list[tuple[str, Selection, str]] = []
        self._own = _Level()
        self._unnamed = 0

    def add(self, column: Column) -> bool:
        """Add a field; tell whether it was not there already."""
        level = self._own
        for relationship, parent in zip(column.names[:-1], column.parents, strict=True):
            below = level.cells.setdefault(relationship, _Level(parent=parent))
            assert isinstance(below, _Level)
            level = below
        if column.names[-1] in level.cells:
            return False
        level.cells[column.names[-1]] = column
        self.columns.append(column)
        return True

    def add_result(self, column: Column, alias: str | None) -> None:
        """Add an aggregate, or a field that is grouped by."""
        if alias is None:
            alias = f"expr{self._unnamed}"
            self._unnamed += 1
        self._own.cells[alias] = column
        self.columns.append(column)

    def add_children(self, relationship: str, selection: Selection, reference: str) -> None:
        """Add a query within SELECT, whose rows refer to the row by *reference*."""
        self.children.append((relationship, selection, reference))

    @property
    def header(self) -> list[str]:
        """The names of the CSV's columns."""
        return [".".join(column.names) for column in self.columns]

    def record(self, row: Row, version: str) -> dict[str, Any]:
        """Show *row* as REST of *version* ("v67.0") does."""
        if self._kind is None:
            return {"attributes": {"type": "AggregateResult"}, **_shown(self._own, row, version)}
        record = {"attributes": attributes(self._kind.name, row["Id"], version), **_shown(self._own, row, version)}
        for relationship, selection, reference in self.children:
            record[relationship] = _children(selection, reference, row["Id"], version)
        return record


def attributes(kind_name: str, record_id: str, version: str) -> dict[str, str]:
    """Say what a record is and where it is read.

    >>> attributes("Contact", "0035g0000000001AAA", "v67.0")["url"]
    '/services/data/v67.0/sobjects/Contact/0035g0000000001AAA'
    """
    return {"type": kind_name, "url": f"/services/data/{version}/sobjects/{kind_name}/{record_id}"}


def _shown(level: _Level, row: Row, version: str) -> dict[str, Any]:
    """Show the cells of one level; every reader starts from the row of the query."""
    return {
        name: _parent(cell, row, version) if isinstance(cell, _Level) else cell.show(row)
        for name, cell in level.cells.items()
    }


def _parent(level: _Level, row: Row, version: str) -> dict[str, Any] | None:
    found = level.parent(row) if level.parent else None
    if found is None:
        return None
    kind_name, parent = found
    return {"attributes": attributes(kind_name, parent["Id"], version), **_shown(level, row, version)}


def _children(selection: Selection, reference: str, record_id: str, version: str) -> dict[str, Any] | None:
    rows = selection.children_of(reference, record_id)
    if not rows or selection.shape is None:
        return None
    records = [selection.shape.record(row, version) for row in rows]
    return {"totalSize": len(records), "done": True, "records": records}
