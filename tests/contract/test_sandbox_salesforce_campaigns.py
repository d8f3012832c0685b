"""Campaigns, their members, and tasks, as the played org takes them from the community client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from simple_salesforce.exceptions import SalesforceMalformedRequest

from tests.contract.salesforce_client import salesforce as client_of

if TYPE_CHECKING:
    from sandbox.salesforce import Org


@pytest.fixture
def client(service: Any) -> Any:
    return client_of(service)


@pytest.fixture
def campaign(org: Org) -> str:
    return org.insert("Campaign", {"Name": "Detractors"})


@pytest.fixture
def contact(org: Org) -> str:
    return org.insert("Contact", {"LastName": "Lee"})


@pytest.fixture
def lead(org: Org) -> str:
    return org.insert("Lead", {"LastName": "Roe", "Company": "Acme"})


def refused(write: Any, *given: Any) -> tuple[str, str]:
    with pytest.raises(SalesforceMalformedRequest) as caught:
        write(*given)
    content: Any = caught.value.content
    [error] = content
    return error["errorCode"], error["message"]


class TestMembers:
    def test_nobody_is_a_member_twice(self, client: Any, campaign: str, contact: str) -> None:
        client.CampaignMember.create({"CampaignId": campaign, "ContactId": contact})

        given = {"CampaignId": campaign, "ContactId": contact, "Status": "Responded"}

        assert ("DUPLICATE_VALUE", "Already a campaign member.") == refused(client.CampaignMember.create, given)

    def test_nor_twice_in_one_call(self, client: Any, campaign: str, contact: str) -> None:
        row = {"attributes": {"type": "CampaignMember"}, "CampaignId": campaign, "ContactId": contact}

        told = client.restful("composite/sobjects", method="POST", json={"records": [row, row]})

        assert [True, False] == [each["success"] for each in told]
        assert "DUPLICATE_VALUE" == told[1]["errors"][0]["statusCode"]

    def test_who_was_deleted_can_be_added_again(self, client: Any, org: Org, campaign: str, contact: str) -> None:
        given = {"CampaignId": campaign, "ContactId": contact}
        client.CampaignMember.delete(client.CampaignMember.create(given)["id"])

        client.CampaignMember.create(given)

        assert 1 == len(org.records("CampaignMember"))

    @pytest.mark.parametrize("missing", ["CampaignId", "ContactId"])
    def test_both_ends_are_needed(self, client: Any, campaign: str, contact: str, missing: str) -> None:
        given = {"CampaignId": campaign, "ContactId": contact}
        del given[missing]

        code, message = refused(client.CampaignMember.create, given)

        assert "REQUIRED_FIELD_MISSING" == code
        assert missing in message

    def test_a_member_cannot_be_moved(self, client: Any, org: Org, campaign: str, contact: str) -> None:
        """Not even to where it is."""
        member = client.CampaignMember.create({"CampaignId": campaign, "ContactId": contact})["id"]

        for name, value in (("CampaignId", campaign), ("ContactId", contact)):
            code, message = refused(client.CampaignMember.update, member, {name: value})
            assert "INVALID_FIELD_FOR_INSERT_UPDATE" == code
            assert name in message
        client.CampaignMember.update(member, {"Status": "Responded"})
        assert (org.get("CampaignMember", member) or {})["HasResponded"]

    def test_of_both_persons_the_contact_is_the_member(
        self, client: Any, org: Org, campaign: str, contact: str, lead: str
    ) -> None:
        client.CampaignMember.create({"CampaignId": campaign, "ContactId": contact, "LeadId": lead})

        [member] = org.records("CampaignMember")
        assert (contact, None) == (member["ContactId"], member.get("LeadId"))

    def test_merged_members_are_one_member(self, org: Org, campaign: str, contact: str) -> None:
        other = org.insert("Contact", {"LastName": "Lee"})
        for each in (contact, other):
            org.insert("CampaignMember", {"CampaignId": campaign, "ContactId": each})

        org.merge("Contact", contact, other)

        assert [contact] == [each["ContactId"] for each in org.records("CampaignMember")]

    def test_a_converted_lead_takes_its_membership_and_tasks_along(self, org: Org, campaign: str, lead: str) -> None:
        org.insert("CampaignMember", {"CampaignId": campaign, "LeadId": lead})
        org.insert("Task", {"WhoId": lead, "Subject": "Call back"})

        contact = org.convert(lead)

        [member], [task] = org.records("CampaignMember"), org.records("Task")
        assert (contact, lead) == (member["ContactId"], member["LeadId"])
        assert contact == task["WhoId"]


class TestTasks:
    def test_what_is_not_given_is_the_default(self, client: Any, org: Org, contact: str) -> None:
        account = org.insert("Account", {"Name": "Acme"})
        org.update("Contact", contact, {"AccountId": account})

        id_ = client.Task.create({"WhoId": contact, "ActivityDate": "2026-11-24"})["id"]

        task = client.Task.get(id_)
        assert ("Not Started", "Normal", org.api_user_id) == (task["Status"], task["Priority"], task["OwnerId"])
        assert ("2026-11-24", account, False) == (task["ActivityDate"], task["AccountId"], task["IsClosed"])

    def test_the_due_day_is_a_day(self, client: Any) -> None:
        code, _ = refused(client.Task.create, {"Subject": "Call back", "ActivityDate": "soon"})

        assert "JSON_PARSER_ERROR" == code

    def test_a_lead_has_no_further_thing(self, client: Any, org: Org, lead: str) -> None:
        account = org.insert("Account", {"Name": "Acme"})

        assert "FIELD_INTEGRITY_EXCEPTION" == refused(client.Task.create, {"WhoId": lead, "WhatId": account})[0]

    def test_persons_and_things_are_of_their_objects(self, client: Any, org: Org, contact: str) -> None:
        account = org.insert("Account", {"Name": "Acme"})

        assert "FIELD_INTEGRITY_EXCEPTION" == refused(client.Task.create, {"WhoId": account})[0]
        assert "FIELD_INTEGRITY_EXCEPTION" == refused(client.Task.create, {"WhatId": contact})[0]
        assert "FIELD_INTEGRITY_EXCEPTION" == refused(client.Task.create, {"OwnerId": contact})[0]

    def test_who_left_gets_no_task_and_keeps_the_old_ones(self, client: Any, org: Org) -> None:
        user = org.insert("User", {"LastName": "Roe", "Email": "r@example.com", "Username": "r", "IsActive": True})
        task = client.Task.create({"OwnerId": user})["id"]
        org.update("User", user, {"IsActive": False})

        assert "INACTIVE_OWNER_OR_USER" == refused(client.Task.create, {"OwnerId": user})[0]
        client.Task.update(task, {"Status": "Completed"})

        assert client.Task.get(task)["IsClosed"]
