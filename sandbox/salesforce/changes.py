"""What changed or was deleted between two moments: `sobjects/{o}/updated` and `…/deleted`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.exchange import Reply
from sandbox.salesforce.reading import stamp
from sandbox.salesforce.refusal import Refusal, not_found

if TYPE_CHECKING:
    from sandbox.exchange import Request
    from sandbox.salesforce.org import Org

#: How far back each looks.
UPDATED = timedelta(days=30)
DELETED = timedelta(days=15)


def answer(org: Org, request: Request, version: str, path: list[str]) -> Reply | None:  # noqa: ARG001 - one form for all
    """Answer `sobjects/{o}/updated` and `…/deleted`; None for other paths.

    Raises:
        Refusal: It cannot be answered.
    """
    match path:
        case ["sobjects", name, ("updated" | "deleted") as what] if request.method == "GET":
            kind = org.kind(name)
            if kind is None:
                raise not_found()
            if "isdeleted" not in kind.fields:
                raise Refusal(400, "INVALID_REPLICATION", f"{kind.name} is not replicateable")
            start, end = _span(org, request, UPDATED if what == "updated" else DELETED)
            return _updated(org, kind.name, start, end) if what == "updated" else _deleted(org, kind.name, start, end)
    return None


def _span(org: Org, request: Request, back: timedelta) -> tuple[str, str]:
    """Return the moments asked for, seconds ignored, as the store writes them.

    Raises:
        Refusal: They are no moments, or not a span that can be answered.
    """
    start, end = (_moment(request, name) for name in ("start", "end"))
    now = datetime.fromtimestamp(org.clock(), UTC)
    if start < now - back:
        raise Refusal(400, "INVALID_REPLICATION_DATE", f"startDate cannot be more than {back.days} days ago")
    if end <= start:
        raise Refusal(400, "INVALID_REPLICATION_DATE", "endDate must be at least one minute after startDate")
    return stamp(start.timestamp()), stamp(end.timestamp())


def _moment(request: Request, name: str) -> datetime:
    # A plus sign that was not quoted arrives as a space, and is refused.
    try:
        moment = datetime.fromisoformat(request.first(name))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Refusal(400, "INVALID_REPLICATION_DATE", f"{name}: {request.first(name)} is not a valid dateTime")
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _updated(org: Org, kind_name: str, start: str, end: str) -> Reply:
    # Stamps of one form sort as they stand.
    found = [row["Id"] for row in org.rows(kind_name) if start <= row["SystemModstamp"] < end]
    return Reply.json({"ids": found, "latestDateCovered": min(end, org.stamp())}, rows=len(found))


def _deleted(org: Org, kind_name: str, start: str, end: str) -> Reply:
    found = [
        {"deletedDate": at, "id": record_id}
        for name, record_id, at in org.deleted
        if name == kind_name and start <= at < end
    ]
    earliest = stamp(org.clock() - DELETED.total_seconds())
    told = {"deletedRecords": found, "earliestDateAvailable": earliest, "latestDateCovered": min(end, org.stamp())}
    return Reply.json(told, rows=len(found))
