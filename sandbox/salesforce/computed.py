"""What the org itself fills in: names, stamps, defaults, and the flags that follow from other fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.salesforce.rules import Breach

if TYPE_CHECKING:
    from sandbox.salesforce.objects import Kind
    from sandbox.salesforce.org import Org

Row = dict[str, Any]

CLOSED = frozenset({"Completed"})
PERSONS = frozenset({"Contact", "Lead", "User"})


def defaults(org: Org, kind: Kind) -> Row:
    """Return the values of a new record that its creator does not give."""
    row = {field.name: field.default for field in kind.fields.values() if field.default is not None}
    if kind.field("OwnerId"):
        row["OwnerId"] = org.acting_id
    return row


def stamps(org: Org, kind: Kind, *, creating: bool) -> Row:
    """Return the stamps of a write that happens now."""
    now = org.stamp()
    row = {"SystemModstamp": now, "LastModifiedDate": now, "LastModifiedById": org.acting_id}
    if creating:
        row |= {"CreatedDate": now, "CreatedById": org.acting_id}
    if "createdbyid" in kind.fields:
        return row
    return {name: value for name, value in row.items() if name.lower() in kind.fields}


def complete(org: Org, kind: Kind, row: Row) -> None:
    """Set the fields of *row* that follow from its others.

    Raises:
        Breach: They do not go together.
    """
    if kind.name in PERSONS:
        row["Name"] = " ".join(filter(None, (row.get("FirstName"), row.get("LastName"))))
    elif kind.name == "Task":
        _task(org, row)
    elif kind.name == "CampaignMember":
        _member(org, kind, row)
    elif kind.name == "FieldPermissions":
        _grant(org, row)
    elif kind.name == "PermissionSet":
        row.setdefault("IsOwnedByProfile", False)
    elif kind.custom and "name" in kind.fields and not row.get("Name"):
        row["Name"] = row["Id"]


def alone(org: Org, kind: Kind, row: Row) -> None:
    """Refuse a row where the org has another one that says the same.

    Raises:
        Breach: There is one.
    """
    match kind.name:
        case "CampaignMember":
            person = "ContactId" if row.get("ContactId") else "LeadId"
            _once(org, kind, row, person, "CampaignId", told="Already a campaign member.")
        case "FieldPermissions":
            _once(org, kind, row, "Field", "ParentId")
        case "PermissionSetAssignment":
            _once(org, kind, row, "PermissionSetId", "AssigneeId")
        case "PermissionSet":
            _once(org, kind, row, "Name")


def _task(org: Org, row: Row) -> None:
    """A task is about a person and a thing; a lead has no further thing."""
    if row.get("WhatId") and str(row.get("WhoId") or "").startswith("00Q"):
        said = "If a lead is specified with the WhoId field, WhatId cannot be specified"
        raise Breach("FIELD_INTEGRITY_EXCEPTION", said, ("WhatId",))
    row["IsClosed"] = row.get("Status") in CLOSED
    row["IsHighPriority"] = row.get("Priority") == "High"
    about = str(row.get("WhatId") or "")
    who = org.row("Contact", row.get("WhoId"))
    row["AccountId"] = about if about.startswith("001") else (who or {}).get("AccountId")


def _member(org: Org, kind: Kind, row: Row) -> None:
    """A member is one lead or one contact: who gives both gets the contact; only conversion makes it both."""
    if row.get("ContactId") and org.store.get(kind, row["Id"]) is None:
        row["LeadId"] = None
    if not (row.get("ContactId") or row.get("LeadId")):
        raise Breach("REQUIRED_FIELD_MISSING", "Required fields are missing: [LeadId, ContactId]", ("LeadId",))
    row["HasResponded"] = row.get("Status") == "Responded"
    if row["HasResponded"]:
        row.setdefault("FirstRespondedDate", org.stamp()[:10])


def _grant(org: Org, row: Row) -> None:
    """A permission is for a field that is there and can be closed; who edits may read."""
    name, _, field_name = str(row["Field"]).partition(".")
    target = org.find(name)
    field = target.field(field_name) if target else None
    if field is None or str(row["SobjectType"]).lower() != name.lower():
        said = f"Field Name: bad value for restricted picklist field: {row['Field']}"
        raise Breach("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", said, ("Field",))
    if not field.permissionable:
        raise Breach("FIELD_INTEGRITY_EXCEPTION", f"You cannot set permissions of {row['Field']}", ("Field",))
    if row.get("PermissionsEdit") and not row.get("PermissionsRead"):
        raise Breach(
            "FIELD_INTEGRITY_EXCEPTION", "Permission Edit depends on permission(s): Read", ("PermissionsEdit",)
        )


def _once(org: Org, kind: Kind, row: Row, *names: str, told: str = "") -> None:
    """Refuse a row that agrees with another one in all of *names*."""
    first = kind.fields[names[0].lower()]
    others = org.store.lookup(kind, first, [row.get(first.name)]) if first.indexed else org.store.all(kind)
    for other in others:
        if other["Id"] != row["Id"] and all(other.get(name) == row.get(name) for name in names):
            said = (
                told or f"duplicate value found: {', '.join(names)} duplicates value on record with id: {other['Id']}"
            )
            raise Breach("DUPLICATE_VALUE", said)
