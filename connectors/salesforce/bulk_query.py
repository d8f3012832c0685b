"""Bulk API 2.0 query: for what is too much for addresses of 16 KB, one job instead of many calls (A4, A6)."""

from __future__ import annotations

import csv
import io
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, cast

import orjson

from connectors.errors import Deferred, SchemaDrift
from connectors.salesforce.bulk import FIRST_POLL_S, GROWTH, LAST_POLL_S
from connectors.salesforce.session import MOST_PAGES, Call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connectors.salesforce.session import Session

#: Rows of one page of results.
PAGE = 50_000
#: Seconds that a query may take; nothing is lost by giving up.
PATIENCE_S = 1_800.0


class BulkQuery:
    """Runs query jobs of one org.

    Args:
        session: Of the org.
        clock: Seconds, monotonic.
        sleep: Waits seconds.
    """

    def __init__(self, session: Session, *, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._session = session
        self._clock = clock
        self._sleep = sleep

    def rows(self, soql: str, *, what: str, deleted: bool = False) -> Iterator[dict[str, str]]:
        """Yield the rows that *soql* finds, as text by column; see `Session.query`."""
        asked = {"operation": "queryAll" if deleted else "query", "query": soql}
        told = self._session.call(Call("jobs/query", what, "POST", orjson.dumps(asked)))
        id_ = str(told["id"])
        self._wait(id_, what)
        locator, seen = "", {""}
        with cast("IO[bytes]", TemporaryFile()) as file:
            for _ in range(MOST_PAGES):
                params = {"maxRecords": str(PAGE)} | ({"locator": locator} if locator else {})
                call = Call(f"jobs/query/{id_}/results", what, params=params, headers={"Accept": "text/csv"})
                reply = self._session.raw(call, into=cast("io.BytesIO", file))
                text = io.TextIOWrapper(cast("io.BytesIO", file), "utf-8", newline="")
                yield from csv.DictReader(text)
                text.detach()
                locator = reply.headers.get("Sforce-Locator", "null")
                if locator == "null" or locator in seen:
                    return
                seen.add(locator)

    def _wait(self, id_: str, what: str) -> None:
        until, pause = self._clock() + PATIENCE_S, FIRST_POLL_S
        while True:
            self._sleep(pause)
            told = self._session.call(Call(f"jobs/query/{id_}", what)) or {}
            match told.get("state"):
                case "JobComplete":
                    return
                case "Failed" | "Aborted":
                    raise SchemaDrift(
                        f"{self._session.where}: the query of a whole object failed ({what})",
                        next_step="Look at the job under Setup > Bulk Data Load Jobs.",
                    )
            if self._clock() > until:
                raise Deferred(f"{self._session.where}: a query took longer than half an hour ({what})")
            pause = min(LAST_POLL_S, pause * GROWTH)
