"""The work of Bulk jobs: rows of their data are written, or records found, a share at each poll."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from sandbox.salesforce.bulk_csv import Unusable
from sandbox.salesforce.bulk_jobs import BATCH_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.salesforce.bulk_jobs import Job
    from sandbox.salesforce.objects import Kind
    from sandbox.salesforce.org import Org

_NULL = "#N/A"
_DELETES = frozenset({"delete", "hardDelete"})


def advance(org: Org, now: float) -> None:
    """Finish the jobs that have waited long enough, and forget old ones; called with every request."""
    org.bulk.forget(now)
    for job in list(org.bulk.by_id.values()):
        if job.running and now - job.closed >= org.bulk.pace.seconds:
            finish(org, job)


def finish(org: Org, job: Job) -> None:
    """Work *job* off to its end."""
    while job.running:
        step(org, job)


def step(org: Org, job: Job) -> None:
    """Do what a job does between two polls."""
    if not job.running:
        return
    job.polled += 1
    job.modstamp = org.stamp()
    if job.state == "UploadComplete":
        job.state = "InProgress"
        if not _started(org, job):
            return
    state, most = job.ends
    share = min(job.polled / job.polls, most)
    if job.query is None:
        together = org.bulk.pace.together
        _write(org, job, -(-int(job.rows * share) // together) * together)
    if job.polled >= job.polls:
        _end(org, job, state)


def records(job: Job) -> Iterator[list[str]]:
    """Yield the rows of an ingest job's data, without the header."""
    return islice(job.form.rows(job.data or b""), 1, None)


def header(job: Job) -> list[str]:
    """Return the columns of an ingest job's data."""
    return next(job.form.rows(job.data or b""), [])


def _started(org: Org, job: Job) -> bool:
    """Look the whole data over before the first row of it is written; tell whether it can be."""
    if job.query is not None:
        job.found = job.query.run()
        job.rows = len(job.found)
        return True
    try:
        _check_header(org, job, header(job))
        job.rows = sum(1 for _ in records(job))
    except Unusable as problem:
        job.state, job.error = "Failed", str(problem)
        return False
    batches = -(-job.rows // BATCH_ROWS)
    if batches > org.bulk.batches_left(org.clock()):
        job.state = "Failed"
        job.error = "ExceededQuota : ApiBatchItems Limit exceeded."
        return False
    org.bulk.batches.append((org.clock(), batches))
    return True


def _check_header(org: Org, job: Job, columns: Sequence[str]) -> None:
    kind = org.kind(job.object)
    if kind is None or not columns:
        raise Unusable("InvalidBatch : Field name not found : ")
    if job.operation in _DELETES and [name.lower() for name in columns] != ["id"]:
        raise Unusable(f"InvalidBatch : The '{job.operation}' batch must contain only ids")
    lowered = [name.strip().lower() for name in columns]
    for name in columns:
        if lowered.count(name.strip().lower()) > 1:
            raise Unusable(f"InvalidBatch : Duplicate field name : {name}")
        if not _known(org, kind, name.strip()):
            raise Unusable(f"InvalidBatch : Field name not found : {name}")


def _known(org: Org, kind: Kind, column: str) -> bool:
    """Whether a column names a field, or (`Account.Key__c`) the external id of a record referred to."""
    relationship, dot, name = column.partition(".")
    if not dot:
        return kind.field(column) is not None
    reference = kind.parent(relationship)
    parents = [org.kind(parent) for parent in reference.reference_to] if reference else []
    fields = [parent.field(name) for parent in parents if parent is not None]
    return any(field is not None and field.id_lookup for field in fields)


def _write(org: Org, job: Job, upto: int) -> None:
    """Write the rows up to number *upto*, from where it stopped before."""
    columns = [name.strip() for name in header(job)]
    rows = islice(records(job), len(job.outcomes), upto)
    while chunk := list(islice(rows, org.bulk.pace.together)):
        values = [_values(columns, cells) for cells in chunk]
        job.outcomes += org.write(job.object, job.operation, values, job.external_id)


def _values(columns: Sequence[str], cells: Sequence[str]) -> dict[str, object]:
    """Read one row: an empty cell leaves a field as it is, `#N/A` clears it."""
    values: dict[str, object] = {}
    for name, cell in zip(columns, cells, strict=True):
        if cell:
            relationship, dot, inner = name.partition(".")
            value = None if cell == _NULL else cell
            values[relationship if dot else name] = {inner: value} if dot else value
    return values


def _end(org: Org, job: Job, state: str) -> None:
    job.state = state
    job.modstamp = org.stamp()
    if state == "Failed":
        job.error = "InternalServerError : The batch was retried 10 times and could not be processed."
