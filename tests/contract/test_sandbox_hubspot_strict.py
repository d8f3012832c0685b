"""HubSpot's own typed client with strict validation refuses any reply of another shape than it was made for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hubspot_sdk import HubSpot

from sandbox.hubspot import Portal, serve
from tests.contract.hubspot_wire import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

BRANCH: Any = {
    "filterBranchType": "OR",
    "filterBranchOperator": "OR",
    "filters": [],
    "filterBranches": [
        {
            "filterBranchType": "AND",
            "filterBranchOperator": "AND",
            "filterBranches": [],
            "filters": [
                {
                    "filterType": "PROPERTY",
                    "property": "email",
                    "operation": {
                        "operationType": "MULTISTRING",
                        "operator": "IS_EQUAL_TO",
                        "values": ["a@example.com"],
                        "includeObjectsWithNoValueSet": False,
                    },
                }
            ],
        }
    ],
}
OBJECTS: dict[str, dict[str, str]] = {
    "companies": {"name": "Acme", "domain": "acme.example"},
    "deals": {"dealname": "Renewal", "dealstage": "closedwon", "pipeline": "default", "amount": "12.50"},
    "tasks": {"hs_timestamp": "2026-01-31T09:30:00Z", "hs_task_subject": "Call", "hs_task_status": "NOT_STARTED"},
    "notes": {"hs_timestamp": "1769851800000", "hs_note_body": "said 3"},
    "calls": {"hs_timestamp": "2026-01-31T09:30:00Z", "hs_call_title": "Called back"},
    "emails": {"hs_timestamp": "2026-01-31T09:30:00Z", "hs_email_direction": "EMAIL"},
    "meetings": {"hs_timestamp": "2026-01-31T09:30:00Z", "hs_meeting_title": "Review"},
    "products": {"name": "Plan", "price": "9.90"},
    "line_items": {"name": "Plan", "quantity": "3"},
    "tickets": {"subject": "Help", "hs_pipeline": "0", "hs_pipeline_stage": "1"},
}


@pytest.fixture
def portal() -> Portal:
    return Portal(seed=5)


@pytest.fixture
def client(portal) -> Iterator[HubSpot]:
    with (
        serve(portal, calls_per_10s=10_000) as service,
        HubSpot(access_token=KEY, base_url=service.url, _strict_response_validation=True, max_retries=0) as client,
    ):
        yield client


def test_contacts_one_by_one(client):
    api = client.crm.objects.contacts

    ann = api.create(associations=[], properties={"email": "ann@example.com"})
    bob = api.create(associations=[], properties={"email": "bob@example.com", "firstname": "Bob"})
    api.update(ann.id, properties={"firstname": "Ann"})
    read = api.get(ann.id, properties=["email", "phone"], properties_with_history=["firstname"])
    merged = api.merge(primary_object_id=ann.id, object_id_to_merge=bob.id)
    api.delete(merged.id)

    assert ["Ann"] == [one.value for one in (read.properties_with_history or {})["firstname"]]
    assert merged.id not in {ann.id, bob.id}
    assert [merged.id] == [one.id for one in api.list(archived=True, limit=1)]


def test_contacts_in_batches(client, portal):
    portal.add_property("contacts", "nps_id", hasUniqueValue=True)
    api = client.crm.objects.contacts.batch

    made = api.create(inputs=[{"properties": {"email": "a@example.com"}, "associations": []}])
    id_ = made.results[0].id
    api.update(inputs=[{"id": id_, "properties": {"nps_id": "n1"}}])
    both = api.upsert(
        inputs=[
            {"id": "n1", "id_property": "nps_id", "properties": {"firstname": "Ann"}},
            {"id": "n2", "id_property": "nps_id", "properties": {"email": "b@example.com"}},
        ]
    )
    read = api.get(inputs=[{"id": "n1"}], id_property="nps_id", properties=["firstname"], properties_with_history=[])
    api.delete(inputs=[{"id": id_}])

    assert [False, True] == sorted(one.new for one in both.results)
    assert ["Ann"] == [one.properties["firstname"] for one in read.results]
    assert 1 == len(portal.records("contacts"))


def test_a_search(client, portal):
    for number in range(3):
        portal.create("contacts", {"email": f"c{number}@example.com"})

    found = client.crm.objects.contacts.search(
        after="0",
        filter_groups=[{"filters": [{"property_name": "email", "operator": "CONTAINS_TOKEN", "value": "c*"}]}],
        limit=2,
        properties=["email", "phone"],
        sorts=["email"],
    )

    assert (3, 2) == (found.total, len(found.results))


@pytest.mark.parametrize("kind", OBJECTS)
def test_other_objects(client, kind):
    api = getattr(client.crm.objects, kind)

    made = api.create(associations=[], properties=OBJECTS[kind])
    api.update(made.id, properties=OBJECTS[kind])
    api.search(after="", filter_groups=[], limit=5, properties=[], sorts=[])

    assert made.id == api.get(made.id).id
    assert [made.id] == [one.id for one in api.list()]
    api.delete(made.id)


def test_properties_and_groups(client):
    api = client.crm.properties
    one = {"field_type": "text", "group_name": "nps", "label": "K", "type": "string"}

    api.groups.create("contacts", name="nps", label="NPS")
    api.groups.update("nps", object_type="contacts", label="Survey")
    api.create("contacts", name="nps_comment", **one)
    api.update("nps_comment", object_type="contacts", label="Comment")
    api.batch.create("contacts", inputs=[{"name": "nps_key", **one}])
    api.batch.get("contacts", archived=False, data_sensitivity="non_sensitive", inputs=[{"name": "nps_key"}])

    assert "Comment" == api.get("nps_comment", object_type="contacts").label
    assert "nps" in {group.name for group in api.groups.list("contacts").results}
    assert "nps_key" in {prop.name for prop in api.list("contacts").results}
    api.batch.delete("contacts", inputs=[{"name": "nps_key"}])
    api.delete("nps_comment", object_type="contacts")
    api.groups.delete("nps", object_type="contacts")


def test_associations(client, portal):
    contact, company = portal.create("contacts", {"email": "a@example.com"}), portal.create("companies", {"name": "A"})
    api = client.crm.associations
    plain: Any = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}
    pair: Any = {"from": {"id": contact}, "to": {"id": company}}

    api.create(company, from_object_type="contacts", from_object_id=contact, to_object_type="companies")
    api.update_labels(
        company,
        object_type="contacts",
        object_id=contact,
        to_object_type="companies",
        body=[{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}],
    )
    api.batch.create("companies", from_object_type="contacts", inputs=[{**pair, "types": [plain]}])
    api.batch.create_default("companies", from_object_type="contacts", inputs=[pair])

    read = api.batch.get("contacts", from_object_type="companies", inputs=[{"id": company}])
    assert [contact] == [one.to_object_id for one in read.results[0].to]
    assert [company] == [one.to_object_id for one in api.list("companies", object_type="contacts", object_id=contact)]
    api.batch.delete("companies", from_object_type="contacts", inputs=[{"from": pair["from"], "to": [pair["to"]]}])
    assert [] == list(api.list("companies", object_type="contacts", object_id=contact))


def test_association_labels(client):
    api = client.crm.associations_schema.labels
    ends = {"from_object_type": "contacts"}

    made = api.create_label("companies", label="Buyer", name="buyer", inverse_label="Bought by", **ends)
    type_id = made.results[0].type_id
    api.update_label("companies", association_type_id=type_id, label="Chooser", **ends)

    assert "Chooser" in {one.label for one in api.list_labels("companies", **ends).results}
    api.delete_label(type_id, to_object_type="companies", **ends)


def test_lists_and_memberships(client, portal):
    ann, bob = (portal.create("contacts", {"email": f"{name}@example.com"}) for name in ("ann", "bob"))
    api = client.crm.lists

    id_ = api.create(name="Promoters", object_type_id="0-1", processing_type="MANUAL").list.list_id
    api.create(name="Dynamic", object_type_id="0-1", processing_type="DYNAMIC", filter_branch=BRANCH)
    added = api.add_memberships(id_, body=[ann, "999"])
    api.add_and_remove_memberships(id_, record_ids_to_add=[bob], record_ids_to_remove=[ann])

    assert ["999"] == added.record_ids_missing
    assert [bob] == [one.record_id for one in api.list_memberships(id_)]
    assert [id_] == [one.list_id for one in api.get_record_memberships(bob, object_type_id="0-1").results]
    assert "Loyal" == api.update_list_name(id_, list_name="Loyal").updated_list.name
    assert id_ == api.get_by_object_type_and_name("Loyal", object_type_id="0-1").list.list_id
    assert 2 == api.list_by_search(list_ids=[], processing_types=["MANUAL", "DYNAMIC"], offset=0).total
    api.remove_memberships(id_, body=[bob])
    api.delete(id_)
    api.restore(id_)
    assert [id_] == [one.list_id for one in api.list(list_ids=[id_]).lists]


def test_custom_objects_owners_pipelines_and_the_account(client, portal):
    made = client.crm.object_schemas.create(
        name="nps_response",
        labels={"singular": "Response", "plural": "Responses"},
        associated_objects=["CONTACT"],
        properties=[{"name": "key", "label": "Key", "type": "string", "field_type": "text"}],
        required_properties=["key"],
        searchable_properties=[],
        secondary_display_properties=[],
        allows_sensitive_properties=False,
        primary_display_property="key",
    )

    record = client.crm.objects.custom.create(made.object_type_id, associations=[], properties={"key": "a:1"})

    assert {"key": "a:1"}.items() <= portal.get("nps_response", record.id).items()
    assert [made.id] == [one.id for one in client.crm.object_schemas.list().results]
    assert 3 == len(list(client.crm.owners.list()))
    assert ["default"] == [one.id for one in client.crm.pipelines.list("deals").results]
    assert portal.id == client.account.get().portal_id


def test_tokens(client, portal):
    doors = portal.doors
    app = {"client_id": doors.client_id, "client_secret": doors.client_secret}

    token = client.auth.oauth.create_token(grant_type="refresh_token", refresh_token=doors.refresh_token, **app)
    about = client.auth.oauth.introspect_token(token=token.access_token, **app)

    assert (1800, portal.id) == (token.expires_in, about.hub_id)
    client.auth.oauth.revoke_token(token=token.access_token, token_type_hint="access_token", **app)
