"""An undo with the ready mappings takes back all that a run made in a CRM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.flow.played import Crm
from tests.flow.test_salesforce_follow_up import crm

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flow.test_salesforce_follow_up import Crm as Campaigns

__all__ = ["crm"]


def test_responses_of_contacts_and_leads_are_taken_back(tmp_path: Path) -> None:
    """The ready mapping gives one word to the lookup of contacts and to that of leads; one of them stays blank."""
    with Crm("salesforce", tmp_path, people=3, strangers=1) as played:
        played.sync(1)
        assert 4 == len(played.world.records("NPS_Response__c"))

        run = played.desk.npsync("runs", "--output", "json").object["runs"][0]["run"]
        said = played.desk.npsync("undo", run, "--yes", "--output", "json")

        assert (0, []) == (said.status, played.world.records("NPS_Response__c")), said.out + said.err


def test_members_by_contact_and_by_lead_are_taken_out_again(crm: Campaigns) -> None:
    crm.answer("r1", 2, "ada@acme.example")
    crm.answer("r2", 1, "lea@else.example")
    crm.sync()
    assert {crm.ada, crm.lea} == crm.members(crm.at_risk)

    run = crm.desk.npsync("runs", "--output", "json").object["runs"][0]["run"]
    said = crm.desk.npsync("undo", run, "--yes")

    assert (0, set()) == (said.status, crm.members(crm.at_risk)), said.out + said.err
