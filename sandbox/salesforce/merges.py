"""What people do in an org that moves records about: merging, converting leads, taking things out of the bin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.salesforce.computed import stamps
from sandbox.salesforce.refusal import Refusal
from sandbox.salesforce.writing import discard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.salesforce.objects import Kind
    from sandbox.salesforce.org import Org

Row = dict[str, Any]
#: Lead field → contact field, taken over on conversion.
TAKEN_OVER = (
    "FirstName LastName Salutation Title Phone MobilePhone Fax Email Description LeadSource "
    "HasOptedOutOfEmail DoNotCall"
).split()


def merge(org: Org, kind: Kind, master_id: str, loser_ids: Iterable[str]) -> None:
    """Merge the losers into the master: what points to them points to it, blanks of it are not filled.

    Raises:
        Refusal: Records of this kind are not merged, or one is not there.
    """
    if not kind.mergeable:
        raise Refusal(400, "INVALID_OPERATION", f"{kind.name} cannot be merged")
    master = _present(org, kind, master_id)
    for loser in [_present(org, kind, each) for each in loser_ids]:
        if loser["Id"] == master["Id"]:
            raise Refusal(400, "INVALID_OPERATION", "a record cannot be merged into itself")
        _point_elsewhere(org, kind, loser["Id"], master["Id"])
        discard(org, kind, loser, master_id=master["Id"])
    master = _present(org, kind, master_id)
    org.store.put(kind, master | stamps(org, kind, creating=False))


def _point_elsewhere(org: Org, kind: Kind, loser_id: str, master_id: str) -> None:
    for child in org.kinds.values():
        for field in child.fields.values():
            if kind.name not in field.reference_to or field.name == "MasterRecordId":
                continue
            for row in list(org.store.lookup(child, field, [loser_id])):
                if child.name == "CampaignMember" and field.name != "CampaignId" and _is_member(org, row, master_id):
                    discard(org, child, row)
                else:
                    org.store.put(child, row | {field.name: master_id} | stamps(org, child, creating=False))


def _is_member(org: Org, row: Row, person_id: str) -> bool:
    return any(
        person_id in (other.get("ContactId"), other.get("LeadId"))
        for other in org.store.all(org.whole("CampaignMember"))
        if other["CampaignId"] == row["CampaignId"]
    )


def convert(org: Org, lead_id: str, contact_id: str | None, account_id: str | None) -> str:
    """Convert a lead into a contact of an account, both new where none is given; return the contact's id.

    Raises:
        Refusal: The lead is not there, or is converted already.
    """
    kind = org.whole("Lead")
    lead = _present(org, kind, lead_id)
    if lead.get("IsConverted"):
        raise Refusal(400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    if contact_id is not None:
        account_id = account_id or _present(org, org.whole("Contact"), contact_id).get("AccountId")
    account_id = account_id or org.insert("Account", {"Name": lead["Company"], "Website": lead.get("Website")})
    if contact_id is None:
        taken = {name: lead[name] for name in TAKEN_OVER if name in lead}
        contact_id = org.insert("Contact", {**taken, "AccountId": account_id})
    done = {
        "IsConverted": True,
        "Status": "Closed - Converted",
        "ConvertedDate": org.stamp()[:10],
        "ConvertedContactId": contact_id,
        "ConvertedAccountId": account_id,
    }
    org.store.put(kind, lead | done | stamps(org, kind, creating=False))
    _take_along(org, lead["Id"], contact_id)
    return contact_id


def _take_along(org: Org, lead_id: str, contact_id: str) -> None:
    """Give what hangs on a converted lead to its contact: tasks, and membership in campaigns, which keeps the lead."""
    for name, field_name, given in (("Task", "WhoId", "WhoId"), ("CampaignMember", "LeadId", "ContactId")):
        child = org.whole(name)
        for row in list(org.store.lookup(child, child.fields[field_name.lower()], [lead_id])):
            if name == "Task" or not _is_member(org, row, contact_id):
                org.store.put(child, row | {given: contact_id} | stamps(org, child, creating=False))


def undelete(org: Org, kind: Kind, record_id: str) -> None:
    """Take a record out of the bin; a merged one comes back as itself.

    Raises:
        Refusal: It is not in the bin.
    """
    row = org.store.get(kind, record_id)
    if row is None or not row.get("IsDeleted"):
        raise Refusal(400, "UNDELETE_FAILED", "Entity is not in the recycle bin")
    back = row | {"IsDeleted": False, "MasterRecordId": None} | stamps(org, kind, creating=False)
    org.store.put(kind, back)
    org.deleted = [gone for gone in org.deleted if gone[1] != row["Id"]]


def _present(org: Org, kind: Kind, record_id: str) -> Row:
    row = org.store.get(kind, record_id)
    if row is None or row.get("IsDeleted"):
        raise Refusal(404, "NOT_FOUND", f"{kind.name} {record_id} is not there")
    return row
