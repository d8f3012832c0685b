"""The ready mapping, from an export into the sandbox's org and back: what a user of Salesforce gets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.faults import Faults
from sandbox.salesforce import Org, secrets, serve
from tests.flow.desk import Desk
from tests.salesforce import with_nps_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

READY = Path(__file__).parents[2] / "mappings/salesforce.yaml"
CONFIG = """\
version: 1
connections:
  survey: {{type: file, path: responses.csv, date_order: ymd}}
  salesforce: {{type: salesforce, domain: acme.my, auth: client_credentials, url: "{url}"}}
nps: {{min_responses: 1}}
limits: {{stop_if_changed: 100%, stop_if_rejected: 100%, stop_if_cleared: 100%}}
"""
HEAD = "Response ID,Score,Date,Email,Comment\n"
ANSWERS = """\
r1,9,2026-10-01 10:00:00,ada@acme.example,Swift
r2,3,2026-10-02 10:00:00,Bob+nps@acme.example,"two
lines, ""quoted"" here"
r3,10,2026-10-04 10:00:00,lea@else.example,
r4,8,2026-10-04 10:00:00,nobody@else.example,
"""


class Crm:
    """An org with two contacts of one account and a lead, and a desk that syncs into it."""

    def __init__(self, folder: Path, service: Any, org: Org) -> None:
        self.desk, self.service, self.org = Desk(folder), service, org
        (folder / "mappings").mkdir()
        self.desk.write("config.yaml", CONFIG.format(url=service.url))
        self.desk.write("mappings/salesforce.yaml", READY.read_text(encoding="utf-8"))
        self.desk.write("responses.csv", HEAD + ANSWERS)
        self.account = org.insert("Account", {"Name": "Acme"})
        self.ada = org.insert("Contact", {"LastName": "Ada", "Email": "ada@acme.example", "AccountId": self.account})
        self.bob = org.insert("Contact", {"LastName": "Bob", "Email": "bob@acme.example", "AccountId": self.account})
        self.lea = org.insert("Lead", {"LastName": "Lea", "Company": "Else", "Email": "lea@else.example"})

    def sync(self) -> Any:
        said = self.desk.npsync("sync")
        assert said.status in (0, 1), said.err
        return said

    def written(self) -> int:
        """Calls that could have changed something."""
        reads = ("/query", "/oauth2/")
        return sum(each.method != "GET" and not any(r in each.path for r in reads) for each in self.service.log.entries)


@pytest.fixture
def crm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crm]:
    org: Org = with_nps_fields(Org(None))
    with serve(org, faults=Faults()) as service:
        for field, value in secrets(service).items():
            monkeypatch.setenv(f"NPSYNC_SALESFORCE_{field.upper()}", value)
        yield Crm(tmp_path, service, org)


def test_answers_arrive_at_contacts_leads_accounts_and_history(crm: Crm) -> None:
    crm.sync()

    ada, bob, lea = (
        crm.org.get(kind, id_) or {} for kind, id_ in (("Contact", crm.ada), ("Contact", crm.bob), ("Lead", crm.lea))
    )
    assert (9, "Promoter", "Swift") == (ada["NPS_Score__c"], ada["NPS_Category__c"], ada["NPS_Comment__c"])
    assert (3, 'two\nlines, "quoted" here') == (bob["NPS_Score__c"], bob["NPS_Comment__c"])
    assert (10, "Promoter") == (lea["NPS_Score__c"], lea["NPS_Category__c"])
    account = crm.org.get("Account", crm.account) or {}
    assert (0, 2) == (account["NPS__c"], account["NPS_Responses__c"])
    history = {each["External_Key__c"]: each for each in crm.org.records("NPS_Response__c")}
    assert {"survey:r1": crm.ada, "survey:r2": crm.bob, "survey:r3": None} == {
        key: each.get("Contact__c") for key, each in history.items()
    }
    assert crm.lea == history["survey:r3"]["Lead__c"]


def test_a_second_run_writes_nothing_and_one_answer_writes_once(crm: Crm) -> None:
    """Issue 3, point 3."""
    crm.sync()
    before, calls = crm.written(), len(crm.service.log.entries)

    crm.sync()
    assert before == crm.written()
    assert len(crm.service.log.entries) - calls <= 12

    crm.desk.write("responses.csv", HEAD + ANSWERS + "r5,6,2026-10-20 10:00:00,ada@acme.example,Slower\n")
    crm.sync()
    assert 6 == (crm.org.get("Contact", crm.ada) or {})["NPS_Score__c"]
    assert before + 3 == crm.written()  # the contact, the account, the history


def test_a_missing_field_stops_before_anything_is_written(crm: Crm) -> None:
    """Issue 3, point 5: one message that says what to do."""
    crm.org.drop_field("Contact", "NPS_Score__c")

    said = crm.desk.npsync("sync")

    assert 2 == said.status
    assert "NPS_Score__c" in said.err
    assert 0 == crm.written()


def test_a_wrong_secret_is_a_matter_of_signing_in(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPSYNC_SALESFORCE_CONSUMER_SECRET", "nonsense")

    said = crm.desk.npsync("sync")

    assert 3 == said.status
    assert "nonsense" not in said.err
