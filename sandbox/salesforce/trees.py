"""`composite/tree/{o}`: up to 200 records with their children, all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.exchange import Reply
from sandbox.salesforce.refusal import Refusal, not_found, wrong_method
from sandbox.salesforce.rest import body_of, row_of
from sandbox.salesforce.row_sets import MOST_ROWS, TOO_MANY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.exchange import Request
    from sandbox.salesforce.objects import Kind
    from sandbox.salesforce.org import Org

Row = dict[str, Any]


def answer(org: Org, request: Request, version: str, path: list[str]) -> Reply | None:  # noqa: ARG001 - one form for all
    """Answer `composite/tree/{o}`; None for other paths.

    Raises:
        Refusal: It cannot be answered.
    """
    match path:
        case ["composite", "tree", name]:
            if request.method != "POST":
                raise wrong_method(request.method, "POST")
            kind = org.kind(name)
            if kind is None:
                raise not_found()
            return _planted(org, request, kind)
    return None


def _planted(org: Org, request: Request, kind: Kind) -> Reply:
    body = body_of(request)
    rows = body.get("records") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not rows:
        raise Refusal(400, "INVALID_INPUT", "The request must contain a list of records")
    results: list[Row] = []
    with org.undoable() as undo:
        for row in rows:
            results += _grown(org, request, kind, row, {})
        failed = [each for each in results if "errors" in each]
        if failed or len(results) > MOST_ROWS:
            undo()
    if len(results) > MOST_ROWS:
        raise Refusal(400, "EXCEEDED_ID_LIMIT", TOO_MANY)
    if failed:
        return Reply.json({"hasErrors": True, "results": failed}, status=400)
    return Reply.json({"hasErrors": False, "results": results}, status=201, rows=len(results))


def _grown(org: Org, request: Request, kind: Kind, row: object, above: dict[str, str]) -> Iterator[Row]:
    """Create one record under its parent, then its children; yield what became of each."""
    told = row.get("attributes") if isinstance(row, dict) else None
    if not isinstance(row, dict) or not isinstance(told, dict) or not isinstance(told.get("referenceId"), str):
        raise Refusal(400, "INVALID_INPUT", "Include a reference ID for each record in the request.")
    branches = {name: value for name, value in row.items() if isinstance(value, dict) and "records" in value}
    values = {name: value for name, value in row.items() if name not in branches}
    [saved] = org.write(kind.name, "insert", [row_of(org, kind, {**values, **above})], None, request.headers)
    if saved.errors:
        errors = [{"statusCode": code, "message": text, "fields": fields} for code, text, fields in saved.errors]
        yield {"referenceId": told["referenceId"], "errors": errors}
        return
    yield {"referenceId": told["referenceId"], "id": saved.id}
    for name, branch in branches.items():
        child_name, field_name = kind.children.get(name.lower(), ("", ""))
        child = org.kind(child_name)
        if child is None or not isinstance(branch["records"], list):
            raise Refusal(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {kind.name}")
        for each in branch["records"]:
            yield from _grown(org, request, child, each, {field_name: saved.id or ""})
