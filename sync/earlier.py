"""What records held before our first write: read, and kept in the ledger before anything is sent.

It is what makes a first sync undoable. Where an object was empty when we first wrote to it, all of its rows are ours
and nothing is read. A record that already holds all that is wanted is acknowledged without a write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.contract import Ownable
from connectors.values import RecordRef
from sync.ledger import outbox, writes
from sync.mapping.values import same
from sync.packed import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from connectors.contract import Destination
    from connectors.values import FieldValue
    from sync.parcels import Parcel, Queued
    from sync.run import Run
    from sync.shapes import Shape

    Values = dict[str, FieldValue]
    #: Record → what it held before our first write, packed; None: there was no record.
    Kept = Mapping[str, str | None]

#: What a record holds, as far as it was read; None: there is none.
Held = dict[str, "FieldValue"] | None


class Earlier:
    """Looks at records before they are written for the first time.

    Args:
        run: Whose outbox is delivered.
        destination: Where the records are.
        shapes: The mapping's objects.
    """

    def __init__(self, run: Run, destination: Destination, shapes: Iterable[Shape]) -> None:
        self._run = run
        self._destination = destination
        #: Key columns, of members of campaigns several. A task is left to people: nothing of it is ever put back.
        self._keys_of: dict[str, list[set[str]]] = {}
        for shape in shapes:
            if shape.place != "task":
                self._keys_of.setdefault(shape.object, []).append(set(shape.key))
        #: Whether objects were empty before our first write; None: not looked up yet.
        self._ours: dict[str, bool] | None = None

    def look(self, sent: Sequence[Parcel]) -> bool:
        """Keep what the records of *sent* hold; tell whether some need no write and left the outbox.

        Raises:
            ConnectorError: The records cannot be read; nothing may be written to them yet.
        """
        ours = self._owned({parcel.object for parcel in sent})
        found: list[tuple[str, dict[str, Held]]] = []
        unchanged: list[Queued] = []
        asked = [
            parcel
            for parcel in sent
            if not parcel.delete and parcel.object in self._keys_of and not ours.get(parcel.object)
        ]
        if not asked:
            return False
        with self._run.ledger.read() as connection:
            stored = [self._stored(connection, parcel) for parcel in asked]
        for parcel, (before, kept) in zip(asked, stored, strict=True):
            held, right = self._of(parcel, before, kept)
            found.append((parcel.object, held))
            unchanged += right
        if not any(held for _, held in found) and not unchanged:
            return False
        self._run.step("deliver.look")
        with self._run.lease.write() as connection:
            for object_, held in found:
                texts = [(record, None if values is None else pack(values)) for record, values in held.items()]
                writes.keep(connection, self._run.name, self._run.id, object_, texts)
            writes.agree(connection, self._run.name, self._run.id, unchanged)
        return bool(unchanged)

    def _owned(self, objects: Iterable[str]) -> Mapping[str, bool]:
        """Return which objects hold nothing that we did not write; it is found out before we first write to them."""
        if not isinstance(self._destination, Ownable):
            return {}
        if self._ours is None:
            with self._run.ledger.read() as connection:
                self._ours = writes.owned(connection, self._run.name)
        new = {object_: self._destination.is_empty(object_) for object_ in sorted(objects) if object_ not in self._ours}
        if new:
            self._run.step("deliver.own")
            with self._run.lease.write() as connection:
                writes.own(connection, self._run.name, new)
            self._ours |= new
        return self._ours

    def _stored(self, connection: Connection, parcel: Parcel) -> tuple[dict[str, Values], Kept]:
        """Return what the records of one parcel hold as far as we know, and what was kept of them before."""
        records = [row[2] for row in parcel.rows]
        known = outbox.acknowledged(connection, self._run.name, parcel.object, records)
        kept = writes.earlier(connection, self._run.name, parcel.object, records)
        before = {record: unpack(text) for record, (text, *_) in known.items() if text != writes.NOTHING}
        return before | {record: unpack(text) for record, text in kept.items() if text is not None}, kept

    def _of(self, parcel: Parcel, before: Mapping[str, Values], kept: Kept) -> tuple[dict[str, Held], list[Queued]]:
        """Return what is to be kept of the records of one parcel, and its rows that need no write."""
        records = [row[2] for row in parcel.rows]
        absent = {record for record, text in kept.items() if text is None}
        places = [
            place
            for place, record in enumerate(records)
            if record not in absent and (record not in before or not before[record].keys() >= set(parcel.fields))
        ]
        if not places:
            return {}, []
        asked = parcel.some(places)
        if set(parcel.key) not in self._keys_of[parcel.object]:
            # Made by a key of ours, the record is new; by which other key one could be read, nobody has said.
            made = len(parcel.key) == 1
            return {row[2]: None for row in asked.rows if made and row[2] not in before}, []
        return self._compared(asked, before, kept)

    def _compared(
        self, parcel: Parcel, before: Mapping[str, Values], kept: Kept
    ) -> tuple[dict[str, Held], list[Queued]]:
        refs = [RecordRef(object=parcel.object, id=id_) for id_ in parcel.block().ids()]
        found = self._destination.read(refs, parcel.fields)
        held: dict[str, Held] = {}
        unchanged: list[Queued] = []
        width = len(parcel.key)
        for row, values, ref in zip(parcel.rows, parcel.values, refs, strict=True):
            record, holds = row[2], found.get(ref)
            wanted = zip(parcel.fields, values[width:], strict=True)
            if holds is not None and record not in kept and all(same(value, holds.get(name)) for name, value in wanted):
                unchanged.append(row)
            elif holds is not None:
                held[record] = dict(holds) | before.get(record, {})
            elif record not in before:
                held[record] = None
        return held, unchanged
