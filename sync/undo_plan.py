"""What an undo puts back, page by page of a run's log: read, decided, and put into the outbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from connectors.contract import Schema
from connectors.values import RecordRef
from sync.ledger import aliases, doubts, outbox, undos, writes
from sync.packed import unpack
from sync.restoring import Restored, Restorer, Why, Written
from sync.shapes import Shapes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from connectors.contract import Destination
    from connectors.values import FieldValue
    from sync.ledger.writes import Logged
    from sync.report import FieldChange
    from sync.run import Run
    from sync.shapes import Shape
    from sync.undo_report import Wish

#: Writes that are read, decided and stored together.
ROWS_AT_ONCE = 10_000
#: Field changes that a dry run shows.
CHANGES_SHOWN = 1_000
#: Fields of this name are links to other records, which cannot be read as values.
ASSOCIATIONS = "associations."


@dataclass(slots=True)
class Planned:
    """What an undo is about to do."""

    #: Writes of the run that were looked at.
    looked_at: int = 0
    writes: dict[str, int] = field(default_factory=dict)
    changes: list[FieldChange] = field(default_factory=list)
    #: Whether there are more changes than are shown.
    more: bool = False


class Planner:
    """Plans one undo.

    Args:
        run: The undo's own.
        destination: Where the undone run wrote to.
        wish: What is to be undone.
    """

    def __init__(self, run: Run, destination: Destination, wish: Wish) -> None:
        self._run = run
        self._destination = destination
        self._wish = wish
        all_ = Shapes(run.mapping).all()
        #: One for each object: they of one object differ in the key alone, of which `_get_ready` tells.
        self._shapes = {shape.object: shape for shape in all_}
        self._keys = [(shape.object, shape.key_fields()) for shape in all_]
        self._ours: Mapping[str, bool] = {}
        self._planned = Planned()

    def plan(self) -> Planned:
        """Decide page by page what goes back, put it into the outbox, and keep what stays as it is.

        Raises:
            ConnectorError: The records cannot be read.
        """
        run, wish, planned = self._run, self._wish, self._planned
        with run.ledger.read() as connection:
            counts = writes.counts(connection, wish.run)
            self._ours = writes.owned(connection, run.name)
        total = sum(counts.values()) if wish.object is None else counts[wish.object]
        for object_, key in self._keys:
            if object_ in counts and wish.object in (None, object_):
                _get_ready(self._destination, object_, key)
        place = ("", "")
        while True:
            with run.ledger.read() as connection:
                page = writes.page(connection, wish.run, place, ROWS_AT_ONCE, object_=wish.object)
            if not page:
                return planned
            for object_, rows in _by_object(page):
                self._store(object_, self._restore(self._shapes.get(object_), rows))
            place = page[-1][:2]
            planned.looked_at += len(page)
            run.progress.step("undo", planned.looked_at, total)

    def _restore(self, shape: Shape | None, rows: Sequence[Logged]) -> Restored:
        """Return what takes *rows* of one object back."""
        run, wish = self._run, self._wish
        if shape is None or shape.place == "task":
            why = Why.NOT_MAPPED if shape is None else Why.TASK
            return Restored(left=[(row.record, "", why) for row in rows])
        with run.ledger.read() as connection:
            records = [row.record for row in rows]
            waiting = undos.waiting(connection, run.name, shape.object, records)
            confirmed = outbox.acknowledged(connection, run.name, shape.object, records)
            moved = self._moved(connection, shape, rows)
            taken = doubts.deleting(connection, run.name, shape.object, records) if shape.place == "segment" else ()
        gone = [record for record in records if record in moved and record not in waiting]
        apart = waiting.union(gone)
        written = [_written(row) for row in rows if row.record not in apart]
        refs = [RecordRef(object=shape.object, id=each.id()) for each in written]
        held: Mapping[RecordRef, Mapping[str, FieldValue]] = {}
        if refs:
            held = self._destination.read(refs, _asked(written))
        restorer = Restorer(
            shape=shape,
            deletable=shape.place in ("response", "segment") or self._ours.get(shape.object, False),
            taken=taken,
            fields=wish.fields,
            reason=f"undo of {wish.run}",
        )
        known = {record: unpack(text) for record, (text, *_) in confirmed.items() if text != writes.NOTHING}
        found = restorer.restore(written, {ref.id: values for ref, values in held.items()}, known)
        found.left.extend((record, "", Why.WAITING) for record in sorted(waiting))
        found.left.extend((record, "", Why.GONE) for record in gone)
        return found

    def _moved(self, connection: Connection, shape: Shape, rows: Sequence[Logged]) -> set[str]:
        """Return the rows of records that were merged, converted or deleted since.

        What holds their values now, and is on their lists, may be another person's record, too.
        """
        run = self._run
        if shape.place == "profile":
            standing = [row.record for row in rows if not row.made]
            return set(aliases.present(connection, run.name, shape.object, standing))
        if shape.place != "segment":
            return set()
        of: dict[RecordRef, list[str]] = {}
        for row in rows:
            for ref in Shapes(run.mapping).members(unpack(row.keys or "{}")):
                of.setdefault(ref, []).append(row.record)
        found: set[str] = set()
        for object_ in {ref.object for ref in of}:
            ids = [ref.id for ref in of if ref.object == object_]
            for record in aliases.present(connection, run.name, object_, ids):
                found.update(of[RecordRef(object=object_, id=record)])
        return found

    def _store(self, object_: str, restored: Restored) -> None:
        run, planned = self._run, self._planned
        run.step("undo.plan")
        with run.lease.write() as connection:
            outbox.put(connection, run.name, run.id, restored.intents)
            undos.leave(connection, run.id, object_, restored.left)
        if restored.intents:
            planned.writes[object_] = planned.writes.get(object_, 0) + len(restored.intents)
        room = CHANGES_SHOWN - len(planned.changes)
        planned.more = planned.more or len(restored.changes) > room
        planned.changes += restored.changes[:room]


def _get_ready(destination: Destination, object_: str, key: Sequence[str]) -> None:
    """Have a destination know by which key the records of an object are told apart."""
    if isinstance(destination, Schema) and destination.fields(object_):
        destination.ensure(object_, key, ())


def _by_object(page: Sequence[Logged]) -> Iterator[tuple[str, list[Logged]]]:
    for object_, rows in groupby(page, key=lambda row: row.object):
        yield object_, list(rows)


def _written(row: Logged) -> Written:
    before = None if row.before is None else unpack(row.before)
    after = None if row.after is None else unpack(row.after)
    return Written(row.record, row.keys, before, after, made=bool(row.made))


def _asked(written: Sequence[Written]) -> list[str]:
    """Return the fields to read: those written, and of deleted rows those they had."""
    names = {name for each in written for name in (each.before if each.after is None else each.after) or ()}
    keys = {name for each in written if each.keys is not None for name in unpack(each.keys)}
    return sorted(name for name in names - keys if not name.startswith(ASSOCIATIONS))
