"""Which of an object's records must be written, and with what: the rows that go into the outbox. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import repeat
from typing import TYPE_CHECKING, Any

from sync.desired import difference
from sync.packed import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sync.desired import Policy
    from sync.shapes import Shape

#: A record and what it should hold: rank, object, record, keys (None: the one key column holds the record's id),
#: changes (None: all of desired is new), desired (None: the record must not exist), how many values become empty,
#: and the response that led to it.
Intent = tuple[int, str, str, str | None, str | None, str | None, int, str | None]
#: What a record was last confirmed to hold, packed; by which run; what it was to hold when a person undid that; and
#: whether something else may have arrived since (see `sync.ledger.outbox.acknowledged`).
Confirmed = tuple[str, str, str | None, int]


#: The last of these where what was sent waits to be sent again.
UNCONFIRMED = 2


@dataclass(frozen=True, slots=True)
class Intents:
    """Rows for the outbox, and whose they are."""

    rows: list[Intent] = field(default_factory=list)
    records: set[str] = field(default_factory=set)


def intend(
    shape: Shape,
    ids: Sequence[str],
    columns: Mapping[str, Sequence[Any]],
    known: Mapping[str, Confirmed],
    causes: Sequence[str | None] | None,
) -> Intents:
    """Return what must be sent so that records hold what they should.

    Args:
        shape: The object.
        ids: The records.
        columns: By word, a value for each record.
        known: What the records were confirmed to hold; a record that is absent holds nothing of ours.
        causes: The response that each write is due to.
    """
    texts = shape.packed(columns, len(ids))
    keys = repeat(None) if shape.plain else shape.packed_keys(columns, len(ids))
    result = Intents()
    rows, rank, object_, policy = result.rows, shape.rank, shape.object, shape.policy
    given = shape.rules.keys() - policy.clears
    for id_, text, key, cause in zip(ids, texts, keys, causes or repeat(None), strict=False):
        before = known.get(id_)
        if before is None:
            # What people did not give says nothing of what the record may hold of it already.
            rows.append((rank, object_, id_, key, None, _told(text, given) if given else text, 0, cause))
        elif (text != before[0] or before[3] == UNCONFIRMED) and not _declined(text, before[2], policy):
            compared = difference(unpack(text), unpack(before[0]), policy)
            if compared.changes or before[3] == UNCONFIRMED:
                # Where another value may have arrived, any field may hold something else than was confirmed.
                changes, desired = pack(compared.desired if before[3] else compared.changes), pack(compared.desired)
                rows.append((rank, object_, id_, key, changes, desired, compared.cleared, cause))
    result.records.update(row[2] for row in rows)
    return result


def _told(text: str, given: Collection[str]) -> str:
    """Leave those of *given* out of packed values that are blank."""
    if "null" not in text:
        return text
    return pack({name: value for name, value in unpack(text).items() if value is not None or name not in given})


def _declined(text: str, undone: str | None, policy: Policy) -> bool:
    """Tell whether a person has undone just this: it is not written again until it is another."""
    return undone is not None and (text == undone or not difference(unpack(text), unpack(undone), policy).changes)


def retract(shape: Shape, record: str, before: str, values: Mapping[str, Any]) -> Intent | None:
    """Return what empties a record whose responses turned out to be another person's; None: it is empty.

    Args:
        shape: The object.
        record: The record's id.
        before: What it was confirmed to hold, packed.
        values: What the key columns are made of, by word.
    """
    held = unpack(before)
    compared = difference(dict.fromkeys(held), held, shape.policy, retract=True)
    if not compared.changes:
        return None
    keys = None if shape.plain else pack(shape.keys(values))
    changes, desired = pack(compared.changes), pack(compared.desired)
    return (shape.rank, shape.object, record, keys, changes, desired, compared.cleared, None)


def membership(shape: Shape, values: Mapping[str, Any], cause: str | None, *, left: bool) -> Intent:
    """Return what puts a record into a segment, or takes it out.

    Args:
        shape: The object.
        values: What its columns are made of, by word.
        cause: The response that led to it.
        left: Whether the record is in it no longer.
    """
    wanted = None if left else pack(shape.render(values))
    return (shape.rank, shape.object, shape.id(values), pack(shape.keys(values)), None, wanted, 0, cause)
