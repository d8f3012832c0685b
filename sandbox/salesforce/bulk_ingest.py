"""`/jobs/ingest`: jobs that write, from their making to the results of their rows."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from sandbox.exchange import Reply
from sandbox.salesforce import bulk_work
from sandbox.salesforce.bulk_csv import DELIMITERS, LINE_ENDINGS, Form
from sandbox.salesforce.bulk_jobs import Job
from sandbox.salesforce.refusal import Refusal, not_found, wrong_method

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.exchange import Request
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.writing import Saved

OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete")
#: Bytes of the data once it is in base64, which makes four of three; the Bulk guide, read 2026-09.
LARGEST = 150_000_000
_RESULTS = frozenset({"successfulresults", "failedresults", "unprocessedrecords"})


def answer(org: Org, request: Request, version: str, rest: Sequence[str]) -> Reply:
    """Answer what stands behind `jobs/ingest`."""
    if not rest:
        if request.method != "POST":
            raise wrong_method(request.method, "GET", "POST")
        return Reply.json(_created(org, request, version))
    job = job_of(org, rest[0], OPERATIONS)
    match [request.method, *(part.lower() for part in rest[1:])]:
        case ["PUT", "batches"]:
            return _uploaded(org, request, job)
        case ["PATCH"]:
            return Reply.json(changed(org, request, job))
        case ["GET"]:
            bulk_work.step(org, job)
            return Reply.json(told(job))
        case ["DELETE"]:
            return deleted(org, job)
        case ["GET", part] if part in _RESULTS:
            return _results(request, job, part)
        case [_] | [_, "batches"]:
            raise wrong_method(request.method, "GET", "PATCH", "DELETE", "PUT")
    raise not_found()


def job_of(org: Org, job_id: str, operations: Sequence[str]) -> Job:
    """Find a job, by its id in either length.

    Raises:
        Refusal: NOT_FOUND, there is none.
    """
    jobs = org.bulk.by_id
    found = jobs.get(job_id) or next((job for name, job in jobs.items() if name[:15] == job_id), None)
    if found is None or found.operation not in operations:
        raise not_found()
    return found


def asked(request: Request) -> Mapping[str, Any]:
    """Read the JSON that makes or changes a job.

    Raises:
        Refusal: JSON_PARSER_ERROR, it is none.
    """
    try:
        settings = request.json()
    except ValueError as problem:
        raise Refusal(400, "JSON_PARSER_ERROR", f"Unexpected character: {problem}") from problem
    if not isinstance(settings, dict):
        raise Refusal(400, "JSON_PARSER_ERROR", "Can not deserialize the job: expected an object")
    return settings


def form_of(settings: Mapping[str, Any]) -> Form:
    """Read delimiter and line ending.

    Raises:
        Refusal: INVALIDJOB, there is no such one.
    """
    form = Form(str(settings.get("columnDelimiter") or "COMMA"), str(settings.get("lineEnding") or "LF"))
    if form.delimiter not in DELIMITERS or form.line_ending not in LINE_ENDINGS:
        raise Refusal(400, "INVALIDJOB", f"InvalidJob : Unknown {form.delimiter} or {form.line_ending}")
    if settings.get("contentType") not in (None, "CSV"):
        raise Refusal(400, "INVALIDJOB", f"InvalidJob : Unsupported contentType {settings['contentType']}")
    return form


def changed(org: Org, request: Request, job: Job) -> dict[str, Any]:
    """Close or abort a job.

    Raises:
        Refusal: INVALIDJOBSTATE, it is not in a state for that.
    """
    wanted = asked(request).get("state")
    if wanted == "Aborted" and not job.ended:
        job.state = "Aborted"
    elif wanted == "UploadComplete" and job.state == "Open":
        _close(org, request, job)
    else:
        raise invalid_state(job, f"cannot be changed to {wanted}")
    job.modstamp = org.stamp()
    return job.info()


def invalid_state(job: Job, problem: str) -> Refusal:
    """Refuse what *job* is not ready for, or beyond."""
    return Refusal(400, "INVALIDJOBSTATE", f"InvalidJobState : Job {job.id} in state {job.state} {problem}")


def deleted(org: Org, job: Job) -> Reply:
    """Delete a job that is not at work.

    Raises:
        Refusal: INVALIDJOBSTATE, it is at work.
    """
    if job.running:
        raise invalid_state(job, "cannot be deleted")
    del org.bulk.by_id[job.id]
    return Reply.empty(204)


def told(job: Job) -> dict[str, Any]:
    """Tell all there is to tell of one job."""
    spent = 0 if not job.polled else 100 * job.polled + (job.rows if job.query else len(job.outcomes))
    info = {**job.info(), **job.form_info(), "jobType": job.type}
    if job.query is None and job.state == "Open":
        return info | {"contentUrl": content_url(job)}
    info |= {
        "numberRecordsProcessed": job.rows if job.query else len(job.outcomes),
        "retries": 0,
        "totalProcessingTime": spent,
    }
    if job.query is None:
        info |= {"numberRecordsFailed": job.failed, "apiActiveProcessingTime": spent, "apexProcessingTime": 0}
    if job.error:
        info["errorMessage"] = job.error
    return info


def content_url(job: Job) -> str:
    """Say where the data goes: without a slash at the front, as Salesforce has it."""
    return f"services/data/v{job.api_version}/jobs/ingest/{job.id}/batches"


def _created(org: Org, request: Request, version: str) -> dict[str, Any]:
    settings = asked(request)
    operation = settings.get("operation")
    if operation not in OPERATIONS:
        raise Refusal(400, "INVALIDJOB", f"InvalidJob : Unknown operation: {operation}")
    kind = org.kind(str(settings.get("object") or ""))
    if kind is None or not kind.writable:
        raise Refusal(400, "INVALIDENTITY", f"Entity '{settings.get('object')}' is not supported by the Bulk API.")
    external_id = settings.get("externalIdFieldName") if operation == "upsert" else None
    if operation == "upsert":
        field = kind.field(str(external_id or ""))
        if field is None or not field.id_lookup:
            problem = (
                f"Field name provided, {external_id} does not match an External ID, Salesforce Id, or indexed field"
            )
            raise Refusal(400, "INVALIDJOB", f"InvalidJob : {problem} for {kind.name}")
    job = Job(
        id=org.new_id("750"),
        operation=operation,
        object=kind.name,
        form=form_of(settings),
        api_version=float(version[1:]),
        created_by=org.api_user_id,
        created=org.stamp(),
        modstamp=org.stamp(),
        made=org.clock(),
        external_id=external_id,
        assignment_rule=settings.get("assignmentRuleId"),
    )
    org.bulk.by_id[job.id] = job
    return {**job.info(), "contentUrl": content_url(job), **job.form_info()}


def _uploaded(org: Org, request: Request, job: Job) -> Reply:
    kind = request.headers.get("Content-Type", "text/csv").split(";")[0].strip().lower()
    if kind != "text/csv":
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", f"Content type '{kind}' is not supported: send text/csv")
    if job.state != "Open" or job.data is not None:
        raise invalid_state(job, "takes no data" if job.data is None else "has its data already")
    if len(request.body) * 4 // 3 > LARGEST:
        # Which status the vendor gives here is not documented; connectors must never get here.
        raise Refusal(413, "REQUEST_ENTITY_TOO_LARGE", "The data of a job is at most 150 MB in base64")
    job.data = request.body
    job.modstamp = org.stamp()
    return Reply.empty(201)


def _close(org: Org, request: Request, job: Job) -> None:
    pace = org.bulk.pace
    job.state, job.closed = "UploadComplete", org.clock()
    job.polls = max(1, pace.polls * 4 if request.fires("slow_job") else pace.polls)
    if request.fires("job_failed"):
        job.ends = ("Failed", 0.0)
    elif request.fires("job_unprocessed"):
        # As when somebody aborts it in Setup.
        job.ends = ("Aborted", 0.5)


def _results(request: Request, job: Job, part: str) -> Reply:
    if not job.ended:
        raise invalid_state(job, "has no results yet")
    if job.data is None or not job.rows:
        return Reply.text("", kind="text/csv")
    columns = bulk_work.header(job)
    first = {"successfulresults": ["sf__Id", "sf__Created"], "failedresults": ["sf__Id", "sf__Error"]}.get(part, [])
    lines = [job.form.line(cells) for cells in _cells(job, part)]
    if request.fires("reordered_results"):
        random.Random(job.id).shuffle(lines)  # noqa: S311 - not a secret: the same order each time
    return Reply.text("".join([job.form.line([*first, *columns]), *lines]), rows=len(lines), kind="text/csv")


def _cells(job: Job, part: str) -> list[list[str]]:
    rows = list(bulk_work.records(job))
    if part == "unprocessedrecords":
        return rows[len(job.outcomes) :]
    done = zip(job.outcomes, rows, strict=False)
    if part == "successfulresults":
        return [[saved.id or "", str(saved.created).lower(), *cells] for saved, cells in done if not saved.errors]
    return [[_given_id(job, cells), _error(saved), *cells] for saved, cells in done if saved.errors]


def _given_id(job: Job, cells: Sequence[str]) -> str:
    """Return the id that a row came with; one that was refused has no other."""
    columns = [name.strip().lower() for name in bulk_work.header(job)]
    return cells[columns.index("id")] if "id" in columns else ""


def _error(saved: Saved) -> str:
    """Write an error as third parties have seen it: `CODE:message:fields --`."""
    code, message, fields = saved.errors[0]
    return f"{code}:{message}:{','.join(fields)} --" if fields else f"{code}:{message}:--"
