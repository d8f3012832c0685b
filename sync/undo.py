"""Undo: put back what a run replaced, where it still stands, as a run of its own.

What goes back is put into the outbox and delivered as everything is, so an undo that dies is completed by undoing the
same run again. Nothing else that waits is sent by it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from connectors.errors import ConnectorError
from sync.deliver import Delivered, deliver
from sync.errors import Exit, Problem, UserError
from sync.ledger import matching, parking, runs, undos, writes
from sync.ledger.lease import acquire
from sync.report import Status
from sync.run import Laps, Run, calls_of
from sync.times import to_text
from sync.undo_plan import CHANGES_SHOWN, Planner
from sync.undo_report import UndoReport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from connectors.contract import Destination
    from sync.ledger.lease import Lease
    from sync.ledger.store import Ledger
    from sync.mapping.schema import Mapping as MappingFile
    from sync.run import Progress
    from sync.undo_plan import Planned
    from sync.undo_report import Wish


class Undoer:
    """Undoes runs of one mapping.

    Args:
        mapping: Whose runs.
        ledger: Where their writes are logged.
        destination: Opens where they wrote to.
        clock: Tells the time; an undo asks once and keeps the answer.
        step: Called before every durable or remote step with its name.
        begun: Called with the undo's own run id once the ledger knows it; not of a dry run.
    """

    def __init__(  # noqa: PLR0913 - what a run needs from outside
        self,
        *,
        mapping: MappingFile,
        ledger: Ledger,
        destination: Callable[[], Destination],
        clock: Callable[[], datetime],
        timer: Callable[[], float],
        progress: Progress,
        step: Callable[[str], None] = lambda _name: None,
        begun: Callable[[str], None] = lambda _run: None,
    ) -> None:
        self._mapping = mapping
        self._ledger = ledger
        self._open = destination
        self._clock = clock
        self._timer = timer
        self._progress = progress
        self._step = step
        self._begun = begun

    def undo(self, wish: Wish, *, dry_run: bool = False) -> UndoReport:
        """Put back what the run replaced, where the records still hold it.

        Raises:
            UserError: Another run is under way, or there is nothing to undo.
            ConnectorError: The destination cannot be reached, or a person must act; what was put back is acknowledged.
        """
        self._check(wish)
        destination = self._open()
        lease = acquire(self._ledger, self._mapping.name, self._clock)
        try:
            run = self._run(lease, dry_run=dry_run)
            if dry_run:
                with self._ledger.rolled_back():
                    return self._perform(run, destination, wish, dry_run=True)
            return self._perform(run, destination, wish, dry_run=False)
        finally:
            with suppress(UserError):  # see `Engine.sync`
                lease.release()

    def _check(self, wish: Wish) -> None:
        with self._ledger.read() as connection:
            counts = writes.counts(connection, wish.run)
        where = f"run {wish.run}"
        if not counts:
            hint = "It wrote nothing, or its log was dropped with age: npsync runs RUN"
            problem = Problem(where=where, what="nothing of this run can be undone", hint=hint)
            raise UserError("E405", problem, exit_=Exit.STOPPED_BY_GUARD)
        if wish.object is not None and wish.object not in counts:
            hint = f"It wrote: {', '.join(counts)}."
            raise UserError("E105", Problem(where=where, what=f"no writes to `{wish.object}`", hint=hint))

    def _run(self, lease: Lease, *, dry_run: bool) -> Run:
        now = self._clock()
        with self._ledger.read() as connection:
            id_ = runs.new_id(connection, now)
            definition = matching.definition(connection, self._mapping.name)
        return Run(
            id=f"{id_}-dry" if dry_run else id_,
            mapping=self._mapping,
            ledger=self._ledger,
            lease=lease,
            now=now,
            progress=self._progress,
            step=self._step,
            definition=definition or "",
        )

    def _perform(self, run: Run, destination: Destination, wish: Wish, *, dry_run: bool) -> UndoReport:
        laps = Laps(self._timer)
        self._begin(run, wish)
        if not dry_run:
            self._begun(run.id)
        try:
            planned = Planner(run, destination, wish).plan()
            laps.done("plan")
            delivered = Delivered()
            if not dry_run:
                delivered = deliver(run, destination, sum(planned.writes.values()))
                laps.done("deliver")
        except (ConnectorError, UserError) as error:
            self._give_up(run, error)
            raise
        run.step("run.finish")
        with run.lease.write() as connection:
            undos.give_up(connection, run.name, run.id)
            unsent = 0 if dry_run else undos.unsent(connection, run.name, run.id)
            left = undos.left_records(connection, run.id)
            calls = calls_of(destination)
            report = self._report(
                run, wish, planned, delivered, left, laps, dry_run=dry_run, unsent=unsent, calls=calls
            )
            at, told = to_text(self._clock()), report.as_json()
            runs.finish(connection, run.id, status=report.status, at=at, unsettled=False, report=told)
        return report

    def _begin(self, run: Run, wish: Wish) -> None:
        run.step("undo.begin")
        with run.lease.write() as connection:
            runs.begin(connection, run.id, run.name, to_text(run.now), unsettled=False)
            parking.tidy(connection, run.name)  # it looks at what an earlier try was sending when it died
            undos.begin(connection, run.name, run.id, wish.run)
            parking.set_aside(connection, run.name)

    def _report(  # noqa: PLR0913 - the parts of a report
        self,
        run: Run,
        wish: Wish,
        planned: Planned,
        delivered: Delivered,
        left: tuple[int, Mapping[str, int]],
        laps: Laps,
        *,
        dry_run: bool,
        unsent: int,
        calls: int,
    ) -> UndoReport:
        stopped = delivered.stopped
        if dry_run and planned.more:
            run.notes.append(f"only the first {CHANGES_SHOWN:,} changes are shown")
        failed = stopped is not None or delivered.failed or unsent
        status = Status.DRY_RUN if dry_run else Status.SOME_ROWS_FAILED if failed else Status.DONE
        return UndoReport(
            run=run.id,
            mapping=run.name,
            status=status,
            undone=wish.run,
            looked_at=planned.looked_at,
            writes=dict(sorted((planned.writes if dry_run else delivered.writes).items())),
            left=left[0],
            left_by_reason=left[1],
            calls=calls,
            seconds=laps.seconds,
            notes=tuple(run.notes),
            ended=None if stopped is None else (str(stopped), stopped.code, stopped.next_step),
            changes=tuple(planned.changes) if dry_run else (),
        )

    def _give_up(self, run: Run, error: ConnectorError | UserError) -> None:
        """Say in the ledger how far it came, if the ledger still takes it."""
        with suppress(UserError), run.lease.write() as connection:
            parking.end(connection, run.name, to_text(run.now))
            at, told = to_text(self._clock()), {"error": error.code}
            runs.finish(connection, run.id, status=Status.FAILED, at=at, unsettled=False, report=told)
