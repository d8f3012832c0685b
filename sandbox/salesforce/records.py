"""The records of an org: kept by id, found by index, put into the recycle bin, and taken back if a call fails.

This store knows no rules: `writing` decides what may come in. A row is a dict that holds only what is not null, under
the fields' own spelling; readers use `row.get(name)` and never change it.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sandbox.salesforce.ids import widened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sandbox.salesforce.objects import Field, Kind

Row = dict[str, Any]


class Records:
    """All rows of all kinds."""

    def __init__(self) -> None:
        self._rows: defaultdict[str, dict[str, Row]] = defaultdict(dict)
        #: (kind, field) → value → ids, of rows that are not deleted and of those that are.
        self._indexes: dict[tuple[str, str], dict[object, dict[str, None]]] = {}
        self._journal: list[tuple[Kind, str, Row | None]] | None = None

    def all(self, kind: Kind, *, deleted: bool = False) -> Iterator[Row]:
        """Yield a kind's rows, oldest first; with *deleted*, those in the recycle bin too."""
        for row in self._rows[kind.name].values():
            if deleted or not row.get("IsDeleted"):
                yield row

    def count(self, kind: Kind) -> int:
        return sum(1 for _ in self.all(kind))

    def get(self, kind: Kind, record_id: object) -> Row | None:
        """Return one row by its id in either form, deleted or not."""
        rows = self._rows[kind.name]
        return (rows.get(record_id) if isinstance(record_id, str) else None) or rows.get(widened(record_id) or "")

    def lookup(self, kind: Kind, field: Field, values: Iterable[object], *, deleted: bool = False) -> Iterator[Row]:
        """Yield the rows whose indexed *field* is one of *values*."""
        rows = self._rows[kind.name]
        if field.type == "id":
            found = (self.get(kind, value) for value in values)
            yield from (row for row in found if row is not None and (deleted or not row.get("IsDeleted")))
            return
        index = self._index(kind, field)
        for value in dict.fromkeys(_key(field, value) for value in values):
            for record_id in tuple(index.get(value, ())):
                if deleted or not rows[record_id].get("IsDeleted"):
                    yield rows[record_id]

    def put(self, kind: Kind, row: Row) -> None:
        """Store *row* under its Id, in place of an older one; nulls are left out."""
        record_id = row["Id"]
        before = self._rows[kind.name].get(record_id)
        if self._journal is not None:
            self._journal.append((kind, record_id, before))
        self._set(kind, record_id, {name: value for name, value in row.items() if value is not None})

    def purge(self, kind: Kind, record_id: str) -> None:
        """Remove a row for good, as emptying the recycle bin does."""
        if self._journal is not None:
            self._journal.append((kind, record_id, self._rows[kind.name].get(record_id)))
        self._set(kind, record_id, None)

    def forget_field(self, kind: Kind, field: Field) -> None:
        """Remove a field's values and its index."""
        self._indexes.pop((kind.name, field.name), None)
        for record_id, row in self._rows[kind.name].items():
            self._rows[kind.name][record_id] = {name: value for name, value in row.items() if name != field.name}

    @contextmanager
    def undoable(self) -> Iterator[_Undo]:
        """Remember what the writes inside replace, so that all of them can be taken back."""
        outer, self._journal = self._journal, []
        undo = _Undo()
        try:
            yield undo
        finally:
            journal, self._journal = self._journal, outer
            if undo.wanted:
                for kind, record_id, before in reversed(journal):
                    self._set(kind, record_id, before)
            elif outer is not None:
                outer.extend(journal)

    def _set(self, kind: Kind, record_id: str, row: Row | None) -> None:
        rows = self._rows[kind.name]
        before = rows.get(record_id)
        for (kind_name, field_name), index in self._indexes.items():
            if kind_name == kind.name:
                field = kind.fields[field_name.lower()]
                old = _key(field, before.get(field_name)) if before else None
                new = _key(field, row.get(field_name)) if row else None
                if old != new:
                    _reindex(index, record_id, old, new)
        if row is None:
            rows.pop(record_id, None)
        else:
            rows[record_id] = row

    def _index(self, kind: Kind, field: Field) -> dict[object, dict[str, None]]:
        """Return the index of a field; made when it is first asked for."""
        index = self._indexes.get((kind.name, field.name))
        if index is None:
            index = self._indexes[kind.name, field.name] = {}
            for record_id, row in self._rows[kind.name].items():
                _reindex(index, record_id, None, _key(field, row.get(field.name)))
        return index


class _Undo:
    """Whether the writes of a block are to be taken back."""

    wanted = False

    def __call__(self) -> None:
        self.wanted = True


def _key(field: Field, value: object) -> object:
    """Return what *value* is found by: text without regard to case, unless the field minds it."""
    if field.type == "reference":
        return widened(value)
    return value.lower() if isinstance(value, str) and not field.case_sensitive else value


def _reindex(index: dict[object, dict[str, None]], record_id: str, old: object, new: object) -> None:
    if old is not None:
        holders = index.get(old, {})
        holders.pop(record_id, None)
        if not holders:
            index.pop(old, None)
    if new is not None:
        index.setdefault(new, {})[record_id] = None
