"""What every phase of one run shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from connectors.contract import Calling
from sync.sets import IN_KERNEL, SetWork

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sync.ledger.lease import Lease
    from sync.ledger.store import Ledger
    from sync.mapping.schema import Mapping


class Progress(Protocol):
    """Told how far a phase has come; a terminal draws it, a log ignores it."""

    def step(self, phase: str, done: int, total: int | None) -> None:
        """*phase* has done *done* of *total* items; None: nobody knows how many."""
        ...


class Silent:
    """Progress for those who do not look."""

    def step(self, phase: str, done: int, total: int | None) -> None:
        """See `Progress.step`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One mapping's run: its right to write, its moment, and where it reports."""

    id: str
    mapping: Mapping
    ledger: Ledger
    lease: Lease
    #: The run's one moment: every decision of it is made "now", so a repeated run decides alike.
    now: datetime
    progress: Progress
    #: Called before each durable or remote step with its name; tests end the process here.
    step: Callable[[str], None]
    notes: list[str] = field(default_factory=list)
    #: Earlier runs whose rows this one took over, however many died before it: what they wrote counts as written now.
    resumes: set[str] = field(default_factory=set)
    work: SetWork = IN_KERNEL
    #: Digest of what values are computed with.
    definition: str = ""
    #: Not empty: the source has told who was asked, now or ever.
    asks: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        return self.mapping.name


def calls_of(*ends: object) -> int:
    """Return the requests that *ends* of a mapping have made since they were opened."""
    return sum(end.calls for end in ends if isinstance(end, Calling))


class Laps:
    """How long each phase of a run took, in seconds."""

    def __init__(self, timer: Callable[[], float]) -> None:
        self._timer = timer
        self._last = timer()
        self.seconds: dict[str, float] = {}

    def done(self, phase: str) -> None:
        """Say that *phase* is over; it began when the one before it ended."""
        now = self._timer()
        self.seconds[phase] = now - self._last
        self._last = now
