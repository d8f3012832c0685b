"""The Tooling API in the sandbox: a custom field's way from being made to being seen."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.salesforce import Org, serve
from tests.contract.salesforce_client import salesforce

NUMBER = {"label": "NPS Score", "type": "Number", "precision": 2, "scale": 0}
PICKED = {
    "restricted": True,
    "valueSetDefinition": {"sorted": False, "value": [{"fullName": "Promoter", "label": "P"}]},
}


class Tools:
    """Tooling calls of one client."""

    def __init__(self, service, client):
        self.client = client
        self._url = f"{service.url}/services/data/v67.0/tooling"
        self._headers = {"Authorization": client.headers["Authorization"]}

    def __call__(self, method: str, path: str, **options: Any):
        return self.client.session.request(method, f"{self._url}/{path}", headers=self._headers, **options)

    def create(self, name: str, metadata: object):
        return self("POST", "sobjects/CustomField/", json={"FullName": name, "Metadata": metadata})

    def query(self, soql: str) -> list[dict[str, Any]]:
        records: list[dict[str, Any]] = self("GET", "query/", params={"q": soql}).json()["records"]
        return [{name: held for name, held in record.items() if name != "attributes"} for record in records]


@pytest.fixture
def org():
    return Org(seed=None)


@pytest.fixture
def tools(org):
    with serve(org) as service:
        client = salesforce(service)
        yield Tools(service, client)
        client.session.close()


def seen(tools: Tools) -> set[str]:
    """Return the names of Contact's fields, as its describe call tells them."""
    return {field["name"] for field in tools.client.Contact.describe()["fields"]}


def test_a_new_field_is_seen_once_a_permission_set_grants_it(org, tools):
    made = tools.create("Contact.NPS_Score__c", NUMBER)
    one = org.insert("Contact", {"LastName": "L"})

    assert 201 == made.status_code
    assert {"id", "success", "errors", "warnings", "infos"} == set(made.json())
    assert "NPS_Score__c" not in seen(tools)
    permissions = tools.client.PermissionSet.create({"Name": "NPS", "Label": "NPS"})["id"]
    tools.client.FieldPermissions.create(
        {
            "ParentId": permissions,
            "SobjectType": "Contact",
            "Field": "Contact.NPS_Score__c",
            "PermissionsRead": True,
            "PermissionsEdit": True,
        }
    )
    assert "NPS_Score__c" not in seen(tools)
    tools.client.PermissionSetAssignment.create({"PermissionSetId": permissions, "AssigneeId": org.api_user_id})
    assert "NPS_Score__c" in seen(tools)
    tools.client.Contact.update(one, {"NPS_Score__c": 9})
    assert 9 == tools.client.query("SELECT NPS_Score__c FROM Contact")["records"][0]["NPS_Score__c"]


@pytest.mark.parametrize(
    ("metadata", "described"),
    [
        (NUMBER, {"type": "double", "precision": 2, "scale": 0}),
        ({"label": "K", "type": "Text", "length": 80, "externalId": True, "unique": True}, {"externalId": True}),
        ({"label": "C", "type": "LongTextArea", "length": 32000, "visibleLines": 5}, {"length": 32000}),
        ({"label": "C", "type": "Checkbox", "defaultValue": False}, {"type": "boolean"}),
        ({"label": "C", "type": "Picklist", "valueSet": PICKED}, {"restrictedPicklist": True}),
        (
            {"label": "C", "type": "MultiselectPicklist", "visibleLines": 4, "valueSet": PICKED},
            {"type": "multipicklist"},
        ),
        ({"label": "D", "type": "DateTime"}, {"type": "datetime", "nillable": True}),
        (
            {"label": "A", "type": "Lookup", "referenceTo": "Account", "relationshipName": "Scored"},
            {"type": "reference", "referenceTo": ["Account"], "relationshipName": "X__r"},
        ),
    ],
)
def test_every_type_is_described_as_it_was_made(org, tools, metadata, described):
    assert 201 == tools.create("Contact.X__c", metadata).status_code
    [profile] = [row["Id"] for row in org.records("PermissionSet") if row.get("IsOwnedByProfile")]
    granted = {"ParentId": profile, "SobjectType": "Contact", "Field": "Contact.X__c"}
    tools.client.FieldPermissions.create({**granted, "PermissionsRead": True, "PermissionsEdit": True})
    [field] = [field for field in tools.client.Contact.describe()["fields"] if field["name"] == "X__c"]

    assert described == {name: field[name] for name in described}


@pytest.mark.parametrize(
    ("name", "metadata", "code"),
    [
        ("Contact.Email", NUMBER, "FIELD_INTEGRITY_EXCEPTION"),
        ("Nope.X__c", NUMBER, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("Contact.X__c", None, "REQUIRED_FIELD_MISSING"),
        ("Contact.X__c", {"type": "Date"}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Contact.X__c", {"label": "X", "type": "Text"}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Contact.X__c", {"label": "X", "type": "Text", "length": 256}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Contact.X__c", {"label": "X", "type": "Text", "length": []}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Contact.X__c", {"label": "X", "type": "Date", "unique": True}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Contact.X__c", {"label": "X", "type": "Sandwich"}, "FIELD_INTEGRITY_EXCEPTION"),
    ],
)
def test_what_cannot_be_a_field_is_refused(tools, name, metadata, code):
    reply = tools.create(name, metadata)

    assert (400, code) == (reply.status_code, reply.json()[0]["errorCode"])


def test_a_field_is_made_once(tools):
    tools.create("Contact.X__c", NUMBER)
    again = tools.create("Contact.x__c", NUMBER)

    assert (400, "DUPLICATE_DEVELOPER_NAME") == (again.status_code, again.json()[0]["errorCode"])


def test_definitions_can_be_queried_read_and_deleted(tools):
    field_id = tools.create("Contact.NPS_Score__c", NUMBER).json()["id"]
    soql = "SELECT Id, FullName FROM CustomField WHERE TableEnumOrId = 'Contact' AND DeveloperName = 'NPS_Score'"
    of_contact = "EntityDefinition.QualifiedApiName = 'Contact' AND QualifiedApiName = 'NPS_Score__c'"
    read = tools("GET", f"sobjects/CustomField/{field_id}").json()

    assert [{"Id": field_id, "FullName": "Contact.NPS_Score__c"}] == tools.query(soql)
    assert [{"Label": "NPS Score"}] == tools.query(f"SELECT Label FROM FieldDefinition WHERE {of_contact}")
    assert [{"KeyPrefix": "003"}] == tools.query("SELECT KeyPrefix FROM EntityDefinition WHERE DurableId = 'Contact'")
    assert NUMBER == {name: read["Metadata"][name] for name in NUMBER}
    assert f"/services/data/v67.0/tooling/sobjects/CustomField/{field_id}" == read["attributes"]["url"]
    assert 204 == tools("DELETE", f"sobjects/CustomField/{field_id}").status_code
    assert 404 == tools("GET", f"sobjects/CustomField/{field_id}").status_code
    assert [] == tools.query(soql)


def test_rest_knows_the_definitions_of_objects_and_fields_too(tools):
    soql = "SELECT QualifiedApiName FROM EntityDefinition WHERE KeyPrefix = '001'"
    answer = tools.client.query(soql)

    assert ["Account"] == [record["QualifiedApiName"] for record in answer["records"]]
    assert ["Account"] == [
        record["QualifiedApiName"] for record in tools.client.toolingexecute(f"query/?q={soql}")["records"]
    ]


def test_what_tooling_does_not_play_is_not_there(tools):
    assert 404 == tools("GET", "sobjects/ApexClass").status_code
    assert 405 == tools("PUT", "sobjects/CustomField").status_code
    assert 400 == tools("POST", "sobjects/CustomField", data=b"{").status_code
