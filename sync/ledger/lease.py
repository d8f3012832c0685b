"""One writer per mapping: a lease with a fencing epoch.

The epoch grows with every holder and is checked inside each writing transaction, so a process that slept through
its lease cannot write over its successor.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from sync.errors import Exit, Problem, UserError
from sync.ledger.rows import MAPPING, text, upsert
from sync.ledger.tables import LEASES
from sync.processes import is_alive, this_process
from sync.times import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from sync.ledger.store import Ledger

#: A holder on another machine is given up after this long without a transaction.
TERM = timedelta(minutes=10)

_HELD = select(LEASES).where(LEASES.c.mapping == MAPPING)
_RENEW = text("UPDATE leases SET expires_at = :until WHERE mapping = :mapping AND epoch = :epoch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to write for one mapping, as long as its epoch is the ledger's."""

    ledger: Ledger
    mapping: str
    epoch: int
    clock: Callable[[], datetime]

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that fails, before anything is stored, when the lease went to another run."""
        with self.ledger.write() as connection:
            self.check(connection)
            yield connection

    def check(self, connection: Connection) -> None:
        """Fail when the lease went to another run; it is renewed otherwise."""
        until = to_text(self.clock() + TERM)
        renewed = connection.execute(_RENEW, {"mapping": self.mapping, "epoch": self.epoch, "until": until})
        if renewed.rowcount != 1:
            raise _held(self.ledger, self.mapping, "another run took the lease over")

    def release(self) -> None:
        with self.ledger.write() as connection:
            connection.execute(_RENEW, {"mapping": self.mapping, "epoch": self.epoch, "until": ""})


def acquire(
    ledger: Ledger,
    mapping: str,
    clock: Callable[[], datetime],
    *,
    holder: str | None = None,
    alive: Callable[[str], bool] = is_alive,
) -> Lease:
    """Take the lease of *mapping*.

    Raises:
        UserError: Another run holds it (E604, exit status 75).
    """
    now = clock()
    with ledger.write() as connection:
        found = connection.execute(_HELD, {"mapping": mapping}).first()
        if found is not None and found.expires_at > to_text(now) and alive(found.holder):
            raise _held(ledger, mapping, "another run of this mapping is under way")
        epoch = 1 if found is None else found.epoch + 1
        row = (mapping, epoch, holder or this_process(), to_text(now + TERM))
        upsert(connection, LEASES, ("mapping", "epoch", "holder", "expires_at"), [row])
    return Lease(ledger=ledger, mapping=mapping, epoch=epoch, clock=clock)


def _held(ledger: Ledger, mapping: str, what: str) -> UserError:
    hint = f"Wait for it to end, or look with `npsync status`. Under cron this is normal. (ledger: {ledger.where})"
    return UserError("E604", Problem(where=f"mapping {mapping}", what=what, hint=hint), exit_=Exit.LEASE_HELD)
