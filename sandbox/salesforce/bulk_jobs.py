"""Bulk jobs and the time they take: a job is worked off while its client polls, or when it has waited long enough."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.salesforce.bulk_csv import Form
    from sandbox.salesforce.bulk_first import FirstJob
    from sandbox.salesforce.writing import Saved

DAY = 24 * 3600
#: Jobs, and what they gave, are kept for a week; the Bulk guide, read 2026-09.
KEPT_SECONDS = 7 * DAY
#: Rows of one internal batch, which are counted against a daily limit.
BATCH_ROWS = 10_000
BATCHES_A_DAY = 15_000
ENDED = frozenset({"JobComplete", "Failed", "Aborted"})


@dataclass(slots=True)
class Pace:
    """How long jobs take."""

    #: Polls until a job is done; each works off its share of the rows.
    polls: int = 2
    #: Seconds after which a job is done though nobody polls.
    seconds: float = 60.0
    #: Rows that are written together; an external id that comes twice among them is refused.
    together: int = 200


@dataclass(slots=True, kw_only=True)
class Job:
    """One ingest or query job."""

    id: str
    #: insert, update, upsert, delete or hardDelete; query or queryAll.
    operation: str
    object: str
    form: Form
    api_version: float
    created_by: str
    created: str
    #: Seconds since 1970.
    made: float
    state: str = "Open"
    modstamp: str = ""
    #: The field that upserts go by.
    external_id: str | None = None
    assignment_rule: str | None = None
    error: str | None = None
    data: bytes | None = None
    #: Its query, planned, and the ids or (aggregates aside) rows that it found.
    query: Any = None
    found: list[dict[str, Any]] = field(default_factory=list)
    rows: int = 0
    #: What became of each row, in the order of the data; shorter than *rows* until it is done.
    outcomes: list[Saved] = field(default_factory=list)
    closed: float = 0.0
    polled: int = 0
    #: Polls that it takes.
    polls: int = 1
    #: Where it ends before its time: the state, and the share of rows done by then.
    ends: tuple[str, float] = ("JobComplete", 1.0)

    @property
    def type(self) -> str:
        return "V2Ingest" if self.query is None else "V2Query"

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def running(self) -> bool:
        return self.state in {"UploadComplete", "InProgress"}

    @property
    def failed(self) -> int:
        return sum(1 for saved in self.outcomes if saved.errors)

    def info(self) -> dict[str, Any]:
        """Tell what every reply about the job tells."""
        told: dict[str, Any] = {
            "id": self.id,
            "operation": self.operation,
            "object": self.object,
            "createdById": self.created_by,
            "createdDate": self.created,
            "systemModstamp": self.modstamp,
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": self.api_version,
        }
        if self.external_id:
            told["externalIdFieldName"] = self.external_id
        if self.assignment_rule:
            told["assignmentRuleId"] = self.assignment_rule
        return told

    def form_info(self) -> dict[str, str]:
        return {"lineEnding": self.form.line_ending, "columnDelimiter": self.form.delimiter}


@dataclass(slots=True)
class Jobs:
    """The jobs of an org by their ids, in the order in which they were made."""

    pace: Pace = field(default_factory=Pace)
    by_id: dict[str, Job] = field(default_factory=dict)
    #: Jobs of the first Bulk API.
    first: dict[str, FirstJob] = field(default_factory=dict)
    #: (seconds since 1970, batches) of each job that was worked off.
    batches: list[tuple[float, int]] = field(default_factory=list)

    def forget(self, now: float) -> None:
        """Drop jobs that are too old."""
        for name in [name for name, job in self.by_id.items() if now - job.made > KEPT_SECONDS]:
            del self.by_id[name]

    def batches_left(self, now: float) -> int:
        """Return how many batches the rolling day has left."""
        return BATCHES_A_DAY - sum(count for at, count in self.batches if now - at < DAY)
