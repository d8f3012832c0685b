"""A run, from the first page to the report (`design.md` §5): pull, match, compute, plan, guard, deliver."""

from __future__ import annotations

import time
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from connectors.contract import Accounts, Schema
from connectors.errors import ConnectorError
from sync.changes import field_changes
from sync.compute import Computer
from sync.deliver import deliver
from sync.errors import UserError
from sync.failures import reopen
from sync.guard import is_kept, look
from sync.keeping import trim
from sync.late import is_idle, put_right
from sync.ledger import inbox, matching, parking, profiles, runs, unmatched
from sync.ledger.lease import acquire
from sync.match import Matcher
from sync.persons import check_unique
from sync.pull import pull
from sync.replay import Replay
from sync.report import State, Status
from sync.reporting import Doings, report_of
from sync.run import Laps, Run, Silent, calls_of
from sync.sets import IN_KERNEL, SetWork
from sync.shapes import Shapes
from sync.times import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from connectors.contract import Destination, Directory, SurveySource
    from sync.config.schema import Settings
    from sync.deliver import Delivered
    from sync.identity.settings import Rule
    from sync.ledger.failures import Selection
    from sync.ledger.lease import Lease
    from sync.ledger.store import Ledger
    from sync.mapping.schema import Mapping as MappingFile
    from sync.report import RunReport
    from sync.run import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """The two ends of a mapping, ready to be spoken to."""

    source: SurveySource
    destination: Destination
    directory: Directory
    rules: Sequence[Rule]
    #: Requests that source and destination had made before: another mapping may have used them.
    called: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a run is asked to do."""

    #: Compute the plan and the field changes, then forget them: nothing is stored or written.
    dry_run: bool = False
    #: Read every source from its start and compute everything again; equal values are not written.
    full_refresh: bool = False
    #: Read at most so many rows.
    limit: int | None = None
    #: The id of a plan that the guard stopped, to let it through.
    confirm: str | None = None
    #: Fetch what the survey service has called about, and leave polling to another run.
    only_told: bool = False
    #: Send again what failed; the source is not read.
    replay: Selection | None = None


DEFAULT = Choices()


class Engine:
    """Runs one mapping.

    Args:
        ends: Opens the two ends; told whether the run is a dry one.
        clock: Tells the time; a run asks once and keeps the answer.
        step: Called before every durable or remote step with its name.
        work: How set work is done.
        lease: Takes the right to write for a mapping; tells who holds it.
        begun: Called with the run's id once the ledger knows it; not of a dry run, which leaves nothing to look at.
    """

    def __init__(  # noqa: PLR0913 - what a run needs from outside
        self,
        *,
        mapping: MappingFile,
        settings: Settings,
        ledger: Ledger,
        ends: Callable[[bool], Ends],
        clock: Callable[[], datetime],
        progress: Progress | None = None,
        step: Callable[[str], None] = lambda _name: None,
        begun: Callable[[str], None] = lambda _run: None,
        timer: Callable[[], float] = time.monotonic,
        work: SetWork = IN_KERNEL,
        lease: Callable[[Ledger, str, Callable[[], datetime]], Lease] = acquire,
    ) -> None:
        self._mapping = mapping
        self._settings = settings
        self._ledger = ledger
        self._open = ends
        self._clock = clock
        self._progress = progress or Silent()
        self._step = step
        self._begun = begun
        self._timer = timer
        self._work = work
        self._lease = lease

    def sync(self, choices: Choices = DEFAULT) -> RunReport:
        """Bring the destination up to date, or replay what failed.

        Raises:
            UserError: The run cannot start or go on; what was done is kept.
            ConnectorError: An end of the mapping cannot be reached or read.
        """
        ends = self._open(choices.dry_run)
        lease = self._lease(self._ledger, self._mapping.name, self._clock)
        try:
            run = self._begin(lease, dry_run=choices.dry_run)
            with self._ledger.rolled_back() if choices.dry_run else nullcontext():
                return self._perform(run, ends, choices)
        finally:
            with suppress(UserError):  # the lease of a dead process is not respected; the first error is what matters
                lease.release()

    def _begin(self, lease: Lease, *, dry_run: bool) -> Run:
        now = self._clock()
        with self._ledger.read() as connection:
            id_ = runs.new_id(connection, now)
        return Run(
            id=f"{id_}-dry" if dry_run else id_,
            mapping=self._mapping,
            ledger=self._ledger,
            lease=lease,
            now=now,
            progress=self._progress,
            step=self._step,
            work=self._work,
            definition=self._digest(),
        )

    def _perform(self, run: Run, ends: Ends, choices: Choices) -> RunReport:
        laps, did = Laps(self._timer), Doings(dry_run=choices.dry_run)
        replay = None if choices.replay is None else Replay(run, choices.replay)
        before = run.definition if replay else self._prepare(run, full_refresh=choices.full_refresh)
        redefined = before is not None and before != run.definition
        try:
            if replay is not None:
                replay.begin(ends.destination)
            if not choices.dry_run:
                self._begun(run.id)
            if redefined or replay or not is_kept(run, choices.confirm):
                self._decide(run, ends, choices, replay, did, laps, redefined=redefined)
                self._define(run, before)
            did.plan, did.stopped, writes = look(run, self._settings.limits, choices.confirm, dry_run=choices.dry_run)
            if did.stopped or choices.dry_run:
                did.changes = field_changes(run, ends.destination, dry_run=choices.dry_run)
            laps.done("plan")
            if not did.stopped and not choices.dry_run:
                if writes or replay is not None or not is_idle(run):
                    waves = self._waves(run, ends, (None,) if replay is None else replay.waves())
                    did.delivered = self._deliver(run, ends.destination, writes, waves)
                laps.done("deliver")
        except (ConnectorError, UserError) as error:
            self._give_up(run, error)
            raise
        did.replayed = None if replay is None else replay.told()
        did.calls = calls_of(ends.source, ends.destination) - ends.called
        report = report_of(run, did, self._settings.nps, laps)
        self._finish(run, report, did)
        return report

    def _decide(  # noqa: PLR0913 - one run's whole way
        self,
        run: Run,
        ends: Ends,
        choices: Choices,
        replay: Replay | None,
        did: Doings,
        laps: Laps,
        *,
        redefined: bool,
    ) -> None:
        """Pull, match and compute: everything up to the plan."""
        if replay is None:
            did.pulled = pull(run, ends.source, limit=choices.limit, only_told=choices.only_told)
            reopen(run, ends.destination)
        laps.done("pull")
        matcher = self._matcher(run, ends)
        matcher.match(held=replay is None)
        laps.done("match")
        computer = self._computer(run, ends, redefined=redefined)
        computer.compute()
        if replay is None:
            self._expire(run, redefined=redefined)
        else:
            replay.plan()
        laps.done("compute")

    def _matcher(self, run: Run, ends: Ends) -> Matcher:
        return Matcher(run, ends.directory, ends.rules, self._settings.identity)

    def _computer(self, run: Run, ends: Ends, *, redefined: bool) -> Computer:
        accounts = ends.directory if isinstance(ends.directory, Accounts) else None
        return Computer(run, self._settings, accounts, ends.destination.read, redefined=redefined)

    def _waves(self, run: Run, ends: Ends, waves: Iterable[None]) -> Iterator[None]:
        """Let *waves* be sent, after what an older write may have undone.

        Then comes what names records that were made by them, which have ids of their own now.
        """
        put_right(run, ends.destination)
        yield from waves
        if self._mapping.creates_by and self._matcher(run, ends).adopt():
            self._computer(run, ends, redefined=False).compute()
            yield

    def _prepare(self, run: Run, *, full_refresh: bool) -> str | None:
        """Begin the run, take over what earlier ones left, and queue what time or new definitions change.

        Returns:
            Digest of what values were computed with before; None: nothing was.
        """
        now = to_text(run.now)
        run.step("run.begin")
        with run.lease.write() as connection:
            runs.begin(connection, run.id, run.name, now)
            carried, earlier = inbox.carry_over(connection, run.name, run.id)
            inbox.entered(connection, run.id, carried)
            run.resumes.update(earlier)
            before = matching.definition(connection, run.name)
            redefined = before is not None and before != run.definition
            parking.tidy(connection, run.name)
            if full_refresh:
                inbox.forget_cursors(connection, run.name)
            if full_refresh or redefined:
                profiles.touch_all(connection, run.name)
            profiles.touch_due(connection, run.name, now)
        return before

    def _expire(self, run: Run, *, redefined: bool) -> None:
        """Have those count who belong to no record, as long as the definitions say that a response counts."""
        after = to_text(run.now - self._settings.nps.expires_after)
        with run.ledger.read() as connection:
            if not redefined and not unmatched.expired(connection, run.name, after):
                return
        run.step("match.expire")
        with run.lease.write() as connection:
            if redefined:
                unmatched.recount(connection, run.name, None)
            unmatched.expire(connection, run.name, after)

    def _define(self, run: Run, before: str | None) -> None:
        if before != run.definition:
            run.step("run.define")
            with run.lease.write() as connection:
                matching.define(connection, run.name, run.definition)

    def _digest(self) -> str:
        """Digest what values are computed with; where it changes, everything is computed again."""
        settings = self._settings
        segments = (f"{name}={rule!r}" for name, rule in sorted(settings.segments.items()))
        parts = [self._mapping.model_dump_json(), settings.nps.model_dump_json(), *segments]
        return blake2b("\x1e".join(parts).encode(), digest_size=16).hexdigest()

    def _deliver(self, run: Run, destination: Destination, total: int, waves: Iterable[None]) -> Delivered:
        if total and isinstance(destination, Schema):
            run.step("deliver.ensure")
            check_unique(self._mapping, destination)
            for shape in Shapes(self._mapping).all():
                destination.ensure(shape.object, shape.key_fields(), shape.fields())
        return deliver(run, destination, total, waves)

    def _finish(self, run: Run, report: RunReport, did: Doings) -> None:
        at, unsettled = to_text(self._clock()), report.rows.total(State.PENDING) > 0
        run.step("run.finish")
        with run.lease.write() as connection:
            runs.finish(connection, run.id, status=report.status, at=at, unsettled=unsettled, report=report.as_json())
            inbox.settled(connection, run.resumes)
            trim(connection, run, self._settings.privacy, did.pulled.trimmed)

    def _give_up(self, run: Run, error: ConnectorError | UserError) -> None:
        """Say in the ledger how far the run came, if the ledger still takes it."""
        at, told = to_text(self._clock()), {"error": error.code}
        with suppress(UserError), run.lease.write() as connection:
            runs.finish(connection, run.id, status=Status.FAILED, at=at, unsettled=True, report=told)
