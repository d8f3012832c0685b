"""Compute and plan: profiles and rollups of what was touched, and what the destination should hold now.

One chunk of records is one transaction: its profiles, its outbox rows and the end of its being touched are stored
together, so a run that dies goes on where it stopped.
"""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from connectors.errors import SchemaDrift
from sync.chunk import Chunk, without_name
from sync.intents import Intents, intend, retract
from sync.ledger import doubts, inbox, outbox, profiles, sends
from sync.nps.relations import RESPONSES
from sync.poison import Poison, set_record_aside
from sync.report import State
from sync.rollups import Rollups
from sync.shapes import Shapes
from sync.tasks import calling, owners, tasks
from sync.times import to_text
from sync.words import Columns, of_profiles, of_responses, to_ms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from connectors.contract import Accounts
    from connectors.values import FieldValue
    from sync.config.schema import Settings
    from sync.intents import Confirmed
    from sync.kernel import Kernel
    from sync.run import Run
    from sync.shapes import Shape
    from sync.tasks import Reads

#: Records computed in one transaction.
RECORDS_AT_ONCE = 30_000


class Computer:
    """Computes what was touched in one run.

    Args:
        run: Which.
        settings: The config.
        accounts: Tells how many contacts an account has, where somebody knows.
        read: Reads records of the destination, for the owners of new tasks.
        redefined: The definitions changed: what does not wait is looked at again, too.
    """

    def __init__(
        self, run: Run, settings: Settings, accounts: Accounts | None, read: Reads, *, redefined: bool
    ) -> None:
        self._run = run
        self._settings = settings
        self._shapes = Shapes(run.mapping)
        self._rollups = Rollups(run, settings, accounts)
        self._read = read
        self._redefined = redefined
        self._poison = Poison(run, RECORDS_AT_ONCE)
        #: The records that were looked at last, and their object.
        self._tried: tuple[str, Sequence[str]] = ("", ())

    def compute(self) -> None:
        """Work off everything touched: records first, then the accounts that they touched."""
        run = self._run
        with run.ledger.read() as connection:
            total = profiles.count_touched(connection, run.name, "record")
            if not total and not profiles.count_touched(connection, run.name, "account"):
                return
        with run.work.kernel() as kernel:
            done = 0
            while number := self._some_records(kernel):
                done += number
                run.progress.step("compute", done, total)
            while self._rollups.compute(kernel):
                pass

    def _some_records(self, kernel: Kernel | None) -> int:
        """Compute the next records; one that cannot be computed is set aside alone."""
        while True:
            try:
                number = self._records(kernel)
            except Exception as error:  # noqa: BLE001 - whatever one record does must not hold up the others
                object_, records = self._tried
                if self._poison.narrow(error, len(records)):
                    set_record_aside(self._run, object_, records[0])
                    return 1
            else:
                self._poison.went_well()
                return number

    def _records(self, kernel: Kernel | None) -> int:
        run = self._run
        self._tried = ("", ())
        with run.ledger.read() as connection:
            object_, records = profiles.next_touched(connection, run.name, "record", self._poison.portion)
            if not records:
                return 0
            self._tried = (object_, records)
            last = records[-1]
            history = profiles.history(
                connection, run.name, run.id, object_, last, len(records), self._shapes.response_words
            )
            asked = None
            if run.asks:
                asked = sends.history(connection, run.name, run.mapping.from_, object_, last, len(records))
            computed = Columns(self._profiles(kernel, history, asked))
            persons = _of_latest(history, asked, "person", computed)
            before = profiles.stored(connection, run.name, object_, last, len(records))
            chunk = Chunk(
                object=object_,
                records=records,
                profiles=computed,
                persons=persons,
                before=before,
                unnamed=without_name(computed["subject"], persons, before) if self._shapes.creating else frozenset(),
            )
            self._plan_records(connection, chunk, history, asked)
            called = self._plan_tasks(connection, chunk, history)
            self._plan_responses(connection, chunk, history)
        if called is not None:
            self._word_tasks(chunk, called)
        run.step("compute.records")
        with run.lease.write() as connection:
            self._store(connection, chunk, last)
        return len(records)

    def _profiles(self, kernel: Kernel | None, history: pa.Table, asked: pa.Table | None) -> pa.Table:
        given = {
            name: to_ms(history[name]) if name == "responded_at" else history[name].cast(type_)
            for name, type_ in zip(RESPONSES.names, RESPONSES.types, strict=True)
        }
        known = {"sends": sends.relation(asked)} if asked is not None and asked.num_rows else {}
        settings = self._settings
        return self._run.work.profiles(
            kernel, pa.table(given), now=self._run.now, settings=settings.nps, segments=settings.segments, **known
        )

    def _plan_records(self, connection: Connection, chunk: Chunk, history: pa.Table, asked: pa.Table | None) -> None:
        """Plan the mapping's own object, and its segment memberships."""
        shape, name = self._shapes.record_of(chunk.object), self._run.name
        claims: Sequence[Mapping[str, str | None]] = ()
        if self._shapes.needs_claims:
            respondents = _of_latest(history, asked, "respondent", chunk.profiles)
            by_respondent = profiles.claims_of(connection, sorted(set(respondents)))
            claims = [by_respondent[respondent] for respondent in respondents]
        known = outbox.acknowledged(connection, name, shape.object, chunk.records)
        chunk.replace(shape, outbox.waiting(connection, name, shape.object, chunk.records))
        found = self._intended(chunk, shape, claims, known)
        unheard = chunk.unheard(shape.words, known)
        chunk.intents += [row for row in found.rows if row[2] not in unheard] if unheard else found.rows
        for record, key in zip(chunk.subjects, chunk.latest, strict=True):
            if key is not None and (record in found.records or self._resumed(known.get(record))):
                chunk.causes.add(key)
        held = {record: known[record][0] for record in chunk.lost() if record in known}
        if unsure := [record for record in chunk.lost() if record not in known]:
            held |= doubts.sent(connection, name, shape.object, unsure)
        for record in chunk.lost():
            if record in held and record not in chunk.unnamed:
                self._retract(chunk, record, held[record])
        self._plan_memberships(connection, chunk)

    def _intended(
        self,
        chunk: Chunk,
        shape: Shape,
        claims: Sequence[Mapping[str, str | None]],
        known: Mapping[str, Confirmed],
    ) -> Intents:
        """Return what must be sent of the records themselves; those that are made get more, under our own key."""
        creating = self._shapes.creating
        words = shape.words if creating is None else shape.words | creating.words
        columns = of_profiles(words, chunk.profiles, object_=chunk.object, persons=chunk.persons, claims=claims)
        if creating is None or chunk.unnamed.isdisjoint(chunk.subjects):
            return intend(shape, chunk.subjects, columns, known, chunk.latest)
        found = Intents()
        for of, unnamed in ((shape, False), (creating, True)):
            chosen = [(record in chunk.unnamed) is unnamed for record in chunk.subjects]
            some = {word: list(compress(values, chosen)) for word, values in columns.items()}
            ids, causes = list(compress(chunk.subjects, chosen)), list(compress(chunk.latest, chosen))
            part = intend(of, ids, some, known, causes)
            found.rows.extend(part.rows)
            found.records.update(part.records)
        return found

    def _plan_memberships(self, connection: Connection, chunk: Chunk) -> None:
        shape, name = self._shapes.memberships_of(chunk.object), self._run.name
        chunk.plan_segments(shape, to_text(self._run.now))
        if shape is None or not self._redefined:
            return
        joined = profiles.memberships(connection, name, chunk.object, chunk.records)
        chunk.plan_standing(shape, joined, lambda ids: outbox.acknowledged(connection, name, shape.object, ids))

    def _retract(self, chunk: Chunk, record: str, before: str) -> None:
        """Empty what we wrote to a record whose responses turned out to be another person's."""
        values = {"record.id": record, "record.object": chunk.object, "person.id": chunk.before[record].person}
        intent = retract(self._shapes.record_of(chunk.object), record, before, values)
        if intent is not None:
            chunk.intents.append(intent)

    def _resumed(self, before: Confirmed | None) -> bool:
        """Tell whether the value was confirmed to this run, or to one that died before it could say so."""
        return before is not None and (before[1] in self._run.resumes or before[1] == self._run.id)

    def _plan_tasks(self, connection: Connection, chunk: Chunk, history: pa.Table) -> pa.Table | None:
        """Return the waiting responses that call for a task; None: none does.

        What was made once is acknowledged and never made again; what was not sent yet is taken back where its response
        calls for it no longer.
        """
        run, shape, block = self._run, self._shapes.tasks, self._run.mapping.follow_up
        if shape is None or block is None:
            return None
        waiting = chunk.named(history.filter(pc.equal(history["waiting"], 1)))
        keys = waiting["key"].to_pylist()
        made = outbox.acknowledged(connection, run.name, shape.object, keys) if keys else {}
        called = calling(block, chunk.profiles, set(keys) - made.keys(), run.now)
        chunk.causes |= called
        chunk.causes.update(key for key, before in made.items() if self._resumed(before))
        if keys:
            chunk.replace(shape, outbox.waiting(connection, run.name, shape.object, keys))
        return waiting.filter(pc.is_in(waiting["key"], pa.array(sorted(called), pa.string()))) if called else None

    def _word_tasks(self, chunk: Chunk, called: pa.Table) -> None:
        """Plan the tasks of *called*, each for its owner."""
        shape, block = self._shapes.tasks, self._run.mapping.follow_up
        assert shape is not None
        assert block is not None
        path = block.owner_of(chunk.object)
        owned: dict[str, FieldValue] = {}
        if path is not None:
            self._run.step("compute.owners")
            try:
                owned = owners(self._read, path, chunk.object, called["subject"].to_pylist())
            except SchemaDrift:
                if chunk.object == self._run.mapping.home or chunk.object in block.owner:
                    raise
                note = f"a {chunk.object} has no `{path}`: its tasks go to the system's own choice of owner"
                self._run.notes.append(f"{note}; name one with `owner: {{{chunk.object}: FIELD}}`")
        chunk.intents += tasks(shape, block, called, owned, chunk.object)

    def _plan_responses(self, connection: Connection, chunk: Chunk, history: pa.Table) -> None:
        """Plan one record per response, and say where each waiting response stands."""
        run, shape = self._run, self._shapes.responses
        changed = history if self._redefined else history.filter(pc.equal(history["waiting"], 1))
        responses = Columns(changed)
        keys = responses["key"]
        if shape is not None:
            named = Columns(chunk.named(changed))
            columns = of_responses(shape.words, named, object_=chunk.object)
            known = outbox.acknowledged(connection, run.name, shape.object, named["key"])
            found = intend(shape, named["key"], columns, known, named["key"])
            chunk.intents += found.rows
            chunk.replace(shape, outbox.waiting(connection, run.name, shape.object, named["key"]))
            chunk.causes |= found.records
            chunk.causes.update(key for key, before in known.items() if self._resumed(before))
        latest = set(chunk.latest)
        for key, record, waiting in zip(keys, responses["subject"], responses["waiting"], strict=True):
            if not waiting or key in chunk.causes:
                continue
            if key in latest or (shape is not None and record not in chunk.unnamed):
                chunk.standing.append((key, State.UNCHANGED.value, ""))
            else:
                chunk.standing.append((key, State.SKIPPED.value, "superseded"))

    def _store(self, connection: Connection, chunk: Chunk, last: str) -> None:
        run = self._run
        for (rank, object_), records in chunk.unwanted().items():
            outbox.withdraw(connection, run.name, run.id, rank, object_, records)
        outbox.put(connection, run.name, run.id, chunk.intents)
        profiles.store(connection, run.name, chunk.object, chunk.rows(profiles.PROFILE_NAMES))
        profiles.drop(connection, run.name, chunk.object, chunk.lost())
        profiles.move_totals(connection, run.name, chunk.moves())
        since = to_text(run.now)
        profiles.set_memberships(
            connection, run.name, chunk.object, entered=chunk.entered, left=chunk.left, since=since
        )
        if self._shapes.rollup is not None:
            profiles.touch_accounts(connection, run.name, chunk.accounts())
        inbox.stand(connection, run.name, run.id, chunk.standing)
        profiles.untouch(connection, run.name, "record", chunk.object, last)


def _of_latest(history: pa.Table, asked: pa.Table | None, column: str, computed: Columns) -> list[str]:
    """Return a column of the history for the latest response of each profile, else for the latest that was sent."""
    values = dict(zip(history["key"].to_pylist(), history[column].to_pylist(), strict=True))
    if asked is None or None not in computed["key"]:
        return [values[key] for key in computed["key"]]
    ordered = asked.sort_by([("sent_at", "ascending"), ("key", "ascending")])
    sent = dict(zip(ordered["subject"].to_pylist(), ordered[column].to_pylist(), strict=True))
    pairs = zip(computed["key"], computed["subject"], strict=True)
    return [sent[subject] if key is None else values[key] for key, subject in pairs]
