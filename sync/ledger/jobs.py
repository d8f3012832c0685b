"""Jobs that a service works on for us, kept beside the ledger until their results were read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from connectors.salesforce.jobs import Job
from sync.ledger.rows import fetch, upsert
from sync.ledger.side import JOBS
from sync.times import to_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from sync.ledger.side import Side


def _now() -> datetime:
    return datetime.now(tz=UTC)


class KeptJobs:
    """The jobs of one connection; see `connectors.salesforce.jobs.Jobs`."""

    def __init__(self, side: Side, connection: str, *, clock: Callable[[], datetime] = _now) -> None:
        self._side = side
        self._connection = connection
        self._clock = clock

    def remember(self, job: Job) -> None:
        """See `Jobs.remember`."""
        row = (self._connection, job.id, job.as_text(), to_text(self._clock()))
        with self._side.write() as connection:
            upsert(connection, JOBS, ("connection", "job", "text", "at"), [row])

    def running(self) -> list[Job]:
        """See `Jobs.running`."""
        statement = select(JOBS.c.text).where(JOBS.c.connection == self._connection).order_by(JOBS.c.at, JOBS.c.job)
        with self._side.read() as connection:
            return [Job.of_text(text) for (text,) in fetch(connection, statement)]

    def forget(self, id_: str) -> None:
        """See `Jobs.forget`."""
        with self._side.write() as connection:
            connection.execute(delete(JOBS).where(JOBS.c.connection == self._connection, JOBS.c.job == id_))
