"""Forget: erase one person from the ledger, and from what is ours beyond it, for good.

First the destination, then the ledger in one transaction, then the files: a forget that dies is completed by asking
for it again. Nothing of the person stays but keyed digests, by which pull knows their rows when they are read again.
"""

from __future__ import annotations

import secrets
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from connectors.contract import Schema
from connectors.traces import Scrubs
from sync.clearing import Clearing, Reach, clearing, unsent
from sync.deliver import deliver
from sync.errors import Exit, Problem, UserError
from sync.known_by import id_kinds, texts_of
from sync.ledger import (
    aliases,
    doubts,
    forgotten,
    outbox,
    parking,
    person,
    person_rows,
    profiles,
    runs,
    scrubbing,
    unmatched,
)
from sync.ledger.lease import acquire
from sync.ledger.tables import LEASES
from sync.moved import fewer
from sync.receipt import Receipt
from sync.report import Status
from sync.rollups import KnownSizes, Rollups
from sync.run import Run, Silent
from sync.shapes import Shapes
from sync.spills import remove_dead
from sync.times import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

    from connectors.contract import Destination
    from sync.config.schema import Settings
    from sync.ledger.lease import Lease
    from sync.ledger.person import Person
    from sync.ledger.store import Ledger
    from sync.mapping.schema import Mapping as MappingFile


class Forgetter:
    """Forgets persons.

    Args:
        ledger: Which holds them.
        beside: Files beside the ledger that are searched as well.
        mappings: All of the project.
        settings: The config.
        destination: Opens the destination of a mapping.
        clock: Tells the time.
        step: Called before every durable or remote step with its name.
    """

    def __init__(  # noqa: PLR0913 - what it needs from outside
        self,
        *,
        ledger: Ledger,
        beside: list[Path],
        mappings: Mapping[str, MappingFile],
        settings: Settings,
        destination: Callable[[MappingFile], Destination],
        clock: Callable[[], datetime],
        step: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self._ledger = ledger
        self._beside = beside
        self._mappings = mappings
        self._settings = settings
        self._open = destination
        self._clock = clock
        self._step = step
        self._shapes = {name: Shapes(mapping) for name, mapping in mappings.items()}

    def find(self, who: str) -> Person:
        """Return the person that *who* names; of an address of which nothing is held, just that.

        Raises:
            UserError: It names several persons (E407), or nobody (E105).
        """
        with self._ledger.read() as connection:
            try:
                found = person.find(connection, who.strip(), self._kinds)
            except person.Severals as several:
                ids = ", ".join(f"{each.object} {each.record}".strip() for each in several.records)
                hint = f"Name one of the records instead: {ids}. Each is forgotten by itself."
                what = "this leads to several persons, and nobody is forgotten by mistake"
                problem = Problem(where="command line", what=what, hint=hint)
                raise UserError("E407", problem, exit_=Exit.STOPPED_BY_GUARD) from None
        if not found.known and found.email is None:
            hint = "Give an e-mail address, a response's key (source:id), a respondent, or the id of a matched record."
            raise UserError("E105", Problem(where="command line", what="the ledger holds nobody by that", hint=hint))
        return found

    def told(self, who: str) -> dict[str, Any]:
        """Return everything that is held about a person, by table; see `find`."""
        found = self.find(who)
        with self._ledger.read() as connection:
            return person_rows.told(connection, found, self._shapes)

    def forget(self, who: str, *, also_clear: bool = False, dry_run: bool = False) -> Receipt:
        """Erase a person; a dry run says what that would be.

        Raises:
            UserError: See `find`; a run is under way (E604); the destination did not take what clears it (E409).
            ConnectorError: The destination cannot be reached. Nothing is erased then.
        """
        now = self._clock()
        receipt = Receipt(
            receipt=f"F-{now:%Y%m%d}-{secrets.token_hex(4)}", at=to_text(now), dry_run=dry_run, known=False
        )
        with ExitStack() as held:
            leases = {name: self._lease(held, name) for name in self._names()}
            found = self.find(who)
            receipt.known, receipt.responses = found.known, len(found.keys)
            plans = self._plans(found, receipt, also_clear=also_clear)
            if dry_run:
                with self._ledger.rolled_back():
                    self._erase(found, leases, receipt)
                return receipt
            for name, plan in plans.items():
                self._clear(self._run(leases[name], now), plan)
            self._step("forget.erase")
            with self._ledger.read() as connection:
                texts = texts_of(connection, found)
            with self._ledger.in_one():
                self._erase(found, leases, receipt)
        self._step("forget.scrub")
        self._scrub(texts, receipt)
        return receipt

    def lift(self, receipt: str) -> int:
        """Let a forgotten person's rows be read again; return how many digests were dropped."""
        with self._ledger.write() as connection:
            return forgotten.readmit(connection, receipt)

    def _names(self) -> list[str]:
        """The mappings of the project, and those that once ran."""
        with self._ledger.read() as connection:
            return sorted({*self._mappings, *connection.scalars(select(LEASES.c.mapping))})

    def _lease(self, held: ExitStack, mapping: str) -> Lease:
        lease = acquire(self._ledger, mapping, self._clock)

        def release() -> None:
            with suppress(UserError):  # see `Engine.sync`
                lease.release()

        held.callback(release)
        return lease

    def _run(self, lease: Lease, now: datetime) -> Run:
        mapping = self._mappings[lease.mapping]
        with lease.write() as connection:
            id_ = runs.new_id(connection, now)
            runs.begin(connection, id_, mapping.name, to_text(now), unsettled=False)
        return Run(
            id=id_, mapping=mapping, ledger=self._ledger, lease=lease, now=now, progress=Silent(), step=self._step
        )

    def _plans(self, found: Person, receipt: Receipt, *, also_clear: bool) -> dict[str, Clearing]:
        plans: dict[str, Clearing] = {}
        for name, mapping in self._mappings.items():
            with self._ledger.read() as connection:
                reach = Reach(
                    ours=isinstance(self._destination(mapping, also_clear=also_clear), Scrubs), all=also_clear
                )
                plan = clearing(connection, name, self._shapes[name], found, reach)
            if plan.intents:
                plans[name] = plan
                receipt.cleared[name] = plan.by_object()
            if plan.left:
                receipt.stays[name] = dict(sorted(plan.left.items()))
        return plans

    def _destination(self, mapping: MappingFile, *, also_clear: bool) -> Destination | None:
        """Open a destination where it can be cleared: a service is not asked to sign in for nothing."""
        kind = self._settings.connections[mapping.to].type
        return self._open(mapping) if also_clear or kind == "warehouse" else None

    def _clear(self, run: Run, plan: Clearing) -> None:
        """Take what is ours away from the destination.

        Raises:
            UserError: It did not take all of it (E409).
        """
        destination = self._open(run.mapping)
        for shape in self._shapes[run.name].all():
            if isinstance(destination, Schema) and destination.fields(shape.object):
                destination.ensure(shape.object, shape.key_fields(), ())
        run.step("forget.plan")
        with run.lease.write() as connection:
            parking.tidy(connection, run.name)
            parking.set_aside(connection, run.name)
            for rank, object_, record, *_ in plan.intents:
                outbox.withdraw(connection, run.name, run.id, rank, object_, [record])
            outbox.put(connection, run.name, run.id, plan.intents)
        delivered = deliver(run, destination, len(plan.intents))
        with run.lease.write() as connection:
            not_taken = unsent(connection, run.name, run.id)
            status = Status.FAILED if not_taken else Status.DONE
            report = {"forgotten": 1, "writes": dict(delivered.writes)}
            runs.finish(connection, run.id, status=status, at=to_text(self._clock()), unsettled=False, report=report)
        if not_taken:
            code = delivered.stopped.code if delivered.stopped is not None else "E502"
            what = (
                f"the destination did not take {not_taken:,} of {len(plan.intents):,} rows [{code}]; nothing was erased"
            )
            hint = f"Look with `npsync runs {run.id}`, then ask for it again: it goes on from there."
            raise UserError(
                "E409", Problem(where=f"mapping {run.name}", what=what, hint=hint), exit_=Exit.STOPPED_BY_GUARD
            )

    def _erase(self, found: Person, leases: Mapping[str, Lease], receipt: Receipt) -> None:
        """Erase the person from the ledger, have the totals and the accounts count without them, and keep digests."""
        sizes: dict[str, KnownSizes] = {}
        with self._ledger.write() as connection:
            if self._ledger.is_sqlite:
                connection.exec_driver_sql("PRAGMA secure_delete=ON")
            for lease in leases.values():
                lease.check(connection)
                doubts.interrupted(connection, lease.mapping)
            for name in leases:
                accounts = self._uncount(connection, name, found)
                sizes[name] = KnownSizes.of(connection, name, accounts)
            receipt.erased = person_rows.erase(connection, found, self._shapes)
            for name, each in sizes.items():
                if name in self._shapes and self._shapes[name].rollup is not None:
                    profiles.touch_accounts(connection, name, sorted(each.accounts))
                profiles.touch(
                    connection, name, [(one.object, one.record) for one in found.shared if one.mapping == name]
                )
            marks = self._marks(connection, found)
            forgotten.keep(connection, receipt.receipt, receipt.at, marks)
            receipt.digests = len(marks)
        for name, lease in leases.items():
            if name in self._shapes and self._shapes[name].rollup is not None and sizes[name].accounts:
                self._roll_up(lease, sizes[name])
                receipt.accounts += len(sizes[name].accounts)

    def _uncount(self, connection: Connection, mapping: str, found: Person) -> set[str]:
        """Take the person out of the totals of *mapping*; return the accounts that they counted for."""
        unmatched.forget(connection, mapping, found.keys, ())
        accounts: set[str] = set()
        for object_, record in found.records_of(mapping):
            before = aliases.stored(connection, mapping, object_, [record])
            profiles.move_totals(connection, mapping, fewer(before.values()))
            accounts.update(profile.account for profile in before.values() if profile.account)
        return accounts

    def _roll_up(self, lease: Lease, sizes: KnownSizes) -> None:
        run = self._run(lease, self._clock())
        rollups = Rollups(run, self._settings, sizes)
        with run.work.kernel() as kernel:
            while rollups.compute(kernel):
                pass
        with run.lease.write() as connection:
            at, report = to_text(self._clock()), {"forgotten": 1}
            runs.finish(connection, run.id, status=Status.DONE, at=at, unsettled=False, report=report)

    def _kinds(self, record: person.Matched) -> list[str]:
        return id_kinds(self._mappings.get(record.mapping), self._settings, record.object)

    def _marks(self, connection: Connection, found: Person) -> set[forgotten.Mark]:
        """Return what the person will be known by; what somebody else is known by as well is left out."""
        claimed = {mark for claims in found.claims for mark in forgotten.marks_of(claims)}
        recorded = {(kind, each.record) for each in found.records for kind in self._kinds(each)}
        asked = set() if found.email is None else {("email", found.email)}
        responses = {(forgotten.RESPONSE, key) for key in found.keys}
        kept = claimed | recorded | asked
        return (kept - person_rows.shared(connection, kept)) | responses

    def _scrub(self, texts: list[str], receipt: Receipt) -> None:
        remove_dead()
        receipt.searched["ledger"] = scrubbing.scrub(self._ledger, self._beside, texts)
        for name, mapping in self._mappings.items():
            destination: object = self._destination(mapping, also_clear=False)
            if isinstance(destination, Scrubs) and mapping.to not in receipt.searched:
                objects = [shape.object for shape in self._shapes[name].all()]
                receipt.searched[mapping.to] = destination.scrub(texts, objects)
