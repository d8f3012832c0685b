"""`npsync schema` and `npsync fields`: what a mapping needs, compared with what each sandbox has, and made there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import sandbox.hubspot
import sandbox.salesforce
from sandbox.salesforce import Field, Org
from tests.flow.desk import Desk, Said

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CONFIG = """\
version: 1
connections:
  survey: {{type: file, path: responses.csv, date_order: ymd}}
  {name}: {{{lines}}}
segments:
  at_risk: {{any: [{{category: detractor}}]}}
  advocates: {{all: [{{category: promoter}}]}}
nps: {{min_responses: 1}}
limits: {{stop_if_changed: 100%, stop_if_rejected: 100%, stop_if_cleared: 100%}}
"""
ANSWERS = "Response ID,Score,Date,Email,Comment\nr1,9,2026-10-01 10:00:00,ada@acme.example,Swift\n"


class Crm:
    """A desk with the ready mapping of one vendor, and the vendor played without any of its fields."""

    def __init__(self, folder: Path, service: Any, kind: str) -> None:
        self.desk, self.service, self.world = Desk(folder), service, service.world
        vendor = getattr(sandbox, kind)
        lines = ", ".join(f'{key}: "{value}"' for key, value in vendor.connection(service).items())
        (folder / "mappings").mkdir()
        self.desk.write("config.yaml", CONFIG.format(name=kind, lines=lines))
        ready = (ROOT / f"mappings/{kind}.yaml").read_text(encoding="utf-8")
        self.desk.write(f"mappings/{kind}.yaml", ready)
        self.desk.write("responses.csv", ANSWERS)

    def npsync(self, *words: str, status: int = 0) -> Said:
        said = self.desk.npsync(*words)
        assert said.status == status, said.err + said.out
        return said

    def troubles(self) -> dict[str, str]:
        """Return what stands against the mapping, by object and field."""
        [plan] = self.npsync("fields", "plan", "--output", "json").object["plans"]
        return {
            f"{one['object']}.{each['field'] or ''}": each["trouble"]
            for one in plan["objects"]
            for each in one["findings"]
        }

    def writes(self) -> int:
        reads = ("/query", "/oauth2/", "/oauth/")
        return sum(each.method != "GET" and not any(r in each.path for r in reads) for each in self.service.log.entries)


@pytest.fixture
def crm(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crm]:
    vendor = getattr(sandbox, request.param)
    world = Org(None) if request.param == "salesforce" else sandbox.hubspot.Portal()
    with vendor.serve(world) as service:
        for field, value in vendor.secrets(service).items():
            monkeypatch.setenv(f"NPSYNC_{request.param.upper()}_{field.upper()}", value)
        yield Crm(tmp_path, service, request.param)


salesforce = pytest.mark.parametrize("crm", ["salesforce"], indirect=True)
hubspot = pytest.mark.parametrize("crm", ["hubspot"], indirect=True)
both = pytest.mark.parametrize("crm", ["salesforce", "hubspot"], indirect=True)


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


@salesforce
def test_metadata_holds_what_is_missing_the_object_too(crm: Crm) -> None:
    said = crm.npsync("fields", "metadata", "--into", "deploy")

    files = [line.removeprefix("deploy/") for line in said.out.splitlines()]
    home = "force-app/main/default/objects"
    assert f"{home}/NPS_Response__c/NPS_Response__c.object-meta.xml" in files
    assert f"{home}/NPS_Response__c/fields/Contact__c.field-meta.xml" in files
    assert f"{home}/Lead/fields/NPS_Score__c.field-meta.xml" in files
    assert not [name for name in files if "/Id.field" in name]
    assert "cd deploy && sf project deploy start --source-dir force-app --target-org ORG" in said.err
    lookup = (crm.desk.folder / "deploy" / home / "NPS_Response__c/fields/Contact__c.field-meta.xml").read_text()
    assert "<referenceTo>Contact</referenceTo>" in lookup
    assert 0 == crm.writes()
    before = {path: path.read_bytes() for path in (crm.desk.folder / "deploy").rglob("*") if path.is_file()}
    crm.npsync("fields", "metadata", "salesforce", "--into", "deploy")
    assert before == {path: path.read_bytes() for path in before}


@salesforce
def test_metadata_is_not_mixed_with_other_files(crm: Crm) -> None:
    """Whatever lies in the folder would be deployed, too."""
    (crm.desk.folder / "deploy").mkdir()
    crm.desk.write("deploy/notes.txt", "mine")

    said = crm.npsync("fields", "metadata", "--into", "deploy", status=2)

    assert "notes.txt" in said.err
    assert ["notes.txt"] == [path.name for path in (crm.desk.folder / "deploy").rglob("*")]


@hubspot
def test_hubspot_takes_no_metadata(crm: Crm) -> None:
    said = crm.npsync("fields", "metadata", "--into", "deploy", status=2)

    assert "npsync fields create hubspot" in said.err
    assert not (crm.desk.folder / "deploy").exists()


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
