"""Outbox rows as blocks of writes of one form, each row beside the write that is made of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.values import Block
from sync.packed import unpack

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from connectors.values import FieldValue

#: A row of the outbox: rank, object, record, keys, changes, desired; see `sync.ledger.tables.OUTBOX`.
Queued = tuple[int, str, str, str | None, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Parcel:
    """Outbox rows of one form, and the block that carries them: a write for each row, in their order."""

    object: str
    key: tuple[str, ...]
    fields: tuple[str, ...]
    delete: bool
    rows: list[Queued] = field(default_factory=list)
    values: list[tuple[FieldValue, ...]] = field(default_factory=list)

    def block(self) -> Block:
        return Block(object=self.object, key=self.key, fields=self.fields, rows=self.values, delete=self.delete)

    def some(self, places: Iterable[int]) -> Parcel:
        """Return the parcel of the rows at *places*."""
        chosen = list(places)
        rows, values = [self.rows[place] for place in chosen], [self.values[place] for place in chosen]
        return Parcel(self.object, self.key, self.fields, self.delete, rows, values)


def parcels(rows: Iterable[Queued], key_of: Mapping[str, str]) -> list[Parcel]:
    """Gather *rows* by form, in the order in which forms first appear.

    Args:
        rows: In the order of delivery; a record occurs once.
        key_of: For each object its first key column: the only one where a row keeps no keys of its own.

    >>> [parcel] = parcels([(0, "people", "C-1", None, None, '{"score":9}')], {"people": "id"})
    >>> parcel.block()
    Block(object='people', key=('id',), fields=('score',), rows=[('C-1', 9)], delete=False)
    """
    found: dict[tuple[str, tuple[str, ...], tuple[str, ...], bool], Parcel] = {}
    for row in rows:
        _, object_, record, packed, changes, desired = row
        keys = {key_of[object_]: record} if packed is None else unpack(packed)
        values = {} if desired is None else unpack(changes or desired)
        key = tuple(keys)
        for name in key:
            values.pop(name, None)
        form = (object_, key, tuple(values), desired is None)
        parcel = found.get(form)
        if parcel is None:
            parcel = found[form] = Parcel(*form)
        parcel.rows.append(row)
        parcel.values.append((*keys.values(), *values.values()))
    return list(found.values())
