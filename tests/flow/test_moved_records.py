"""Records that are merged, converted or deleted between two runs: what was matched to them goes where they went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sandbox.faults import Faults
from sandbox.salesforce import Org, secrets, serve
from sync.wiring import open_project
from tests.flow.test_crashes import Crash
from tests.flow.test_salesforce import ANSWERS, HEAD, Crm
from tests.flow.world import asked
from tests.salesforce import with_nps_fields

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LATER = "r5,6,2026-10-20 10:00:00,ada@acme.example,Slower\n"


@pytest.fixture
def crm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crm]:
    org: Org = with_nps_fields(Org(None))
    with serve(org, faults=Faults()) as service:
        for field, value in secrets(service).items():
            monkeypatch.setenv(f"NPSYNC_SALESFORCE_{field.upper()}", value)
        yield Crm(tmp_path, service, org)


def shown(crm: Crm, object_: str, record: str) -> tuple[Any, Any]:
    held = crm.org.get(object_, record) or {}
    return held.get("NPS_Score__c"), held.get("NPS_Previous_Score__c")


def history(crm: Crm) -> dict[str, tuple[Any, Any]]:
    rows = crm.org.records("NPS_Response__c")
    return {row["External_Key__c"]: (row.get("Contact__c"), row.get("Lead__c")) for row in rows}


def ledger(crm: Crm, query: str) -> list[tuple[Any, ...]]:
    config = yaml.safe_load((crm.desk.folder / "config.yaml").read_text(encoding="utf-8"))
    return asked(config.get("ledger", f"sqlite:///{crm.desk.folder}/.npsync/ledger.db"), query)


def matched(crm: Crm) -> list[tuple[Any, ...]]:
    return ledger(crm, "SELECT object, record, outcome, reason FROM matches ORDER BY 1, 2, 4")


def persons(crm: Crm) -> int:
    return int(ledger(crm, "SELECT persons FROM totals WHERE survey_kind = ''")[0][0])


def kept_in(crm: Crm, ledger_url: str) -> None:
    """Have the ledger stand on another engine."""
    config = (crm.desk.folder / "config.yaml").read_text(encoding="utf-8")
    crm.desk.write("config.yaml", f"{config}ledger: {ledger_url}\n")


def later(crm: Crm) -> None:
    """Let something else happen as well: two changes of one record within a second look like one."""
    crm.org.insert("Contact", {"LastName": "New"})


def test_a_merged_contact_gives_its_responses_to_the_other_one(crm: Crm) -> None:
    """Bob's low score is the newer one: it now speaks for Ada's record."""
    crm.sync()
    assert 3 == persons(crm)
    crm.org.merge("Contact", crm.ada, crm.bob)
    later(crm)

    crm.sync()

    assert (3, 9) == shown(crm, "Contact", crm.ada)
    assert (crm.ada, None) == history(crm)["survey:r2"]
    assert 2 == persons(crm)
    assert [(crm.bob, crm.ada)] == ledger(crm, "SELECT record, new FROM aliases")
    assert 0 == ledger(crm, "SELECT count(*) FROM acknowledged WHERE record LIKE '%" + crm.bob + "%'")[0][0]
    before = crm.written()
    crm.sync()
    assert before == crm.written()


def test_what_a_merge_put_into_a_record_is_written_over(crm: Crm) -> None:
    """Whoever merges may take the lost record's values; what was confirmed before holds no longer."""
    crm.sync()
    crm.org.merge("Contact", crm.bob, crm.ada)
    crm.org.update("Contact", crm.bob, {"NPS_Score__c": 9, "NPS_Comment__c": "Swift"})
    later(crm)

    crm.sync()

    assert (3, 9) == shown(crm, "Contact", crm.bob)
    assert "Swift" != (crm.org.get("Contact", crm.bob) or {})["NPS_Comment__c"]


def test_merges_of_merges_lead_to_the_last_record_across_accounts(crm: Crm) -> None:
    crm.sync()
    other = crm.org.insert("Account", {"Name": "Other"})
    last = crm.org.insert("Contact", {"LastName": "Last", "AccountId": other})
    crm.org.merge("Contact", crm.ada, crm.bob)
    crm.org.merge("Contact", last, crm.ada)
    crm.desk.write("responses.csv", HEAD + ANSWERS + LATER)

    crm.sync()

    assert (6, 3) == shown(crm, "Contact", last)
    assert {last} == {contact for key, (contact, _) in history(crm).items() if key != "survey:r3"}
    assert (1, -100) == rollup(crm, other)
    assert (None, None) == rollup(crm, crm.account)
    assert [(last,), (last,)] == ledger(crm, "SELECT new FROM aliases")


def test_a_converted_lead_becomes_its_contact(crm: Crm) -> None:
    """What the lead was confirmed to hold says nothing of the contact."""
    crm.sync()
    contact = crm.org.convert(crm.lea)
    later(crm)

    crm.sync()

    assert (10, None) == shown(crm, "Contact", contact)
    assert contact == history(crm)["survey:r3"][0]
    assert ("Contact", contact, "matched", "repointed") in matched(crm)
    assert 3 == persons(crm)


def test_a_deleted_contact_is_not_made_again_and_its_history_stays(crm: Crm) -> None:
    crm.sync()
    crm.org.delete("Contact", crm.bob)
    later(crm)
    rows = history(crm)

    crm.sync()

    assert (None, None, "held", "tombstone") in matched(crm)
    assert rows.keys() == history(crm).keys()
    assert (1, 100) == rollup(crm, crm.account)
    assert 2 == persons(crm)
    assert [(None,)] == ledger(crm, "SELECT new FROM aliases")
    assert [(0,)] == ledger(crm, "SELECT count(*) FROM outbox")
    before = crm.written()
    crm.sync()
    assert before == crm.written()


def test_a_contact_taken_out_of_the_bin_has_its_responses_again(crm: Crm) -> None:
    crm.sync()
    crm.org.delete("Contact", crm.bob)
    later(crm)
    crm.sync()
    crm.org.undelete("Contact", crm.bob)
    later(crm)

    crm.sync()

    assert (3, None) == shown(crm, "Contact", crm.bob)
    assert ("Contact", crm.bob, "matched", "unique") in matched(crm)
    assert (2, 0) == rollup(crm, crm.account)


def rollup(crm: Crm, account: str) -> tuple[Any, Any]:
    held = crm.org.get("Account", account) or {}
    return held.get("NPS_Responses__c"), held.get("NPS__c")


def test_dying_at_any_step_of_following_ends_as_if_nothing_had_happened(crm: Crm, ledger_url: str) -> None:
    kept_in(crm, ledger_url)
    crm.sync()
    crm.org.merge("Contact", crm.ada, crm.bob)
    crm.org.convert(crm.lea)
    later(crm)
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

    assert 8 <= number
    assert (3, 9) == shown(crm, "Contact", crm.ada)
    assert 2 == persons(crm)
    assert 3 == len(history(crm))
    assert (crm.ada, None) == history(crm)["survey:r2"]
    before = crm.written()
    crm.sync()
    assert before == crm.written()


def test_a_record_that_goes_while_a_run_writes_is_followed_by_the_next_one(crm: Crm) -> None:
    """The write says that it is gone; nobody is told twice, and nothing fails for ever."""
    crm.sync()
    crm.desk.write("responses.csv", HEAD + ANSWERS + LATER)

    def step(name: str) -> None:
        if name == "deliver.send" and not (crm.org.get("Contact", crm.ada) or {}).get("IsDeleted"):
            crm.org.merge("Contact", crm.bob, crm.ada)

    with open_project(crm.desk.folder / "config.yaml") as project:
        project.engine("salesforce", step=step).sync()
    crm.sync()

    assert (6, 3) == shown(crm, "Contact", crm.bob)
    assert [] == ledger(crm, "SELECT record FROM failures WHERE state = 'open'")
    assert [(0,)] == ledger(crm, "SELECT count(*) FROM outbox")
    before = crm.written()
    crm.sync()
    assert before == crm.written()


def test_a_merged_account_is_left_once_a_write_finds_it_gone(crm: Crm) -> None:
    crm.sync()
    other = crm.org.insert("Account", {"Name": "Other"})
    crm.org.merge("Account", other, crm.account)
    crm.desk.write("responses.csv", HEAD + ANSWERS + LATER)
    crm.sync()

    crm.sync()

    assert (2, -100) == rollup(crm, other)
    assert [] == ledger(crm, "SELECT record FROM failures WHERE state = 'open'")
    before = crm.written()
    crm.sync()
    assert before == crm.written()
