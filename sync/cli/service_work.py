"""What `npsync schedule run` does its work with: the project as its files are now, opened anew for each run."""

from __future__ import annotations

import gc
import logging
from typing import TYPE_CHECKING, Any, Self

from sync.cli.failures import as_json, as_user_error, show
from sync.cli.running import Performed, codes, run_one
from sync.cli.session import chosen, opened
from sync.engine import Choices
from sync.errors import UserError
from sync.ledger import arrivals, services
from sync.processes import this_process
from sync.service import Plan
from sync.times import to_text
from sync.wiring import open_project

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from sync.cli.session import Session
    from sync.errors import Exit
    from sync.ledger.services import Standing
    from sync.timetable import Start
    from sync.wiring import Project

log = logging.getLogger(__name__)

#: Name, size and time of change of each file that a plan is made of.
Files = tuple[tuple[str, int, int], ...]


class ProjectWork:
    """See `sync.service.Work`.

    Args:
        session: Which config, and where to print.
        names: The mappings to run; none: all of them.
        clock: Stands in for the real one.
    """

    def __init__(self, session: Session, names: Sequence[str], *, clock: Callable[[], datetime] | None = None) -> None:
        self._screen = session.screen
        self._names = names
        self._config = session.config_path().absolute()
        self._holder = this_process()
        self._clock = clock
        self._project: Project = self._opened()
        self._seen: Files | None = None
        self._broken: UserError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._project.close()

    def clock(self) -> datetime:
        """Return the time of day."""
        return self._project.clock()

    def plan(self) -> Plan | None:
        """See `Work.plan`. A file that cannot be used is not read again before it changes."""
        files = self._files()
        if files == self._seen:
            if self._broken is not None:
                raise self._broken
            return None
        self._seen, self._broken = files, None
        try:
            project = self._opened()
            names = chosen(self._names, project.mappings)
        except UserError as error:
            self._broken = error
            raise
        if project.settings.ledger != self._project.settings.ledger:
            self.leave()
        self._project.close()
        self._project = project
        self._seen = self._files()
        if not names:
            self.told("No mappings yet. Put one into mappings/: it is noticed.")
        sources = {name: project.mappings[name].from_ for name in names}
        return Plan(sources=sources, every_s=project.settings.schedule.every.total_seconds())

    def take(self, every_s: float, next_at: datetime | None) -> Standing | None:
        """See `Work.take`."""
        return services.take(self._project.ledger, self._holder, self.clock(), every_s=int(every_s), next_at=next_at)

    def leave(self) -> None:
        """See `Work.leave`."""
        services.leave(self._project.ledger, self._holder)

    def arrivals(self) -> Mapping[str, int]:
        """See `Work.arrivals`."""
        with self._project.ledger.read() as connection:
            return arrivals.newest(connection)

    def run(self, start: Start, step: Callable[[], None]) -> Exit:
        """See `Work.run`."""
        at, mapping = self.clock(), start.mapping
        done = self._performed(start, step)
        if self._screen.json:
            self._screen.line({"at": to_text(at), "exit": int(done.status)} | done.told)
        else:
            self._screen.data(f"{at:%Y-%m-%d %H:%M:%S} UTC {mapping}: {_said(done)}")
        if done.error is not None:
            show(done.error, self._screen.without_json())
        for code in [] if done.report is None else codes(done.report):
            self._screen.warn(f"[{code}] npsync help {code}")
        gc.collect()  # nothing of a run is left for the next one
        return done.status

    def told(self, sentence: str) -> None:
        """See `Work.told`."""
        self._screen.warn(sentence)

    def _performed(self, start: Start, step: Callable[[], None]) -> Performed:
        mapping, choices = start.mapping, Choices(only_told=start.told)
        try:
            with opened(self._config, self._screen, clock=self._clock) as project:
                return run_one(project, mapping, choices, begun=_begun, step=lambda _name: step())
        except Exception as error:  # noqa: BLE001 - the config may be broken just now: the service must survive that
            said = as_user_error(error)
            log.info("mapping.failed", extra={"mapping": mapping, "code": said.code})
            return Performed(status=said.exit, report=None, error=error, told={"mapping": mapping} | as_json(said))

    def _opened(self) -> Project:
        return open_project(self._config) if self._clock is None else open_project(self._config, clock=self._clock)

    def _files(self) -> Files:
        folder = self._config.parent / self._project.settings.mappings
        return tuple(_file(path) for path in (self._config, *sorted(folder.glob("*.y*ml"))))


def _file(path: Path) -> tuple[str, int, int]:
    try:
        told = path.stat()
    except OSError:
        return str(path), -1, -1
    return str(path), told.st_size, told.st_mtime_ns


def _begun(run: str) -> None:
    log.info("run.started", extra={"run": run})


def _said(done: Performed) -> str:
    """One line of a run: what it came to, its rows and its id."""
    from sync.cli.render_run import WORDS, spent

    if done.report is None:
        return f"failed [{as_user_error(done.error).code}]" if done.error is not None else "failed"
    told: dict[str, Any] = done.report.as_json()
    rows = ", ".join(
        f"{number:,} {state}" for state, number in told["rows"].items() if isinstance(number, int) and number
    )
    return f"{WORDS.get(told['status'], told['status'])}: {rows or 'nothing new'} (run {told['run']}, {spent(told)})"
