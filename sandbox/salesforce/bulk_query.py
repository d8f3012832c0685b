"""`/jobs/query`: jobs that read, and their results in pages of CSV."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from sandbox.exchange import Reply
from sandbox.salesforce import bulk_work
from sandbox.salesforce.bulk_ingest import asked, changed, deleted, form_of, invalid_state, job_of, told
from sandbox.salesforce.bulk_jobs import Job
from sandbox.salesforce.refusal import Refusal, not_found, wrong_method
from sandbox.salesforce.soql import Selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.exchange import Request
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.soql_columns import Column

OPERATIONS = ("query", "queryAll")
#: Records on a page where the client asks for no number.
PAGE = 50_000
#: The end of the pages: the word, not an empty header.
LAST = "null"


def answer(org: Org, request: Request, version: str, rest: Sequence[str]) -> Reply:
    """Answer what stands behind `jobs/query`."""
    if not rest:
        if request.method != "POST":
            raise wrong_method(request.method, "GET", "POST")
        return Reply.json(_created(org, request, version))
    job = job_of(org, rest[0], OPERATIONS)
    match [request.method, *(part.lower() for part in rest[1:])]:
        case ["GET"]:
            bulk_work.step(org, job)
            return Reply.json(told(job))
        case ["PATCH"]:
            return Reply.json(changed(org, request, job))
        case ["DELETE"]:
            return deleted(org, job)
        case ["GET", "results"]:
            return _results(request, job)
        case [_] | [_, "results"]:
            raise wrong_method(request.method, "GET", "PATCH", "DELETE")
    raise not_found()


def _created(org: Org, request: Request, version: str) -> dict[str, Any]:
    settings = asked(request)
    operation = settings.get("operation")
    if operation not in OPERATIONS:
        raise Refusal(400, "INVALIDJOB", f"InvalidJob : Unknown operation: {operation}")
    selection = Selection(org, str(settings.get("query") or ""), deleted=operation == "queryAll")
    _check(selection)
    pace = org.bulk.pace
    job = Job(
        id=org.new_id("750"),
        operation=operation,
        object=selection.kind.name,
        form=form_of(settings),
        api_version=float(version[1:]),
        created_by=org.api_user_id,
        created=org.stamp(),
        modstamp=org.stamp(),
        made=org.clock(),
        state="UploadComplete",
        query=selection,
        closed=org.clock(),
        polls=max(1, pace.polls * 4 if request.fires("slow_job") else pace.polls),
        ends=("Failed", 0.0) if request.fires("job_failed") else ("JobComplete", 1.0),
    )
    org.bulk.by_id[job.id] = job
    return {**job.info(), **job.form_info()}


def _check(selection: Selection) -> None:
    """Refuse what REST can ask and Bulk cannot; the Bulk guide, read 2026-09."""
    shape = selection.shape
    if shape is None or selection.aggregates:
        raise Refusal(400, "API_ERROR", "FeatureNotEnabled : Aggregate queries are not supported in Bulk Query")
    if selection.query.offset:
        raise Refusal(400, "API_ERROR", "FeatureNotEnabled : OFFSET is not supported in Bulk Query")
    if shape.children:
        raise Refusal(400, "API_ERROR", "FeatureNotEnabled : Aggregate Relationships not supported in Bulk Query")
    for column in shape.columns:
        if column.field.type == "address":
            problem = f"Selecting compound data not supported in Bulk Query: {column.field.name}"
            raise Refusal(400, "API_ERROR", f"FeatureNotEnabled : {problem}")


def _results(request: Request, job: Job) -> Reply:
    if job.state != "JobComplete":
        raise invalid_state(job, "has no results")
    begin = _place(request.first("locator"))
    if begin > len(job.found):
        raise Refusal(400, "INVALIDLOCATOR", "The locator is not valid")
    end = begin + _most(request)
    shape = job.query.shape
    page = job.found[begin:end]
    lines = [job.form.line(shape.header)]
    lines += [job.form.line([_cell(column, column.show(row)) for column in shape.columns]) for row in page]
    locator = LAST if end >= len(job.found) else base64.b64encode(str(end).encode()).decode().rstrip("=")
    counted = {"Sforce-Locator": locator, "Sforce-NumberOfRecords": str(len(page))}
    return Reply.text("".join(lines), headers=counted, rows=len(page), kind="text/csv")


def _most(request: Request) -> int:
    text = request.first("maxRecords", str(PAGE))
    if not text.isascii() or not text.isdigit() or not int(text):
        raise Refusal(400, "INVALID_PARAMETER", f"maxRecords must be a positive number: {text}")
    return int(text)


def _place(locator: str) -> int:
    if locator in {"", LAST}:
        return 0
    try:
        return int(base64.b64decode(locator + "=" * (-len(locator) % 4), validate=True))
    except (ValueError, binascii.Error) as problem:
        raise Refusal(400, "INVALIDLOCATOR", "The locator is not valid") from problem


def _cell(column: Column, value: object) -> str:
    """Write one value: moments end in Z here, unlike in REST."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if column.field.type == "datetime":
        return str(value).replace("+0000", "Z")
    return str(value)
