"""Relink: what was matched to a record that was merged, converted or deleted goes where the record went.

A move is only the reason to decide again: which record it is now, `sync.identity` says, as it does of everybody. The
directory is asked for the record by its old id; what was told of a record that it does not find is believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from connectors.contract import Moves
from connectors.values import RecordRef
from sync.ledger import aliases, inbox, matching, outbox, profiles
from sync.ledger.alias_tables import MOVES
from sync.moved import Told, by_object, changed, ends, fewer, joined, membership, pointed, records, went
from sync.packed import pack, unpack
from sync.persons import Persons
from sync.shapes import Shapes
from sync.times import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from connectors.contract import Directory
    from connectors.values import Moved
    from sync.intents import Confirmed
    from sync.moved import Find, Went
    from sync.run import Run

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
    moved: Went
    #: Records that we made, and the ids that they were given.
    made: Went


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
        self._persons = Persons(run.mapping, find)
        #: The object of accounts, where they are written; a write found one gone that was merged.
        self._accounts = self._shapes.rollup.object if self._shapes.rollup is not None else ""
        #: Whether what is written goes with the record; else it stands in a table of its own, and is emptied.
        self._within = run.mapping.object == run.mapping.home

    def gone(self, connection: Connection) -> list[RecordRef]:
        """Return the records that the destination did not find any longer when we wrote to them."""
        return aliases.gone(connection, self._run.name, {*self._shapes.records(), self._accounts})

    def follow(self, cursor: str | None, gone: Sequence[RecordRef], *, changed: bool) -> None:
        """Give responses, values and segments of moved records to the records that took their place.

        Args:
            cursor: Up to where moves were followed; None: nowhere yet.
            gone: See `gone`.
            changed: Whether any record may have changed since.
        """
        run = self._run
        told: Sequence[Moved] = ()
        place = cursor
        if isinstance(self._directory, Moves) and (changed or cursor is None):
            run.step("match.moves")
            told, place = self._directory.moves(cursor)
        moved = ends(told)
        known: list[RecordRef] = []
        if moved or gone:
            with run.ledger.read() as connection:
                known = aliases.known(connection, run.name, {*moved, *gone})
        for start in range(0, len(known), AT_ONCE):
            self._follow(known[start : start + AT_ONCE], moved)
        if place is not None and place != cursor:
            run.step("match.moves_read")
            with run.lease.write() as connection:
                inbox.move_cursor(connection, run.name, MOVES, place)

    def adopt(self) -> bool:
        """Have the records that we made be known by the ids they were given; return whether there are any.

        Until then a record goes by its person's id, and only its own values are written.
        """
        run, home = self._run, self._run.mapping.object
        if not run.mapping.creates_by:
            return False
        with run.ledger.read() as connection:
            made = aliases.made(connection, run.name, home)
        found = self._persons.find(made)
        only = {RecordRef(object=home, id=person): ones[0] for person, ones in found.items() if len(ones) == 1}
        moved: Went = {ref: held.ref for ref, held in only.items()}
        same: Went = {ref: held.ref for ref, held in only.items() if not held.merged and not held.gone}
        known = sorted(moved, key=lambda ref: ref.id)
        for start in range(0, len(known), AT_ONCE):
            self._follow(known[start : start + AT_ONCE], moved, same)
        return bool(known)

    def _follow(self, refs: Sequence[RecordRef], moved: Went, made: Went | None = None) -> None:
        run = self._run
        with run.ledger.read() as connection:
            claims = aliases.claims(connection, run.name, refs, self._accounts)
            before = matching.prior(connection, run.name, claims.column("respondent").to_pylist())
        if made is not None:  # as if they had been matched to the record all along
            linked = pointed(before, moved)
            decided = joined(self._decide(claims, linked, self._find))
        else:
            find = Told(self._find, {ref: moved[ref] for ref in refs if ref in moved}).find
            decided = joined(self._decide(claims, before, find))
        counted = {RecordRef(object=self._accounts, id=id_) for id_ in decided["account"].to_pylist() if id_}
        stay = {*records(decided), *counted} & set(refs)
        left = [ref for ref in refs if ref not in stay]
        part = _Part(left, changed(decided, before), went(left, moved, decided, before), made or {})
        if not left and not part.decided.num_rows:
            return
        run.step("match.relink")
        with run.lease.write() as connection:
            self._store(connection, part)

    def _store(self, connection: Connection, part: _Part) -> None:
        run, now = self._run, to_text(self._run.now)
        respondents = part.decided.column("respondent").to_pylist()
        matching.store(connection, run.name, run.id, now, part.decided)
        inbox.entered(connection, run.id, aliases.reopen(connection, run.name, run.id, respondents))
        aliases.keep(connection, run.name, run.id, now, part.moved)
        successors = {ref for ref in (*part.moved.values(), *records(part.decided)) if ref is not None}
        aliases.touch(connection, run.name, successors)
        if self._within:
            same = {old: new for old, new in part.made.items() if new is not None and part.moved.get(old) == new}
            held = outbox.acknowledged(connection, run.name, run.mapping.object, [old.id for old in same])
            self.forget(connection, part.refs)
            # A merge may have put the lost record's values into the other one: it is read before it is written.
            for object_, ids in by_object(successors.difference(same.values())).items():
                aliases.unacknowledge(connection, run.name, object_, ids)
            self._take_over(connection, same, held)
        lost = part.decided.filter(pc.equal(part.decided["reason"], "tombstone"))
        shapes = [shape.object for shape in (self._shapes.responses, self._shapes.tasks) if shape is not None]
        aliases.withdraw_responses(connection, run.name, run.id, shapes, lost.column("respondent").to_pylist())

    def _take_over(
        self, connection: Connection, same: Mapping[RecordRef, RecordRef], held: Mapping[str, Confirmed]
    ) -> None:
        """Give what new records were confirmed to hold to their own ids; how they were made is of no further use."""
        field, kept = self._run.mapping.creates_by, self._shapes.record.rules
        rows: list[tuple[RecordRef, str, str]] = []
        for old, new in same.items():
            if old.id in held:
                desired, run, *_ = held[old.id]
                values = {name: value for name, value in unpack(desired).items() if name in kept}
                rows.append((new, pack(values | {field: old.id}), run))
        aliases.acknowledge(connection, self._run.name, rows)

    def forget(self, connection: Connection, refs: Iterable[RecordRef]) -> None:
        """Forget everything of records that are gone: nothing is written to them, not even blanks."""
        run = self._run
        for object_, ids in by_object(refs).items():
            shape = self._shapes.memberships_of(object_)
            before = aliases.stored(connection, run.name, object_, ids)
            if shape is not None:
                standing = profiles.memberships(connection, run.name, object_, ids)
                names = [
                    shape.id(membership(object_, record, segment, before[record].person, since))
                    for (record, segment), since in standing.items()
                    if record in before and shape.covers(segment)
                ]
                aliases.forget(connection, run.name, run.id, shape.object, names)
            aliases.forget(connection, run.name, run.id, object_, ids)
            aliases.forget_profiles(connection, run.name, object_, ids)
            if object_ == self._accounts:
                profiles.drop_rollups(connection, run.name, ids)
            profiles.move_totals(connection, run.name, fewer(before.values()))
            if self._shapes.rollup is not None:
                accounts = {profile.account for profile in before.values()} - {None, ""}
                profiles.touch_accounts(connection, run.name, sorted(account for account in accounts if account))
