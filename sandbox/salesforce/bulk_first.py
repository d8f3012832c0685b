"""The first Bulk API (`/services/async`), in JSON: older calls of clients still use it. XML and CSV are not played.

A batch is worked off when it arrives, and found completed by the first poll.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.exchange import Reply
from sandbox.salesforce.refusal import Refusal
from sandbox.salesforce.soql import Selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.exchange import Request
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.writing import Saved

_WRITES = ("insert", "update", "upsert", "delete", "hardDelete")
_QUERIES = ("query", "queryAll")
_MOST_ROWS = 10_000
_VERSION = re.compile(r"\d\d\.0")


@dataclass(slots=True)
class Batch:
    """Rows that were sent together, or one query, and what became of them."""

    id: str
    asked: bytes
    results: list[dict[str, Any]]
    error: str | None = None

    def info(self, job: FirstJob, state: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "jobId": job.id,
            "state": "Failed" if self.error and state != "Queued" else state,
            "stateMessage": self.error,
            "createdDate": job.created,
            "systemModstamp": job.created,
            "numberRecordsProcessed": 0 if state == "Queued" else len(self.results),
            "numberRecordsFailed": sum(1 for row in self.results if row.get("success") is False),
            "totalProcessingTime": 0,
            "apiActiveProcessingTime": 0,
            "apexProcessingTime": 0,
        }


@dataclass(slots=True, kw_only=True)
class FirstJob:
    """A job and its batches."""

    id: str
    operation: str
    object: str
    external_id: str | None
    created_by: str
    created: str
    state: str = "Open"
    batches: dict[str, Batch] = field(default_factory=dict)

    def info(self, version: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "operation": self.operation,
            "object": self.object,
            "createdById": self.created_by,
            "createdDate": self.created,
            "systemModstamp": self.created,
            "state": self.state,
            "externalIdFieldName": self.external_id,
            "concurrencyMode": "Parallel",
            "contentType": "JSON",
            "apiVersion": float(version),
            "numberBatchesQueued": 0,
            "numberBatchesInProgress": 0,
            "numberBatchesCompleted": sum(1 for batch in self.batches.values() if not batch.error),
            "numberBatchesFailed": sum(1 for batch in self.batches.values() if batch.error),
            "numberBatchesTotal": len(self.batches),
            "numberRecordsProcessed": sum(len(batch.results) for batch in self.batches.values()),
            "numberRetries": 0,
            "totalProcessingTime": 0,
        }


def answer(org: Org, request: Request) -> Reply:
    """Answer what stands behind `/services/async`: the version, and then the path; in this API's own words."""
    try:
        org.oauth.signed_in(request)
        org.calls += 1
        version, *path = request.segments[2:] or [""]
        if not _VERSION.fullmatch(version):
            raise _not_there()
        return _answered(org, request, version, path)
    except Refusal as refusal:
        told = {"exceptionCode": refusal.code, "exceptionMessage": refusal.message}
        if refusal.status == 401:
            told = {"exceptionCode": "InvalidSessionId", "exceptionMessage": "Invalid session id"}
        return Reply.json(told, status=400)


def _answered(org: Org, request: Request, version: str, path: Sequence[str]) -> Reply:
    if request.method == "POST" and list(path) == ["job"]:
        return Reply.json(_created(org, _object(request)).info(version), status=201)
    job = org.bulk.first.get(path[1]) if len(path) > 1 and path[0] == "job" else None
    if job is None:
        raise _not_there()
    match [request.method, *path[2:]]:
        case ["GET"]:
            return Reply.json(job.info(version))
        case ["POST"]:
            job.state = str(_object(request).get("state") or job.state)
            return Reply.json(job.info(version))
        case ["POST", "batch"]:
            return Reply.json(_added(org, request, job).info(job, "Queued"), status=201)
        case ["GET", "batch"]:
            return Reply.json({"batchInfo": [batch.info(job, "Completed") for batch in job.batches.values()]})
        case ["GET", "batch", batch_id, *parts] if batch_id in job.batches:
            return _told(job, job.batches[batch_id], parts)
    raise _not_there()


def _not_there() -> Refusal:
    return Refusal(400, "InvalidUrl", "Destination URL not reset. The URL returned from login must be set")


def _object(request: Request) -> dict[str, Any]:
    try:
        asked = request.json()
    except ValueError as problem:
        raise Refusal(400, "InvalidJob", f"Unable to parse Job: {problem}") from problem
    if not isinstance(asked, dict):
        raise Refusal(400, "InvalidJob", "Unable to parse Job")
    return asked


def _created(org: Org, asked: dict[str, Any]) -> FirstJob:
    operation, kind = asked.get("operation"), org.kind(str(asked.get("object") or ""))
    if operation not in (*_WRITES, *_QUERIES) or kind is None:
        raise Refusal(400, "InvalidJob", f"Unable to find object or operation: {asked.get('object')}, {operation}")
    if asked.get("contentType") != "JSON":
        raise Refusal(400, "InvalidJob", f"contentType {asked.get('contentType')} is not played here")
    external_id = asked.get("externalIdFieldName") if operation == "upsert" else None
    found = kind.field(str(external_id or ""))
    if operation == "upsert" and (found is None or not found.id_lookup):
        problem = f"Field name provided, {external_id} does not match an External ID for {kind.name}"
        raise Refusal(400, "InvalidJob", problem)
    job = FirstJob(
        id=org.new_id("750"),
        operation=str(operation),
        object=kind.name,
        external_id=found.name if found else None,
        created_by=org.api_user_id,
        created=org.stamp(),
    )
    org.bulk.first[job.id] = job
    return job


def _added(org: Org, request: Request, job: FirstJob) -> Batch:
    if job.state != "Open":
        raise Refusal(400, "InvalidJobState", f"Job in state {job.state} takes no batches")
    batch = Batch(org.new_id("751"), request.body, [])
    job.batches[batch.id] = batch
    try:
        batch.results = _queried(org, request, job) if job.operation in _QUERIES else _written(org, request, job)
    except Refusal as refusal:
        batch.error = f"InvalidBatch : {refusal.message}"
    return batch


def _queried(org: Org, request: Request, job: FirstJob) -> list[dict[str, Any]]:
    text = request.body.decode("utf-8", "replace")
    selection = Selection(org, text, deleted=job.operation == "queryAll")
    if selection.shape is None:
        raise Refusal(400, "InvalidBatch", "COUNT() is not supported in Bulk Query")
    return [selection.shape.record(row, "v67.0") for row in selection.run()]


def _written(org: Org, request: Request, job: FirstJob) -> list[dict[str, Any]]:
    try:
        rows = request.json()
    except ValueError as problem:
        raise Refusal(400, "InvalidBatch", f"Failed to parse JSON: {problem}") from problem
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows) or len(rows) > _MOST_ROWS:
        raise Refusal(400, "InvalidBatch", f"Expected a list of at most {_MOST_ROWS} records")
    together = org.bulk.pace.together
    results: list[dict[str, Any]] = []
    for begin in range(0, len(rows), together):
        saved = org.write(job.object, job.operation, rows[begin : begin + together], job.external_id)
        results += map(_result, saved)
    return results


def _result(saved: Saved) -> dict[str, Any]:
    errors = [
        {"message": message, "fields": fields, "statusCode": code, "extendedErrorDetails": None}
        for code, message, fields in saved.errors
    ]
    return {"success": saved.success, "created": saved.created, "id": saved.id, "errors": errors}


def _told(job: FirstJob, batch: Batch, parts: Sequence[str]) -> Reply:
    queries = job.operation in _QUERIES
    match parts:
        case []:
            return Reply.json(batch.info(job, "Completed"))
        case ["request"]:
            return Reply(body=batch.asked, headers={"Content-Type": "application/json;charset=UTF-8"})
        case ["result"]:
            # A query's results have ids of their own; here there is one, named after the batch.
            return Reply.json([f"752{batch.id[3:]}"] if queries else batch.results, rows=len(batch.results))
        case ["result", _] if queries:
            return Reply.json(batch.results, rows=len(batch.results))
    raise _not_there()
