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
    return {name: value for name, value in row.items() if name.lower() in kind.fields}


def complete(org: Org, kind: Kind, row: Row) -> None:
    """Set the fields of *row* that follow from its others.

    Raises:
        Breach: They do not go together.
    """
    if kind.name in PERSONS:
        row["Name"] = " ".join(filter(None, (row.get("FirstName"), row.get("LastName"))))
    elif kind.name == "Task":
        row["IsClosed"] = row.get("Status") in CLOSED
        row["IsHighPriority"] = row.get("Priority") == "High"
        who = org.row("Contact", row.get("WhoId"))
        row["AccountId"] = (who or {}).get("AccountId")
    elif kind.name == "CampaignMember":
        _member(org, kind, row)
    elif kind.custom and "name" in kind.fields and not row.get("Name"):
        row["Name"] = row["Id"]


def _member(org: Org, kind: Kind, row: Row) -> None:
    """A member is one lead or one contact, once in its campaign."""
    person = "ContactId" if row.get("ContactId") else "LeadId"
    if not row.get(person):
        raise Breach("REQUIRED_FIELD_MISSING", "Required fields are missing: [LeadId, ContactId]", ("LeadId",))
    for other in org.store.lookup(kind, kind.fields[person.lower()], [row[person]]):
        if other["Id"] != row["Id"] and other.get("CampaignId") == row.get("CampaignId"):
            raise Breach("DUPLICATE_VALUE", "Already a campaign member.")
    row["HasResponded"] = row.get("Status") == "Responded"
    if row["HasResponded"]:
        row.setdefault("FirstRespondedDate", org.stamp()[:10])
