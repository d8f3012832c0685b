"""`/query` and `/queryAll`: pages of records, and the cursors that lead from one to the next."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.exchange import Reply
from sandbox.salesforce.definitions import Whole
from sandbox.salesforce.refusal import Refusal, not_found, wrong_method
from sandbox.salesforce.soql import Selection
from sandbox.salesforce.soql_cursors import Cursor
from sandbox.salesforce.uris import too_long

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.exchange import Request
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.records import Row
    from sandbox.salesforce.soql_columns import Catalog

#: Records on a page: at most, and at least where a client asks for fewer.
PAGE = 2_000
SMALLEST_PAGE = 200
_BATCH = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)
_PLACE = re.compile(r"(\w{15,18})-(\d+)")
#: Above so many groups there would be a second page, which aggregates do not have.
_MOST_GROUPS = PAGE


def answer(
    org: Org,
    request: Request,
    version: str,
    rest: Sequence[str],
    catalog: Catalog | None = None,
) -> Reply | None:
    """Answer `query?q=…`, `queryAll?q=…` or `query/<cursor>`; None where *rest* is none of them.

    Args:
        org: Whose cursors.
        request: Also the query's text and the size of its pages.
        version: As in the path: "v67.0", or "v67.0/tooling".
        rest: The path's parts behind the version.
        catalog: What is queried, if it is not the org itself: the Tooling API's view of it.
    """
    if not rest or rest[0].lower() not in {"query", "queryall"}:
        return None
    refused = too_long(request)
    if refused is not None:
        return refused
    if request.method not in {"GET", "HEAD"}:
        raise wrong_method(request.method, "GET", "HEAD")
    if len(rest) > 2:
        raise not_found()
    pages = _Pages(org, request, version)
    if len(rest) == 2:
        return pages.next(rest[1])
    return pages.first(Selection(catalog or Whole(org), request.first("q"), deleted=rest[0].lower() == "queryall"))


class _Pages:
    """The pages of one call."""

    def __init__(self, org: Org, request: Request, version: str) -> None:
        self._org, self._request, self._version = org, request, version

    def first(self, selection: Selection) -> Reply:
        rows = selection.run()
        if selection.shape is None:
            return _page({"totalSize": len(rows), "done": True, "records": []}, 0)
        if selection.aggregates:
            if len(rows) > _MOST_GROUPS:
                message = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single "
                raise Refusal(400, "EXCEEDED_ID_LIMIT", f"{message}batch")
            return self._shown(selection, rows, {"totalSize": len(rows), "done": True})
        size = self._size()
        if len(rows) <= size:
            return self._shown(selection, rows, {"totalSize": len(rows), "done": True})
        self._org.cursors.forget(self._org.clock())
        cursor = Cursor(selection, [row["Id"] for row in rows], size, self._org.clock())
        name = self._org.new_id("0r8")
        self._org.cursors.by_id[name] = cursor
        return self._at(name, cursor, 0)

    def next(self, place: str) -> Reply:
        """Answer the page that begins at *place*: a cursor's id and a number."""
        cursors = self._org.cursors
        cursors.forget(self._org.clock())
        match = _PLACE.fullmatch(place)
        cursor = cursors.by_id.get(match[1]) if match else None
        if match is None or cursor is None or int(match[2]) >= len(cursor.ids):
            raise Refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._at(match[1], cursor, int(match[2]))

    def _at(self, name: str, cursor: Cursor, begin: int) -> Reply:
        # A page may hold fewer records than were asked for; clients that add up the pages' sizes get lost.
        size = max(1, cursor.size // 2) if self._request.fires("short_page") else cursor.size
        end = begin + size
        found = [self._org_row(cursor, record_id) for record_id in cursor.ids[begin:end]]
        rows = [row for row in found if row is not None]
        page: dict[str, Any] = {"totalSize": len(cursor.ids), "done": end >= len(cursor.ids)}
        if not page["done"]:
            page["nextRecordsUrl"] = f"/services/data/{self._version}/query/{name}-{end}"
        return self._shown(cursor.selection, rows, page)

    @staticmethod
    def _org_row(cursor: Cursor, record_id: str) -> Row | None:
        return cursor.selection.catalog.row(cursor.selection.kind.name, record_id)

    def _shown(self, selection: Selection, rows: list[Row], page: dict[str, Any]) -> Reply:
        assert selection.shape is not None
        records = [selection.shape.record(row, self._version) for row in rows]
        if not selection.query.order and self._request.fires("reordered_results"):
            # Without ORDER BY nobody has promised an order.
            records.reverse()
        return _page({**page, "records": records}, len(records))

    def _size(self) -> int:
        asked = _BATCH.search(self._request.headers.get("Sforce-Query-Options", ""))
        return min(PAGE, max(SMALLEST_PAGE, int(asked[1]))) if asked else PAGE


def _page(page: dict[str, Any], rows: int) -> Reply:
    return Reply.json(page, rows=rows)
