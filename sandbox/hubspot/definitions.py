"""The calls about what a portal can hold: properties, property groups, types of objects, pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.exchange import Reply
from sandbox.hubspot.calls import maybe_text, text_of
from sandbox.hubspot.errors import Refusal, bad_json, not_found

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.hubspot.calls import Call
    from sandbox.hubspot.kinds import Kind
    from sandbox.hubspot.links import LinkType
    from sandbox.hubspot.portal import Portal

_OF_PROPERTIES = ("searchableProperties", "primaryDisplayProperty", "secondaryDisplayProperties")
_STAGES_OF = {"deals": ("pipeline", "dealstage"), "tickets": ("hs_pipeline", "hs_pipeline_stage")}


def properties(portal: Portal, call: Call, kind: str) -> Reply:
    """List the properties of a type of object, or make one (POST)."""
    catalogue = portal.catalogue(kind)
    if call.request.method == "POST":
        return Reply.json(catalogue.create(call.body(), call.stamp).json(), 201)
    found = [one.json() for one in catalogue.listed(archived=call.flag("archived"))]
    return Reply.json({"results": found}, rows=len(found))


def a_property(portal: Portal, call: Call, kind: str, name: str) -> Reply:
    """Return, change (PATCH) or archive (DELETE) one property."""
    catalogue = portal.catalogue(kind)
    match call.request.method:
        case "PATCH":
            return Reply.json(catalogue.update(name, call.body(), call.stamp).json())
        case "DELETE":
            catalogue.archive(name, call.stamp)
            return Reply.empty(204)
    if call.flag("archived"):
        archived = [one for one in catalogue.listed(archived=True) if one.name == name]
        if archived:
            return Reply.json(archived[0].json())
    return Reply.json(catalogue.need(name).json())


def create_properties(portal: Portal, call: Call, kind: str) -> Reply:
    """Make many properties."""
    catalogue = portal.catalogue(kind)
    return _each(portal, call, lambda row: catalogue.create(row, call.stamp).json(), 201)


def read_properties(portal: Portal, call: Call, kind: str) -> Reply:
    """Return many properties."""
    catalogue = portal.catalogue(kind)
    return _each(portal, call, lambda row: catalogue.need(text_of(row, "name")).json(), 200)


def archive_properties(portal: Portal, call: Call, kind: str) -> Reply:
    """Take many properties out of use."""
    catalogue = portal.catalogue(kind)
    for row in call.inputs():
        if catalogue.get(text_of(row, "name")) is not None:
            catalogue.archive(row["name"], call.stamp)
    return Reply.empty(204)


def groups(portal: Portal, call: Call, kind: str) -> Reply:
    """List the property groups, or make one (POST)."""
    catalogue = portal.catalogue(kind)
    if call.request.method == "POST":
        return Reply.json(catalogue.create_group(call.body()), 201)
    return Reply.json({"results": [catalogue.group_json(name) for name in catalogue.groups]})


def a_group(portal: Portal, call: Call, kind: str, name: str) -> Reply:
    """Return, rename (PATCH) or archive (DELETE) one property group."""
    catalogue = portal.catalogue(kind)
    found = catalogue.group_json(name)
    match call.request.method:
        case "PATCH":
            catalogue.groups[name]["label"] = maybe_text(call.body(), "label") or found["label"]
        case "DELETE":
            if any(one.group == name for one in catalogue.listed()):
                raise Refusal(400, f"Property group {name} holds properties and can't be archived")
            del catalogue.groups[name]
            return Reply.empty(204)
    return Reply.json(catalogue.group_json(name))


def schemas(portal: Portal, call: Call) -> Reply:
    """List the custom types of objects, or make one (POST)."""
    if call.request.method == "POST":
        return _make_type(portal, call)
    return Reply.json({"results": [schema(portal, kind) for kind in portal.kinds() if kind.custom]})


def a_schema(portal: Portal, call: Call, kind: str) -> Reply:
    """Return, change (PATCH) or delete a type of object."""
    found = portal.kind(kind)
    match call.request.method:
        case "PATCH":
            _describe(portal, found, call.body())
        case "DELETE":
            if not found.custom or any(True for _ in portal.store(kind).live()):
                raise Refusal(400, f"Object type {found.id} still has records, or is HubSpot's own")
            portal.drop_type(found)
            return Reply.empty(204)
    return Reply.json(schema(portal, found))


def connect(portal: Portal, call: Call, kind: str) -> Reply:
    """Let records of a custom type be associated with those of another."""
    one, body = portal.kind(kind), call.body()
    if portal.kind(text_of(body, "fromObjectTypeId")) is not one:
        raise Refusal(400, f"fromObjectTypeId is not {one.id}")
    other = portal.kind(text_of(body, "toObjectTypeId"))
    made = portal.links.add_type(one.id, other.id, maybe_text(body, "name") or None)
    return Reply.json({**_association(made[0]), "createdAt": call.stamp, "updatedAt": call.stamp}, 201)


def disconnect(portal: Portal, call: Call, kind: str, type_id: str) -> Reply:
    """End a way of a custom type to be associated."""
    one = portal.kind(kind)
    if any(link.from_id == one.id and str(link.type_id) == type_id for link in portal.links.types):
        portal.links.relabel(int(type_id), None)
    return Reply.empty(204)


def schema(portal: Portal, kind: Kind) -> dict[str, Any]:
    """Return a type of object with its properties, as HubSpot describes it."""
    links = [one for one in portal.links.types if one.from_id == kind.id and one.label is None]
    labels = {"singular": kind.label or kind.name, "plural": kind.name}
    return {
        "id": kind.id.removeprefix("2-") if kind.custom else kind.id,
        "objectTypeId": kind.id,
        "name": kind.name,
        "fullyQualifiedName": f"p{portal.id}_{kind.name}" if kind.custom else kind.name.upper(),
        "labels": kind.about.get("labels") or labels,
        "requiredProperties": list(kind.required),
        "searchableProperties": kind.about.get("searchableProperties") or [],
        "primaryDisplayProperty": kind.about.get("primaryDisplayProperty"),
        "secondaryDisplayProperties": kind.about.get("secondaryDisplayProperties") or [],
        "archived": False,
        "allowsSensitiveProperties": False,
        "description": kind.about.get("description"),
        "createdAt": portal.began,
        "updatedAt": portal.began,
        "properties": [one.json() for one in portal.catalogue(kind.id).listed()],
        "associations": [_association(one) for one in links],
    }


def _association(link: LinkType) -> dict[str, Any]:
    return {
        "id": str(link.type_id),
        "fromObjectTypeId": link.from_id,
        "toObjectTypeId": link.to_id,
        "name": link.name or f"{link.from_id}_to_{link.to_id}",
    }


def _describe(portal: Portal, kind: Kind, said: dict[str, Any]) -> None:
    """Change what is said of a type of object, of its properties those that there are."""
    for name in _OF_PROPERTIES:
        listed = said.get(name, [])
        for each in listed if isinstance(listed, list) else [listed]:
            portal.catalogue(kind.id).need(str(each))
    kind.about.update({name: said[name] for name in ("labels", "description", *_OF_PROPERTIES) if name in said})


def pipelines(portal: Portal, call: Call, kind: str, id_: str = "") -> Reply:
    """List the pipelines of deals or tickets, or return one."""
    name = portal.kind(kind).name
    if name not in _STAGES_OF:
        return Reply.json({"results": []})
    catalogue, (of_pipeline, of_stage) = portal.catalogue(kind), _STAGES_OF[name]
    stages = [
        _stage(value, label, order, portal.began)
        for order, (value, label) in enumerate(catalogue.need(of_stage).choices.items())
    ]
    found = [
        _stage(value, label, order, portal.began) | {"stages": stages}
        for order, (value, label) in enumerate(catalogue.need(of_pipeline).choices.items())
    ]
    if not id_:
        return Reply.json({"results": found})
    for one in found:
        if one["id"] == id_:
            return Reply.json(one)
    raise not_found()


def _stage(id_: str, label: str, order: int, at: str) -> dict[str, Any]:
    shown = {"id": id_, "label": label, "displayOrder": order, "createdAt": at, "updatedAt": at, "archived": False}
    return shown | {
        "metadata": {"isClosed": "true" if id_.startswith("closed") else "false"},
        "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
    }


def _make_type(portal: Portal, call: Call) -> Reply:
    body = call.body()
    name, labels = text_of(body, "name"), body.get("labels")
    required, others = body.get("requiredProperties") or [], body.get("associatedObjects") or []
    if not isinstance(labels, dict) or not all(
        isinstance(one, list) for one in (body.get("properties"), required, others)
    ):
        raise bad_json("some required fields were not set: [labels, properties]")
    if portal.knows(name):
        raise Refusal(400, f"Object type {name} already exists", "OBJECT_ALREADY_EXISTS")
    made = portal.add_type(name, required=tuple(map(str, required)), about=body)
    catalogue = portal.catalogue(made.id)
    try:
        for one in body["properties"]:
            catalogue.create({"groupName": catalogue.group, **one} if isinstance(one, dict) else one, call.stamp)
        for other in others:
            portal.links.connect(made, portal.kind(str(other)))
    except Refusal:
        portal.drop_type(made)
        raise
    return Reply.json(schema(portal, made), 201)


def _each(portal: Portal, call: Call, do: Callable[[dict[str, Any]], dict[str, Any]], status: int) -> Reply:
    results, errors = [], []
    for row in call.inputs():
        try:
            results.append(do(row))
        except Refusal as refusal:
            errors.append(refusal.row({"name": [str(row.get("name"))]}, portal.omit))
    body: dict[str, Any] = {"status": "COMPLETE", "results": results}
    body |= {"startedAt": call.stamp, "completedAt": portal.stamp()}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    return Reply.json(body, 207 if errors else status, rows=len(results))
