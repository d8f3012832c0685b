"""Rollups: the NPS of the accounts whose contacts' profiles were computed, and what the destination should hold of it.

One chunk of accounts is one transaction, as in `sync.compute`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
from sqlalchemy import select

from sync.intents import intend, retract
from sync.ledger import doubts, outbox, profiles
from sync.ledger.rows import among, fetch
from sync.ledger.tables import ROLLUPS
from sync.shapes import Shapes
from sync.words import Columns, to_ms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from connectors.contract import Accounts
    from sync.config.schema import Settings
    from sync.kernel import Kernel
    from sync.run import Run

#: Accounts computed in one transaction.
ACCOUNTS_AT_ONCE = 30_000


@dataclass(frozen=True, slots=True)
class KnownSizes:
    """How many contacts accounts had when they were computed last: nobody is asked, and nobody left the company."""

    accounts: frozenset[str]
    known: Mapping[str, int]

    @classmethod
    def of(cls, connection: Connection, mapping: str, accounts: set[str]) -> KnownSizes:
        """Read them back from the coverage of each."""
        these = (ROLLUPS.c.mapping == mapping, among(connection, ROLLUPS.c.account, sorted(accounts)))
        rows = fetch(connection, select(ROLLUPS.c.account, ROLLUPS.c.contacts, ROLLUPS.c.coverage).where(*these))
        known = {account: round(contacts / coverage) for account, contacts, coverage in rows if coverage}
        return cls(frozenset(accounts), known)

    def sizes(self, accounts: Sequence[str]) -> Mapping[str, int]:
        """See `Accounts.sizes`."""
        return {account: self.known[account] for account in accounts if account in self.known}


class Rollups:
    """Computes the accounts that were touched.

    Args:
        run: In which.
        settings: The config.
        accounts: Tells how many contacts an account has, where somebody knows.
    """

    def __init__(self, run: Run, settings: Settings, accounts: Accounts | None) -> None:
        self._run = run
        self._settings = settings
        self._accounts = accounts
        self._shape = Shapes(run.mapping).rollup

    def compute(self, kernel: Kernel | None) -> int:
        """Work off some of the accounts that wait; return how many."""
        run, shape = self._run, self._shape
        if shape is None:
            return 0
        with run.ledger.read() as connection:
            _, accounts = profiles.next_touched(connection, run.name, "account", ACCOUNTS_AT_ONCE)
            if not accounts:
                return 0
            contacts = profiles.by_account(connection, run.name, accounts)
            known = outbox.acknowledged(connection, run.name, shape.object, accounts)
            queued = outbox.waiting(connection, run.name, shape.object, accounts)
        rollups = self._roll_up(kernel, contacts, accounts)
        columns = Columns(rollups)
        found = intend(shape, columns["account"], {word: columns[word] for word in shape.words}, known, None)
        left = set(accounts).difference(columns["account"])  # by everybody: merged away, or somewhere else now
        held = self._maybe_held(shape.object, sorted(left - known.keys()))
        held |= {account: known[account][0] for account in left & known.keys()}
        emptied = [retract(shape, account, held[account], {"account": account}) for account in sorted(held)]
        planned = [*found.rows, *filter(None, emptied)]
        run.step("compute.rollups")
        with run.lease.write() as connection:
            unwanted = queued.difference(row[2] for row in planned)
            outbox.withdraw(connection, run.name, run.id, shape.rank, shape.object, sorted(unwanted))
            outbox.put(connection, run.name, run.id, planned)
            profiles.store_rollups(connection, run.name, rollups)
            profiles.drop_rollups(connection, run.name, sorted(left))
            profiles.untouch(connection, run.name, "account", "", accounts[-1])
        return len(accounts)

    def _maybe_held(self, object_: str, accounts: Sequence[str]) -> dict[str, str]:
        """Return what accounts may hold although it was never confirmed: the answer to the write was lost."""
        if not accounts:
            return {}
        with self._run.ledger.read() as connection:
            return doubts.sent(connection, self._run.name, object_, accounts)

    def _roll_up(self, kernel: Kernel | None, contacts: pa.Table, accounts: Sequence[str]) -> pa.Table:
        sizes = None
        if self._accounts is not None:
            known = self._accounts.sizes(accounts)
            sizes = pa.table({"account": list(known), "contacts_known": pa.array(known.values(), pa.int64())})
        for name in ("due_at", "relational_responded_at", "transactional_responded_at"):
            contacts = contacts.set_column(contacts.schema.get_field_index(name), name, to_ms(contacts[name]))
        return self._run.work.rollups(kernel, contacts, sizes, now=self._run.now, settings=self._settings.nps)
