"""`npsync suggest`: from the fields that a CRM has to a mapping that holds against it; nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.salesforce import Field, Org
from tests.flow.crm_desk import Crm, both, crm, salesforce

if TYPE_CHECKING:
    from typing import Any

__all__ = ["crm"]


def add(crm: Crm, name: str, label: str, type_: str, *values: str) -> str:
    """Make a field as the vendor has it; return its name."""
    if isinstance(crm.world, Org):
        kinds: dict[str, dict[str, Any]] = {
            "number": {"type": "double"},
            "choice": {"type": "picklist", "values": values, "restricted": True},
        }
        given = kinds.get(type_, {"type": "textarea", "length": 32_000})
        crm.world.add_field("Contact", Field(name=f"{name}__c", label=label, **given))
        return f"{name}__c"
    form = {"number": ("number", "number"), "choice": ("enumeration", "select")}.get(type_, ("string", "textarea"))
    options = [{"label": each, "value": each, "displayOrder": 1, "hidden": False} for each in values]
    crm.world.add_property("contacts", name.lower(), type=form[0], field_type=form[1], label=label, options=options)
    return name.lower()


def furnish(crm: Crm) -> dict[str, str]:
    add(crm, "Lead_Score", "Lead Score", "number")
    add(crm, "CSAT_Comment", "CSAT Comment", "text")
    return {
        "score": add(crm, "NPS_Rating", "NPS Rating", "number"),
        "category": add(crm, "NPS_Group", "NPS Group", "choice", "Promoter", "Neutral", "Detractor"),
        "comment": add(crm, "NPS_Verbatim", "NPS Verbatim", "text"),
    }


@both
def test_what_is_proposed_makes_a_mapping_that_holds(crm: Crm) -> None:
    meant = furnish(crm)
    object_ = "Contact" if isinstance(crm.world, Org) else "contacts"

    told = crm.npsync("suggest", crm.kind, object_, "--output", "json").object
    assert meant == {each["word"]: each["field"] for each in told["proposals"]}
    samples = {each["word"]: (each["sample"]["before"], each["sample"]["after"]) for each in told["proposals"]}
    assert {"score": (9, 9), "category": ("promoter", "Promoter"), "comment": ("Swift", "Swift")} == samples
    draft = crm.npsync("suggest", crm.kind, object_, "--draft").out
    assert "passive: Neutral" in draft
    assert "Swift" not in draft
    crm.desk.write(f"mappings/{crm.kind}.yaml", draft)

    assert "valid" in crm.npsync("validate", "--online").out
    assert 0 == crm.writes()


@both
def test_missing_fields_can_be_part_of_the_draft_and_made(crm: Crm) -> None:
    furnish(crm)
    object_ = "Contact" if isinstance(crm.world, Org) else "contacts"
    crm.desk.write(
        f"mappings/{crm.kind}.yaml", crm.npsync("suggest", crm.kind, object_, "--draft", "--with-missing").out
    )

    assert {"missing"} == set(crm.troubles().values())
    crm.npsync("fields", "create", "--yes")
    assert {} == crm.troubles()


@salesforce
def test_a_field_without_a_right_is_listed_as_such(crm: Crm) -> None:
    crm.world.add_field("Contact", Field(name="NPS_Score__c", type="double", createable=False, updateable=False))

    said = crm.npsync("suggest", "salesforce", "Contact")

    assert "read-only: we may not edit it" in said.out
    assert "Nothing is certain enough." in said.out


@salesforce
def test_what_cannot_be_asked_is_said(crm: Crm) -> None:
    assert "Did you mean" not in crm.npsync("suggest", "nowhere", "Contact", status=2).err
    assert "npsync schema salesforce" in crm.npsync("suggest", "salesforce", "Contax", status=2).err
    assert "Sources: survey" in crm.npsync("suggest", "salesforce", "Contact", "--from", "x", status=2).err
    (crm.desk.folder / "responses.csv").unlink()
    assert "without all of its responses" in crm.npsync("suggest", "salesforce", "Contact").err
