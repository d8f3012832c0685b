"""Single records over REST: `sobjects/…`, describe calls, and the external-id form of each."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from sandbox.exchange import Reply
from sandbox.salesforce.describe import describe_brief, describe_kind
from sandbox.salesforce.ids import widened
from sandbox.salesforce.incoming import parsed
from sandbox.salesforce.oauth import instance_url
from sandbox.salesforce.refusal import Refusal, not_found, wrong_method
from sandbox.salesforce.rules import Breach
from sandbox.salesforce.shapes import attributes, record
from sandbox.salesforce.writing import Manner, Saved, Writer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.exchange import Request
    from sandbox.salesforce.objects import Kind
    from sandbox.salesforce.org import Org

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A request about one kind of record."""

    org: Org
    request: Request
    version: str
    kind: Kind


#: Nobody has touched the objects that an org comes with since this moment.
FIRST_DEFINED = datetime(2020, 8, 14, 20, 53, 2, tzinfo=UTC)
#: Row errors that single-record calls answer with another status than 400.
STATUSES = {"ENTITY_IS_DELETED": 404, "INVALID_CROSS_REFERENCE_KEY": 404}


def answer(org: Org, request: Request, version: str, path: list[str]) -> Reply | None:
    """Answer below `sobjects`; None for other paths.

    Raises:
        Refusal: It cannot be answered.
    """
    match path:
        case ["sobjects"]:
            _only(request, "GET")
            return _unless_known(org, request, _everything(org, version), None)
        case ["sobjects", name, *rest]:
            kind = org.kind(name)
            if kind is None:
                raise not_found()
            return _of_kind(Call(org, request, version, kind), rest)
    return None


def _of_kind(call: Call, path: list[str]) -> Reply:
    org, request, kind = call.org, call.request, call.kind
    match path:
        case [] if request.method == "POST":
            saved = _write(call, "insert", row_of(org, kind, body_of(request)))
            return Reply.json({"id": saved.id, "success": True, "errors": []}, status=201, rows=1)
        case []:
            _only(request, "GET", "POST")
            return Reply.json({"objectDescribe": describe_brief(kind, call.version), "recentItems": []})
        case ["describe"]:
            _only(request, "GET")
            return _unless_known(org, request, describe_kind(org, kind, call.version, instance_url(request)), kind)
        case [record_id]:
            return _one(call, org.store.get(org.whole(kind.name), record_id))
        case [record_id, relationship] if widened(record_id) and kind.parent(relationship):
            return _parent(call, record_id, relationship)
        case [field_name, value]:
            return _by_key(call, field_name, value)
    raise not_found()


def body_of(request: Request) -> Any:  # noqa: ANN401 - what was sent may be anything
    """Return a request's JSON.

    Raises:
        Refusal: It is none.
    """
    try:
        return request.json()
    except (ValueError, RecursionError):
        raise Refusal(400, "JSON_PARSER_ERROR", "Unexpected character at [line:1, column:1]") from None


def row_of(org: Org, kind: Kind, values: object) -> Mapping[str, object]:
    """Return one row that was sent, its names and types read: what the JSON parser objects to refuses the whole call.

    Raises:
        Refusal: A field does not exist, or cannot hold such a value.
    """
    if not isinstance(values, dict):
        raise Refusal(
            400, "JSON_PARSER_ERROR", "The HTTP entity body is required, but this request has no entity body."
        )
    try:
        return parsed(org, kind, values)
    except Breach as breach:
        if breach.code == "INVALID_TYPE_ON_FIELD_IN_RECORD":
            raise Refusal(400, "JSON_PARSER_ERROR", f"{breach.message} at [line:1, column:2]") from None
        raise Refusal(400, breach.code, breach.message) from None


def _one(call: Call, row: Row | None) -> Reply:
    """Answer for one record that was found, or not."""
    org, request, kind = call.org, call.request, call.kind
    _only(request, "GET", "HEAD", "PATCH", "DELETE")
    if row is None:
        raise not_found()
    if row.get("IsDeleted"):
        raise Refusal(404, "ENTITY_IS_DELETED", "entity is deleted")
    if request.method in {"GET", "HEAD"}:
        return Reply.json(record(org, call.version, kind, row, _wanted(kind, request)), rows=1)
    if request.method == "DELETE":
        _write(call, "delete", {"Id": row["Id"]})
        return Reply.empty(204, rows=1)
    values = row_of(org, kind, body_of(request))
    if "Id" in values:
        raise Refusal(400, "INVALID_FIELD", "The Id field should not be specified in the sobject data.")
    _write(call, "update", {**values, "Id": row["Id"]})
    return Reply.empty(204, rows=1)


def _parent(call: Call, record_id: str, relationship: str) -> Reply:
    """Answer with the record that a record's relationship leads to."""
    field = call.kind.parent(relationship)
    row = call.org.store.get(call.org.whole(call.kind.name), record_id)
    target = row.get(field.name) if row is not None and field is not None else None
    kind = call.org.kind_of(str(target))
    seen = call.org.kind(kind.name) if kind is not None and target is not None else None
    if seen is None:
        raise not_found()
    return _one(replace(call, kind=seen), call.org.store.get(call.org.whole(seen.name), target))


def _wanted(kind: Kind, request: Request) -> list[Any]:
    names = [name for name in request.first("fields").split(",") if name]
    if not names:
        return list(kind.fields.values())
    fields = [kind.field(name.strip()) for name in names]
    if None in fields:
        missing = names[fields.index(None)]
        raise Refusal(400, "INVALID_FIELD", f"No such column '{missing}' on sobject of type {kind.name}")
    return fields


def _by_key(call: Call, field_name: str, value: str) -> Reply:
    """Answer for the record that holds *value* in an external-id field."""
    org, request, kind = call.org, call.request, call.kind
    key = Writer(org, kind, Manner.of(request.headers)).key_field(field_name)
    found = list(org.store.lookup(org.whole(kind.name), key, [value]))
    if len(found) > 1:
        return Reply.json([attributes(call.version, kind, row["Id"])["url"] for row in found], status=300)
    if request.method != "PATCH":
        return _one(call, found[0] if found else None)
    values = row_of(org, kind, body_of(request))
    if key.name in values:
        raise Refusal(400, "INVALID_FIELD", f"The {key.name} field should not be specified in the sobject data.")
    if key.type == "id" and not found:
        raise not_found()
    saved = _write(call, "upsert", {**values, key.name: value}, key.name)
    told: Row = {"id": saved.id, "success": True, "errors": [], "created": saved.created}
    return Reply.json(told, status=201 if saved.created else 200, rows=1)


def _write(call: Call, operation: str, row: Mapping[str, object], key: str | None = None) -> Saved:
    if not call.kind.writable:
        raise wrong_method(call.request.method, "GET", "HEAD")
    [saved] = call.org.write(call.kind.name, operation, [row], key, call.request.headers)
    for code, message, fields in saved.errors:
        raise Refusal(STATUSES.get(code, 400), code, message, tuple(fields))
    return saved


def _everything(org: Org, version: str) -> dict[str, Any]:
    kinds = filter(None, map(org.kind, org.kinds))
    return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": [describe_brief(kind, version) for kind in kinds]}


def _unless_known(org: Org, request: Request, told: dict[str, Any], kind: Kind | None) -> Reply:
    """Answer 304 to a caller who has seen the definitions as they are."""
    stamps = [org.defined[kind.name]] if kind and kind.name in org.defined else [] if kind else org.defined.values()
    changed = max((datetime.fromisoformat(stamp) for stamp in stamps), default=FIRST_DEFINED)
    tag = hashlib.blake2b(json.dumps(told).encode(), digest_size=4).hexdigest()
    headers = {"ETag": f'"{tag}"', "Last-Modified": format_datetime(changed, usegmt=True)}
    since = request.headers.get("If-Modified-Since", "")
    try:
        known = bool(since) and parsedate_to_datetime(since) >= changed
    except ValueError:
        known = False
    return Reply.empty(304, headers) if known else Reply.json(told, headers=headers)


def _only(request: Request, *methods: str) -> None:
    if request.method not in methods:
        raise wrong_method(request.method, *methods)
