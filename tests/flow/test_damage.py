"""A mapping that fitted, and 36 ways in which its CRM changes under it: each is told at its line, before any write."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.salesforce import Field, Org
from tests.flow.crm_desk import Crm, crm, hubspot, salesforce
from tests.flow.test_try import contact, writes

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["crm"]

CONTACT, RESPONSE, LEAD, ACCOUNT = "Contact", "NPS_Response__c", "Lead", "Account"
#: Object, field, what becomes of it (None: it is deleted).
FIELDS: list[tuple[str, str, dict[str, Any] | None]] = [
    (CONTACT, "NPS_Score__c", None),
    (CONTACT, "NPS_Score__c", {"createable": False, "updateable": False}),
    (CONTACT, "NPS_Score__c", {"type": "address"}),
    (CONTACT, "NPS_Score__c", {"type": "boolean"}),
    (CONTACT, "NPS_Score__c", {"type": "date"}),
    (CONTACT, "NPS_Score__c", {"type": "picklist", "values": ("1", "2", "3"), "restricted": True}),
    (CONTACT, "NPS_Score__c", {"type": "reference", "reference_to": ("Account",), "length": 18}),
    (CONTACT, "NPS_Points__c", {"type": "datetime"}),
    (CONTACT, "NPS_Category__c", {"values": ("Promoter", "Detractor")}),
    (CONTACT, "NPS_Category__c", {"values": ("promoter", "passive", "detractor")}),
    (CONTACT, "NPS_Category__c", {"values": ()}),
    (CONTACT, "NPS_Category__c", {"type": "double"}),
    (CONTACT, "NPS_Category__c", {"type": "string", "length": 7, "values": (), "restricted": False}),
    (CONTACT, "NPS_Comment__c", {"length": 255}),
    (CONTACT, "NPS_Comment__c", {"type": "picklist", "values": ("Good", "Bad"), "restricted": True}),
    (CONTACT, "NPS_Comment__c", {"type": "double", "length": 0}),
    (CONTACT, "NPS_Responded_At__c", {"type": "boolean"}),
    (CONTACT, "NPS_Responded_At__c", {"type": "double"}),
    (CONTACT, "NPS_Responded_At__c", {"type": "string", "length": 10}),
    (CONTACT, "NPS_Previous_Score__c", None),
    (CONTACT, "NPS_Trend__c", {"length": 5}),
    (CONTACT, "NPS_Trend__c", {"type": "boolean", "length": 0}),
    (CONTACT, "NPS_Status__c", {"type": "picklist", "values": ("current",), "restricted": True}),
    (CONTACT, "NPS_Person_Id__c", {"length": 18}),
    (LEAD, "NPS_Score__c", None),
    (LEAD, "NPS_Category__c", {"values": ("Promoter",)}),
    (RESPONSE, "External_Key__c", None),
    (RESPONSE, "Score__c", None),
    (RESPONSE, "Score__c", {"createable": False, "updateable": False}),
    (RESPONSE, "Contact__c", {"type": "double", "length": 0, "reference_to": ()}),
    (RESPONSE, "Comment__c", {"length": 100}),
    (ACCOUNT, "NPS__c", {"type": "boolean"}),
    (ACCOUNT, "NPS_As_Of__c", None),
]
#: What an administrator does beside, and the field or block whose line is told.
OTHERS: list[tuple[Callable[[Org], Any], Callable[[Org], Any], str]] = [
    (lambda org: org.hide_field(LEAD, "Email"), lambda org: shown(org, LEAD, "Email"), "object: Lead, where: not_conv"),
    (lambda org: org.hide_field(CONTACT, "Email"), lambda org: shown(org, CONTACT, "Email"), "- {Email: person.email}"),
    (lambda org: org.allow(CONTACT), lambda org: org.allow(CONTACT, "create", "edit", "delete"), "object: Contact"),
    (lambda org: org.allow(ACCOUNT), lambda org: org.allow(ACCOUNT, "create", "edit", "delete"), "object: Account"),
    (lambda org: org.allow(RESPONSE, "edit"), lambda org: org.allow(RESPONSE, "create", "edit"), f"object: {RESPONSE}"),
    (lambda org: renamed(org, RESPONSE, "Old__c"), lambda org: renamed(org, "Old__c", RESPONSE), f"object: {RESPONSE}"),
    (
        lambda org: org.add_field(RESPONSE, Field(name="Region__c", nillable=False)),
        lambda org: org.drop_field(RESPONSE, "Region__c"),
        f"object: {RESPONSE}",
    ),
]


def shown(org: Org, kind: str, name: str) -> None:
    org.grants._needed.discard((kind, name))
    org.grants.again()


def renamed(org: Org, old: str, new: str) -> None:
    kind = org.kinds.pop(old)
    kind.name = new
    org.kinds[new] = kind
    org.grants.again()


@salesforce
def test_each_damage_is_told_at_its_line_with_the_fix_and_nothing_is_written(crm: Crm) -> None:
    crm.world.add_object(RESPONSE)
    crm.npsync("fields", "create", "--yes")
    contact(crm)
    crm.npsync("validate", "--online")
    before = writes(crm)
    missed: list[str] = []

    for kind, name, change in FIELDS:
        held = crm.world.whole(kind).field(name)
        crm.world.drop_field(kind, name)
        if change is not None:
            crm.world.add_field(kind, replace(held, **change))
        missed += _untold(crm, f"{name}:", f"`{kind}`", f"{kind}.{name} {change}")
        if change is not None:
            crm.world.drop_field(kind, name)
        crm.world.add_field(kind, held)
    for damage, repair, line in OTHERS:
        damage(crm.world)
        missed += _untold(crm, line, "", line)
        repair(crm.world)

    assert [] == missed
    assert before == writes(crm)
    assert len(FIELDS) + len(OTHERS) >= 30
    crm.npsync("validate", "--online")
    crm.npsync("sync")
    assert before < writes(crm)


#: Object, property, what becomes of it in HubSpot (None: it is deleted).
PROPERTIES: list[tuple[str, str, dict[str, Any] | None]] = [
    ("contacts", "nps_score", None),
    ("contacts", "nps_score", {"read_only": True}),
    ("contacts", "nps_score", {"type": "bool"}),
    ("contacts", "nps_score", {"type": "enumeration", "options": ["1", "2"]}),
    ("contacts", "nps_category", {"options": ["promoter", "detractor"]}),
    ("contacts", "nps_category", {"type": "number"}),
    ("contacts", "nps_comment", {"type": "enumeration", "options": ["Good"]}),
    ("contacts", "nps_responded_at", {"type": "number"}),
    ("contacts", "nps_status", {"type": "enumeration", "options": ["current"]}),
    ("companies", "nps", {"type": "bool"}),
    ("companies", "nps_as_of", None),
]


@hubspot
def test_each_damage_of_a_portal_is_told_at_its_line_too(crm: Crm) -> None:
    crm.npsync("fields", "create", "--yes")
    crm.npsync("validate", "--online")
    before = len(crm.service.log.select(path_contains="/batch/update"))
    missed: list[str] = []

    for kind, name, change in PROPERTIES:
        held = crm.world.catalogue(kind)._held
        sound = held.pop(name)
        if change is not None:
            damaged = held[name] = replace(sound, **{key: value for key, value in change.items() if key != "options"})
            damaged.set_options([{"label": each, "value": each} for each in change.get("options", ())])
        missed += _untold(crm, f"{name}:", f"`{kind}`", f"{kind}.{name} {change}")
        held[name] = sound

    assert [] == missed
    assert before == len(crm.service.log.select(path_contains="/batch/update"))
    crm.npsync("validate", "--online")


def _untold(crm: Crm, line: str, subject: str, damage: str) -> list[str]:
    """Return *damage* unless it is told at a line that has *line*, with a hint."""
    said = crm.desk.npsync("validate", "--online")
    lines = (crm.desk.folder / f"mappings/{crm.kind}.yaml").read_text(encoding="utf-8").splitlines()
    numbers = [number for number, text in enumerate(lines, 1) if line in text]
    told = said.err.splitlines()
    found = [
        at
        for at, text in enumerate(told)
        if any(f"{crm.kind}.yaml:{number}:" in text for number in numbers) and subject in text
    ]
    hinted = any(any(after.startswith("    ") for after in told[at + 1 : at + 6]) for at in found)
    return [] if said.status == 2 and hinted else [f"{damage}: {said.status} {said.err[-500:]}"]
