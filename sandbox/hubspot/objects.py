"""One object at a time: list, read, create, update, archive, merge, erase."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from sandbox.exchange import Reply
from sandbox.hubspot import batches, search, showing
from sandbox.hubspot.calls import maybe_text, next_page, text_of
from sandbox.hubspot.errors import bad_json, not_found
from sandbox.hubspot.showing import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.hubspot.calls import Call
    from sandbox.hubspot.portal import Portal
    from sandbox.hubspot.records import Record, Store

_PAGE, _WITH_HISTORY = 100, 50


def listed(portal: Portal, call: Call, kind: str) -> Reply:
    """Page through all records, or all archived ones, in the order of their ids."""
    store, wanted, archived = portal.store(kind), Wanted.of_query(call), call.flag("archived")
    limit = call.limit(10, _WITH_HISTORY if wanted.history else _PAGE)
    if limit > 1 and call.request.fires("short_page"):
        limit //= 2
    page: list[Record] = []
    for at in range(bisect_right(store.order, call.after()), len(store.order)):
        record = store.records[str(store.order[at])]
        if (record.archived is not None) is archived:
            page.append(record)
        if len(page) > limit:
            break
    answer: dict[str, Any] = {"results": [showing.read(portal, store, record, call, wanted) for record in page[:limit]]}
    if len(page) > limit:
        answer["paging"] = next_page(page[limit - 1].id, call)
    return Reply.json(answer, rows=len(page[:limit]))


def get(portal: Portal, call: Call, kind: str, id_: str) -> Reply:
    """Read one record by its id or a unique value; an id that a merge ended leads to the survivor."""
    store = portal.store(kind)
    record = _found(store, call, id_, archived=call.flag("archived"))
    return Reply.json(showing.read(portal, store, record, call, Wanted.of_query(call)), rows=1)


def create(portal: Portal, call: Call, kind: str) -> Reply:
    """Make one record."""
    store, body = portal.writable(kind), call.body()
    made = store.checked(_properties(body), None, {}, body)
    portal.demand(call, store.kind, made)
    portal.links.check(store.kind, body.get("associations"))
    record = portal.apply(store, None, made, body.get("associations"), call.at)
    return Reply.json(showing.written(portal, store, record, made), 201, rows=1)


def update(portal: Portal, call: Call, kind: str, id_: str) -> Reply:
    """Change one record, found by its id or a unique value."""
    store, body = portal.writable(kind), call.body()
    record = _found(store, call, id_)
    if call.request.fires("row_lock", record.id):
        raise batches.locked()
    made = store.checked(_properties(body), record, {}, body)
    portal.apply(store, record, made, None, call.at)
    return Reply.json(showing.written(portal, store, record, made), rows=1)


def delete(portal: Portal, call: Call, kind: str, id_: str) -> Reply:
    """Archive one record; one that is not there does not matter."""
    store = portal.writable(kind)
    record = store.resolve(id_)
    if record is not None:
        portal.archive(store, record, call.at)
    return Reply.empty(204, rows=1)


def merge(portal: Portal, call: Call, kind: str) -> Reply:
    """Make one record of two."""
    store, body = portal.writable(kind), call.body()
    pair = [store.resolve(text_of(body, name)) for name in ("primaryObjectId", "objectIdToMerge")]
    if any(one is None or one.archived is not None for one in pair):
        raise not_found(f"Could not get some {store.kind.singular.upper()} objects, they may be deleted or not exist.")
    winner, loser = pair
    assert winner is not None
    assert loser is not None
    record = portal.merged(store, winner, loser, call.at)
    return Reply.json(showing.written(portal, store, record, store.kind.shown), rows=1)


def erase(portal: Portal, call: Call, kind: str) -> Reply:
    """Erase one record for ever (GDPR)."""
    store, body = portal.writable(kind), call.body()
    record = store.find(maybe_text(body, "idProperty"), text_of(body, "objectId"))
    if record is not None:
        store.erase(record)
    return Reply.empty(204, rows=1)


def searched(portal: Portal, call: Call, kind: str) -> Reply:
    """Search."""
    return search.search(portal, call, portal.store(kind))


def batch(portal: Portal, call: Call, kind: str, verb: str) -> Reply:
    """Answer a batch call."""
    if verb == "read":
        return batches.read(portal, call, portal.store(kind))
    chosen: Mapping[str, Callable[[Portal, Call, Store], Reply]] = {
        "create": batches.create,
        "update": batches.update,
        "upsert": batches.upsert,
        "archive": batches.archive,
    }
    if verb not in chosen:
        raise not_found()
    return chosen[verb](portal, call, portal.writable(kind))


def _found(store: Store, call: Call, id_: str, *, archived: bool = False) -> Record:
    record = store.find(call.request.first("idProperty"), id_)
    if record is None or (record.archived is not None) is not archived:
        raise not_found("Object not found.  objectId are usually numeric.")
    return record


def _properties(body: dict[str, Any]) -> dict[str, Any]:
    given = body.get("properties")
    if not isinstance(given, dict):
        raise bad_json("some required fields were not set: [properties]")
    return given
