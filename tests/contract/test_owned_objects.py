"""Which objects of a CRM can be npsync's alone: custom ones that hold nothing yet, and that only our keys lead into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.contract import Ownable, RecordColumns
from connectors.hubspot.properties import ID
from sandbox.hubspot import Portal
from sandbox.salesforce import Field as Column
from tests.contract.hubspot_account import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.salesforce.destination import Salesforce
    from sandbox.salesforce import Org
    from tests.contract.hubspot_account import Account

KEY = "External_Key__c"
RESPONSES = "NPS_Response__c"


@pytest.fixture
def account() -> Iterator[Account]:
    portal = Portal(seed=1)
    portal.add_type("nps_responses")
    for kind in ("nps_responses", "contacts", "companies", "notes", "tasks", "calls"):
        portal.add_property(kind, "nps_key", hasUniqueValue=True)
    with opened(portal) as made:
        yield made


class TestSalesforce:
    def test_a_custom_object_is_ours_as_long_as_nobody_put_anything_there(
        self, salesforce: Salesforce, org: Org, service: Any
    ) -> None:
        assert isinstance(salesforce, Ownable)
        salesforce.ensure(RESPONSES, [KEY], [])
        before = len(service.log)
        assert salesforce.is_empty(RESPONSES)
        assert 1 == len(service.log) - before
        assert salesforce.is_empty(RESPONSES.lower())

        org.insert(RESPONSES, {KEY: "survey:r1"})
        assert not salesforce.is_empty(RESPONSES)

    @pytest.mark.parametrize("object_", ["Contact", "Lead", "Account", "Task"])
    def test_what_salesforce_made_is_others_even_when_it_is_empty(
        self, salesforce: Salesforce, org: Org, service: Any, object_: str
    ) -> None:
        org.add_field(object_, Column(name="NPS_Own_Key__c", length=255, external_id=True, unique=True))
        salesforce.ensure(object_, ["NPS_Own_Key__c"], [])
        before = len(service.log)

        assert not salesforce.is_empty(object_)
        assert before == len(service.log)

    def test_members_of_campaigns_are_others(self, salesforce: Salesforce) -> None:
        salesforce.ensure("CampaignMember", ["ContactId", "CampaignId"], [])

        assert not salesforce.is_empty("CampaignMember")

    @pytest.mark.parametrize("keys", [(), ("Id",), (KEY, "Id")])
    def test_what_is_written_by_its_own_id_was_there_before(
        self, salesforce: Salesforce, keys: tuple[str, ...]
    ) -> None:
        """Who must not see a record sees an empty object; taken for ours, it would be deleted by an undo."""
        for key in keys:
            salesforce.ensure(RESPONSES, [key], [])

        assert not salesforce.is_empty(RESPONSES)

    def test_where_people_are_looked_up_is_others(self, salesforce: Salesforce) -> None:
        salesforce.ensure(RESPONSES, [KEY], [])
        salesforce.directory(RecordColumns(object=RESPONSES, id="Id"))

        assert not salesforce.is_empty(RESPONSES)


class TestHubSpot:
    def test_a_custom_object_is_ours_as_long_as_nobody_put_anything_there(self, account: Account) -> None:
        assert isinstance(account.crm, Ownable)
        account.crm.ensure("nps_responses", ["nps_key"], [])
        before = len(account.service.log)
        assert account.crm.is_empty("nps_responses")
        assert 2 == len(account.service.log) - before

        account.portal.create("nps_responses", {"nps_key": "survey:r1"})
        assert not account.crm.is_empty("nps_responses")

    @pytest.mark.parametrize("object_", ["contacts", "companies", "notes", "tasks", "calls"])
    def test_what_hubspot_made_is_others_even_when_it_is_empty(self, account: Account, object_: str) -> None:
        account.crm.ensure(object_, ["nps_key"], [])

        assert not account.crm.is_empty(object_)

    def test_members_of_lists_are_others(self, account: Account) -> None:
        assert not account.crm.is_empty("list_memberships")

    @pytest.mark.parametrize("keys", [(), (ID,), ("nps_key", ID)])
    def test_what_is_written_by_its_own_id_was_there(self, account: Account, keys: tuple[str, ...]) -> None:
        for key in keys:
            account.crm.ensure("nps_responses", [key], [])

        assert not account.crm.is_empty("nps_responses")

    def test_where_people_are_looked_up_is_others(self, account: Account) -> None:
        account.crm.ensure("nps_responses", ["nps_key"], [])
        account.crm.directory(RecordColumns(object="nps_responses", id=ID))

        assert not account.crm.is_empty("nps_responses")

    def test_what_is_not_shown_to_us_as_custom_is_not_ours(self, account: Account) -> None:
        """A key without `crm.schemas.custom.read` costs the calls that look at records, and no more than that."""
        account.crm.ensure("nps_responses", ["nps_key"], [])
        account.service.faults.set("status_403", True, only="schemas")

        assert not account.crm.is_empty("nps_responses")
