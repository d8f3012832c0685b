"""`npsync fields metadata`: the folder that an administrator deploys, as the command writes it."""

from __future__ import annotations

from tests.flow.crm_desk import Crm, crm, hubspot, salesforce

__all__ = ["crm"]


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
