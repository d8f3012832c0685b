"""Records that went elsewhere: where each is in the end, and what decisions say of it. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pyarrow as pa

from connectors.records import RECORD_FIELDS
from connectors.values import RecordRef, SurveyKind
from sync.identity.evidence import DECISION_SCHEMA
from sync.identity.resolve import RECORD
from sync.nps.category import category_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from connectors.values import Moved
    from sync.chunk import Before

    Find = Callable[[pa.Table], Iterator[pa.Table]]

#: How a match is explained that was found by our own id of the person.
PERSON_RULE = "person.id"
#: Where records went: record → the one that took its place; None: none did.
Went = dict[RecordRef, RecordRef | None]


class Told:
    """A directory's `find`, and what was told of records that it does not find."""

    def __init__(self, find: Find, moved: Mapping[RecordRef, RecordRef | None]) -> None:
        self._find = find
        self._moved = moved

    def find(self, keys: pa.Table) -> Iterator[pa.Table]:
        """See `Directory.find`."""
        asked = {value for kind, value in zip(*_pairs(keys), strict=True) if kind == RECORD}
        seen: set[tuple[str, str]] = set()
        for found in self._find(keys):
            seen.update(zip(found["object"].to_pylist(), found["id"].to_pylist(), strict=True))
            yield found
        rows = [
            {"object": old.object, "id": old.id, "merged_into": new and new.id, "deleted": new is None}
            for old, new in self._moved.items()
            if old.id in asked and (old.object, old.id) not in seen
        ]
        if rows:
            yield pa.Table.from_pylist(rows, schema=RECORD_FIELDS)


def _pairs(keys: pa.Table) -> tuple[list[str], list[str]]:
    return keys["kind"].to_pylist(), keys["value"].to_pylist()


def ends(told: Iterable[Moved]) -> Went:
    """Return where each record went in the end, whatever the order in which moves are told.

    >>> from connectors.values import Moved
    >>> a, b, c = (RecordRef(object="Contact", id=name) for name in "abc")
    >>> ends([Moved(old=a, new=b), Moved(old=b, new=c)]) == {a: c, b: c}
    True
    >>> ends([Moved(old=b, new=None), Moved(old=a, new=b)]) == {a: None, b: None}
    True
    """
    steps = {move.old: move.new for move in told if move.old != move.new}
    found: Went = {}
    for old, first in steps.items():
        passed, new = {old}, first
        while new in steps and new not in passed:
            passed.add(new)
            new = steps[new]
        found[old] = None if new in passed else new
    return found


def went(
    left: Iterable[RecordRef],
    moved: Mapping[RecordRef, RecordRef | None],
    decided: pa.Table,
    before: pa.Table,
) -> Went:
    """Return where records went, as far as anybody said."""
    was = dict(zip(before["respondent"].to_pylist(), records(before), strict=True))
    now = zip(decided["respondent"].to_pylist(), decided["reason"].to_pylist(), records(decided), strict=True)
    said = {was[respondent]: ref for respondent, reason, ref in now if ref is not None or reason == "tombstone"}
    return {ref: said.get(ref, moved.get(ref)) for ref in left if ref in said or ref in moved}


def changed(decided: pa.Table, before: pa.Table) -> pa.Table:
    """Return the decisions that name another record or account than before, or none."""
    was = dict(zip(before["respondent"].to_pylist(), _places(before), strict=True))
    now = zip(decided["respondent"].to_pylist(), _places(decided), strict=True)
    return decided.filter(pa.array([was.get(respondent) != place for respondent, place in now], pa.bool_()))


def _places(decided: pa.Table) -> list[tuple[RecordRef | None, str | None]]:
    return list(zip(records(decided), decided["account"].to_pylist(), strict=True))


def records(decided: pa.Table) -> list[RecordRef | None]:
    """Return the record of each decision."""
    return [
        None if record is None else RecordRef(object=object_, id=record)
        for object_, record in zip(decided["object"].to_pylist(), decided["record"].to_pylist(), strict=True)
    ]


def by_object(refs: Iterable[RecordRef]) -> dict[str, list[str]]:
    """Return ids by object, in order."""
    found: dict[str, list[str]] = {}
    for ref in sorted(refs, key=lambda ref: (ref.object, ref.id)):
        found.setdefault(ref.object, []).append(ref.id)
    return found


def membership(object_: str, record: str, segment: str, person: str, since: str) -> dict[str, str]:
    """Return what a membership's key is made of, by word."""
    of = {"record.id": record, "record.object": object_, "person.id": person}
    return of | {"since": since, "segment": segment}


def fewer(before: Iterable[Before]) -> dict[tuple[str, str], int]:
    """Return how the sums over all profiles move when these are no more."""
    moves: Counter[tuple[str, str]] = Counter()
    for profile in before:
        moves["", ""] -= 1
        if profile.key is None:
            moves["silent", ""] -= 1
        for kind in SurveyKind:
            score = getattr(profile, f"{kind.value}_score")
            if score is not None:
                moves[kind.value, category_of(score).value] -= 1
    return dict(moves)


def joined(decided: Iterable[pa.Table]) -> pa.Table:
    """Return decisions as one table."""
    return pa.concat_tables([DECISION_SCHEMA.empty_table(), *decided])


def pointed(before: pa.Table, moved: Mapping[RecordRef, RecordRef | None]) -> pa.Table:
    """Return earlier decisions as if they had named the records that *moved* leads to, where it leads anywhere."""
    rows = before.to_pylist()
    for row, ref in zip(rows, records(before), strict=True):
        new = None if ref is None else moved.get(ref)
        if new is not None:
            row |= {"object": new.object, "record": new.id, "rule": PERSON_RULE, "reason": "unique"}
    return pa.Table.from_pylist(rows, schema=before.schema)
