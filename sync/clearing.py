"""What a destination holds of a person because of us, and the rows for the outbox that take it away.

A row that npsync made for a person or a response goes; a record that is the company's own keeps everything but the
fields that the mapping writes, and these are emptied only when somebody asks for it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from connectors.values import OutcomeKind
from sync.intents import retract
from sync.ledger import aliases, outbox, person_rows, writes
from sync.ledger.failures import KINDS
from sync.ledger.rows import fetch
from sync.ledger.tables import FAILURES, OUTBOX
from sync.packed import pack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from sync.intents import Intent
    from sync.ledger.person import Person
    from sync.shapes import Shape, Shapes


@dataclass(frozen=True, slots=True)
class Clearing:
    """What is taken away from a destination, and what stays there."""

    intents: list[Intent] = field(default_factory=list)
    #: Object → records of which something of ours stays.
    left: Counter[str] = field(default_factory=Counter)

    def by_object(self) -> dict[str, int]:
        return dict(sorted(Counter(intent[1] for intent in self.intents).items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far a destination is cleared."""

    #: Rows of responses and memberships go, and whole objects that only we write to: the store is ours.
    ours: bool
    #: Somebody asked for everything that the mapping wrote to be emptied.
    all: bool


def clearing(connection: Connection, mapping: str, shapes: Shapes, person: Person, reach: Reach) -> Clearing:
    """Return what clears the destination of *mapping* of *person*."""
    found, owned = Clearing(), writes.owned(connection, mapping)
    for object_, record in person.records_of(mapping):
        _record(connection, mapping, shapes, person, (object_, record), reach, owned, found)
        if (shape := shapes.memberships_of(object_)) is not None:
            names = person_rows.joined_names(connection, mapping, shape.object, [record])
            joined = [pack(dict(zip(shape.key, name.split("\x1f"), strict=True))) for name in names]
            _rows(shape, names, joined, reach.ours or reach.all, found)
    for shape in (shapes.responses, shapes.tasks):
        if shape is None:
            continue
        # A task is somebody's work: it is left to them, unless it stands in a table of ours.
        goes = reach.ours or reach.all if shape is shapes.responses else reach.ours and owned.get(shape.object, False)
        there = _there(connection, mapping, shape.object, person.keys)
        keys = [None if shape.plain else _keys_of_response(shape, key) for key in there]
        _rows(shape, there, keys, goes, found)
    return found


def _record(  # noqa: PLR0913 - one record's whole case
    connection: Connection,
    mapping: str,
    shapes: Shapes,
    person: Person,
    ref: tuple[str, str],
    reach: Reach,
    owned: Mapping[str, bool],
    found: Clearing,
) -> None:
    object_, record = ref
    shape = shapes.record_of(object_)
    if not _there(connection, mapping, shape.object, [record]):
        return
    known = aliases.stored(connection, mapping, object_, [record])
    id_ = known[record].person if record in known else next(iter(person.persons), "")
    values = {"record.id": record, "record.object": object_, "person.id": id_}
    if reach.ours and owned.get(shape.object, False):
        _rows(shape, [record], [None if shape.plain else pack(shape.keys(values))], goes=True, found=found)
        return
    held = outbox.acknowledged(connection, mapping, shape.object, [record])
    nameless = shapes.creating is not None and record in person.persons
    if not reach.all or nameless or record not in held:
        found.left[shape.object] += 1
    elif (intent := retract(shape, record, held[record][0], values)) is not None:
        found.intents.append(intent)


def _rows(shape: Shape, names: Sequence[str], keys: Sequence[str | None], goes: bool, found: Clearing) -> None:  # noqa: FBT001 - said of all
    if goes:
        found.intents.extend(
            (shape.rank, shape.object, name, key, None, None, 0, None) for name, key in zip(names, keys, strict=True)
        )
    elif names:
        found.left[shape.object] += len(names)


def _there(connection: Connection, mapping: str, object_: str, records: Sequence[str]) -> list[str]:
    """Return the records that were confirmed, or that may have been sent."""
    held = outbox.acknowledged(connection, mapping, object_, records).keys()
    return sorted(held | outbox.waiting(connection, mapping, object_, records))


def _keys_of_response(shape: Shape, key: str) -> str:
    return pack(shape.keys({"key": key, "response_id": key.partition(":")[2]}))


def unsent(connection: Connection, mapping: str, run: str) -> int:
    """Return how much of what clears the destination it did not take; what is gone there is cleared."""
    waits = select(OUTBOX.c.object, OUTBOX.c.record).where(OUTBOX.c.mapping == mapping, OUTBOX.c.run == run)
    gone = (FAILURES.c.mapping == mapping, FAILURES.c.run == run, FAILURES.c.kind == KINDS[OutcomeKind.GONE])
    fine = set(fetch(connection, select(FAILURES.c.object, FAILURES.c.record).where(*gone)))
    return sum(1 for place in fetch(connection, waits) if place not in fine)
