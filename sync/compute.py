"""Compute and plan: profiles and rollups of what was touched, and what the destination should hold now.

One chunk of records is one transaction: its profiles, its outbox rows and the end of its being touched are stored
together, so a run that dies goes on where it stopped.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from connectors.values import SurveyKind
from sync.desired import difference
from sync.kernel import Kernel
from sync.ledger import inbox, outbox, profiles
from sync.ledger.outbox import Intent
from sync.nps.category import category_of, points
from sync.nps.compute import compute_profiles, compute_rollups
from sync.packed import pack, unpack
from sync.report import State
from sync.shapes import Shapes
from sync.times import from_ms, to_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from connectors.contract import Accounts
    from sync.config.schema import Settings
    from sync.run import Run
    from sync.shapes import Shape

    #: What a record was last confirmed to hold, and by which run.
    Confirmed = tuple[str, str] | None

#: Records computed in one transaction.
RECORDS_AT_ONCE = 20_000
ACCOUNTS_AT_ONCE = 20_000


class Computer:
    """Computes what was touched in one run."""

    def __init__(self, run: Run, settings: Settings, accounts: Accounts | None, *, redefined: bool) -> None:
        self._run = run
        self._settings = settings
        self._accounts = accounts
        self._shapes = Shapes(run.mapping)
        #: The definitions changed: every response's record is looked at again, not only the waiting ones.
        self._redefined = redefined

    def compute(self) -> None:
        """Work off everything touched: records first, then the accounts that they touched."""
        run = self._run
        with run.ledger.read() as connection:
            total = profiles.count_touched(connection, run.name, "record")
        done = 0
        while number := self._records():
            done += number
            run.progress.step("compute", done, total)
        while self._rollups():
            pass

    def _records(self) -> int:
        run = self._run
        with run.ledger.read() as connection:
            object_, records = profiles.next_touched(connection, run.name, "record", RECORDS_AT_ONCE)
            if not records:
                return 0
            last = records[-1]
            history = profiles.history(connection, run.name, object_, last)
            chunk = _Chunk(object_, records, history)
            chunk.before = profiles.stored(connection, run.name, object_, last)
            self._compute(chunk)
            if self._shapes.needs_claims:
                chunk.claims = profiles.claims_of(connection, sorted(chunk.respondent_of.values()))
            self._plan_records(connection, chunk)
            self._plan_responses(connection, chunk)
        run.step("compute.records")
        with run.lease.write() as connection:
            self._store(connection, chunk, last)
        return len(records)

    def _compute(self, chunk: _Chunk) -> None:
        history = chunk.history
        with Kernel() as kernel:
            computed = compute_profiles(
                kernel,
                pa.table(
                    {
                        "subject": history["subject"],
                        "key": history["key"],
                        "score": history["score"],
                        "responded_at": _ms(history["responded_at"]),
                        "survey": history["survey"],
                        "survey_kind": history["survey_kind"],
                        "source": history["source"],
                        "comment": history["comment"],
                        "account": history["account"],
                    }
                ),
                now=self._run.now,
                settings=self._settings.nps,
                segments=self._settings.segments,
            )
        chunk.rows = {row["subject"]: row for row in computed.to_pylist()}
        latest = {row["key"] for row in chunk.rows.values()}
        keys, people = history["key"].to_pylist(), history["person"].to_pylist()
        respondents = history["respondent"].to_pylist()
        for key, person, respondent in zip(keys, people, respondents, strict=True):
            if key in latest:
                chunk.person_of[key], chunk.respondent_of[key] = person, respondent

    def _plan_records(self, connection: Connection, chunk: _Chunk) -> None:
        """Plan the mapping's own object, and its segment memberships."""
        shape = self._shapes.record
        mapping = self._run.name
        known = outbox.acknowledged(connection, mapping, shape.object, chunk.records)
        queued = outbox.waiting(connection, mapping, shape.object, chunk.records)
        for record in chunk.records:
            row = chunk.rows.get(record)
            before = known.get(record)
            if row is None:
                if before is not None and record in chunk.before:
                    self._retract(chunk, record, before[0])
                continue
            values = self._values(chunk, record, row)
            planned = self._intend(chunk, shape, values, record, before, cause=row["key"])
            if planned or self._resumed(before):
                chunk.causes.add(row["key"])
            elif record in queued:
                chunk.withdrawn.append(record)
        self._plan_segments(chunk)

    def _resumed(self, before: Confirmed) -> bool:
        """Tell whether the value was confirmed to a run that died before it could say so."""
        return before is not None and before[1] in self._run.resumes

    def _values(self, chunk: _Chunk, record: str, row: dict[str, Any]) -> dict[str, Any]:
        """Everything a mapping's right-hand side can name, for one record."""
        key = row["key"]
        values = dict(row)
        for name in ("responded_at", "previous_responded_at", "first_responded_at"):
            values[name] = None if row[name] is None else from_ms(row[name])
        values["response_key"] = key
        values["person.id"] = chunk.person_of[key]
        values["record.id"] = record
        values["record.object"] = chunk.object
        values["record.account"] = row["account"]
        if self._shapes.needs_claims:
            claims = chunk.claims[chunk.respondent_of[key]]
            values |= {f"person.{name}": value for name, value in claims.items()}
        return values

    def _retract(self, chunk: _Chunk, record: str, before: str) -> None:
        """Empty what we wrote to a record whose responses turned out to be another person's."""
        shape = self._shapes.record
        keys = {"record.id": record, "record.object": chunk.object, "person.id": chunk.before[record]["person"]}
        held = unpack(before)
        compared = difference(dict.fromkeys(held), held, shape.policy, retract=True)
        if compared.changes:
            changes, desired = pack(compared.changes), pack(compared.desired)
            chunk.intents.append(
                Intent(
                    object=shape.object,
                    record=record,
                    rank=shape.rank,
                    keys=None if shape.plain else pack(shape.keys(keys)),
                    changes=changes,
                    desired=desired,
                    cleared=compared.cleared,
                )
            )

    def _intend(  # noqa: PLR0913 - one record's whole case
        self,
        chunk: _Chunk,
        shape: Shape,
        values: Mapping[str, Any],
        id_: str,
        before: tuple[str, str] | None,
        *,
        cause: str | None,
    ) -> bool:
        """Put into the chunk's outbox what the record should hold, unless it does; tell whether it was put."""
        wanted = shape.render(values)
        desired = pack(wanted)
        if before is not None and desired == before[0]:
            return False
        changes, cleared = None, 0
        if before is not None:
            compared = difference(wanted, unpack(before[0]), shape.policy)
            if not compared.changes:
                return False
            desired, changes, cleared = pack(compared.desired), pack(compared.changes), compared.cleared
        chunk.intents.append(
            Intent(
                object=shape.object,
                record=id_,
                rank=shape.rank,
                keys=None if shape.plain else pack(shape.keys(values)),
                changes=changes,
                desired=desired,
                cleared=cleared,
                cause=cause,
            )
        )
        return True

    def _plan_segments(self, chunk: _Chunk) -> None:
        shape = self._shapes.segments
        since = to_text(self._run.now)
        for record in chunk.records:
            row, before = chunk.rows.get(record), chunk.before.get(record)
            now_in = set(row["segments"]) if row is not None else set()
            was_in = set(before["segments"].split(";")) - {""} if before is not None else set()
            for name in sorted(now_in - was_in):
                chunk.entered.append((record, name))
            for name in sorted(was_in - now_in):
                chunk.left.append((record, name))
            if shape is None:
                continue
            values: dict[str, Any] = {"record.id": record, "record.object": chunk.object, "since": since}
            values["person.id"] = chunk.person_of[row["key"]] if row is not None else (before or {}).get("person")
            for name in sorted(now_in ^ was_in):
                values["segment"] = name
                wanted = pack(shape.render(values)) if name in now_in else None
                chunk.intents.append(
                    Intent(
                        object=shape.object,
                        record=shape.id(values),
                        rank=shape.rank,
                        keys=pack(shape.keys(values)),
                        changes=None,
                        desired=wanted,
                        cause=row["key"] if row is not None else None,
                    )
                )

    def _plan_responses(self, connection: Connection, chunk: _Chunk) -> None:
        """Plan one record per response, and say where each waiting response stands."""
        run, shape = self._run, self._shapes.responses
        latest = {row["key"] for row in chunk.rows.values()}
        waiting = pc.and_(pc.equal(chunk.history["run"], run.id), pc.equal(chunk.history["state"], State.PENDING.value))
        changed = chunk.history if self._redefined else chunk.history.filter(waiting)
        rows = changed.to_pylist()
        known: dict[str, tuple[str, str]] = {}
        if shape is not None:
            known = outbox.acknowledged(connection, run.name, shape.object, [row["key"] for row in rows])
        for row in rows:
            key = row["key"]
            if shape is not None:
                values = _response_values(row, chunk.object)
                before = known.get(key)
                if self._intend(chunk, shape, values, key, before, cause=key) or self._resumed(before):
                    chunk.causes.add(key)
            if row["run"] != run.id or row["state"] != State.PENDING or key in chunk.causes:
                continue
            if key in latest or shape is not None:
                chunk.standing.append((key, State.UNCHANGED.value, ""))
            else:
                chunk.standing.append((key, State.SKIPPED.value, "superseded"))

    def _store(self, connection: Connection, chunk: _Chunk, last: str) -> None:
        run = self._run
        outbox.put(connection, run.name, run.id, chunk.intents)
        record = self._shapes.record
        outbox.withdraw(connection, run.name, record.rank, record.object, chunk.withdrawn)
        profiles.store(connection, run.name, chunk.object, [_profile(chunk, row) for row in chunk.rows.values()])
        lost = [record for record in chunk.before if record not in chunk.rows]
        profiles.drop(connection, run.name, chunk.object, lost)
        profiles.move_totals(connection, run.name, chunk.moves())
        since = to_text(run.now)
        profiles.set_memberships(
            connection, run.name, chunk.object, entered=chunk.entered, left=chunk.left, since=since
        )
        if self._shapes.rollup is not None:
            profiles.touch_accounts(connection, run.name, chunk.accounts())
        inbox.stand(connection, run.name, run.id, chunk.standing)
        profiles.untouch(connection, run.name, "record", chunk.object, last)

    def _rollups(self) -> int:
        run, shape = self._run, self._shapes.rollup
        if shape is None:
            return 0
        with run.ledger.read() as connection:
            _, accounts = profiles.next_touched(connection, run.name, "account", ACCOUNTS_AT_ONCE)
            if not accounts:
                return 0
            contacts = profiles.by_account(connection, run.name, accounts)
            known = outbox.acknowledged(connection, run.name, shape.object, accounts)
        rollups = self._roll_up(contacts, accounts)
        chunk = _Chunk("", accounts, contacts)
        for row in rollups.to_pylist():
            row["as_of"] = None if row["as_of"] is None else from_ms(row["as_of"])
            before = known.get(row["account"])
            self._intend(chunk, shape, row, row["account"], before, cause=None)
        run.step("compute.rollups")
        with run.lease.write() as connection:
            outbox.put(connection, run.name, run.id, chunk.intents)
            profiles.store_rollups(connection, run.name, rollups)
            profiles.untouch(connection, run.name, "account", "", accounts[-1])
        return len(accounts)

    def _roll_up(self, contacts: pa.Table, accounts: Sequence[str]) -> pa.Table:
        sizes = None
        if self._accounts is not None:
            known = self._accounts.sizes(accounts)
            sizes = pa.table({"account": list(known), "contacts_known": pa.array(known.values(), pa.int64())})
        for name in ("due_at", "relational_responded_at", "transactional_responded_at"):
            contacts = contacts.set_column(contacts.schema.get_field_index(name), name, _ms(contacts[name]))
        with Kernel() as kernel:
            return compute_rollups(kernel, contacts, sizes, now=self._run.now, settings=self._settings.nps)


_MOMENTS = ("responded_at", "due_at", "relational_responded_at", "transactional_responded_at")


class _Chunk:
    """What one transaction will store."""

    def __init__(self, object_: str, records: Sequence[str], history: pa.Table) -> None:
        self.object = object_
        self.records = records
        self.history = history
        self.rows: dict[str, dict[str, Any]] = {}
        self.before: dict[str, dict[str, Any]] = {}
        self.claims: dict[str, dict[str, str | None]] = {}
        self.person_of: dict[str, str] = {}
        self.respondent_of: dict[str, str] = {}
        self.intents: list[Intent] = []
        self.withdrawn: list[str] = []
        #: Responses whose writes are planned: they stay pending until these are confirmed.
        self.causes: set[str] = set()
        self.entered: list[tuple[str, str]] = []
        self.left: list[tuple[str, str]] = []
        self.standing: list[tuple[str, str, str]] = []

    def moves(self) -> dict[tuple[str, str], int]:
        """How the sums over all profiles move with this chunk."""
        moved: Counter[tuple[str, str]] = Counter({("", ""): len(self.rows) - len(self.before)})
        for sign, rows in ((1, self.rows.values()), (-1, self.before.values())):
            for row in rows:
                for kind, score in ((kind, row[f"{kind}_score"]) for kind in SurveyKind):
                    if score is not None:
                        moved[kind.value, category_of(score).value] += sign
        return {place: number for place, number in moved.items() if number}

    def accounts(self) -> list[str]:
        """Accounts whose rollup may have changed: those of the profiles now and before."""
        rows = (*self.rows.values(), *self.before.values())
        return sorted({row["account"] for row in rows if row["account"]})


def _profile(chunk: _Chunk, row: dict[str, Any]) -> tuple[Any, ...]:
    found = row | {
        "person": chunk.person_of[row["key"]],
        "segments": ";".join(row["segments"]),
    }
    for name in _MOMENTS:
        found[name] = None if row[name] is None else from_ms(row[name])
    return (row["subject"], *(found[name] for name in profiles.PROFILE_NAMES))


def _response_values(row: dict[str, Any], object_: str) -> dict[str, Any]:
    extra = json.loads(row["extra"]) if row["extra"] else {}
    values = row | {f"extra.{name}": value for name, value in extra.items()}
    values["record.id"], values["record.object"], values["person.id"] = row["subject"], object_, row["person"]
    values["category"], values["points"] = category_of(row["score"]).value, points(row["score"])
    return values


def _ms(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Turn the ledger's time texts into milliseconds since 1970."""
    return pc.cast(pc.cast(texts, pa.timestamp("ms", tz="UTC")), pa.int64())
