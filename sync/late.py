"""Late arrivals: a write whose answer was lost may reach its record after a newer one was confirmed.

No destination can be asked to forget a request, and nobody shall wait for one. So newer values are sent at once; when a
lost one cannot arrive any more, its record is read, and where it did arrive late, the newer values are sent again.
What somebody else wrote meanwhile is left alone, and so is a record of theirs of which nothing is confirmed.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from connectors.values import RecordRef
from sync.ledger import doubts, matching, outbox, undos
from sync.ledger.writes import NOTHING
from sync.mapping.values import same
from sync.packed import pack, unpack
from sync.shapes import Shapes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.contract import Destination
    from connectors.values import FieldValue
    from sync.intents import Confirmed, Intent
    from sync.ledger.doubts import Doubt
    from sync.run import Run
    from sync.shapes import Shape

#: Places of a mapping whose rows are made, and taken away, by npsync alone. Of another record nothing may be confirmed
#: because it was merged meanwhile, say: it is never deleted.
_OURS_TO_DELETE = ("segment", "response")


def is_idle(run: Run) -> bool:
    """Tell whether a run that has nothing to send need not settle anything either."""
    with run.ledger.read() as connection:
        if matching.any_waiting(connection, run.name, run.id):
            return False
        return not doubts.over(connection, run.name, run.lease.clock())


def put_right(run: Run, destination: Destination) -> None:
    """Look at the records whose doubts are over, and have newer values sent again.

    Raises:
        ConnectorError: They cannot be read now; the next run looks.
    """
    now = run.lease.clock()
    with run.ledger.read() as connection:
        over = doubts.over(connection, run.name, now)
    if not over:
        return
    shapes = {shape.object: shape for shape in Shapes(run.mapping).all()}
    by_object: dict[str, list[Doubt]] = defaultdict(list)
    for doubt in over:
        by_object[doubt.object].append(doubt)
    intents: list[Intent] = []
    for object_, some in by_object.items():
        if object_ in shapes:
            intents += _overtaken(run, destination, shapes[object_], some)
    run.step("deliver.doubts")
    with run.lease.write() as connection:
        outbox.put(connection, run.name, run.id, intents)
        doubts.end(connection, run.name, now)
    if intents:
        run.notes.append(f"{len(intents)} records held an older value again, of a write whose answer had been lost")


def _overtaken(run: Run, destination: Destination, shape: Shape, some: Sequence[Doubt]) -> list[Intent]:
    """Return what puts the records right that hold what was in doubt instead of what was confirmed since."""
    records = sorted({doubt.record for doubt in some})
    with run.ledger.read() as connection:
        confirmed = outbox.acknowledged(connection, run.name, shape.object, records)
        queued = undos.waiting(connection, run.name, shape.object, records)
    ours = shape.place in _OURS_TO_DELETE
    sent: dict[str, list[Mapping[str, FieldValue] | None]] = defaultdict(list)
    last = {doubt.record: doubt for doubt in some}
    for doubt in some:
        late = None if doubt.sent is None else unpack(doubt.sent)
        wanted = _confirmed(confirmed, doubt.record)
        # What waits is sent anyway, whole, and what was confirmed since cannot be made worse by itself.
        if doubt.record not in queued and (ours or wanted is not None) and not _agrees(wanted, late):
            sent[doubt.record].append(late)
    names = {name for values in sent.values() for each in values for name in each or ()}
    refs = {record: RecordRef(object=shape.object, id=last[record].id) for record in sent}
    held = destination.read(list(refs.values()), sorted(names)) if refs else {}
    found: list[Intent] = []
    for record, ref in refs.items():
        wanted, holds = _confirmed(confirmed, record), held.get(ref)
        if any(_is(late, holds) for late in sent[record]) and not _agrees(wanted, holds):
            found.append(_again(shape, last[record], wanted, holds))
    return found


def _confirmed(confirmed: Mapping[str, Confirmed], record: str) -> Mapping[str, FieldValue] | None:
    """Return what a record was confirmed to hold; None: that it does not exist, or nothing."""
    if record not in confirmed or confirmed[record][0] == NOTHING:
        return None
    return unpack(confirmed[record][0])


def _is(sent: Mapping[str, FieldValue] | None, holds: Mapping[str, FieldValue] | None) -> bool:
    """Tell whether a record is as the write left it that was in doubt."""
    if sent is None or holds is None:
        return sent is None and holds is None
    return all(name in holds and same(value, holds[name]) for name, value in sent.items())


def _agrees(wanted: Mapping[str, FieldValue] | None, holds: Mapping[str, FieldValue] | None) -> bool:
    """Tell whether a record is as it was confirmed last."""
    if wanted is None or holds is None:
        return wanted is None and holds is None
    return all(same(value, holds[name]) for name, value in wanted.items() if name in holds)


def _again(
    shape: Shape, doubt: Doubt, wanted: Mapping[str, FieldValue] | None, holds: Mapping[str, FieldValue] | None
) -> Intent:
    """Return the row that sends the confirmed values again."""
    place = (shape.rank, shape.object, doubt.record, doubt.keys)
    if wanted is None:
        return (*place, None, None, 0, None)
    there = holds or {}
    changes = {name: value for name, value in wanted.items() if name not in there or not same(value, there[name])}
    return (*place, pack(changes) if holds else None, pack(wanted), 0, None)
