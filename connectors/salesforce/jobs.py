"""Bulk jobs that are under way, remembered before their upload so that a run that dies leaves none unknown.

A job that nobody remembers could apply old values after newer ones were written. The next run takes it up again:
it waits for its end, and where it would send the very same rows it takes the job's results for its own.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One ingest job."""

    #: `750...`
    id: str
    object: str
    #: `update`, `upsert` or `delete`.
    operation: str
    #: The field by which rows are matched.
    key: str
    #: SHA-256 of the file that it was made for.
    digest: str
    rows: int

    def as_text(self) -> str:
        """Return the job as JSON, to be stored."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def of_text(cls, text: str) -> Job:
        """Read what `as_text` wrote.

        >>> job = Job(id="750x", object="Contact", operation="update", key="Id", digest="00", rows=2)
        >>> Job.of_text(job.as_text()) == job
        True
        """
        return cls(**json.loads(text))


class Jobs(Protocol):
    """Where jobs are remembered."""

    def remember(self, job: Job) -> None:
        """Keep *job*, durably, before anything is uploaded to it."""
        ...

    def running(self) -> list[Job]:
        """Return the jobs that nobody has forgotten, oldest first."""
        ...

    def forget(self, id_: str) -> None:
        """Drop a job whose results were read."""
        ...


class NoJobs:
    """Remembers nothing: for a connection without a ledger."""

    def remember(self, job: Job) -> None:
        """See `Jobs.remember`."""

    def running(self) -> list[Job]:
        """See `Jobs.running`."""
        return []

    def forget(self, id_: str) -> None:
        """See `Jobs.forget`."""
