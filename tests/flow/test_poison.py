"""One record in a hundred that the CRM refuses: it alone stays behind, and is told of; whole records stay as they were.

The ready mappings, whole syncs, both vendors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.flow.played import DAYS, HEAD, VENDORS, Crm, email

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PEOPLE, POISONED = 100, 37
PERSON = {"salesforce": "Contact", "hubspot": "contacts"}
ADDRESS = {"salesforce": "Email", "hubspot": "email"}
SCORE = {"salesforce": "NPS_Score__c", "hubspot": "nps_score"}
#: The most calls that finding one among a hundred may take, the write itself included.
MOST = 15
#: What any write moves, and what is ours: neither is somebody else's.
STAMPS = {"LastModifiedDate", "SystemModstamp", "LastModifiedById", "lastmodifieddate", "hs_lastmodifieddate"}


@pytest.fixture(params=VENDORS)
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crm]:
    with Crm(request.param, tmp_path, people=PEOPLE) as crm:
        yield crm


def people(crm: Crm) -> dict[str, dict[str, Any]]:
    name = ADDRESS[crm.vendor]
    return {record[name]: record for record in crm.world.records(PERSON[crm.vendor])}


def poison(crm: Crm) -> None:
    """Let the CRM refuse the passive category, and let one person be passive."""
    lines = (f"r{n},{7 if n == POISONED else 9},{DAYS[1]} 10:00:00,{email(n)},Said {n}\n" for n in range(PEOPLE))
    crm.desk.write("responses.csv", HEAD + "".join(lines))
    if crm.vendor == "salesforce":
        refused = ("passives are not welcome", "NPS_Category__c")
        crm.world.add_validation("Contact", lambda row, _: refused if row.get("NPS_Category__c") == "Passive" else None)
    else:
        known = crm.world.catalogue("contacts").need("nps_category")
        known.set_options([option for option in known.options if option["value"] != "passive"])


def test_one_poisoned_record_is_isolated_and_the_others_arrive(crm: Crm) -> None:
    poison(crm)

    said = crm.desk.npsync("sync", "--output", "json")

    assert 1 == said.status, said.err
    left = {address for address, record in people(crm).items() if record.get(SCORE[crm.vendor]) in (None, "")}
    assert {email(POISONED)} == left
    to_people = [call for call in crm.writes() if "Response" not in call and "companies" not in call]
    assert len(to_people) <= MOST
    rows = said.object["rows"]
    assert (PEOPLE, PEOPLE - 1, 1) == (rows["in"], rows["written"], rows["rejected"])


def test_the_poisoned_record_is_not_sent_again_until_something_changes(crm: Crm) -> None:
    poison(crm)
    crm.desk.npsync("sync")
    calls = len(crm.service.log)

    assert crm.desk.npsync("sync").status in (0, 1)

    assert [] == crm.writes(calls)


def test_whole_records_are_as_before_but_for_what_is_mapped(crm: Crm) -> None:
    """Every record of every kind, field by field; who gave no response does not even have a new time."""
    others = {
        "salesforce": ("Lead", "Opportunity", "Campaign", "Task"),
        "hubspot": ("deals", "tickets", "notes", "tasks"),
    }
    kinds = (
        *(("Contact", "Account") if crm.vendor == "salesforce" else ("contacts", "companies")),
        *others[crm.vendor],
    )
    if crm.vendor == "salesforce":
        crm.world.insert("Lead", {"LastName": "Lea", "Company": "Else", "Email": "lea@else.example"})
        crm.world.insert("Contact", {"LastName": "Silent", "Email": "silent@else.example", "Phone": "+49 30 1"})
    else:
        crm.world.create("contacts", {"email": "silent@else.example", "phone": "+49 30 1", "jobtitle": "CFO"})
        crm.world.create("deals", {"dealname": "Renewal"})
    before = {kind: crm.world.records(kind) for kind in kinds}
    before = {kind: [dict(record) for record in records] for kind, records in before.items()}

    assert 0 == crm.sync(1).status
    assert 0 == crm.sync(1, 2).status

    for kind, records in before.items():
        now = [dict(record) for record in crm.world.records(kind)]
        assert len(records) == len(now), kind
        for was, is_ in zip(records, now, strict=True):
            moved = {name for name in was.keys() | is_.keys() if was.get(name) != is_.get(name)}
            assert {name for name in moved - STAMPS if not name.lower().startswith("nps")} == set(), kind
            if kind in others[crm.vendor] or "silent@else.example" in was.values():
                assert set() == moved, kind
