"""`npsync schema` and `npsync fields`: what a mapping needs, compared with what each sandbox has, and made there."""

from __future__ import annotations

import io
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sandbox.salesforce import Field, Org
from tests.flow.crm_desk import ROOT, Crm, both, crm, hubspot, salesforce

if TYPE_CHECKING:
    from tests.flow.desk import Desk

__all__ = ["crm"]


@both
def test_a_plan_shows_what_is_missing_and_changes_nothing(crm: Crm) -> None:
    found = crm.troubles()

    assert {"missing", "object_missing"} >= set(found.values())
    assert len(found) > 20
    assert 0 == crm.writes()


@both
def test_nothing_is_made_without_a_yes(crm: Crm) -> None:
    said = crm.npsync("fields", "create", "--no-input", status=2)

    assert "--yes" in said.err
    assert 0 == crm.writes()


class Terminal(io.StringIO):
    """A person at the keyboard."""

    def isatty(self) -> bool:
        return True


@both
@pytest.mark.parametrize(("answer", "status"), [("n\n", 1), ("\n", 1), ("", 1)])
def test_a_person_may_say_no(crm: Crm, answer: str, status: int) -> None:
    """Enter alone is the safe answer."""
    before, sys.stdin = sys.stdin, Terminal(answer)
    try:
        said = crm.npsync("fields", "create", status=status)
    finally:
        sys.stdin = before

    assert "can be made" in said.out
    assert 0 == crm.writes()


@hubspot
def test_what_was_made_lets_the_ready_mapping_sync(crm: Crm) -> None:
    contact = crm.world.create("contacts", {"email": "ada@acme.example"})

    said = crm.npsync("fields", "create", "--yes")
    assert "dropdown select of promoter, passive, detractor" in said.out
    assert "every field that it writes is there" in said.err
    assert {} == crm.troubles()
    crm.npsync("sync")

    held = crm.world.get("contacts", contact)
    assert ("9", "promoter", "advocates") == (held["nps_score"], held["nps_category"], held["nps_segments"])
    before = crm.writes()
    crm.npsync("fields", "create", "--yes")
    assert before == crm.writes()


@salesforce
def test_salesforce_gets_its_fields_and_says_that_the_object_is_left(crm: Crm) -> None:
    said = crm.npsync("fields", "create", "--yes", "--output", "json", status=2)

    [told] = said.object["mappings"]
    assert {"Contact.NPS_Score__c", "Lead.NPS_Score__c", "Account.NPS__c"} <= set(told["made"])
    assert {"NPS_Response__c"} == {each["object"] for each in told["left"]}
    assert "npsync fields metadata salesforce --into DIR" in said.err
    kind = crm.world.kind("Contact")
    assert ("double", 0, "picklist", True, "multipicklist", False) == (
        kind.field("NPS_Score__c").type,
        kind.field("NPS_Score__c").scale,
        kind.field("NPS_Category__c").type,
        kind.field("NPS_Category__c").restricted,
        kind.field("NPS_Segments__c").type,
        kind.field("NPS_Segments__c").restricted,
    )


@salesforce
def test_once_the_object_is_there_too_the_ready_mapping_syncs(crm: Crm) -> None:
    crm.world.add_object("NPS_Response__c")
    contact = crm.world.insert("Contact", {"LastName": "Ada", "Email": "ada@acme.example"})

    crm.npsync("fields", "create", "--yes")
    assert {} == crm.troubles()
    crm.npsync("sync")

    held = crm.world.get("Contact", contact)
    assert (9, "Promoter", "advocates") == (held["NPS_Score__c"], held["NPS_Category__c"], held["NPS_Segments__c"])
    [response] = crm.world.records("NPS_Response__c")
    assert (contact, 9) == (response["Contact__c"], response["Score__c"])


@salesforce
def test_everything_that_can_stand_against_a_field_is_told_at_once(crm: Crm) -> None:
    """Each with what would happen and a next step; the rest of the mapping's fields fit."""
    crm.world.add_object("NPS_Response__c")
    crm.npsync("fields", "create", "--yes")
    for name in "NPS_Score__c NPS_Category__c NPS_Comment__c NPS_Points__c NPS_Trend__c NPS_Responded_At__c".split():
        crm.world.drop_field("Contact", name)
    for field in (
        Field(name="NPS_Score__c", type="double", createable=False, updateable=False),
        Field(name="NPS_Category__c", type="picklist", values=("Promoter", "Neutral"), restricted=True),
        Field(name="NPS_Comment__c", length=255),
        Field(name="NPS_Points__c", type="boolean"),
        Field(name="NPS_Responded_At__c", type="date"),
    ):
        crm.world.add_field("Contact", field)
    crm.world.drop_field("NPS_Response__c", "External_Key__c")
    crm.world.add_field("NPS_Response__c", Field(name="External_Key__c", length=255))
    crm.world.add_field("NPS_Response__c", Field(name="Region__c", nillable=False))

    assert {
        "Contact.NPS_Score__c": "read_only",
        "Contact.NPS_Category__c": "values_missing",
        "Contact.NPS_Comment__c": "too_short",
        "Contact.NPS_Points__c": "wrong_type",
        "Contact.NPS_Trend__c": "missing",
        "Contact.NPS_Responded_At__c": "rounded",
        "NPS_Response__c.External_Key__c": "key_not_unique",
        "NPS_Response__c.Region__c": "needed",
    } == crm.troubles()
    [planned] = crm.npsync("fields", "plan", "--output", "json").object["plans"]
    places = {each["at"] for one in planned["objects"] for each in one["findings"]}
    assert {"fields.NPS_Score__c", "responses.key.External_Key__c", None} <= places
    said = crm.npsync("fields", "plan").out
    assert "it is a choice without `Passive`, `Detractor`" in said
    assert "holds 255 characters, and the mapping cuts at 32000" in said


@salesforce
def test_a_field_that_we_may_not_see_is_one_that_is_missing(crm: Crm) -> None:
    crm.world.add_object("NPS_Response__c")
    crm.npsync("fields", "create", "--yes")
    for row in crm.world.records("FieldPermissions"):
        if row["Field"] == "Contact.NPS_Trend__c":
            crm.world.delete("FieldPermissions", row["Id"])

    assert {"Contact.NPS_Trend__c": "missing"} == crm.troubles()
    assert "let the signed-in user see it" in crm.npsync("fields", "plan", "--output", "json").out


@salesforce
def test_a_hidden_field_is_shown_and_not_made_again(crm: Crm) -> None:
    """Nobody is told that it is there; making it is answered by saying so, and then only the right is missing."""
    crm.world.add_object("NPS_Response__c")
    crm.npsync("fields", "create", "--yes")
    crm.world.drop_field("Contact", "NPS_Trend__c")
    crm.world.add_field("Contact", Field(name="NPS_Trend__c", length=40), visible=False)

    crm.npsync("fields", "create", "--yes")

    assert {} == crm.troubles()
    assert 40 == crm.world.kind("Contact").field("NPS_Trend__c").length


@salesforce
def test_fields_of_tasks_are_made_where_tasks_have_them(crm: Crm) -> None:
    crm.world.add_object("NPS_Response__c")
    block = """
follow_up:
  object: Task
  when: {category: detractor}
  key: {NPS_Response_Key__c: key}
  subject: Call back
  fields: {WhoId: record.id, Subject: subject, ActivityDate: due_at, Description: comment}
"""
    path = crm.desk.folder / "mappings/salesforce.yaml"
    path.write_text(path.read_text(encoding="utf-8").partition("\nfollow_up:")[0] + block, encoding="utf-8")

    crm.npsync("fields", "create", "--yes")

    assert {"Task.NPS_Response_Key__c": "key_not_unique"} == crm.troubles()
    assert "delete Task" not in crm.npsync("auth", "test", "salesforce").out


@both
def test_memberships_history_and_tasks_are_planned_and_made_like_all_else(crm: Crm) -> None:
    """Campaigns and lists take ids that the mapping names; associations are no fields; tasks have theirs elsewhere."""
    if isinstance(crm.world, Org):
        crm.world.add_object("NPS_Response__c")
    crm.uncomment()
    assert {"missing"} == set(crm.troubles().values())

    crm.npsync("fields", "create", "--yes")

    assert {"key_not_unique"} >= set(crm.troubles().values())
    crm.npsync("validate", "--online")
    rights = crm.npsync("auth", "test", crm.kind, "--output", "json").object["rights"]
    assert not rights["missing"]
    needed = {each["name"] for each in rights["needed"]}
    assert {"delete CampaignMember", "create Task"} <= needed or {"crm.lists.write"} <= needed


@salesforce
def test_validating_online_points_at_the_lines_of_the_file(crm: Crm) -> None:
    said = crm.npsync("validate", "--online", status=2)
    assert "`NPS_Response__c`: there is no such object" in said.err
    assert "[E120]" in said.err

    crm.world.add_object("NPS_Response__c")
    crm.npsync("fields", "create", "--yes")
    assert "valid" in crm.npsync("validate", "--online").out
    crm.world.drop_field("Contact", "NPS_Score__c")
    crm.world.hide_field("Lead", "Email")
    crm.world.drop_field("NPS_Response__c", "Survey__c")
    before = crm.writes()
    said = crm.npsync("validate", "--online", status=2)

    lines = (crm.desk.folder / "mappings/salesforce.yaml").read_text(encoding="utf-8").splitlines()
    score, survey, lead = (
        next(number for number, line in enumerate(lines, 1) if line.startswith(start))
        for start in ("  NPS_Score__c:", "    Survey__c:", "  - {object: Lead, where: not_converted, Email")
    )
    for number, name in ((score, "`NPS_Score__c` of `Contact`"), (survey, "`Survey__c`"), (lead, "`Email` of `Lead`")):
        assert [line for line in said.err.splitlines() if f"salesforce.yaml:{number}:" in line and name in line]
    assert before == crm.writes()


@both
def test_a_schema_lists_objects_and_fields(crm: Crm) -> None:
    is_org = isinstance(crm.world, Org)
    kind, object_, field = ("salesforce", "Contact", "LastName") if is_org else ("hubspot", "contacts", "lastname")

    listed = crm.npsync("schema", kind, "--output", "json").object["objects"]
    assert object_ in {each["name"] for each in listed}
    told = {each["name"]: each for each in crm.npsync("schema", kind, object_, "--output", "json").object["fields"]}
    assert ("text", True) == (told[field]["type"], told[field]["writable"])
    assert field in crm.npsync("schema", kind, object_).out
    assert f"Did you mean `{object_}`" in crm.npsync("schema", kind, f"{object_}x", status=2).err
    crm.npsync("schema", "nowhere", status=2)
    crm.npsync("schema", "survey", status=2)
    assert 0 == crm.writes()


def test_a_warehouse_needs_no_making(desk: Desk) -> None:
    said = desk.npsync("fields", "plan")
    assert 0 == said.status, said.err
    assert "people" in said.out
    made = desk.npsync("fields", "create", "--no-input")
    assert (0, True) == (made.status, "a sync makes what is missing" in made.err)
    assert "customer_id" in desk.npsync("schema", "store", "customers").out
    assert "customers" in desk.npsync("schema", "store").out


def test_help_stays_fast() -> None:
    """Neither vendors' clients nor tables of Arrow are loaded to print a help page."""
    heavy = "import sys; from sync.cli.app import run; run(['--help']); "
    heavy += "print([m for m in ('pyarrow', 'simple_salesforce', 'hubspot', 'sqlalchemy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", heavy], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
