"""Relink: what was matched to a record that was merged, converted or deleted goes where the record went.

A move is only the reason to decide again: which record it is now, `sync.identity` says, as it does of everybody. The
directory is asked for the record by its old id; what was told of a record that it does not find is believed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from connectors.contract import Moves
from connectors.records import RECORD_FIELDS
from connectors.values import RecordRef, SurveyKind
from sync.identity.evidence import DECISION_SCHEMA
from sync.identity.resolve import RECORD
from sync.ledger import aliases, inbox, matching, profiles
from sync.ledger.alias_tables import MOVES
from sync.nps.category import category_of
from sync.shapes import Shapes
from sync.times import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from connectors.contract import Directory
    from connectors.values import Moved
    from sync.chunk import Before
    from sync.run import Run

    Find = Callable[[pa.Table], Iterator[pa.Table]]
    #: Claims, earlier decisions and how to look records up, to decisions.
    Decide = Callable[[pa.Table, pa.Table, Find], Iterable[pa.Table]]

#: Moved records followed in one transaction.
AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class _Part:
    """Moved records that one transaction follows."""

    refs: Sequence[RecordRef]
    #: New decisions on those who were matched to them.
    decided: pa.Table
    #: Moved record → the record that took its place; None: none did.
    moved: Mapping[RecordRef, RecordRef | None]


class Relinker:
    """Follows what moved since the last run.

    Args:
        run: Whose matches.
        directory: Tells what moved, where it can.
        find: Looks records up in it.
        decide: Decides on respondents.
    """

    def __init__(self, run: Run, directory: Directory, find: Find, decide: Decide) -> None:
        self._run = run
        self._directory = directory
        self._find = find
        self._decide = decide
        self._shapes = Shapes(run.mapping)
        #: Whether what is written goes with the record; else it stands in a table of its own, and is emptied.
        self._within = run.mapping.object == run.mapping.home
        self.calls = 0

    def follow(self, cursor: str | None, *, changed: bool) -> None:
        """Give responses, values and segments of moved records to the records that took their place.

        Args:
            cursor: Up to where moves were followed; None: nowhere yet.
            changed: Whether any record may have changed since.
        """
        run = self._run
        told: Sequence[Moved] = ()
        place = cursor
        if isinstance(self._directory, Moves) and (changed or cursor is None):
            run.step("match.moves")
            self.calls += 1
            told, place = self._directory.moves(cursor)
        moved = _ends(told)
        with run.ledger.read() as connection:
            gone = aliases.gone(connection, run.name, self._shapes.records())
            known = aliases.known(connection, run.name, {*moved, *gone}) if moved or gone else []
        for start in range(0, len(known), AT_ONCE):
            self._follow(known[start : start + AT_ONCE], moved)
        if place is not None and place != cursor:
            run.step("match.moves_read")
            with run.lease.write() as connection:
                inbox.move_cursor(connection, run.name, MOVES, place)

    def _follow(self, refs: Sequence[RecordRef], moved: Mapping[RecordRef, RecordRef | None]) -> None:
        run = self._run
        with run.ledger.read() as connection:
            claims = aliases.claims(connection, run.name, refs)
            before = matching.prior(connection, run.name, claims.column("respondent").to_pylist())
        find = _Told(self._find, {ref: moved[ref] for ref in refs if ref in moved}).find
        decided = pa.concat_tables([DECISION_SCHEMA.empty_table(), *self._decide(claims, before, find)])
        stay = set(_records(decided)) & set(refs)
        left = [ref for ref in refs if ref not in stay]
        part = _Part(left, _changed(decided, before), _went(left, moved, decided, before))
        if not left and not part.decided.num_rows:
            return
        run.step("match.relink")
        with run.lease.write() as connection:
            self._store(connection, part)

    def _store(self, connection: Connection, part: _Part) -> None:
        run, now = self._run, to_text(self._run.now)
        respondents = part.decided.column("respondent").to_pylist()
        matching.store(connection, run.name, run.id, now, part.decided)
        inbox.entered(connection, run.id, matching.reopen(connection, run.name, run.id, respondents))
        aliases.keep(connection, run.name, run.id, now, part.moved)
        successors = {ref for ref in (*part.moved.values(), *_records(part.decided)) if ref is not None}
        aliases.touch(connection, run.name, successors)
        if self._within:
            self._forget(connection, part.refs)
            # A merge may have put the lost record's values into the other one: it is read before it is written.
            for object_, records in _by_object(successors).items():
                aliases.unacknowledge(connection, run.name, object_, records)
        lost = part.decided.filter(pc.equal(part.decided["reason"], "tombstone"))
        shapes = [shape.object for shape in (self._shapes.responses, self._shapes.tasks) if shape is not None]
        aliases.withdraw_responses(connection, run.name, run.id, shapes, lost.column("respondent").to_pylist())

    def _forget(self, connection: Connection, refs: Iterable[RecordRef]) -> None:
        """Forget everything of records that are gone: nothing is written to them, not even blanks."""
        run = self._run
        for object_, records in _by_object(refs).items():
            shape = self._shapes.memberships_of(object_)
            before = aliases.stored(connection, run.name, object_, records)
            if shape is not None:
                joined = profiles.memberships(connection, run.name, object_, records)
                names = [
                    shape.id(_membership(object_, record, segment, before[record].person, since))
                    for (record, segment), since in joined.items()
                    if record in before and shape.covers(segment)
                ]
                aliases.forget(connection, run.name, run.id, shape.object, names)
            aliases.forget(connection, run.name, run.id, self._shapes.record_of(object_).object, records)
            aliases.forget_profiles(connection, run.name, object_, records)
            profiles.move_totals(connection, run.name, _fewer(before.values()))
            if self._shapes.rollup is not None:
                accounts = {profile.account for profile in before.values()} - {None, ""}
                profiles.touch_accounts(connection, run.name, sorted(account for account in accounts if account))


class _Told:
    """A directory's `find`, and what was told of records that it does not find."""

    def __init__(self, find: Find, moved: Mapping[RecordRef, RecordRef | None]) -> None:
        self._find = find
        self._moved = moved

    def find(self, keys: pa.Table) -> Iterator[pa.Table]:
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


def _ends(told: Iterable[Moved]) -> dict[RecordRef, RecordRef | None]:
    """Return where each record went in the end, whatever the order in which moves are told.

    >>> from connectors.values import Moved
    >>> a, b, c = (RecordRef(object="Contact", id=name) for name in "abc")
    >>> _ends([Moved(old=a, new=b), Moved(old=b, new=c)]) == {a: c, b: c}
    True
    >>> _ends([Moved(old=b, new=None), Moved(old=a, new=b)]) == {a: None, b: None}
    True
    """
    steps = {move.old: move.new for move in told if move.old != move.new}
    found: dict[RecordRef, RecordRef | None] = {}
    for old, first in steps.items():
        passed, new = {old}, first
        while new in steps and new not in passed:
            passed.add(new)
            new = steps[new]
        found[old] = None if new in passed else new
    return found


def _went(
    left: Iterable[RecordRef],
    moved: Mapping[RecordRef, RecordRef | None],
    decided: pa.Table,
    before: pa.Table,
) -> dict[RecordRef, RecordRef | None]:
    """Return where records went, as far as anybody said."""
    was = dict(zip(before["respondent"].to_pylist(), _records(before), strict=True))
    now = zip(decided["respondent"].to_pylist(), decided["reason"].to_pylist(), _records(decided), strict=True)
    said = {was[respondent]: ref for respondent, reason, ref in now if ref is not None or reason == "tombstone"}
    return {ref: said.get(ref, moved.get(ref)) for ref in left if ref in said or ref in moved}


def _changed(decided: pa.Table, before: pa.Table) -> pa.Table:
    """Return the decisions that name another record than before, or none."""
    was = dict(zip(before["respondent"].to_pylist(), _records(before), strict=True))
    now = zip(decided["respondent"].to_pylist(), _records(decided), strict=True)
    return decided.filter(pa.array([was.get(respondent) != ref for respondent, ref in now], pa.bool_()))


def _records(decided: pa.Table) -> list[RecordRef | None]:
    return [
        None if record is None else RecordRef(object=object_, id=record)
        for object_, record in zip(decided["object"].to_pylist(), decided["record"].to_pylist(), strict=True)
    ]


def _by_object(refs: Iterable[RecordRef]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for ref in sorted(refs, key=lambda ref: (ref.object, ref.id)):
        found.setdefault(ref.object, []).append(ref.id)
    return found


def _membership(object_: str, record: str, segment: str, person: str, since: str) -> dict[str, str]:
    of = {"record.id": record, "record.object": object_, "person.id": person}
    return of | {"since": since, "segment": segment}


def _fewer(before: Iterable[Before]) -> dict[tuple[str, str], int]:
    """Return how the sums over all profiles move when these are no more."""
    moves: Counter[tuple[str, str]] = Counter()
    for profile in before:
        moves["", ""] -= 1
        for kind in SurveyKind:
            score = getattr(profile, f"{kind.value}_score")
            if score is not None:
                moves[kind.value, category_of(score).value] -= 1
    return dict(moves)
