"""Searches: pages of at most 200, at most 10,000 results, and an index that runs behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.exchange import Reply
from sandbox.hubspot import filters, showing
from sandbox.hubspot.calls import next_page, whole
from sandbox.hubspot.errors import Refusal, bad_json
from sandbox.hubspot.showing import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.hubspot.calls import Call
    from sandbox.hubspot.portal import Portal
    from sandbox.hubspot.records import Record, Store

    Hit = tuple[Record, dict[str, str]]

MOST_RESULTS, MOST_A_PAGE, MOST_CHARACTERS = 10_000, 200, 3_000
_BY_QUERY = ("email", "firstname", "lastname", "phone", "company", "name", "domain", "dealname", "hs_task_subject")


def search(portal: Portal, call: Call, store: Store) -> Reply:
    """Answer a search. Archived records are never among its results."""
    body = call.body()
    if len(call.request.body.decode("utf-8", "replace")) > MOST_CHARACTERS:
        raise Refusal(400, f"The request body is too long: at most {MOST_CHARACTERS} characters are allowed")
    limit, after = whole(body, "limit", 10), whole(body, "after", 0)
    if not 0 <= limit <= MOST_A_PAGE:
        raise bad_json(f"limit must be at most {MOST_A_PAGE}")
    if after + limit > MOST_RESULTS:
        raise Refusal(400, f"The total number of results of a search can't go beyond {MOST_RESULTS}")
    hits = _hits(portal, call, store, body)
    short = limit > 1 and call.request.fires("short_page")
    end = after + (limit // 2 if short else limit)
    page, wanted = hits[after:end], Wanted.of_body(body)
    answer: dict[str, Any] = {
        "total": len(hits),
        "results": [showing.read(portal, store, record, call, wanted, values) for record, values in page],
    }
    if end < len(hits):
        answer["paging"] = next_page(str(end), call)
    return Reply.json(answer, rows=len(page))


def _hits(portal: Portal, call: Call, store: Store, body: dict[str, Any]) -> list[Hit]:
    """Return all records found, in order; kept for the next page while nothing changes."""
    seen = call.at - (portal.lag_s if call.request.fires("search_lag") else portal.search_lag_s)
    asked = {name: body.get(name) for name in ("filterGroups", "filters", "sorts", "query")}
    # Nothing that is behind the index: the hits of the last page can serve again.
    settled = seen >= store.changed
    kept = (repr(asked), store.revision) if settled else None
    if kept is not None and portal.last_search.get(store.kind.id, (None,))[0] == kept:
        found: list[Hit] = portal.last_search[store.kind.id][1]
        return found
    test = filters.compiled(_groups(body), store.catalogue, lambda to, ids: _linked(portal, store, to, ids))
    query = str(body.get("query") or "").casefold()
    named = _named(store, body) if settled else None
    hits = [
        (record, values)
        for record, values in (_visible(store, seen, settled=settled) if named is None else named)
        if test(values) and (not query or any(query in values.get(name, "").casefold() for name in _BY_QUERY))
    ]
    _sort(hits, store, body.get("sorts") or [])
    portal.last_search[store.kind.id] = (kept, hits)
    return hits


def _groups(body: dict[str, Any]) -> list[Any]:
    groups = body.get("filterGroups") or []
    if not isinstance(groups, list):
        raise bad_json("filterGroups must be a list")
    return [*groups, {"filters": body["filters"]}] if body.get("filters") else groups


def _visible(store: Store, seen: float, *, settled: bool) -> Iterable[Hit]:
    """Yield what the index knows: every record as it was at *seen*."""
    for id_ in store.order:
        record = store.records[str(id_)]
        if settled:
            if record.archived is None:
                yield record, record.values
        elif record.archived is None or record.archived > seen:
            values = record.at(seen)
            if values is not None:
                yield record, values


def _named(store: Store, body: dict[str, Any]) -> list[Hit] | None:
    """Return the contacts among which the hits must be if a filter of the only group names addresses; else None."""
    groups = body.get("filterGroups") or []
    if len(groups) != 1 or body.get("filters") or store.kind.name != "contacts":
        return None
    for one in groups[0].get("filters") or []:
        if one.get("propertyName") == "email" and one["operator"] in {"EQ", "IN"}:
            values = one["values"] if one["operator"] == "IN" else [one["value"]]
            hits = (store.find("email", str(value)) for value in values)
            return [(record, record.values) for record in {hit.id: hit for hit in hits if hit is not None}.values()]
    return None


def _linked(portal: Portal, store: Store, to: str, ids: set[str]) -> set[str]:
    other = portal.kind(to)
    return {found for id_ in ids for found, _ in portal.links.of(other.id, id_, store.kind.id)}


def _sort(hits: list[Hit], store: Store, sorts: Any) -> None:
    if not isinstance(sorts, list) or len(sorts) > 1:
        raise bad_json("sorts must be a list of at most one sort")
    for sort in sorts:
        if not isinstance(sort, (str, dict)):
            raise bad_json("a sort must be a property's name, or an object with `propertyName` and `direction`")
        name = sort if isinstance(sort, str) else sort.get("propertyName")
        falling = str(name).startswith("-") or (isinstance(sort, dict) and sort.get("direction") == "DESCENDING")
        prop = store.catalogue.get(str(name).lstrip("-"))
        if prop is None:
            raise Refusal(400, f"Property {name} does not exist on object type {store.kind.id}")
        key: Callable[[str], Any] = filters.sort_key(prop)
        known = [hit for hit in hits if prop.name in hit[1]]
        unknown = [hit for hit in hits if prop.name not in hit[1]]
        known.sort(key=lambda hit: key(hit[1][prop.name]), reverse=falling)
        hits[:] = known + unknown
