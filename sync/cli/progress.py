"""How far a run has come: a bar on a terminal, an event in a log, nothing in a pipe."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sync.cli.screen import takes_colour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from sync.cli.screen import Screen
    from sync.run import Progress


class Drawn:
    """One bar a phase, on stderr; each grows until the phase is done."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def step(self, phase: str, done: int, total: int | None) -> None:
        """See `Progress.step`."""
        if phase not in self._tasks:
            self._tasks[phase] = self._bars.add_task(phase, total=total)
        self._bars.update(self._tasks[phase], completed=done, total=total)


class Logged:
    """One event when a phase begins (-v), one for each of its steps (-vv)."""

    def __init__(self) -> None:
        self._log = logging.getLogger(__name__)
        self._phase = ""

    def step(self, phase: str, done: int, total: int | None) -> None:
        """See `Progress.step`."""
        if phase != self._phase:
            self._phase = phase
            self._log.info("phase.started", extra={"phase": phase})
        self._log.debug("phase.step", extra={"phase": phase, "done": done, "total": total})


@contextmanager
def progress_on(screen: Screen) -> Iterator[Progress]:
    """Log where -v asks for events; draw on a terminal, unless -q or JSON is asked for; else be silent."""
    from sync.run import Silent

    if screen.verbose:
        yield Logged()
        return
    # Where colours are declined (`TERM=dumb`, `NO_COLOR`), moving bars are as well.
    if screen.quiet or screen.json or not takes_colour(sys.stderr):
        yield Silent()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield Drawn(bars)
