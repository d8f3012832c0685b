"""The fields that the sandbox makes for a mapping: those that are missing, and nothing that is no field."""

from __future__ import annotations

from typing import Any

from sandbox.hubspot import Portal
from sandbox.salesforce import Org
from sync.cli.sandbox_fields import into_hubspot, into_salesforce

SALESFORCE: dict[str, Any] = {
    "object": "Contact",
    "match": [{"Email": "person.email"}],
    "fields": {"NPS_Score__c": "score"},
    "segments": {
        "object": "CampaignMember",
        "key": {"ContactId": "record.id", "CampaignId": {"from": "segment", "values": {"at_risk": "701"}}},
    },
    "follow_up": {
        "object": "Task",
        "key": {"NPS_Response_Key__c": "key"},
        "fields": {"WhoId": "record.id", "NPS_Due__c": "due_at"},
    },
}
HUBSPOT: dict[str, Any] = {
    "object": "contacts",
    "match": [{"email": "person.email"}],
    "fields": {"nps_score": "score"},
    "segments": {"object": "list_memberships", "key": {"hs_object_id": "record.id", "list_id": "segment"}},
    "follow_up": {
        "object": "tasks",
        "key": {"nps_response_key": "key"},
        "fields": {"hs_timestamp": "due_at", "associations.contacts": "record.id"},
    },
}


def test_tasks_and_members_of_campaigns_get_what_they_lack() -> None:
    org = Org(None)
    before = len(org.whole("CampaignMember").fields)
    into_salesforce(org, SALESFORCE)

    key, due = (org.whole("Task").field(name) for name in ("NPS_Response_Key__c", "NPS_Due__c"))
    assert key is not None
    assert due is not None
    assert (False, "datetime") == (key.external_id, due.type)
    assert before == len(org.whole("CampaignMember").fields)


def test_a_task_gets_its_key_and_neither_lists_nor_associations_are_made() -> None:
    portal = Portal(seed=1)
    kinds = len(list(portal.kinds()))
    into_hubspot(portal, HUBSPOT)

    assert kinds == len(list(portal.kinds()))
    assert portal.catalogue("tasks").get("nps_response_key") is not None
    assert portal.catalogue("tasks").get("associations.contacts") is None
