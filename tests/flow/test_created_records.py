"""`on_none: create` in a CRM: a record is made once, with its person's id in it, and then is one like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sandbox.faults import Faults
from sandbox.salesforce import Field, Org, secrets, serve
from sync.wiring import open_project
from tests.flow.test_crashes import Crash
from tests.flow.test_moved_records import kept_in
from tests.flow.test_salesforce import ANSWERS, HEAD, Crm
from tests.flow.world import asked
from tests.salesforce import with_nps_fields

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: The sixth answer is of somebody whom nobody knows, and so is the fifth; both give one address.
NEW = """\
r5,2,2026-10-05 10:00:00,zoe@new.example,Late
r6,9,2026-10-06 10:00:00,Zoe@new.example,Better
"""
AGAIN = "r7,4,2026-10-20 10:00:00,zoe+again@new.example,Worse\n"


@pytest.fixture
def crm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crm]:
    org: Org = with_nps_fields(Org(None))
    with serve(org, faults=Faults()) as service:
        for field, value in secrets(service).items():
            monkeypatch.setenv(f"NPSYNC_SALESFORCE_{field.upper()}", value)
        made = Crm(tmp_path, service, org)
        mapping = (tmp_path / "mappings/salesforce.yaml").read_text(encoding="utf-8")
        mapping = mapping.replace("on_none: hold", "on_none: create")
        once = "fields:\n"
        once += "  LastName: {from: person.email, write: on_create}\n"
        once += "  Email: {from: person.email, write: on_create}\n"
        made.desk.write("mappings/salesforce.yaml", mapping.replace("fields:", once, 1))
        made.desk.write(
            "config.yaml",
            (tmp_path / "config.yaml").read_text(encoding="utf-8").replace("limits: {", "limits: {creates: 10, "),
        )
        made.desk.write("responses.csv", HEAD + ANSWERS.replace("nobody@else.example", "ada@acme.example") + NEW)
        yield made


def ledger(crm: Crm, query: str) -> list[tuple[Any, ...]]:
    config = yaml.safe_load((crm.desk.folder / "config.yaml").read_text(encoding="utf-8"))
    return asked(config.get("ledger", f"sqlite:///{crm.desk.folder}/.npsync/ledger.db"), query)


def zoes(crm: Crm) -> list[dict[str, Any]]:
    return [each for each in crm.org.records("Contact") if str(each.get("Email")).startswith("zoe")]


def test_somebody_new_becomes_one_contact_with_its_whole_history(crm: Crm) -> None:
    said = crm.sync()

    (zoe,) = zoes(crm)
    assert (9, 2, "zoe@new.example") == (zoe["NPS_Score__c"], zoe["NPS_Previous_Score__c"], zoe["LastName"])
    history = {each["External_Key__c"]: each.get("Contact__c") for each in crm.org.records("NPS_Response__c")}
    assert [zoe["Id"]] * 2 == [history["survey:r5"], history["survey:r6"]]
    assert ledger(crm, "SELECT record FROM acknowledged WHERE object = 'Contact' AND length(record) <> 18") == []
    assert [("written", 6)] == ledger(crm, "SELECT state, count(*) FROM run_rows GROUP BY state"), said.out
    before = crm.written()
    crm.sync()
    assert before == crm.written()


def test_what_made_a_contact_is_never_written_over(crm: Crm) -> None:
    """The next answer finds the contact by its address, and lands on the same profile."""
    crm.sync()
    (zoe,) = zoes(crm)
    key = zoe["NPS_Person_Id__c"]
    crm.org.update("Contact", zoe["Id"], {"LastName": "Zimmer"})
    crm.org.update("Contact", crm.ada, {"LastName": "Adams"})
    crm.desk.write("responses.csv", HEAD + ANSWERS.replace("nobody@else.example", "ada@acme.example") + NEW + AGAIN)

    crm.sync()

    (zoe,) = zoes(crm)
    assert (4, "Zimmer", key) == (zoe["NPS_Score__c"], zoe["LastName"], zoe["NPS_Person_Id__c"])
    assert "Adams" == (crm.org.get("Contact", crm.ada) or {})["LastName"]
    assert [(1,)] == ledger(crm, "SELECT count(*) FROM profiles WHERE record = '" + zoe["Id"] + "'")


def test_a_contact_that_somebody_else_makes_meanwhile_gets_no_twin(crm: Crm) -> None:
    """The guard allows no new records until somebody says so; by then the contact may be there."""
    config = (crm.desk.folder / "config.yaml").read_text(encoding="utf-8")
    crm.desk.write("config.yaml", config.replace("creates: 10", "creates: 0"))
    assert 4 == crm.desk.npsync("sync").status
    other = crm.org.insert("Contact", {"LastName": "Zoe", "Email": "zoe@new.example"})

    crm.sync()

    assert [other] == [each["Id"] for each in zoes(crm)]
    assert 9 == (crm.org.get("Contact", other) or {})["NPS_Score__c"]


def test_a_lost_ledger_makes_no_twin_of_a_contact_whose_address_changed(crm: Crm) -> None:
    crm.sync()
    (zoe,) = zoes(crm)
    crm.org.update("Contact", zoe["Id"], {"Email": "zoe@elsewhere.example"})
    (crm.desk.folder / ".npsync/ledger.db").unlink()

    crm.sync()

    assert [zoe["Id"]] == [each["Id"] for each in zoes(crm)]


def test_a_merge_of_a_new_contact_is_followed(crm: Crm) -> None:
    crm.sync()
    (zoe,) = zoes(crm)
    crm.org.merge("Contact", crm.bob, zoe["Id"])
    crm.org.insert("Contact", {"LastName": "New"})

    crm.sync()

    assert 9 == (crm.org.get("Contact", crm.bob) or {})["NPS_Score__c"]
    assert [] == zoes(crm)


def test_dying_at_any_step_makes_one_contact(crm: Crm, ledger_url: str) -> None:
    kept_in(crm, ledger_url)
    for number in range(1, 100):
        left = iter(range(number))

        def step(_name: str, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise Crash

        with open_project(crm.desk.folder / "config.yaml") as project:
            try:
                project.engine("salesforce", step=step).sync()
            except Crash:
                continue
            break
    else:
        pytest.fail("it never came to an end")

    (zoe,) = zoes(crm)
    assert (9, 2) == (zoe["NPS_Score__c"], zoe["NPS_Previous_Score__c"])
    history = [each.get("Contact__c") for each in crm.org.records("NPS_Response__c")]
    assert 6 == len(history)
    assert 2 == history.count(zoe["Id"])
    assert [] == ledger(crm, "SELECT record FROM acknowledged WHERE object = 'Contact' AND length(record) <> 18")
    before = crm.written()
    crm.sync()
    assert before == crm.written()


@pytest.mark.parametrize("fault", ["cut_after", "cut_before", "status_503"])
def test_a_lost_answer_makes_no_twin(crm: Crm, fault: str) -> None:
    crm.service.faults.set(fault, 0.4)
    assert crm.desk.npsync("sync").status in (0, 1, 5)
    crm.service.faults.clear()

    crm.sync()

    (zoe,) = zoes(crm)
    assert (9, 2) == (zoe["NPS_Score__c"], zoe["NPS_Previous_Score__c"])
    assert 2 == [each.get("Contact__c") for each in crm.org.records("NPS_Response__c")].count(zoe["Id"])


def test_a_record_that_cannot_be_made_rejects_its_responses_until_the_mapping_changes(crm: Crm) -> None:
    """Salesforce wants a last name."""
    mapping = (crm.desk.folder / "mappings/salesforce.yaml").read_text(encoding="utf-8")
    crm.desk.write(
        "mappings/salesforce.yaml",
        mapping.replace("LastName: {from: person.email", "LastName: {from: person.last_name"),
    )

    assert 1 == crm.desk.npsync("sync").status
    assert [("rejected",), ("skipped",)] == ledger(
        crm, "SELECT state FROM run_rows WHERE key IN ('survey:r5', 'survey:r6') ORDER BY state"
    )
    before = crm.written()
    crm.sync()
    assert before == crm.written()

    crm.desk.write("mappings/salesforce.yaml", mapping)
    crm.sync()
    (zoe,) = zoes(crm)
    assert (9, 2) == (zoe["NPS_Score__c"], zoe["NPS_Previous_Score__c"])
    assert 6 == len(crm.org.records("NPS_Response__c"))


def test_a_replay_that_makes_a_record_goes_on_to_its_history_as_a_sync_does(crm: Crm) -> None:
    crm.org.add_validation("Contact", lambda new, _: "not yet" if new.get("LastName") == "zoe@new.example" else None)
    assert 1 == crm.desk.npsync("sync").status
    assert [] == zoes(crm)
    crm.org.validations.clear()

    said = crm.desk.npsync("replay", "--output", "json")

    assert [(1, 1)] == [(each["failures"], each["delivered"]) for each in said.object["replayed"]]
    (zoe,) = zoes(crm)
    assert (9, 2) == (zoe["NPS_Score__c"], zoe["NPS_Previous_Score__c"])
    history = [each.get("Contact__c") for each in crm.org.records("NPS_Response__c")]
    assert (6, 2) == (len(history), history.count(zoe["Id"]))
    assert ledger(crm, "SELECT record FROM acknowledged WHERE object = 'Contact' AND length(record) <> 18") == []
    assert {"pending": 0, "rejected": 0} == {name: said.object["rows"][name] for name in ("pending", "rejected")}
    before = crm.written()
    crm.sync()
    assert before == crm.written()


def test_records_are_made_by_a_unique_field_only(crm: Crm) -> None:
    crm.org.drop_field("Contact", "NPS_Person_Id__c")
    crm.org.add_field("Contact", Field(name="NPS_Person_Id__c", type="string", length=255))

    said = crm.desk.npsync("sync")

    assert 2 == said.status
    assert "`Contact.NPS_Person_Id__c`, which is not unique" in said.err
    assert 0 == crm.written()
