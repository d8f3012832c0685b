"""Campaigns and tasks in Salesforce: who enters, who leaves, who is called back, and by whom."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import mappings
from sandbox.faults import Faults
from sandbox.salesforce import Field, Org, secrets, serve
from tests.flow.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = """\
version: 1
connections:
  survey: {{type: file, path: responses.csv, date_order: ymd}}
  salesforce: {{type: salesforce, domain: acme.my, auth: client_credentials, url: "{url}"}}
segments:
  at_risk: {{category: detractor}}
  advocates: {{category: promoter}}
limits: {{stop_if_changed: 100%, stop_if_rejected: 100%, stop_if_cleared: 100%}}
"""
MAPPING = """\
version: 1
from: survey
to: salesforce
object: Contact
match:
  - {{Email: person.email}}
  - {{object: Lead, where: not_converted, Email: person.email}}
fields: {{NPS_Score__c: score}}
segments:
  object: CampaignMember
  key:
    ContactId: {{from: record.id, object: Contact}}
    LeadId: {{from: record.id, object: Lead}}
    CampaignId: {{from: segment, values: {{at_risk: {at_risk}, advocates: {advocates}}}}}
follow_up:
  object: Task
  when: {{category: detractor}}
  within: 14d
  due: 48h
  subject: Call back
  owner: {{Contact: Account.OwnerId, Lead: OwnerId}}
  key: {{NPS_Response_Key__c: key}}
  fields: {{WhoId: record.id, OwnerId: owner, Subject: subject, ActivityDate: due_at, Description: comment}}
"""


class Crm:
    """An org with contacts, a lead and two campaigns, and a desk that syncs into it."""

    def __init__(self, folder: Path, service: Any, org: Org) -> None:
        self.desk, self.service, self.org = Desk(folder), service, org
        self.answers: list[str] = []
        self.olga = next(each["Id"] for each in org.records("User") if each["Id"] != org.api_user_id)
        self.account = org.insert("Account", {"Name": "Acme", "OwnerId": self.olga})
        self.ada = org.insert("Contact", {"LastName": "Ada", "Email": "ada@acme.example", "AccountId": self.account})
        self.bob = org.insert("Contact", {"LastName": "Bob", "Email": "bob@acme.example"})
        lead = {"LastName": "Lea", "Company": "Else", "Email": "lea@else.example", "OwnerId": self.olga}
        self.lea = org.insert("Lead", lead)
        self.at_risk, self.advocates = (org.insert("Campaign", {"Name": name}) for name in ("At risk", "Advocates"))
        for kind in ("Contact", "Lead"):
            org.add_field(kind, Field(name="NPS_Score__c", type="double", precision=18))
        org.add_field("Task", Field(name="NPS_Response_Key__c", length=255))
        (folder / "mappings").mkdir()
        self.desk.write("config.yaml", CONFIG.format(url=service.url))
        self.desk.write("mappings/crm.yaml", MAPPING.format(at_risk=self.at_risk, advocates=self.advocates))

    def answer(self, id_: str, score: int, email: str, *, hours_ago: float = 24, comment: str = "") -> None:
        at = datetime.now(tz=UTC) - timedelta(hours=hours_ago)
        self.answers.append(f"{id_},{score},{at:%Y-%m-%d %H:%M:%S},{email},{comment}")
        self.desk.write("responses.csv", "\n".join(["Response ID,Score,Date,Email,Comment", *self.answers, ""]))

    def sync(self, *words: str) -> Any:
        said = self.desk.npsync("sync", *words)
        assert said.status in (0, 1), said.err
        return said

    def members(self, campaign: str) -> set[str]:
        found = (each for each in self.org.records("CampaignMember") if each["CampaignId"] == campaign)
        return {each.get("ContactId") or each["LeadId"] for each in found}

    def tasks(self) -> dict[str, tuple[Any, ...]]:
        names = ("WhoId", "OwnerId", "Subject", "Description")
        return {
            each["NPS_Response_Key__c"]: tuple(each.get(name) for name in names) for each in self.org.records("Task")
        }


@pytest.fixture
def crm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crm]:
    org = Org(None)
    with serve(org, faults=Faults()) as service:
        for field, value in secrets(service).items():
            monkeypatch.setenv(f"NPSYNC_SALESFORCE_{field.upper()}", value)
        yield Crm(tmp_path, service, org)


def test_contacts_and_leads_enter_their_campaigns_and_leave_them(crm: Crm) -> None:
    crm.answer("r1", 2, "ada@acme.example", hours_ago=48)
    crm.answer("r2", 10, "bob@acme.example")
    crm.answer("r3", 1, "lea@else.example")
    crm.sync()

    assert ({crm.ada, crm.lea}, {crm.bob}) == (crm.members(crm.at_risk), crm.members(crm.advocates))

    crm.answer("r4", 9, "ada@acme.example", hours_ago=1)
    crm.sync()
    assert ({crm.lea}, {crm.ada, crm.bob}) == (crm.members(crm.at_risk), crm.members(crm.advocates))


def test_detractors_are_called_back_by_the_owner_of_their_account(crm: Crm) -> None:
    crm.answer("r1", 2, "ada@acme.example", comment="Slow")
    crm.answer("r2", 3, "bob@acme.example")
    crm.answer("r3", 1, "lea@else.example")
    crm.sync()

    ours = crm.org.api_user_id
    assert {
        "survey:r1": (crm.ada, crm.olga, "Call back", "Slow"),
        "survey:r2": (crm.bob, ours, "Call back", None),
        "survey:r3": (crm.lea, crm.olga, "Call back", None),
    } == crm.tasks()
    explained = crm.desk.npsync("explain", "survey:r3").out
    assert f"Lead {crm.lea}: written" in explained
    assert "Task survey:r3: written" in explained
    [due] = {each["ActivityDate"] for each in crm.org.records("Task")}
    assert f"{datetime.now(tz=UTC) + timedelta(hours=24):%Y-%m-%d}" == due


def test_a_task_that_somebody_worked_on_is_never_touched_again(crm: Crm) -> None:
    crm.answer("r1", 2, "ada@acme.example")
    crm.sync()
    [task] = crm.org.records("Task")
    crm.org.update("Task", task["Id"], {"Subject": "Called", "Status": "Completed"})

    crm.answer("r2", 10, "bob@acme.example")
    crm.sync("--full-refresh")
    crm.answers[0] = crm.answers[0].replace("r1,2", "r1,0")
    crm.answer("r3", 9, "lea@else.example")
    crm.sync()

    [task] = crm.org.records("Task")
    assert ("Called", "Completed") == (task["Subject"], task["Status"])


def test_a_dry_run_shows_tasks_and_members_and_writes_none(crm: Crm) -> None:
    crm.answer("r1", 2, "ada@acme.example")
    said = crm.sync("-n")

    assert "Task survey:r1" in said.out
    assert f"CampaignId: (empty) -> {crm.at_risk}" in said.out
    assert "CampaignMember 1" in said.out + said.err
    assert ([], []) == (crm.org.records("Task"), crm.org.records("CampaignMember"))


@pytest.mark.parametrize("fault", ["cut_before", "cut_after", "status_503", "truncated", "row_lock"])
def test_after_a_fault_there_is_one_task_and_one_membership_each(crm: Crm, fault: str) -> None:
    for number, (score, email) in enumerate(
        [(2, "ada@acme.example"), (0, "bob@acme.example"), (1, "lea@else.example")]
    ):
        crm.answer(f"r{number}", score, email)
    crm.service.faults.set(fault, 0.4)
    said = crm.desk.npsync("sync")
    assert said.status in (0, 1, 3, 5), said.err
    crm.service.faults.clear()
    crm.sync()
    crm.sync()

    assert {crm.ada, crm.bob, crm.lea} == crm.members(crm.at_risk)
    assert 3 == len(crm.org.records("CampaignMember"))
    assert ["survey:r0", "survey:r1", "survey:r2"] == sorted(t["NPS_Response_Key__c"] for t in crm.org.records("Task"))


def test_a_task_that_was_refused_is_made_for_the_owner_of_today(crm: Crm) -> None:
    crm.org.update("User", crm.olga, {"IsActive": False})
    crm.answer("r1", 2, "ada@acme.example")
    said = crm.sync("--output", "json")
    assert 1 == said.status
    assert {"INACTIVE_OWNER_OR_USER": 1} == said.object["rejected_by_reason"]

    crm.org.update("Account", crm.account, {"OwnerId": crm.org.api_user_id})
    replayed = crm.desk.npsync("replay")

    assert 0 == replayed.status, replayed.out + replayed.err
    assert {"survey:r1": (crm.ada, crm.org.api_user_id, "Call back", None)} == crm.tasks()


@pytest.mark.parametrize("vendor", ["salesforce", "hubspot"])
def test_the_ready_mappings_cut_a_comment_wherever_they_write_one(vendor: str) -> None:
    """A task or note with a comment of any length is made; only the cut differs from vendor to vendor."""
    ready = Path(mappings.__file__).with_name(f"{vendor}.yaml").read_text(encoding="utf-8")

    written = re.findall(r"(?:__c|\w): \{?(?:from: )?comment\b.*", ready)

    assert written
    assert [] == [each for each in written if not re.search(r"from: comment, truncate: \d+", each)]
