"""The association calls: v4 and date-versioned ones, and the older v3 batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.exchange import Reply
from sandbox.hubspot.calls import next_page, text_of, whole
from sandbox.hubspot.errors import Refusal, bad_json

if TYPE_CHECKING:
    from sandbox.hubspot.calls import Call
    from sandbox.hubspot.kinds import Kind
    from sandbox.hubspot.links import LinkType
    from sandbox.hubspot.portal import Portal

MOST_READ, MOST_WRITTEN = 1_000, 2_000
_PAGE = 500


def labels(portal: Portal, call: Call, from_type: str, to_type: str) -> Reply:
    """List the types between two types of object, make one (POST) or give one another label (PUT)."""
    one, other = portal.kind(from_type), portal.kind(to_type)
    if call.request.method == "PUT":
        type_id = call.body().get("associationTypeId")
        portal.links.relabel(type_id if isinstance(type_id, int) else 0, text_of(call.body(), "label"))
        return Reply.empty(204)
    if call.request.method == "POST":
        body = call.body()
        made = portal.links.add_type(
            one.id, other.id, text_of(body, "name"), text_of(body, "label"), body.get("inverseLabel")
        )
        return Reply.json({"results": [link.spec() for link in made[:1]]})
    return Reply.json({"results": [link.spec() for link in portal.links.between(one.id, other.id)]})


def end_label(portal: Portal, call: Call, from_type: str, to_type: str, type_id: str) -> Reply:
    """End a type of association."""
    portal.links.relabel(int(type_id) if type_id.isdecimal() else 0, None)
    return Reply.empty(204)


def types(portal: Portal, call: Call, from_type: str, to_type: str) -> Reply:
    """List the types between two types of object in v3's form."""
    one, other = portal.kind(from_type), portal.kind(to_type)
    found = portal.links.between(one.id, other.id)
    return Reply.json(
        {"results": [{"id": str(link.type_id), "name": link.name or _v3_name(one, other)} for link in found]}
    )


def batch_read(portal: Portal, call: Call, from_type: str, to_type: str) -> Reply:
    """Read the associates of many records; a record that has none is an entry of `errors`, not of `results`."""
    one, other = portal.kind(from_type), portal.kind(to_type)
    results, errors = [], []
    for row in call.inputs(MOST_READ):
        id_ = text_of(row, "id")
        found = portal.links.of(one.id, portal.present(one, id_), other.id)
        start = whole(row, "after", 0)
        if not found:
            errors.append(_nobody(one, other, id_))
            continue
        entry: dict[str, Any] = {
            "from": {"id": id_},
            "to": [_associate(*pair) for pair in found[start : start + _PAGE]],
        }
        if call.version == "v3":
            entry["to"] = [{"id": to, "type": _v3_name(one, other)} for to, _ in found[start : start + _PAGE]]
        if start + _PAGE < len(found):
            entry["paging"] = next_page(str(start + _PAGE), call)
        results.append(entry)
    return _batch(portal, call, results, errors)


def batch_create(portal: Portal, call: Call, from_type: str, to_type: str) -> Reply:
    """Associate pairs of records, by types (v4) or by the name of a type (v3)."""
    one, other = portal.kind(from_type), portal.kind(to_type)
    results, errors = [], []
    for row in call.inputs(MOST_WRITTEN):
        from_id, to_id = _end(row, "from"), _end(row, "to")
        try:
            types = _types(portal, one, other, row)
            for link in types:
                portal.links.add(link, portal.present(one, from_id), portal.present(other, to_id))
        except Refusal as refusal:
            errors.append(refusal.row({"fromObjectId": [from_id], "toObjectId": [to_id]}, portal.omit))
            continue
        if call.version == "v3":
            results.append({"from": {"id": from_id}, "to": {"id": to_id}, "type": _v3_name(one, other)})
        else:
            results.append(_pair(one, from_id, other, to_id, types))
    return _batch(portal, call, [one for one in results if not _silent(call, one)], errors, 201)


def batch_default(portal: Portal, call: Call, from_type: str, to_type: str) -> Reply:
    """Associate pairs of records without a label."""
    one, other = portal.kind(from_type), portal.kind(to_type)
    results: list[dict[str, Any]] = []
    errors = []
    for row in call.inputs(MOST_WRITTEN):
        from_id, to_id = _end(row, "from"), _end(row, "to")
        try:
            results += _defaults(portal, one, from_id, other, to_id)
        except Refusal as refusal:
            errors.append(refusal.row({"fromObjectId": [from_id], "toObjectId": [to_id]}, portal.omit))
    return _batch(portal, call, [one for one in results if not _silent(call, one)], errors)


def batch_archive(portal: Portal, call: Call, from_type: str, to_type: str) -> Reply:
    """End associations; those that are not there do not matter."""
    one, other = portal.kind(from_type), portal.kind(to_type)
    for row in call.inputs(MOST_WRITTEN):
        ends = row.get("to")
        for end in ends if isinstance(ends, list) else [ends]:
            to_id = text_of(end if isinstance(end, dict) else {}, "id")
            portal.links.remove((one.id, _end(row, "from")), (other.id, to_id))
    return Reply.empty(204)


def batch_archive_labels(portal: Portal, call: Call, from_type: str, to_type: str) -> Reply:
    """End only some types of associations."""
    one, other = portal.kind(from_type), portal.kind(to_type)
    for row in call.inputs(MOST_WRITTEN):
        types = [link.type_id for link in _types(portal, one, other, row)]
        portal.links.remove((one.id, _end(row, "from")), (other.id, _end(row, "to")), types)
    return Reply.empty(204)


def listed(portal: Portal, call: Call, kind: str, id_: str, to_type: str) -> Reply:
    """Page through the associates of one record."""
    one, other = portal.kind(kind), portal.kind(to_type)
    found = portal.links.of(one.id, portal.present(one, id_), other.id)
    limit = call.limit(_PAGE, _PAGE)
    after = call.after()
    page = found[after : after + limit]
    answer: dict[str, Any] = {"results": [_associate(*pair) for pair in page]}
    if call.version == "v3":
        answer["results"] = [{"id": to, "type": _v3_name(one, other)} for to, _ in page]
    if after + limit < len(found):
        answer["paging"] = next_page(str(after + limit), call)
    return Reply.json(answer, rows=len(page))


def put(portal: Portal, call: Call, kind: str, id_: str, to_type: str, to_id: str) -> Reply:
    """Associate two records by the types in the body."""
    one, other = portal.kind(kind), portal.kind(to_type)
    types = _types(portal, one, other, {"types": call.json()})
    for link in types:
        portal.links.add(link, portal.present(one, id_), portal.present(other, to_id))
    return Reply.json(_pair(one, id_, other, to_id, types), 201)


def put_default(portal: Portal, call: Call, kind: str, id_: str, to_type: str, to_id: str) -> Reply:
    """Associate two records without a label."""
    return _batch(portal, call, _defaults(portal, portal.kind(kind), id_, portal.kind(to_type), to_id), [])


def delete(portal: Portal, call: Call, kind: str, id_: str, to_type: str, to_id: str) -> Reply:
    """End all associations of two records."""
    one, other = portal.kind(kind), portal.kind(to_type)
    portal.links.remove((one.id, portal.present(one, id_)), (other.id, portal.present(other, to_id)))
    return Reply.empty(204)


def _defaults(portal: Portal, one: Kind, from_id: str, other: Kind, to_id: str) -> list[dict[str, Any]]:
    made = []
    for start, start_id, end, end_id in ((one, from_id, other, to_id), (other, to_id, one, from_id)):
        plain = [link for link in portal.links.between(start.id, end.id) if link.label is None]
        if not plain:
            raise Refusal(400, f"There is no default association type between {one.id} and {other.id}")
        portal.links.add(plain[0], portal.present(start, start_id), portal.present(end, end_id))
        spec = {"associationCategory": plain[0].category, "associationTypeId": plain[0].type_id}
        made.append({"from": {"id": start_id}, "to": {"id": end_id}, "associationSpec": spec})
    return made


def _types(portal: Portal, one: Kind, other: Kind, row: dict[str, Any]) -> list[LinkType]:
    if isinstance(row.get("type"), str):
        plain = portal.links.between(one.id, other.id)
        if not plain or row["type"] not in {_v3_name(one, other), str(plain[0].type_id)}:
            raise Refusal(400, f"{row['type']} is not a valid association type between {one.id} and {other.id}")
        return plain[:1]
    specs = row.get("types")
    if not isinstance(specs, list) or not specs:
        raise bad_json("some required fields were not set: [types]")
    return [portal.links.type(one.id, other.id, spec) for spec in specs]


def _end(row: dict[str, Any], name: str) -> str:
    end = row.get(name)
    return text_of(end if isinstance(end, dict) else {}, "id")


def _associate(to_id: str, types: list[LinkType]) -> dict[str, Any]:
    return {"toObjectId": to_id, "associationTypes": [link.spec() for link in types]}


def _pair(one: Kind, from_id: str, other: Kind, to_id: str, types: list[LinkType]) -> dict[str, Any]:
    return {
        "fromObjectTypeId": one.id,
        "fromObjectId": from_id,
        "toObjectTypeId": other.id,
        "toObjectId": to_id,
        "labels": [link.label for link in types if link.label is not None],
    }


def _silent(call: Call, result: dict[str, Any]) -> bool:
    """Whether the switches leave a pair out of the answer that was associated all the same."""
    from_id = result.get("fromObjectId") or result["from"]["id"]
    return call.request.fires("silent_batch", str(from_id))


def _v3_name(one: Kind, other: Kind) -> str:
    return f"{one.singular}_to_{other.singular}"


def _nobody(one: Kind, other: Kind, id_: str) -> dict[str, Any]:
    refusal = Refusal(
        404,
        f"No {other.name} is associated with {one.name} {id_}.",
        "OBJECT_NOT_FOUND",
        context={"fromObjectId": [id_], "fromObjectType": [one.name], "toObjectType": [other.name]},
    )
    return refusal.row({}) | {"subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND"}


def _batch(portal: Portal, call: Call, results: list[Any], errors: list[Any], status: int = 200) -> Reply:
    body: dict[str, Any] = {"status": "COMPLETE", "results": results}
    body |= {"startedAt": call.stamp, "completedAt": portal.stamp()}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    return Reply.json(body, 207 if errors else status, rows=len(results))
