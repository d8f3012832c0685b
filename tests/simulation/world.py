"""One simulated world: a survey service, a CRM, our processes one after the other, and what they leave behind."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from random import Random
from typing import TYPE_CHECKING

from connectors.budget import Gate, MemoryMeter, Window
from connectors.calling import Caller
from connectors.errors import ConnectorError
from connectors.retry import Policy, Retry
from sync.engine import DEFAULT, Ends, Engine
from sync.errors import UserError
from sync.identity.settings import Rule
from sync.ledger.lease import acquire
from sync.mapping.schema import rules
from sync.times import to_text
from tests.simulation import checks, commands, events
from tests.simulation.client import BulkClient, Client
from tests.simulation.crm import Crm
from tests.simulation.passing import Crash, Time, Violation
from tests.simulation.plain import row_by_row
from tests.simulation.process import Process
from tests.simulation.remote import Fault, Remote
from tests.simulation.setting import mapping, settings
from tests.simulation.survey import CANARY, LOOK_BACK_S, Source, Survey

if TYPE_CHECKING:
    from connectors.values import FieldValue
    from sync.engine import Choices
    from sync.report import RunReport
    from sync.sets import SetWork
    from tests.simulation.crm import Ref
    from tests.simulation.history import History, Item
    from tests.simulation.setting import Bench
    from tests.simulation.survey import Row

    Items = list[Item] | tuple[Item, ...]

#: Runs without trouble after which everything must be where it belongs.
QUIET_RUNS = 7
WINDOW = Window(6, 10.0)


@dataclass(slots=True)
class Story:
    """What happened, and what of it must not have."""

    history: History
    log: list[str] = field(default_factory=list)
    #: The invariant that does not hold.
    violation: str | None = None
    #: Steps crashed, and faults met.
    met: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    runs: int = 0
    #: Steps that were reached.
    steps: Counter[str] = field(default_factory=Counter)

    @property
    def invariant(self) -> str | None:
        return None if self.violation is None else self.violation.split()[0]

    def digest(self) -> str:
        """Digest the log: equal for equal seeds."""
        return blake2b("\n".join(self.log).encode(), digest_size=16).hexdigest()


def play(history: History, bench: Bench, work: SetWork | None = None) -> Story:
    """Live through *history*, checking all the way."""
    story = Story(history)
    world = World(history, bench, story, work or row_by_row())
    try:
        world.live()
    except Violation as violation:
        story.violation = str(violation)
        story.log.append(f"violation {violation}")
    return story


class World:
    """See the module."""

    def __init__(self, history: History, bench: Bench, story: Story, work: SetWork) -> None:
        self.history, self.bench, self.story = history, bench, story
        self.knobs = history.knobs
        self.time = Time()
        self.survey = Survey()
        self.crm = Crm(self.time, self.knobs.redirects)
        self.version = 0
        self.complained: dict[tuple[str, str], str] = {}
        self._work = work
        self.ledger = bench.begin()
        self._random = Random(history.seed ^ 0x5EED)
        self._meter = MemoryMeter(self.time.monotonic)
        self._alive: set[str] = set()
        self._processes = 0
        self.called: list[float] = []
        #: When the survey service was.
        self.pulled: list[float] = []
        #: Run → what the CRM held when it began; kept where one is to be undone.
        self.states: dict[str, dict[Ref, dict[str, FieldValue]]] = {}
        self._keeps = any(item.what == "undo" for item in history.items)
        #: Records of which somebody else decided what they hold: what was undone, and those of the forgotten.
        self.apart: set[Ref] = set()
        #: Tasks that are acknowledged: they are people's.
        self.tasks: set[str] = set()
        #: How many of the CRM's writes have been looked at.
        self.seen = 0
        #: Persons who were forgotten, and the responses that were erased with them.
        self.forgotten: set[int] = set()
        self.erased: set[int] = set()
        events.populate(self)

    def log(self, text: str) -> None:
        if CANARY in text:
            raise Violation(f"I9 an address or a comment was told: {text}")
        self.story.log.append(f"{self.time.passed_s:.3f} {text}")

    def live(self) -> None:
        """Live through the history, then through a quiet phase at whose end everything must be in its place."""
        for number in range(self.history.runs):
            items = [item for item in self.history.items if item.run == number]
            self.time.sleep(self.knobs.pause_s)
            for item in items:
                if item.what in commands.COMMANDS:
                    commands.carry_out(self, item)
                elif item.at == 0:
                    events.happen(self, item)
            self.run(items)
        self._quiet()
        checks.at_end(self)

    def _quiet(self) -> None:
        self.crm.missing.clear()
        for _ in range(QUIET_RUNS):
            self.time.sleep(90_000.0)
            report = self.run(())
            if report is not None and checks.is_done(report):
                return
        raise Violation(f"I6 after {QUIET_RUNS} runs without trouble there is still something to do")

    def client(self, remote: Remote, items: Items) -> Client:
        """Return the connector of one process."""
        knobs, time = self.knobs, self.time
        policy = Policy(attempts=1) if "retries" in knobs.off else Policy()
        retry = Retry(policy=policy, sleep=time.sleep, random=self._random.random, clock=time.monotonic)
        gate = Gate("crm", self._meter, [WINDOW], sleep=time.sleep, now=time.now)
        renew = None if "renewal" in knobs.off else remote.renew
        made = BulkClient if knobs.bulk else Client
        caller = Caller("crm", gate=gate, retry=retry, renew=renew)
        return made(self.crm, remote, caller, knobs.batch, reads="read_back" not in knobs.off or not items)

    def run(self, items: Items, choices: Choices = DEFAULT) -> RunReport | None:
        """Run once as a process of its own; None: it did not get to its report."""
        process, remote = self.process(items)
        knobs, time, client = self.knobs, self.time, self.client(remote, items)
        look_back_s = 0.0 if "look_back" in knobs.off else LOOK_BACK_S
        file = mapping(knobs.blocks)
        ends = Ends(
            source=Source(self.survey, remote, knobs.page, look_back_s, knobs.echo),
            destination=client,
            directory=client,
            rules=[Rule(kind=rule.kind, object=rule.object) for rule in rules(file)],
        )
        engine = Engine(
            mapping=file,
            settings=settings(self.version),
            ledger=self.ledger.seen_by(process),
            ends=lambda _dry_run: ends,
            clock=time.now,
            step=process.step,
            timer=time.monotonic,
            work=self._work,
            lease=partial(acquire, holder=process.name, alive=self._alive.__contains__),
            begun=self._began,
        )
        return self._ran(engine, process, remote, choices)

    def _began(self, run: str) -> None:
        if self._keeps:
            self.states[run] = deepcopy(self.crm.held)

    def _ran(self, engine: Engine, process: Process, remote: Remote, choices: Choices) -> RunReport | None:
        report = None
        try:
            report = engine.sync(choices)
        except Crash:
            self.log(f"{process.name} died")
        except (ConnectorError, UserError) as error:
            what = str(error).replace(str(self.bench.path), "the ledger").splitlines()[0]
            self.log(f"{process.name} ended: {type(error).__name__} {error.code} {what}")
        except Violation:
            raise
        except AssertionError as error:
            raise Violation(f"OURS {type(error).__name__}: {error}") from error
        else:
            told = report.as_json()
            self.log(f"{process.name} {told['status']} {told['rows']} wrote {told['writes']}")
            checks.no_canary(str(told))
        self.ended(process, remote)
        checks.at_any_time(self, process)
        return report

    def ended(self, process: Process, remote: Remote) -> None:
        """Count what a process did that is no more."""
        if "release" not in self.knobs.off or not process.dead:
            self._alive.discard(process.name)
        self.story.calls += remote.calls
        self.story.runs += 1
        self.story.steps.update(process.steps)

    def gone(self, row: Row) -> bool:
        """Tell whether a response is, or was, of somebody who was forgotten: it never comes back."""
        return row.person in self.forgotten or row.number in self.erased

    def process(self, items: Items) -> tuple[Process, Remote]:
        """Return a new process, and its way to the services."""
        self._processes += 1
        commits = {item.at: str(item.how[0]) for item in items if item.what == "commit"}
        stops = {(str(item.how[0]), item.at): item.what for item in items if item.what in ("crash", "second", "stall")}
        process = Process(
            name=f"p{self._processes}",
            log=self.log,
            reached=lambda process, name, time: self._reached(process, name, stops.get((name, time))),
            commits=commits,
            met=self.story.met,
        )
        self._alive.add(process.name)
        remote = Remote(
            time=self.time,
            crm=self.crm,
            process=process,
            faults={item.at: Fault(str(item.how[0])) for item in items if item.what == "call"},
            write_faults={item.at: Fault(str(item.how[0])) for item in items if item.what == "write"},
            met=self.story.met,
            log=self.log,
            before=lambda call: self._before(call, items),
            complained=self.complained,
            called=self.called,
            pulled=self.pulled,
        )
        return process, remote

    def _before(self, call: int, items: Items) -> None:
        for item in items:
            if item.at == call and item.what in events.HAPPENINGS:
                events.happen(self, item)

    def _reached(self, process: Process, step: str, what: str | None) -> None:
        if what is None:
            return
        self.story.met[f"{what} {step}"] += 1
        if what == "crash":
            process.die(f"before {step}")
        if what == "stall":
            self.time.sleep(700.0)
        before = len(self.story.log)
        until = self.bench.look().execute("SELECT max(expires_at) FROM leases").fetchone()[0]
        is_over = until <= to_text(self.time.now())  # a run that slept through its lease has lost it
        report = self.run(())
        if what == "stall" or is_over:
            process.fenced = report is not None
        elif report is not None:
            raise Violation(f"LEASE two processes ran at once: {self.story.log[before:]}")
