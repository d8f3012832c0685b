"""What a run did, as numbers that must add up."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class State(StrEnum):
    """Where a row is; every row that enters is in exactly one (`design.md` §1)."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    HELD = "held"
    REJECTED = "rejected"
    PENDING = "pending"


class Status(StrEnum):
    """How a run ended; computed from its counts, never set by hand."""

    RUNNING = "running"
    DONE = "done"
    SOME_ROWS_FAILED = "some_rows_failed"
    STOPPED = "stopped_by_guard"
    FAILED = "failed"
    DRY_RUN = "dry_run"


class CountsDisagree(AssertionError):
    """The rows that came in are not the rows that are accounted for: the run has failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows by state, and by reason within a state."""

    #: Rows read in this run, and rows that an interrupted run had left pending.
    entered: int
    #: state → reason → rows; the reason is empty for `written`, `unchanged` and `pending`.
    by_state: Mapping[State, Mapping[str, int]]

    def total(self, state: State) -> int:
        return sum(self.by_state.get(state, {}).values())

    def check(self) -> None:
        """Raise `CountsDisagree` unless in = written + unchanged + skipped + held + rejected + pending."""
        accounted = sum(self.total(state) for state in State)
        if accounted != self.entered:
            raise CountsDisagree(f"{self.entered} rows came in, {accounted} are accounted for")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field of one record, as a plan would change it."""

    object: str
    record: str
    field: str
    old: Any
    new: Any
    #: Why: the response that caused it (`response survey:8812`), or `time passed`.
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What became of a group of failures: the same object, code and fields."""

    object: str
    #: What may end it; see `docs/reference/ledger-writes.md`.
    kind: str
    code: str
    fields: tuple[str, ...]
    #: All that were chosen.
    failures: int
    #: Repaired, replaced by newer values, or wanted no more: no call was made for them.
    superseded: int
    delivered: int
    failed: int
    #: Not sent: it is a dry run, or too many of those before them failed.
    left: int
    #: Of how many the `data`, the `mapping` or the `schema` is another than when they failed.
    changed: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"fields": list(self.fields), "changed": dict(self.changed)}


@dataclass(frozen=True, slots=True, kw_only=True)
class NpsSummary:
    """NPS over the latest responses of all persons, matched or not, −100..100, with its interval."""

    nps: float | None
    low: float | None
    high: float | None
    responses: int
    promoters: int
    passives: int
    detractors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSummary:
    """What the source says of those who were asked within `expires_after`, matched to a record or not."""

    #: Surveys that were delivered: without those that bounced.
    sends: int
    #: How many of them were answered.
    answered: int
    #: `answered` out of `sends`, 0 to 1; None: nobody was asked.
    response_rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """Everything a run can say of itself."""

    run: str
    mapping: str
    status: Status
    rows: Rows
    #: Writes accepted by the destination in this run, by object.
    writes: Mapping[str, int] = field(default_factory=dict)
    #: Requests made to the source and the destination, those made again included; 0: neither is reached over HTTP.
    calls: int
    #: By phase: pull, match, compute, plan, deliver.
    seconds: Mapping[str, float]
    nps: NpsSummary | None
    #: None: the source does not tell who was asked.
    sends: SendSummary | None = None
    notes: tuple[str, ...] = ()
    #: Streams that could not be read: what, code, next step.
    refused: tuple[tuple[str, str, str], ...] = ()
    #: Why the delivery ended before everything was sent, in the same three; the rest is pending.
    ended: tuple[str, str, str] | None = None
    #: Set when the guard stopped the run: `npsync sync --confirm PLAN` goes on.
    plan: str | None = None
    #: Why the guard stopped the run, a sentence each.
    stopped_because: tuple[str, ...] = ()
    #: A dry run's changes, in the order of records and fields.
    changes: tuple[FieldChange, ...] = ()
    #: What a replay did, by group of failures; None: the run was none.
    replayed: tuple[Replayed, ...] | None = None

    @property
    def troubles(self) -> tuple[tuple[str, str, str], ...]:
        """What kept the run from reading or sending everything: what, code, next step."""
        return self.refused if self.ended is None else (*self.refused, self.ended)

    def as_json(self) -> dict[str, Any]:
        """The object that `--output json` prints."""
        return {
            "run": self.run,
            "mapping": self.mapping,
            "status": self.status.value,
            "rows": {"in": self.rows.entered} | {state.value: self.rows.total(state) for state in State},
            "skipped_by_reason": dict(self.rows.by_state.get(State.SKIPPED, {})),
            "held_by_reason": dict(self.rows.by_state.get(State.HELD, {})),
            "rejected_by_reason": dict(self.rows.by_state.get(State.REJECTED, {})),
            "writes": dict(self.writes),
            "calls": self.calls,
            "seconds": round(sum(self.seconds.values()), 3),
            "seconds_by_phase": {phase: round(seconds, 3) for phase, seconds in self.seconds.items()},
            "nps": None
            if self.nps is None
            else {
                "nps": self.nps.nps,
                "low": self.nps.low,
                "high": self.nps.high,
                "responses": self.nps.responses,
                "promoters": self.nps.promoters,
                "passives": self.nps.passives,
                "detractors": self.nps.detractors,
            },
            "sends": None if self.sends is None else asdict(self.sends),
            "notes": list(self.notes),
            "refused": [_trouble(each) for each in self.refused],
            "ended": None if self.ended is None else _trouble(self.ended),
            "plan": self.plan,
            "stopped_because": list(self.stopped_because),
        } | ({} if self.replayed is None else {"replayed": [each.as_json() for each in self.replayed]})


def _trouble(told: tuple[str, str, str]) -> dict[str, str]:
    return dict(zip(("what", "code", "next_step"), told, strict=True))
