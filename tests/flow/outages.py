"""A played CRM that goes down, and runs against it in time of their own: hours of an outage take a moment.

Connectors wait and look at the clock through `PlayedTime`; sockets, threads and the sandbox are real.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from threading import Condition, Thread
from typing import TYPE_CHECKING, Any

from connectors import registry
from connectors.budget import MemoryMeter
from connectors.errors import ConnectorError
from connectors.retry import SERVICE, Retry
from sandbox.limits import Limits
from sync.cli.failures import as_user_error
from sync.cli.running import exit_status
from sync.config.load import load_settings
from sync.engine import Choices
from sync.errors import UserError
from sync.mapping.load import load_mappings
from sync.report import State
from sync.wiring import Project
from tests.flow.played import PLAYED

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.exchange import Request
    from sync.report import RunReport
    from tests.flow.played import Crm

#: Seconds of ours without a new sleeper after which played time moves on to the next one that wakes.
QUIET_S = 0.004
#: Seconds of ours that stand for the 110 after which a call is given up.
GIVEN_UP_S = 1.0
#: Seconds of ours in which calls that leave together have all arrived.
TOGETHER_S = 0.05
BEGAN = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


class PlayedTime:
    """Seconds that pass when everybody who sleeps has nothing else to wait for; any number of threads."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._moved = Condition()
        self._wakes: list[float] = []
        #: How often a call was tried again, by the waits before it.
        self.retries = 0

    def __call__(self) -> float:
        with self._moved:
            return self._now

    def now(self) -> datetime:
        return BEGAN + timedelta(seconds=self())

    def sleep(self, seconds: float) -> None:
        with self._moved:
            wake = self._now + seconds
            heappush(self._wakes, wake)
            self._moved.notify_all()
            while self._now < wake:
                if not self._moved.wait(QUIET_S) and self._wakes[0] == wake:
                    self._now = wake
                    self._moved.notify_all()
            heappop(self._wakes)

    def before_a_retry(self, seconds: float) -> None:
        with self._moved:
            self.retries += 1
        self.sleep(seconds)


@dataclass(slots=True)
class Patient(Project):
    """A project whose connections live in played time."""

    time: PlayedTime = field(default_factory=PlayedTime)
    timeout: tuple[float, float] = SERVICE.timeout

    def _means(self, name: str, connection: Any) -> dict[str, Any]:
        time_ = self.time
        policy = replace(SERVICE, timeout=self.timeout)
        retry = Retry(policy=policy, sleep=time_.before_a_retry, random=lambda: 0.5, clock=time_)
        means: dict[str, Any] = {"retry": retry, "sleep": time_.sleep, "meter": MemoryMeter(time_)}
        return Project._means(self, name, connection) | means


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run came to."""

    exit: int
    #: The codes that a person is shown.
    codes: tuple[str, ...]
    pending: int
    #: Calls that were made again.
    retries: int
    #: Seconds from the first call that met the outage to the end of the run; 0.0: none met it.
    lasted_s: float
    report: RunReport | None


class Outage:
    """A CRM that goes down when a call fits, and stays so until `end`.

    Args:
        crm: Which one.
        kind: See `KINDS`.
        begins: Whether a call is the first to meet it; of those after it, all do that *meets* chooses.
        meets: Which calls it strikes once it has begun.
    """

    def __init__(
        self,
        crm: Crm,
        kind: str,
        begins: Callable[[Request], bool] = lambda _request: True,
        meets: Callable[[Request], bool] = lambda _request: True,
    ) -> None:
        self.crm, self.kind = crm, kind
        self.time = PlayedTime()
        self.began_at: float | None = None
        self.met = 0
        self.over = False
        self._begins, self._meets = begins, meets
        self._port = crm.service.port
        crm.service.limits = Limits()  # they are counted in our time
        crm.service.faults.set(KINDS[kind], 1.0, only=self._strikes)

    def _strikes(self, request: Request) -> bool:
        if self.began_at is None:
            if not self._begins(request):
                return False
            self.began_at = self.time()
            if self.kind == "gone":
                Thread(target=self.crm.service.vanish, daemon=True).start()
        if not self._meets(request):
            return False
        self.met += 1
        if self.kind == "silent":
            until = self.time() + SERVICE.timeout[1]
            time.sleep(TOGETHER_S)
            self.time.sleep(max(0.0, until - self.time()))
            time.sleep(GIVEN_UP_S)
        return True

    def gone(self) -> None:
        """Be gone from the start: nobody listens."""
        self.began_at = self.time()
        self.crm.service.vanish()

    def end(self) -> None:
        """Be well again, an hour later."""
        self.time.sleep(3600.0)
        if self.kind == "gone":
            self.crm.service.close()
            self.crm.service = PLAYED[self.crm.vendor].serve(self.crm.world, port=self._port)
            self.crm.service.limits = Limits()
        self.crm.service.faults.clear()
        self.over = True

    def sync(self, choices: Choices | None = None) -> Ran:
        """Run once, as a process of its own would."""
        return self.ran(lambda project: project.engine(self.crm.vendor).sync(choices or Choices()))

    def project(self) -> Patient:
        """Open the project as a process of its own would; a context manager."""
        config = self.crm.desk.folder / "config.yaml"
        settings = load_settings(config, registry.kinds())
        return Patient(
            root=config.parent,
            settings=settings,
            mappings={mapping.name: mapping for mapping in load_mappings(config, settings)},
            clock=self.time.now,
            time=self.time,
            timeout=(GIVEN_UP_S, GIVEN_UP_S) if self.kind == "silent" and not self.over else SERVICE.timeout,
        )

    def ran(self, work: Callable[[Project], RunReport]) -> Ran:
        """Do something with a project that is opened and closed for it."""
        retries = self.time.retries
        report: RunReport | None = None
        codes: tuple[str, ...]
        with self.project() as project:
            try:
                report = work(project)
            except (ConnectorError, UserError) as error:
                told = as_user_error(error)
                status, codes = int(told.exit), (told.code,)
            else:
                status = int(exit_status(report))
                codes = tuple(dict.fromkeys(code for _, code, _ in report.troubles))
        lasted = 0.0 if self.began_at is None else self.time() - self.began_at
        pending = report.rows.total(State.PENDING) if report else 0
        return Ran(status, codes, pending, self.time.retries - retries, lasted, report)


#: How a vendor is down → the sandbox's switch for it.
KINDS = {
    "unavailable": "status_503",
    "cut": "cut_before",
    "unanswered": "cut_after",
    "silent": "cut_before",
    "gone": "cut_before",
}


def writes(vendor: str) -> Callable[[Request], bool]:
    """Choose the calls that write."""
    if vendor == "hubspot":
        return lambda request: any(f"/batch/{verb}" in request.path for verb in ("update", "upsert", "create"))
    return lambda request: request.method in ("POST", "PATCH", "PUT") and "/data/v" in request.path


def after(number: int, chosen: Callable[[Request], bool]) -> Callable[[Request], bool]:
    """Choose the call that comes after *number* of those that are *chosen*."""
    left = [number]

    def begins(request: Request) -> bool:
        if chosen(request):
            left[0] -= 1
        return left[0] < 0

    return begins
