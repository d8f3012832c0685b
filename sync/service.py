"""The service that runs every mapping when it is due, one after the other, until it is asked to end.

It holds nothing of a run: each opens the project anew, as a scheduler's job would, so what it needs does not grow.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from sync.errors import Exit, UserError
from sync.timetable import Start

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sync.ledger.services import Standing
    from sync.timetable import Timetable

log = logging.getLogger(__name__)

#: How long an event, a changed config or a signal waits to be noticed.
TICK_S = 1.0
#: How often the ledger is told that the service lives, and how often one that waits asks.
WORD_S, PATIENCE_S = 60.0, 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the config asks for."""

    #: Mapping → the connection it reads.
    sources: Mapping[str, str]
    every_s: float


class Work(Protocol):
    """What the service does its work with; each call may fail with a UserError, and the service goes on."""

    def plan(self) -> Plan | None:
        """Return what the config asks for when it has changed since the last call; None: it has not."""
        ...

    def take(self, every_s: float, next_at: datetime | None) -> Standing | None:
        """Be the service; see `sync.ledger.services.take`."""
        ...

    def leave(self) -> None:
        """Be it no longer."""
        ...

    def arrivals(self) -> Mapping[str, int]:
        """Return the number of the newest event of each connection."""
        ...

    def run(self, start: Start, step: Callable[[], None]) -> Exit:
        """Run its mapping and tell of it, whatever comes of it; *step* is called before each durable step."""
        ...

    def told(self, sentence: str) -> None:
        """Tell a person."""
        ...


@dataclass(slots=True, kw_only=True)
class Service:
    """See the module.

    Args:
        asked: Signals that came in; a handler may append at any moment.
        clock: Tells the time of day.
        timer: Seconds that only grow.
    """

    work: Work
    timetable: Timetable
    asked: list[int]
    clock: Callable[[], datetime]
    timer: Callable[[], float]
    sleep: Callable[[float], None]
    _seated: bool = False
    #: When the ledger was told last, and what then was the next start.
    _word_at: float = 0.0
    _seen: dict[str, int] = field(default_factory=dict)
    #: What could not be done, and what was told of it.
    _troubles: dict[str, str] = field(default_factory=dict)

    def once(self) -> Exit:
        """Run every mapping one time; return the gravest status.

        Raises:
            UserError: The config or the ledger cannot be used.
            KeyboardInterrupt: It was asked to end before all were done.
        """
        self._plan()
        other = self._take()
        if other is not None:
            self.work.told(f"another service runs: {_who(other)}")
            return Exit.LEASE_HELD
        try:
            return max(
                (self._run(Start(name, told=False)) for name in sorted(self.timetable.sources)), default=Exit.DONE
            )
        finally:
            self._leave()

    def serve(self) -> None:
        """Run what is due, until it is asked to end.

        Raises:
            UserError: The config or the ledger cannot be used as the service begins.
            KeyboardInterrupt: It was asked to end while a run was under way, which stopped at its next durable step.
        """
        self._plan()
        self._wait_for_the_seat()
        try:
            if not self.asked:
                self._seen = dict(self.work.arrivals())
            while not self.asked:
                self._tick()
        finally:
            self._leave()

    def _tick(self) -> None:
        for look in (self._plan, self._look, self._word):
            try:
                look()
            except UserError as error:
                self._bear(look.__name__, error)
            else:
                self._troubles.pop(look.__name__, None)
        start = self.timetable.due(self.timer())
        if not self._seated:
            self._wait_for_the_seat()
        elif start is not None and not self.asked:
            self._run(start)
        else:
            self.sleep(TICK_S)

    def _look(self) -> None:
        """Notice what arrived."""
        now = self.timer()
        for source, number in self.work.arrivals().items():
            if number > self._seen.get(source, 0):
                log.info("schedule.arrived", extra={"connection": source, "number": number})
                self.timetable.arrived(source, now)
            self._seen[source] = number

    def _plan(self) -> None:
        plan = self.work.plan()
        if plan is not None:
            self.timetable.plan(plan.sources, plan.every_s, self.timer())
            log.info("schedule.planned", extra={"mappings": len(plan.sources), "every_s": plan.every_s})

    def _run(self, start: Start) -> Exit:
        self._step()
        self.timetable.began(start, self.timer())
        status = self.work.run(start, self._step)
        self.timetable.ended(start, status, self.timer())
        self._word_at = self.timer() - WORD_S  # there is a new next start to tell
        return status

    def _step(self) -> None:
        """Between two durable steps: end if asked to, and say that we live."""
        if self.asked:
            raise KeyboardInterrupt
        try:
            self._word()
        except UserError as error:  # the run will say so itself, or it was for a moment
            self._bear("_word", error)

    def _word(self) -> None:
        if self.timer() - self._word_at >= WORD_S:
            self._take()

    def _take(self) -> Standing | None:
        wait_s = self.timetable.next_s(self.timer())
        next_at = None if wait_s is None else self.clock() + timedelta(seconds=wait_s)
        other = self.work.take(self.timetable.every_s, next_at)
        self._seated, self._word_at = other is None, self.timer()
        return other

    def _wait_for_the_seat(self) -> None:
        """Return when this is the service, or was asked to end."""
        told = False
        while not self.asked and (other := self._take()) is not None:
            if not told:
                told = True
                self.work.told(f"another service runs: {_who(other)}; this one waits for it to end. Ctrl-C leaves.")
                log.info("schedule.waits", extra={"host": other.host, "pid": other.process})
            self.sleep(PATIENCE_S)

    def _leave(self) -> None:
        if self._seated:
            try:
                self.work.leave()
            except UserError as error:
                self._bear("_leave", error)

    def _bear(self, doing: str, error: UserError) -> None:
        """Tell what is wrong once, not every second; the service goes on."""
        if str(error) != self._troubles.get(doing):
            self._troubles[doing] = str(error)
            self.work.told(f"{error}\n[{error.code}] npsync help {error.code}")
            log.warning("schedule.trouble", extra={"code": error.code})


def _who(other: Standing) -> str:
    return f"process {other.process} on {other.host}"
