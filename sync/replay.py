"""Replay: what failed is computed again with today's data and definitions, and sent in growing waves.

A stored payload is never sent again, so nothing older than what is there can be written. Of each group of failures
(the same object, code and fields) one is tried, then ten, then the rest; a group of which more than a fifth fails in a
wave is left alone from there on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sync.failures import schema_digests, take_up
from sync.ledger import failures, parking, profiles, runs
from sync.report import Replayed
from sync.shapes import Shapes
from sync.times import to_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from connectors.contract import Destination
    from sync.ledger.failures import Failure, Selection
    from sync.ledger.parking import Ref
    from sync.run import Run

#: How many of each group are sent in each wave; None: all that are left.
WAVES = (1, 10, None)
#: The share of a wave that may fail before its group is left alone.
MOST_FAILING = 0.2

#: What failures have in common: object, kind, code, fields.
_Group = tuple[str, str, str, str]


@dataclass(slots=True)
class _Progress:
    """How a group fares."""

    waiting: list[Ref] = field(default_factory=list)
    stopped: bool = False


class Replay:
    """One replay, from what is chosen to what became of it.

    Args:
        run: The run that replays.
        selection: Which failures.
    """

    def __init__(self, run: Run, selection: Selection) -> None:
        self._run = run
        self._selection = selection
        self._found: list[Failure] = []
        self._progress: dict[_Group, _Progress] = {}
        self._changed: dict[_Group, Counter[str]] = {}

    def begin(self, destination: Destination) -> None:
        """Begin the run: what was chosen is computed again, everything else waits until it is over."""
        run = self._run
        with run.ledger.read() as connection:
            self._found = failures.chosen(connection, run.name, self._selection)
        waiting = [one for one in self._found if one.waits]
        schema = schema_digests(destination)
        for one in waiting:
            changed = self._changed.setdefault(_group(one), Counter())
            changed["mapping"] += one.definition != run.definition
            changed["schema"] += one.schema != schema(one.object)
        run.step("replay.begin")
        with run.lease.write() as connection:
            runs.begin(connection, run.id, run.name, to_text(run.now))
            parking.tidy(connection, run.name)
            parking.set_aside(connection, run.name)
            refs = [one.ref for one in waiting]
            take_up(connection, run, refs)
            self._touch(connection, refs)

    def _touch(self, connection: Connection, refs: Sequence[Ref]) -> None:
        """Have records and accounts be computed again; responses are, because they stand as pending."""
        shapes = Shapes(self._run.mapping)
        records = shapes.records()
        matched = [(shapes.matched_in(object_), record) for object_, record in refs if object_ in records]
        profiles.touch(connection, self._run.name, matched)
        rollup = shapes.rollup
        if rollup is not None:
            accounts = [record for object_, record in refs if object_ == rollup.object]
            profiles.touch_accounts(connection, self._run.name, accounts)

    def plan(self) -> None:
        """See what is still wanted of what was chosen, and of that, what is wanted otherwise than before."""
        run = self._run
        waiting = [one for one in self._found if one.waits]
        with run.ledger.read() as connection:
            inputs = parking.inputs(connection, run.name, [one.ref for one in waiting])
        for one in waiting:
            if one.ref in inputs:
                self._progress.setdefault(_group(one), _Progress()).waiting.append(one.ref)
                self._changed[_group(one)]["data"] += failures.digest_of(inputs[one.ref]) != one.input

    def waves(self) -> Iterator[None]:
        """Let one wave after the other be sent; each is judged before the next.

        What changes with the chosen records, such as the NPS of their accounts, goes last.
        """
        run = self._run
        with run.lease.write() as connection:
            parking.set_aside(connection, run.name, parking.WAITING)
        for size in WAVES:
            sent = {group: self._next(progress, size) for group, progress in self._progress.items()}
            refs = [ref for some in sent.values() for ref in some]
            if not refs and size is not None:
                continue
            run.step("replay.wave")
            with run.lease.write() as connection:
                parking.mark(connection, run.name, refs, None)
                if size is None:
                    self._leave(connection)
                    parking.let_go(connection, run.name, parking.WAITING)
            yield
            self._judge(sent, refs)

    def _next(self, progress: _Progress, size: int | None) -> list[Ref]:
        if progress.stopped:
            return []
        some, progress.waiting = progress.waiting[:size], progress.waiting[len(progress.waiting[:size]) :]
        return some

    def _leave(self, connection: Connection) -> None:
        """Have what is left of a stopped group wait as it did before."""
        for (_, _, code, _), progress in self._progress.items():
            if progress.stopped:
                parking.mark(connection, self._run.name, progress.waiting, code)

    def _judge(self, sent: dict[_Group, list[Ref]], refs: Sequence[Ref]) -> None:
        with self._run.ledger.read() as connection:
            parked = parking.still_parked(connection, self._run.name, refs)
        for group, some in sent.items():
            progress = self._progress[group]
            bad = sum(ref in parked for ref in some)
            progress.stopped = progress.stopped or bad > MOST_FAILING * len(some)

    def told(self) -> tuple[Replayed, ...]:
        """Return what became of each group, as the ledger has it: a run may have ended in the middle of a wave."""
        run = self._run
        with run.ledger.read() as connection:
            now = failures.standing(connection, run.name)
        ended: dict[_Group, Counter[str]] = {}
        for one in self._found:
            state = self._ended(one, *now.get(one.ref, ("superseded", "", None)))
            ended.setdefault(_group(one), Counter())[state] += 1
        return tuple(self._told(group, counts) for group, counts in ended.items())

    def _ended(self, one: Failure, state: str, run: str, closed_by: str | None) -> str:
        """Say in a word what became of a failure, by where it stands now."""
        if state in failures.OPEN:
            return "failed" if run == self._run.id else "left"
        return "delivered" if state == "delivered" and one.waits and closed_by == self._run.id else "superseded"

    def _told(self, group: _Group, ended: Counter[str]) -> Replayed:
        object_, kind, code, fields = group
        return Replayed(
            object=object_,
            kind=kind,
            code=code,
            fields=tuple(name for name in fields.split(";") if name),
            failures=ended.total(),
            superseded=ended["superseded"],
            delivered=ended["delivered"],
            failed=ended["failed"],
            left=ended["left"],
            changed={name: number for name, number in sorted(self._changed.get(group, Counter()).items()) if number},
        )


def _group(failure: Failure) -> _Group:
    return failure.object, failure.kind, failure.code, failure.fields
