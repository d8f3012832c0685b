"""The calls about lists and their members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.exchange import Reply
from sandbox.hubspot import branches
from sandbox.hubspot.calls import paged, text_of, whole
from sandbox.hubspot.errors import Refusal, bad_json, not_found
from sandbox.hubspot.values import stamp

if TYPE_CHECKING:
    from sandbox.hubspot.calls import Call
    from sandbox.hubspot.portal import Portal

KINDS = {"MANUAL", "SNAPSHOT", "DYNAMIC"}
MOST_MOVED = 100_000
_PAGE = 250


def create(portal: Portal, call: Call) -> Reply:
    """Make a list."""
    body = call.body()
    processing = text_of(body, "processingType")
    if processing not in KINDS:
        raise bad_json(f"processingType must be one of {sorted(KINDS)}")
    kind = portal.kind(text_of(body, "objectTypeId"))
    if not text_of(body, "name").strip():
        raise bad_json("some required fields were not set: [name]")
    if processing == "DYNAMIC" and not body.get("filterBranch"):
        raise bad_json("a DYNAMIC list needs a filterBranch")
    if body.get("filterBranch") is not None:
        branches.compiled(body["filterBranch"], portal.catalogue(kind.id))
    made = portal.lists.add(body["name"], kind.id, processing, call.at)
    made.filters = body.get("filterBranch") if processing == "DYNAMIC" else None
    return Reply.json({"list": made.json()})


def fetch(portal: Portal, call: Call) -> Reply:
    """Return the lists named by `listIds`, or all."""
    ids = call.names("listIds")
    found = [portal.lists.held[id_] for id_ in ids if id_ in portal.lists.held] if ids else portal.lists.live()
    return Reply.json({"lists": [one.json(with_filters=call.flag("includeFilters")) for one in found]})


def get(portal: Portal, call: Call, id_: str) -> Reply:
    """Return one list."""
    return Reply.json({"list": portal.lists.need(id_).json(with_filters=call.flag("includeFilters"))})


def by_name(portal: Portal, call: Call, kind: str, name: str) -> Reply:
    """Return the list of that name."""
    found = portal.lists.named(portal.kind(kind).id, name)
    if found is None:
        raise not_found(f"List does not exist with name {name}.")
    return Reply.json({"list": found.json(with_filters=call.flag("includeFilters"))})


def search(portal: Portal, call: Call) -> Reply:
    """Find lists by a part of their name."""
    body = call.body()
    query = str(body.get("query") or "").casefold()
    types, ids = body.get("processingTypes") or list(KINDS), body.get("listIds") or []
    if not isinstance(types, list) or not isinstance(ids, list):
        raise bad_json("processingTypes and listIds must be lists")
    offset, count = whole(body, "offset", 0), whole(body, "count", 20)
    found = [
        one
        for one in portal.lists.live()
        if query in one.name.casefold() and one.processing in types and (not ids or one.id in map(str, ids))
    ]
    page = found[offset : offset + count]
    shown = [
        one.json(with_filters=False) | {"additionalProperties": {"hs_list_size": str(len(one.members))}} for one in page
    ]
    return Reply.json(
        {"lists": shown, "total": len(found), "offset": offset + len(page), "hasMore": offset + count < len(found)}
    )


def delete(portal: Portal, call: Call, id_: str) -> Reply:
    """Delete a list; it can be restored."""
    portal.lists.need(id_).deleted = call.at
    return Reply.empty(204)


def restore(portal: Portal, call: Call, id_: str) -> Reply:
    """Bring a deleted list back."""
    if id_ not in portal.lists.held:
        raise not_found(f"List does not exist with ID {id_}.")
    portal.lists.held[id_].deleted = None
    return Reply.empty(204)


def rename(portal: Portal, call: Call, id_: str) -> Reply:
    """Give a list another name."""
    found, name = portal.lists.need(id_), call.request.first("listName")
    other = portal.lists.named(found.kind_id, name)
    if not name or (other is not None and other is not found):
        raise Refusal(400, f"A list already exists with name '{name}'" if name else "listName is missing")
    found.name = name
    return Reply.json({"updatedList": found.json(with_filters=call.flag("includeFilters"))})


def refilter(portal: Portal, call: Call, id_: str) -> Reply:
    """Give a dynamic list another filter."""
    found = portal.lists.need(id_)
    if found.processing != "DYNAMIC":
        raise Refusal(400, f"List {id_} is not DYNAMIC")
    branch = call.body().get("filterBranch")
    branches.compiled(branch, portal.catalogue(found.kind_id))
    found.filters = branch
    return Reply.json({"updatedList": found.json()})


def memberships(portal: Portal, call: Call, id_: str) -> Reply:
    """Page through the members of a list; DELETE removes them all."""
    if call.request.method == "DELETE":
        portal.lists.open(id_).members.clear()
        return Reply.empty(204)
    members = sorted(portal.lists.need(id_).members.items(), key=lambda pair: int(pair[0]))
    answer = paged(members, call, _PAGE, _member, default=_PAGE)
    return Reply.json(answer | {"total": len(members)}, rows=len(answer["results"]))


def change(portal: Portal, call: Call, id_: str, verb: str) -> Reply:
    """Add members, remove members, or both."""
    found, body = portal.lists.open(id_), call.json()
    match verb:
        case "add":
            joining, leaving = _ids(body), []
        case "remove":
            joining, leaving = [], _ids(body)
        case "add-and-remove" if isinstance(body, dict):
            joining, leaving = _ids(body.get("recordIdsToAdd") or []), _ids(body.get("recordIdsToRemove") or [])
        case _:
            raise bad_json("an object was expected") if verb == "add-and-remove" else not_found()
    if call.request.fires("silent_failure"):
        joining, leaving = [], []
    kind = portal.kind(found.kind_id)
    present = {id_: portal.present(kind, id_) for id_ in joining if portal.exists(found.kind_id, id_)}
    added = [id_ for id_ in present.values() if id_ not in found.members]
    removed = [id_ for id_ in leaving if id_ in found.members]
    for one in removed:
        del found.members[one]
    found.members |= dict.fromkeys(added, call.at)
    missing = [id_ for id_ in joining if id_ not in present]
    told = {"recordsIdsAdded": added, "recordIdsRemoved": removed, "recordIdsMissing": missing}
    answer = {name: [id_ for id_ in ids if not call.request.fires("silent_batch", id_)] for name, ids in told.items()}
    return Reply.json(answer, rows=len(added) + len(removed))


def add_from(portal: Portal, call: Call, id_: str, source: str) -> Reply:
    """Add all members of another list."""
    found, other = portal.lists.open(id_), portal.lists.need(source)
    if len(other.members) > MOST_MOVED:
        raise Refusal(400, f"At most {MOST_MOVED} records can be added from a list at a time")
    found.members |= {one: call.at for one in other.members if one not in found.members}
    return Reply.empty(204, rows=len(other.members))


def of_record(portal: Portal, call: Call, kind: str, id_: str) -> Reply:
    """Return the lists a record is in."""
    one = portal.kind(kind)
    record = portal.present(one, id_)
    return Reply.json(
        {"results": _memberships(portal, one.id, record), "total": len(_memberships(portal, one.id, record))}
    )


def of_records(portal: Portal, call: Call) -> Reply:
    """Return the lists of many records."""
    results = []
    for row in call.inputs():
        kind = portal.kind(text_of(row, "objectTypeId"))
        id_ = text_of(row, "recordId")
        found = _memberships(portal, kind.id, portal.present(kind, id_))
        results.append({"objectTypeId": kind.id, "recordId": id_, "recordListMemberships": found})
    body = {"status": "COMPLETE", "results": results, "startedAt": call.stamp, "completedAt": portal.stamp()}
    return Reply.json(body, rows=len(results))


def _memberships(portal: Portal, kind_id: str, id_: str) -> list[dict[str, Any]]:
    return [
        {
            "listId": one.id,
            "listVersion": 1,
            "firstAddedTimestamp": stamp(one.members[id_]),
            "lastAddedTimestamp": stamp(one.members[id_]),
        }
        for one in portal.lists.live()
        if one.kind_id == kind_id and id_ in one.members
    ]


def _member(pair: tuple[str, float]) -> dict[str, str]:
    return {"recordId": pair[0], "membershipTimestamp": stamp(pair[1])}


def _ids(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(
        isinstance(one, (str, int)) and not isinstance(one, bool) for one in value
    ):
        raise bad_json("Cannot deserialize: a list of record ids was expected")
    return list(dict.fromkeys(map(str, value)))
