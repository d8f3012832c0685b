"""The Tooling API, as far as setting up needs it: custom fields are created, and what is defined can be queried.

A new field is seen by nobody before a permission set grants it; `grants` keeps that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.exchange import Reply
from sandbox.salesforce import soql_rest
from sandbox.salesforce.definitions import Definitions, field_id
from sandbox.salesforce.field_metadata import field_of
from sandbox.salesforce.refusal import Refusal, not_found, wrong_method

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.exchange import Request
    from sandbox.salesforce.org import Org


#: Tasks and events share their custom fields: they are defined here, and on neither of them.
ACTIVITY, SHARED = "Activity", frozenset({"Task", "Event"})


def answer(org: Org, request: Request, version: str, rest: Sequence[str]) -> Reply | None:
    """Answer what stands behind `tooling`; None where *rest* is something else.

    Raises:
        Refusal: The vendor would refuse.
    """
    if not rest or rest[0].lower() != "tooling":
        return None
    place = f"{version}/tooling"
    found = soql_rest.answer(org, request, place, rest[1:], Definitions(org))
    if found is not None:
        return found
    match [request.method, *(part.lower() for part in rest[1:3]), *rest[3:]]:
        case ["POST", "sobjects", "customfield"]:
            return _created(org, request)
        case ["GET" | "DELETE" as method, "sobjects", "customfield", record_id]:
            return _one(org, method, record_id, place)
        case [_, "sobjects", "customfield", *_]:
            raise wrong_method(request.method, "DELETE", "GET", "POST")
    raise not_found()


def _created(org: Org, request: Request) -> Reply:
    try:
        asked = request.json()
    except ValueError as problem:
        raise Refusal(400, "JSON_PARSER_ERROR", f"Unexpected character: {problem}") from problem
    if not isinstance(asked, dict) or not isinstance(asked.get("FullName"), str):
        raise Refusal(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [FullName]", ("FullName",))
    object_name, _, name = asked["FullName"].partition(".")
    kind = org.find("Task" if object_name == ACTIVITY else object_name)
    if kind is None or object_name in SHARED:
        message = f"Entity Enumeration Or ID: bad value for restricted picklist field: {object_name}"
        raise Refusal(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, ("EntityDefinitionId",))
    field = field_of(org, kind, name, asked.get("Metadata"))
    org.add_field(kind.name, field, visible=not field.nillable)
    told = {"id": field_id(kind.name, field.name), "success": True, "errors": [], "warnings": [], "infos": []}
    return Reply.json(told, status=201, rows=1)


def _one(org: Org, method: str, record_id: str, place: str) -> Reply:
    definitions = Definitions(org)
    row = definitions.row("CustomField", record_id)
    if row is None:
        raise Refusal(404, "NOT_FOUND", "The requested resource does not exist")
    if method == "DELETE":
        org.drop_field(row["EntityDefinitionId"], f"{row['DeveloperName']}__c")
        return Reply.empty(204)
    shown: dict[str, Any] = {
        "attributes": {"type": "CustomField", "url": f"/services/data/{place}/sobjects/CustomField/{row['Id']}"},
        **row,
        "Metadata": definitions.metadata(row),
    }
    return Reply.json(shown, rows=1)
