"""sObject Collections: up to 200 records in one call, answered in the order of the request, each by itself."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sandbox.exchange import Reply
from sandbox.salesforce.ids import widened
from sandbox.salesforce.refusal import Refusal, not_found, wrong_method
from sandbox.salesforce.rest import body_of, row_of
from sandbox.salesforce.shapes import record
from sandbox.salesforce.writing import Manner, Saved, Writer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.exchange import Request
    from sandbox.salesforce.objects import Kind
    from sandbox.salesforce.org import Org

MOST_ROWS = 200
TOO_MANY = "record limit reached. cannot submit more than 200 records into this call"
#: Rows of different kinds may alternate; each change begins a chunk, of which there may be ten.
MOST_CHUNKS = 10
#: Ids in one retrieval.
MOST_READ = 2_000
ROLLED_BACK: tuple[str, str, list[str]] = (
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
    [],
)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done with the rows of a call."""

    operation: str
    #: The field that rows are upserted by.
    key: str | None
    all_or_none: bool


def answer(org: Org, request: Request, version: str, path: list[str]) -> Reply | None:
    """Answer `composite/sobjects…`; None for other paths.

    Raises:
        Refusal: It cannot be answered.
    """
    match path, request.method:
        case ["composite", "sobjects"], "POST":
            return _written(org, request, "insert")
        case ["composite", "sobjects"], "PATCH":
            return _written(org, request, "update")
        case ["composite", "sobjects"], "DELETE":
            return _deleted(org, request)
        case ["composite", "sobjects"], method:
            raise wrong_method(method, "POST", "PATCH", "DELETE")
        case ["composite", "sobjects", name], "GET" | "POST":
            return _read(org, request, version, _kind(org, name))
        case ["composite", "sobjects", name, key], "PATCH":
            return _upserted(org, request, _kind(org, name), key)
        case ["composite", "sobjects", _, _], method:
            raise wrong_method(method, "PATCH")
    return None


def _kind(org: Org, name: str) -> Kind:
    kind = org.kind(name)
    if kind is None:
        raise not_found()
    return kind


def _sent(request: Request) -> tuple[list[dict[str, Any]], bool]:
    """Return the rows of a request, and whether all must succeed.

    Raises:
        Refusal: The request is not formed as it must be.
    """
    body = body_of(request)
    rows = body.get("records") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise Refusal(400, "INVALID_INPUT", "The request must contain a list of records")
    if len(rows) > MOST_ROWS:
        raise Refusal(400, "EXCEEDED_ID_LIMIT", TOO_MANY)
    return rows, body.get("allOrNone") is True


def _kind_of_row(org: Org, row: dict[str, Any]) -> Kind:
    told = row.get("attributes")
    name = told.get("type") if isinstance(told, dict) else None
    if not isinstance(name, str):
        raise Refusal(400, "INVALID_INPUT", "Each record must have an attributes map with a type")
    kind = org.kind(name)
    if kind is None:
        raise Refusal(400, "INVALID_TYPE", f"sObject type '{name}' is not supported.")
    return kind


def _written(org: Org, request: Request, operation: str) -> Reply:
    rows, all_or_none = _sent(request)
    kinds = [_kind_of_row(org, row) for row in rows]
    chunks = [(kinds[start], [rows[i] for i in spots]) for start, spots in _chunks(kinds)]
    if len(chunks) > MOST_CHUNKS:
        raise Refusal(400, "INVALID_INPUT", "Cannot have more than 10 chunks in a single operation")
    return _reply(_saved(org, request, chunks, Order(operation, None, all_or_none)), created=False)


def _chunks(kinds: list[Kind]) -> list[tuple[int, list[int]]]:
    spots = [list(run) for _, run in groupby(range(len(kinds)), key=lambda i: kinds[i].name)]
    return [(run[0], run) for run in spots]


def _upserted(org: Org, request: Request, kind: Kind, key: str) -> Reply:
    rows, all_or_none = _sent(request)
    for row in rows:
        if _kind_of_row(org, row).name != kind.name:
            raise Refusal(400, "INVALID_INPUT", f"The type of each record must be {kind.name}")
    field = Writer(org, kind, Manner()).key_field(key)
    saved = _saved(org, request, [(kind, rows)], Order("upsert", field.name, all_or_none))
    return _reply(saved, created=True)


def _saved(org: Org, request: Request, chunks: list[tuple[Kind, list[dict[str, Any]]]], order: Order) -> list[Saved]:
    """Write the chunks; nothing of them where all must succeed and one does not."""
    read: list[tuple[Kind, list[Mapping[str, object]]]] = [
        (kind, [row_of(org, kind, row) for row in rows]) for kind, rows in chunks
    ]
    with org.undoable() as undo:
        saved = [
            each
            for kind, rows in read
            for each in org.write(kind.name, order.operation, rows, order.key, request.headers)
        ]
        if order.all_or_none and not all(each.success for each in saved):
            undo()
            saved = [each if each.errors else Saved(errors=[ROLLED_BACK]) for each in saved]
    return saved


def _reply(saved: list[Saved], *, created: bool) -> Reply:
    return Reply.json([_shown(each, created=created) for each in saved], rows=sum(each.success for each in saved))


def _shown(saved: Saved, *, created: bool) -> dict[str, Any]:
    if saved.errors:
        errors = [{"statusCode": code, "message": text, "fields": fields} for code, text, fields in saved.errors]
        return {"success": False, "errors": errors}
    told: dict[str, Any] = {"id": saved.id, "success": True, "errors": []}
    return told | {"created": saved.created} if created else told


def _deleted(org: Org, request: Request) -> Reply:
    ids = [each for each in ",".join(request.query.get("ids", [])).split(",") if each]
    if not ids:
        raise Refusal(400, "MISSING_ARGUMENT", "The ids parameter is required")
    if len(ids) > MOST_ROWS:
        raise Refusal(400, "EXCEEDED_ID_LIMIT", TOO_MANY)
    with org.undoable() as undo:
        saved = [_delete(org, request, each) for each in ids]
        if request.first("allOrNone").lower() == "true" and not all(each.success for each in saved):
            undo()
            saved = [each if each.errors else Saved(errors=[ROLLED_BACK]) for each in saved]
    return _reply(saved, created=False)


def _delete(org: Org, request: Request, record_id: str) -> Saved:
    wide = widened(record_id)
    kind = org.kind_of(wide) if wide else None
    if kind is None:
        return Saved(errors=[("MALFORMED_ID", f"malformed id {record_id}", [])])
    return org.write(kind.name, "delete", [{"Id": wide}], None, request.headers)[0]


def _read(org: Org, request: Request, version: str, kind: Kind) -> Reply:
    """Answer with one record per id asked for, null where there is none."""
    if request.method == "POST":
        body = body_of(request)
        told = body if isinstance(body, dict) else {}
        ids, names = told.get("ids"), told.get("fields")
    else:
        ids, names = (request.first(name).split(",") for name in ("ids", "fields"))
    if not isinstance(ids, list) or not isinstance(names, list) or not names or not names[0]:
        raise Refusal(400, "MISSING_ARGUMENT", "The ids and fields parameters are required")
    if len(ids) > MOST_READ:
        raise Refusal(400, "EXCEEDED_ID_LIMIT", f"cannot retrieve more than {MOST_READ} records")
    fields = [kind.field(str(name).strip()) for name in names]
    if None in fields:
        missing = names[fields.index(None)]
        raise Refusal(400, "INVALID_FIELD", f"No such column '{missing}' on sobject of type {kind.name}")
    known = [field for field in fields if field is not None]
    rows = [org.store.get(org.whole(kind.name), each) for each in ids]
    shown = [None if row is None or row.get("IsDeleted") else record(org, version, kind, row, known) for row in rows]
    return Reply.json(shown, rows=len(shown))
