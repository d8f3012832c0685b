"""A record as JSON: which properties an answer carries, and their history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.hubspot.errors import bad_json
from sandbox.hubspot.values import stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sandbox.hubspot.calls import Call
    from sandbox.hubspot.portal import Portal
    from sandbox.hubspot.records import Record, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a read asks for."""

    properties: Sequence[str] = ()
    history: Sequence[str] = ()
    associations: Sequence[str] = ()

    @classmethod
    def of_query(cls, call: Call) -> Wanted:
        """Read it from query parameters."""
        return cls(
            properties=call.names("properties"),
            history=call.names("propertiesWithHistory"),
            associations=call.names("associations"),
        )

    @classmethod
    def of_body(cls, body: dict[str, Any]) -> Wanted:
        """Read it from the body of a batch read or a search.

        Raises:
            Refusal: The lists are none.
        """
        return cls(properties=_texts(body, "properties"), history=_texts(body, "propertiesWithHistory"))


def read(
    portal: Portal, store: Store, record: Record, call: Call, wanted: Wanted, values: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return *record* as a read shows it; as it was when it held *values*, if they are given."""
    values = record.values if values is None else values
    if record.edits and call.request.fires("stale_read", record.id):
        values = record.at(record.edits[-1][0] - 0.000_5) or values
    names = dict.fromkeys([*(wanted.properties or store.kind.shown), *wanted.history, *store.kind.always()])
    nulls = not call.dated if portal.nulls is None else portal.nulls
    shown = {
        name: values.get(name) for name in names if (name in values or nulls) and store.catalogue.get(name) is not None
    }
    found = _frame(portal, store, record, shown)
    if wanted.history:
        found["propertiesWithHistory"] = {
            name: [
                {"value": value, "timestamp": stamp(when), "sourceType": "INTEGRATION", "sourceId": "sandbox"}
                for when, value in record.history(name)
            ]
            for name in wanted.history
            if store.catalogue.get(name) is not None
        }
    if wanted.associations:
        linked = {name: portal.links.shown(store.kind, record.id, portal.kind(name)) for name in wanted.associations}
        found["associations"] = {name: {"results": results} for name, results in linked.items() if results}
    return found


def written(portal: Portal, store: Store, record: Record, names: Iterable[str]) -> dict[str, Any]:
    """Return *record* as the answer to a write shows it."""
    shown = {name: record.values[name] for name in (*names, *store.kind.always()) if name in record.values}
    return _frame(portal, store, record, shown)


def _frame(portal: Portal, store: Store, record: Record, shown: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": record.id,
        "properties": shown,
        "createdAt": stamp(record.created),
        "updatedAt": stamp(record.updated),
        "archived": record.archived is not None,
        "url": f"https://app.hubspot.com/contacts/{portal.id}/record/{store.kind.id}/{record.id}",
    }
    if record.archived is not None:
        found["archivedAt"] = stamp(record.archived)
    return found


def _texts(body: dict[str, Any], name: str) -> list[str]:
    found = body.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise bad_json(f"{name} must be a list of property names")
    return found
