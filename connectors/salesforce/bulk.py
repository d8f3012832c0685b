"""Bulk API 2.0 ingest: a file becomes a job, the job is waited for, its results are read (design facts A6).

A job is remembered before its upload. `Ingest.settle` takes up what an earlier run left: an unfinished upload is
aborted, a job that runs is waited for, so that it cannot put old values over new ones; one that did exactly what would
be sent now is taken for that.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from connectors.errors import Conflict, Deferred, Gone, Rejected, SchemaDrift, Unknown
from connectors.salesforce.jobs import Job
from connectors.salesforce.session import Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.salesforce.collections import Target
    from connectors.salesforce.jobs import Jobs
    from connectors.salesforce.session import Session
    from connectors.salesforce.spool import CsvFile

#: Seconds: the first look at a job, the longest wait between two, and how much longer each is than the one before.
FIRST_POLL_S = 0.4
LAST_POLL_S = 10.0
GROWTH = 1.5
#: Seconds after which a job is left to itself; the next run takes it up.
PATIENCE_S = 3_600.0
#: Uploads of one file at most: a broken one cannot be repeated into the same job.
UPLOADS = 3
_ENDED = frozenset({"JobComplete", "Failed", "Aborted"})
_NO_FIELD = "Field name not found"


@dataclass(frozen=True, slots=True)
class Ended:
    """A job that will do no more."""

    id: str
    #: `JobComplete`, `Failed` or `Aborted`.
    state: str
    #: Rows that it tried, the failed ones included.
    processed: int
    failed: int
    #: Salesforce's own words where the whole job failed; never shown.
    message: str = ""


class Ingest:
    """Runs ingest jobs of one org.

    Args:
        session: Of the org.
        jobs: Where jobs are remembered.
        clock: Seconds, monotonic.
        sleep: Waits seconds.
    """

    def __init__(
        self, session: Session, jobs: Jobs, *, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._session = session
        self._jobs = jobs
        self._clock = clock
        self._sleep = sleep
        #: What earlier runs left and what was found of it, by what they did.
        self._earlier: dict[tuple[str, str, str, str], Ended] = {}

    def settle(self) -> None:
        """Bring every job that is remembered to its end.

        Raises:
            Deferred: One is still running.
        """
        for job in self._jobs.running():
            ended = self._taken_up(job)
            if ended is None or ended.state != "JobComplete":
                self._jobs.forget(job.id)
            else:
                self._earlier[job.object, job.operation, job.key, job.digest] = ended

    def forget_earlier(self) -> None:
        """Drop what `settle` found: from now on the same rows are sent again."""
        for ended in self._earlier.values():
            self._jobs.forget(ended.id)
        self._earlier.clear()

    def run(self, target: Target, file: CsvFile) -> Ended:
        """Have the org apply *file*, and return the job when it has ended.

        Raises:
            Deferred: Nothing of it was applied.
            Unknown: It may be applied yet, or have been.
            SchemaDrift, Refused: The org does not take it.
        """
        operation = _operation(target)
        earlier = self._earlier.pop((target.object, operation, target.key, file.digest), None)
        if earlier is not None:
            return earlier
        for _ in range(UPLOADS):
            id_ = self._create(target, operation)
            self._jobs.remember(
                Job(
                    id=id_,
                    object=target.object,
                    operation=operation,
                    key=target.key,
                    digest=file.digest,
                    rows=file.rows,
                )
            )
            if self._upload(id_, target, file):
                self._close(id_)
                return self._wait(id_)
            self._abort(id_)
        raise Deferred(f"{self._session.where}: the upload of {file.rows} rows broke off {UPLOADS} times")

    def read(self, id_: str) -> None:
        """Say that a job's results were read: it need not be remembered any longer."""
        self._jobs.forget(id_)

    def _create(self, target: Target, operation: str) -> str:
        asked = {"object": target.object, "operation": operation, "contentType": "CSV", "lineEnding": "LF"}
        if operation == "upsert":
            asked["externalIdFieldName"] = target.key
        # Repeating it is safe: a job without data does nothing.
        call = Call("jobs/ingest", f"creating a job for {target.object}", "POST", orjson.dumps(asked))
        told = self._session.call(call)
        return str(told["id"])

    def _upload(self, id_: str, target: Target, file: CsvFile) -> bool:
        """Send the file; False: nobody knows what of it arrived."""

        def body() -> Any:  # noqa: ANN401 - a file, as requests takes it
            file.file.seek(0)
            return file.file

        call = Call(
            f"jobs/ingest/{id_}/batches",
            f"uploading {file.rows} {target.object} rows",
            "PUT",
            headers={"Content-Type": "text/csv; charset=UTF-8"},
            writes=True,
        )
        try:
            self._session.raw(call, body, repeatable=False)
        except Unknown:
            return False
        return True

    def _close(self, id_: str) -> None:
        """Say that the upload is complete; a lost answer is asked for by looking at the job."""
        call = Call(f"jobs/ingest/{id_}", "closing a job", "PATCH", b'{"state":"UploadComplete"}', writes=True)
        try:
            self._session.call(call)
        except (Rejected, Conflict, Unknown) as error:
            if self._state(id_).get("state") == "Open":
                raise Deferred(f"{self._session.where}: the job could not be closed") from error

    def _abort(self, id_: str) -> None:
        call = Call(f"jobs/ingest/{id_}", "aborting a job", "PATCH", b'{"state":"Aborted"}', writes=True)
        with suppress(Gone, Rejected, Conflict):  # it ended by itself
            self._session.call(call)
        self._jobs.forget(id_)

    def _wait(self, id_: str) -> Ended:
        until, pause = self._clock() + PATIENCE_S, FIRST_POLL_S
        while True:
            self._sleep(pause)
            try:
                told = self._state(id_)
            except Deferred as error:
                raise Unknown(f"{self._session.where}: lost sight of a job that was uploaded", code="E501") from error
            if told.get("state") in _ENDED:
                return self._ended(id_, told)
            if self._clock() > until:
                raise Unknown(f"{self._session.where}: a job still runs after an hour", code="E501")
            pause = min(LAST_POLL_S, pause * GROWTH)

    def _ended(self, id_: str, told: dict[str, Any]) -> Ended:
        ended = Ended(
            id_,
            str(told["state"]),
            int(told.get("numberRecordsProcessed") or 0),
            int(told.get("numberRecordsFailed") or 0),
            str(told.get("errorMessage") or ""),
        )
        if ended.state == "Failed" and not ended.processed and _NO_FIELD in ended.message:
            self._jobs.forget(id_)
            raise SchemaDrift(
                f"{self._session.where}: a job was refused because of an unknown field",
                next_step="Check that the mapping's fields exist and that the user may edit them.",
            )
        return ended

    def _taken_up(self, job: Job) -> Ended | None:
        """Bring an earlier run's job to its end; None: it never was, or is no more."""
        try:
            told = self._state(job.id)
            if told.get("state") == "Open":
                self._abort(job.id)
                return None
            if told.get("state") in _ENDED:
                return self._ended(job.id, told)
            return self._wait(job.id)
        except (Gone, SchemaDrift):
            return None
        except Unknown as error:
            raise Deferred(
                f"{self._session.where}: a job of an earlier run is still running",
                next_step="Nothing to do: the next run looks again.",
            ) from error

    def _state(self, id_: str) -> dict[str, Any]:
        told: dict[str, Any] = self._session.call(Call(f"jobs/ingest/{id_}", "looking at a job")) or {}
        return told


def _operation(target: Target) -> str:
    if target.delete:
        return "delete"
    return "update" if target.by_id else "upsert"
