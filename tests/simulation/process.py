"""A process of ours: it counts its steps and commits, dies where the history says, and does nothing any more then."""

from __future__ import annotations

import copy
import sqlite3
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from sync.ledger.store import Ledger
from tests.simulation.passing import Crash, Violation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

#: What can happen to a commit.
BEFORE, AFTER, FULL = "crash before commit", "crash after commit", "disk full"


@dataclass(slots=True)
class Process:
    """One run's process.

    `check` stands before everything that would leave a trace: whoever catches a crash gets no further than that.
    """

    name: str
    log: Callable[[str], None]
    #: Told each step's name and how often it was reached; the world may stop the process there.
    reached: Callable[[Process, str, int], None]
    #: Commit of this run, from 1 → what happens to it.
    commits: dict[int, str] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    committed: int = 0
    dead: bool = False
    #: Its lease went to another process while it slept.
    fenced: bool = False

    def step(self, name: str) -> None:
        """Go on to a durable or remote step."""
        self.check()
        self.steps[name] += 1
        self.log(f"step {name}")
        self.reached(self, name, self.steps[name])

    def check(self) -> None:
        if self.dead:
            raise Crash

    def die(self, where: str) -> None:
        self.log(f"crash {where}")
        self.dead = True
        raise Crash

    def commit(self) -> str | None:
        """Count a commit; return what happens to it."""
        self.check()
        self.committed += 1
        fate = self.commits.get(self.committed)
        if fate is not None:
            self.met[fate] += 1
            self.log(f"commit {self.committed} !{fate}")
        return fate


class WatchedLedger(Ledger):
    """The ledger as one process sees it."""

    _process: Process | None = None

    def seen_by(self, process: Process) -> WatchedLedger:
        """Return this ledger for *process*, on the same connections."""
        view = copy.copy(self)
        view._process = process
        return view

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """See `Ledger.read`."""
        if self._process is not None:
            self._process.check()
        with super().read() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """See `Ledger.write`."""
        process, fate = self._process, None
        if process is not None:
            process.check()
        with super().write() as connection:
            stored = _stored(connection)
            yield connection
            if process is not None and process.fenced and _stored(connection) != stored:
                raise Violation("LEASE a process stored something after its lease went to another")
            if process is not None:
                fate = process.commit()
            if fate == BEFORE:
                assert process is not None
                process.die("before a commit")
            if fate == FULL:
                raise OperationalError("COMMIT", None, sqlite3.OperationalError("database or disk is full"))
        if fate == AFTER:
            assert process is not None
            process.die("after a commit")


def _stored(connection: Connection) -> int:
    """Return how many rows this connection ever changed."""
    changes: int = connection.connection.dbapi_connection.total_changes  # type: ignore[union-attr] # SQLite's
    return changes
