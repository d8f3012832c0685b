"""Bulk API 2.0: the two kinds of jobs, and the lists of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.exchange import Reply
from sandbox.salesforce import bulk_ingest, bulk_query
from sandbox.salesforce.bulk_work import advance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.exchange import Request
    from sandbox.salesforce.org import Org

__all__ = ["advance", "answer"]

_PAGE = 1_000


def answer(org: Org, request: Request, version: str, rest: Sequence[str]) -> Reply | None:
    """Answer `jobs/ingest…` and `jobs/query…`; None where *rest* is neither.

    Raises:
        Refusal: The vendor would refuse.
    """
    if len(rest) < 2 or rest[0].lower() != "jobs" or rest[1].lower() not in {"ingest", "query"}:
        return None
    ingest = rest[1].lower() == "ingest"
    if len(rest) == 2 and request.method == "GET":
        return _list(org, request, version, "ingest" if ingest else "query")
    if ingest:
        return bulk_ingest.answer(org, request, version, rest[2:])
    return bulk_query.answer(org, request, version, rest[2:])


def _list(org: Org, request: Request, version: str, name: str) -> Reply:
    """List jobs, newest first, a page at a time."""
    operations = bulk_ingest.OPERATIONS if name == "ingest" else bulk_query.OPERATIONS
    jobs = [job for job in reversed(org.bulk.by_id.values()) if job.operation in operations]
    place = request.first("queryLocator", "0")
    begin = int(place) if place.isascii() and place.isdigit() else 0
    end = begin + _PAGE
    following = None if end >= len(jobs) else f"/services/data/{version}/jobs/{name}?queryLocator={end}"
    told = [{**job.info(), **job.form_info(), "jobType": job.type} for job in jobs[begin:end]]
    return Reply.json({"done": following is None, "records": told, "nextRecordsUrl": following}, rows=len(told))
