"""The official client, unmodified and as its documentation uses it, against the HubSpot sandbox over real sockets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hubspot import HubSpot
from hubspot.crm import contacts, lists, properties, schemas
from hubspot.crm.associations import v4
from hubspot.crm.objects import SimplePublicObjectInputForCreate as ObjectInput

from sandbox.hubspot import Portal, serve
from tests.contract.hubspot_wire import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def portal() -> Portal:
    return Portal(seed=3)


@pytest.fixture
def client(portal) -> Iterator[HubSpot]:
    with serve(portal, calls_per_10s=10_000) as service:
        yield HubSpot(access_token=KEY, host=service.url, base_url=service.url)


def new(email: str, trace: str | None = None, **more: str) -> contacts.SimplePublicObjectBatchInputForCreate:
    return contacts.SimplePublicObjectBatchInputForCreate(
        properties={"email": email, **more}, associations=[], object_write_trace_id=trace
    )


def test_a_contact_is_made_read_changed_and_archived(client):
    api = client.crm.contacts.basic_api

    made = api.create(
        contacts.SimplePublicObjectInputForCreate(properties={"email": "Ann@Example.com"}, associations=[])
    )
    api.update(made.id, contacts.SimplePublicObjectInput(properties={"firstname": "Ann"}))
    read = api.get_by_id("ann@example.com", id_property="email", properties=["firstname", "phone"])
    api.archive(made.id)

    assert "ann@example.com" == made.properties["email"]
    assert (made.id, "Ann", None) == (read.id, read.properties["firstname"], read.properties["phone"])
    with pytest.raises(contacts.exceptions.ApiException, match="404"):
        api.get_by_id(made.id)
    assert [made.id] == [one.id for one in api.get_page(archived=True).results]


def test_get_all_pages_through_every_contact(client, portal):
    ids = [portal.create("contacts", {"email": f"c{number}@example.com"}) for number in range(230)]

    assert ids == [one.id for one in client.crm.contacts.get_all()]


def test_a_batch_with_trace_ids_is_written_but_for_its_bad_row(client, portal):
    rows = [new("a@example.com", "1"), new("no address", "2"), new("c@example.com", "3")]

    answer = client.crm.contacts.batch_api.create(contacts.BatchInputSimplePublicObjectBatchInputForCreate(inputs=rows))

    assert "BatchResponseSimplePublicObjectWithErrors" == type(answer).__name__
    assert {"a@example.com", "c@example.com"} == {one.properties["email"] for one in answer.results}
    assert (1, {"objectWriteTraceId": ["2"]}) == (answer.num_errors, answer.errors[0].context)
    assert 2 == len(portal.records("contacts"))


def test_a_batch_without_trace_ids_fails_whole(client, portal):
    rows = [new("a@example.com"), new("no address"), new("c@example.com")]

    with pytest.raises(contacts.exceptions.ApiException) as caught:
        client.crm.contacts.batch_api.create(contacts.BatchInputSimplePublicObjectBatchInputForCreate(inputs=rows))

    body = json.loads(caught.value.body)
    assert (400, "VALIDATION_ERROR") == (caught.value.status, body["category"])
    assert "INVALID_EMAIL" == body["errors"][0]["code"]
    assert [] == portal.records("contacts")


def test_a_batch_read_names_who_was_not_found(client, portal):
    id_ = portal.create("contacts", {"email": "ann@example.com", "hs_additional_emails": "ann@home.example"})
    asked = contacts.BatchReadInputSimplePublicObjectId(
        id_property="email",
        properties=["email", "hs_additional_emails"],
        properties_with_history=[],
        inputs=[contacts.SimplePublicObjectId(id=one) for one in ("ann@home.example", "bob@example.com")],
    )

    answer = client.crm.contacts.batch_api.read(asked)

    assert [(id_, "ann@example.com")] == [(one.id, one.properties["email"]) for one in answer.results]
    assert {"ids": ["bob@example.com"]} == answer.errors[0].context
    assert "OBJECT_NOT_FOUND" == answer.errors[0].category


def test_updates_go_by_id_and_upserts_by_a_unique_property(client, portal):
    portal.add_property("contacts", "nps_id", hasUniqueValue=True)
    id_ = portal.create("contacts", {"email": "ann@example.com"})
    api = client.crm.contacts.batch_api

    def upsert(key: str, **values: str) -> bool:
        row = contacts.SimplePublicObjectBatchInputUpsert(id=key, id_property="nps_id", properties=values)
        batch = contacts.BatchInputSimplePublicObjectBatchInputUpsert(inputs=[row])
        return bool(api.upsert(batch).results[0].new)

    api.update(
        contacts.BatchInputSimplePublicObjectBatchInput(
            inputs=[contacts.SimplePublicObjectBatchInput(id=id_, properties={"nps_id": "n1"})]
        )
    )

    assert not upsert("n1", firstname="Ann")
    assert upsert("n2", email="bob@example.com")
    assert [("n1", "Ann"), ("n2", None)] == [
        (one["nps_id"], one.get("firstname")) for one in portal.records("contacts")
    ]


def test_a_search_pages_by_after(client, portal):
    for number in range(5):
        portal.create("contacts", {"email": f"c{number}@example.com", "lastname": "Sought"})
    api = client.crm.contacts.search_api
    wanted = {"filters": [{"propertyName": "lastname", "operator": "EQ", "value": "sought"}]}

    def page(after: str) -> contacts.CollectionResponseWithTotalSimplePublicObject:
        return api.do_search(
            contacts.PublicObjectSearchRequest(
                filter_groups=[wanted], sorts=["email"], properties=["email"], limit=3, after=after
            )
        )

    first = page("0")
    second = page(first.paging.next.after)

    emails = [one.properties["email"] for one in (*first.results, *second.results)]
    assert [f"c{number}@example.com" for number in range(5)] == emails
    assert (5, None) == (first.total, second.paging)


def test_properties_are_made_one_by_one_and_in_batches(client):
    api = client.crm.properties
    group = properties.PropertyGroupCreate(name="nps", label="NPS")
    more = {"group_name": "nps", "label": "x"}

    api.groups_api.create("contacts", group)
    made = api.core_api.create(
        "contacts",
        properties.PropertyCreate(
            name="nps_category",
            type="enumeration",
            field_type="select",
            options=[properties.OptionInput(label="Promoter", value="promoter", display_order=0, hidden=False)],
            **more,
        ),
    )
    batch = api.batch_api.create(
        "contacts",
        properties.BatchInputPropertyCreate(
            inputs=[
                properties.PropertyCreate(name=name, type="string", field_type="text", has_unique_value=True, **more)
                for name in ("nps_id", "nps_category")
            ]
        ),
    )

    assert ["promoter"] == [option.value for option in made.options]
    assert ["nps_id"] == [one.name for one in batch.results]
    assert "OBJECT_ALREADY_EXISTS" == batch.errors[0].category
    assert api.core_api.get_by_name("contacts", "nps_id").has_unique_value
    assert {"email", "nps_id"} <= {one.name for one in api.core_api.get_all("contacts").results}


def test_associations_are_written_and_read_with_their_labels(client, portal):
    contact, company = portal.create("contacts", {"email": "a@example.com"}), portal.create("companies", {"name": "A"})
    api = client.crm.associations.v4
    primary = v4.AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=1)
    pair = v4.PublicAssociationMultiPost(_from={"id": contact}, to={"id": company}, types=[primary])

    made = api.batch_api.create("contacts", "companies", v4.BatchInputPublicAssociationMultiPost(inputs=[pair]))
    read = api.batch_api.get_page(
        "companies",
        "contacts",
        v4.BatchInputPublicFetchAssociationsBatchRequest(inputs=[v4.PublicFetchAssociationsBatchRequest(id=company)]),
    )

    assert ["Primary"] == made.results[0].labels
    assert contact == read.results[0].to[0].to_object_id
    assert [2, 280] == [one.type_id for one in read.results[0].to[0].association_types]
    assert company == portal.get("contacts", contact)["associatedcompanyid"]


def test_a_manual_list_takes_members_and_a_dynamic_one_refuses_them(client, portal):
    contact = portal.create("contacts", {"email": "a@example.com"})
    api = client.crm.lists
    manual = api.lists_api.create(
        lists.ListCreateRequest(name="Promoters", object_type_id="0-1", processing_type="MANUAL")
    )
    dynamic = portal.lists.add("All", "0-1", "DYNAMIC", 0.0)

    changed = api.memberships_api.add(manual.list.list_id, [contact, "12345"])

    assert ([contact], ["12345"]) == (changed.records_ids_added, changed.record_ids_missing)
    assert [contact] == [one.record_id for one in api.memberships_api.get_page(manual.list.list_id).results]
    with pytest.raises(lists.exceptions.ApiException, match="DYNAMIC"):
        api.memberships_api.add(dynamic.id, [contact])


def test_tasks_owners_schemas_and_pipelines_answer(client, portal):
    owner = client.crm.owners.get_all()[0]
    portal.add_type("nps_response")

    task = client.crm.objects.basic_api.create(
        "tasks",
        ObjectInput(properties={"hs_timestamp": "2026-01-31T09:30:00Z", "hubspot_owner_id": owner.id}, associations=[]),
    )

    assert owner.id == portal.get("tasks", task.id)["hubspot_owner_id"]
    assert ["nps_response"] == [one.name for one in client.crm.schemas.core_api.get_all().results]
    assert ["default"] == [one.id for one in client.crm.pipelines.pipelines_api.get_all("deals").results]
    assert [] == client.crm.objects.feedback_submissions.basic_api.get_page().results


def test_a_custom_type_is_described_and_associated_anew(client, portal):
    car = portal.add_type("car")
    portal.add_property(car.id, "vin")
    api = client.crm.schemas.core_api

    api.update("car", {"searchableProperties": ["vin"], "secondaryDisplayProperties": []})
    made = api.create_association("car", {"fromObjectTypeId": car.id, "toObjectTypeId": "0-2", "name": "car_to_firm"})
    told = api.get_by_id("car")
    api.archive_association("car", made.id)

    named = ["car_to_contacts", "car_to_firm"]
    assert (["vin"], named) == (told.searchable_properties, [one.name for one in told.associations])
    assert named[:1] == [one.name for one in api.get_by_id("car").associations]
    with pytest.raises(schemas.exceptions.ApiException, match="nope"):
        api.update("car", {"primaryDisplayProperty": "nope"})


def test_the_client_signs_in_with_a_refresh_token(client, portal):
    doors = portal.doors

    token = client.oauth.tokens_api.create(
        grant_type="refresh_token",
        client_id=doors.client_id,
        client_secret=doors.client_secret,
        refresh_token=doors.refresh_token,
    )
    client.access_token = token.access_token

    assert 1800 == token.expires_in
    assert [] == client.crm.contacts.get_all()


def test_raw_calls_reach_the_date_versioned_paths(client, portal):
    portal.create("contacts", {"email": "a@example.com"})
    api = client.crm.contacts.basic_api.api_client

    reply = api.call_api(
        "/crm/objects/2026-09/contacts",
        "GET",
        auth_settings=["oauth2"],
        _preload_content=False,
        _return_http_data_only=True,
    )

    assert ["a@example.com"] == [one["properties"]["email"] for one in json.loads(reply.data)["results"]]
