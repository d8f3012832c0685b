"""The report of a run, from what its phases did and what the ledger says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sync import tally
from sync.deliver import Delivered
from sync.ledger import outbox
from sync.pull import Pulled
from sync.report import FieldChange, Replayed, RunReport, State, Status
from sync.shapes import Shapes

if TYPE_CHECKING:
    from sync.nps.settings import NpsSettings
    from sync.run import Laps, Run


@dataclass(slots=True)
class Doings:
    """What the phases of a run did."""

    dry_run: bool
    pulled: Pulled = field(default_factory=Pulled)
    delivered: Delivered = field(default_factory=Delivered)
    #: See `RunReport.calls`.
    calls: int = 0
    #: The plan's id, where a person may have to confirm it.
    plan: str | None = None
    stopped: tuple[str, ...] = ()
    changes: tuple[FieldChange, ...] = ()
    replayed: tuple[Replayed, ...] | None = None


def report_of(run: Run, did: Doings, settings: NpsSettings, laps: Laps) -> RunReport:
    """Return what a run can say of itself.

    Raises:
        CountsDisagree: The rows that came in are not those that are accounted for.
    """
    with run.ledger.read() as connection:
        rows = tally.rows(connection, run)
        nps = tally.nps(connection, run, settings)
        asked = tally.asked(connection, run, settings)
        planned = outbox.extent(connection, run.name, Shapes(run.mapping).records()).writes if did.dry_run else {}
    rows.check()
    ended = did.delivered.stopped
    return RunReport(
        run=run.id,
        mapping=run.name,
        status=_status(did, unsound=bool(rows.total(State.REJECTED) or rows.total(State.PENDING))),
        rows=rows,
        writes=planned if did.dry_run else dict(sorted(did.delivered.writes.items())),
        calls=did.calls,
        seconds=laps.seconds,
        nps=nps,
        sends=asked,
        notes=tuple(run.notes),
        refused=tuple((str(error), error.code, error.next_step) for error in did.pulled.refused),
        ended=None if ended is None else (str(ended), ended.code, ended.next_step),
        plan=did.plan if did.stopped or did.dry_run else None,
        stopped_because=did.stopped,
        changes=did.changes,
        replayed=did.replayed,
    )


def _status(did: Doings, *, unsound: bool) -> Status:
    if did.stopped:
        return Status.STOPPED
    if did.dry_run:
        return Status.DRY_RUN
    failed = unsound or did.pulled.refused or did.delivered.stopped or did.delivered.failed
    return Status.SOME_ROWS_FAILED if failed else Status.DONE
