"""What a Bulk job says of its rows: matched by key, for Salesforce promises no order.

A job whose counts say that all went well is believed without reading its lists. Else the failed and the unprocessed
rows are read; only where these do not add up is every written row read, too, and what nobody names is unknown.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, cast

from connectors.salesforce.rules import TABLE, complaint_of_row
from connectors.salesforce.session import Call
from connectors.values import OutcomeKind
from connectors.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connectors.salesforce.bulk import Ended
    from connectors.salesforce.collections import Target
    from connectors.salesforce.session import Session

_ERROR = "sf__Error"
_ID = "sf__Id"
_NOT_TRIED = Verdict(OutcomeKind.DEFERRED)
_UNKNOWN = Verdict(OutcomeKind.UNKNOWN)


@dataclass(slots=True)
class Results:
    """What became of a job's rows."""

    written: int = 0
    #: By key, the rows that were not written.
    others: dict[str, Verdict] = field(default_factory=dict)


def results(session: Session, target: Target, job: Ended, rows: int, keys: Callable[[], list[str]]) -> Results:
    """Return what *job* did to its *rows*; *keys* tells their keys, if need be."""
    if job.state == "JobComplete" and job.processed == rows and not job.failed:
        return Results(written=rows)
    found = Results()
    if job.failed or job.state != "JobComplete":
        for row in _read(session, job, "failedResults"):
            found.others[_key(row, target)] = TABLE.row(complaint_of_row(row.get(_ERROR, "")))
    failed = len(found.others)
    if job.processed < rows:
        for row in _read(session, job, "unprocessedrecords"):
            found.others.setdefault(_key(row, target), _NOT_TRIED)
    found.written = job.processed - job.failed
    if found.written + len(found.others) == rows and failed == job.failed:
        return found
    return _counted(session, target, job, found, keys())


def _counted(session: Session, target: Target, job: Ended, found: Results, keys: list[str]) -> Results:
    """Go through the written rows one by one."""
    written = {_key(row, target) for row in _read(session, job, "successfulResults")}
    ours = {key.strip(): key for key in keys}
    others = {key: verdict for key, verdict in found.others.items() if key in ours}
    silent = {key: _UNKNOWN for key in ours if key not in written and key not in others}
    return Results(written=len(keys) - len(others) - len(silent), others=others | silent)


def _read(session: Session, job: Ended, which: str) -> Iterator[dict[str, str]]:
    """Yield the rows of one list, kept on disk in between: it may be as long as what was sent."""
    with cast("IO[bytes]", TemporaryFile()) as file:
        call = Call(f"jobs/ingest/{job.id}/{which}/", "reading a job's results", headers={"Accept": "text/csv"})
        session.raw(call, into=cast("io.BytesIO", file))
        # `newline=""`: a line break inside quotes belongs to the value.
        with io.TextIOWrapper(cast("io.BytesIO", file), "utf-8", newline="") as text:
            yield from csv.DictReader(text)


def _key(row: dict[str, str], target: Target) -> str:
    """Return the key of a row as it was sent; an update's or a deletion's is the id."""
    return (row.get(target.key) or row.get(_ID) or "").strip()
