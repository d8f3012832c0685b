"""What the HubSpot sandbox shows, hides and renames: merges, archives, searches, properties. One claim each."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.hubspot_wire import START, clock, found, portal, row, service, wire

__all__ = ["clock", "portal", "service", "wire"]


def where(name: str, operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"propertyName": name, "operator": operator, **({} if value is None else {"value": value}), **more}


def test_a_merge_gives_a_new_id_to_which_the_old_ones_lead(wire, portal):
    company = portal.create("companies", {"name": "Acme"})
    ann = portal.create("contacts", {"email": "ann@example.com", "firstname": "Ann"})
    old = portal.create("contacts", {"email": "ann@home.example", "phone": "1", "associatedcompanyid": company})

    new = wire("POST", "contacts/merge", {"primaryObjectId": ann, "objectIdToMerge": old}).body["id"]
    asked = wire.batch("read", [{"id": ann}, {"id": old}], properties=["hs_merged_object_ids", "hs_additional_emails"])
    updated = wire.batch("update", [row(old, lastname="Lee")])

    assert new not in {ann, old}
    assert [new] == found(asked)
    assert f"{ann};{old}" == asked.body["results"][0]["properties"]["hs_merged_object_ids"]
    assert "ann@home.example" == asked.body["results"][0]["properties"]["hs_additional_emails"]
    assert [new] == found(updated)
    assert ("Ann", "1", "Lee", company) == tuple(
        portal.get("contacts", new)[name] for name in ("firstname", "phone", "lastname", "associatedcompanyid")
    )


def test_an_archived_record_leaves_no_trace_but_in_the_list_of_the_archived(wire, portal):
    id_ = portal.create("contacts", {"email": "ann@example.com"})

    wire.batch("archive", [{"id": id_}, {"id": "12"}])

    assert 0 == wire.search().body["total"]
    assert (404, 200) == (wire("GET", f"contacts/{id_}").status, wire("GET", f"contacts/{id_}", archived="true").status)
    assert [id_] == found(wire("GET", "contacts", archived="true"))
    assert 207 == wire.batch("update", [row(id_, firstname="A")]).status
    assert 201 == wire("POST", "contacts", {"properties": {"email": "ann@example.com"}}).status


def test_search_finds_changes_by_the_right_property_only(wire, portal, clock):
    portal.create("contacts", {"email": "old@example.com"})
    portal.create("companies", {"name": "Old"})
    clock.advance(60)
    ann, acme = portal.create("contacts", {"email": "ann@example.com"}), portal.create("companies", {"name": "Acme"})
    since = str(round((START + 60) * 1000))

    def changed(name: str, kind: str) -> list[str]:
        return found(wire.search(where(name, "GTE", since), kind=kind))

    assert ([ann], []) == (changed("lastmodifieddate", "contacts"), changed("hs_lastmodifieddate", "contacts"))
    assert ([acme], []) == (changed("hs_lastmodifieddate", "companies"), changed("lastmodifieddate", "companies"))


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        (where("nps_score", "EQ", "9"), "ann"),
        (where("nps_score", "GT", "9"), "bob"),
        (where("nps_score", "BETWEEN", "9", highValue="10"), "ann bob"),
        (where("nps_score", "NOT_HAS_PROPERTY"), "cy"),
        (where("email", "IN", values=["ann@example.com", "cy@example.com"]), "ann cy"),
        (where("nps_category", "NOT_IN", values=["promoter"]), "cy"),
        (where("email", "CONTAINS_TOKEN", "*@example.com"), "ann bob cy"),
        (where("hs_searchable_calculated_phone_number", "CONTAINS_TOKEN", "*55501"), "bob"),
        (where("firstname", "EQ", "ANN"), "ann"),
    ],
)
def test_search_operators(wire, portal, condition, names):
    people = {
        "ann": {"nps_score": "9", "nps_category": "promoter", "firstname": "Ann"},
        "bob": {"nps_score": "10", "phone": "+1 (555) 555-01"},
        "cy": {"nps_category": "passive"},
    }
    ids = {name: portal.create("contacts", {"email": f"{name}@example.com", **more}) for name, more in people.items()}

    assert sorted(ids[name] for name in names.split()) == sorted(found(wire.search(condition)))


def test_search_ends_at_ten_thousand_three_thousand_characters_and_two_hundred_a_page(wire):
    statuses = [
        wire.search(limit=200, after="9800").status,
        wire.search(limit=200, after="9801").status,
        wire.search(limit=201).status,
        wire.search(where("email", "IN", values=["x" * 3000])).status,
        wire("POST", "contacts/search", {"filterGroups": [{"filters": []}] * 6}).status,
        wire.search(*[where("email", "HAS_PROPERTY")] * 7).status,
        wire.search(sorts=["email", "firstname"]).status,
    ]

    assert [200, 400, 400, 400, 400, 400, 400] == statuses


def test_a_property_can_be_unique_ten_times_and_stays_what_it_was(wire):
    def make(name: str) -> object:
        body = {"name": name, "label": name, "type": "string", "fieldType": "text", "groupName": "contactinformation"}
        return wire("POST", "/crm/properties/2026-09/contacts", {**body, "hasUniqueValue": True}).status

    assert [201] * 9 + [400] == [make(f"key_{number}") for number in range(10)]
    assert 409 == make("nps_id")
    assert 400 == wire("PATCH", "/crm/properties/2026-09/contacts/nps_id", {"hasUniqueValue": False}).status


def test_feedback_submissions_can_only_be_read(wire, portal):
    portal.create("feedback_submissions", {"hs_value": "9"}, raw=True)

    assert 1 == len(wire("GET", "feedback_submissions").body["results"])
    assert 405 == wire("POST", "feedback_submissions", {"properties": {"hs_value": "9"}}).status
    assert 405 == wire.batch("create", [{"properties": {}}], kind="feedback_submissions").status


def test_an_administrators_rules_bind_from_2026_09_on(wire, portal):
    portal.rules = {"contacts": ("lastname",)}

    assert 400 == wire("POST", "contacts", {"properties": {"email": "a@example.com"}}).status
    assert 201 == wire("POST", "/crm/v3/objects/contacts", {"properties": {"email": "a@example.com"}}).status


def test_what_has_no_value_is_null_in_v3_and_absent_since(wire, portal):
    id_ = portal.create("contacts", {"email": "ann@example.com"})

    assert None is wire("GET", f"/crm/v3/objects/contacts/{id_}", properties="phone").body["properties"]["phone"]
    assert "phone" not in wire("GET", f"contacts/{id_}", properties="phone").body["properties"]


def test_whoever_has_no_associates_is_an_error_of_the_batch(wire, portal):
    id_ = portal.create("companies", {"name": "Acme"})

    answer = wire("POST", "/crm/associations/2026-09/companies/contacts/batch/read", {"inputs": [{"id": id_}]})

    assert (207, []) == (answer.status, answer.body["results"])
    assert "crm.associations.NO_ASSOCIATIONS_FOUND" == answer.body["errors"][0]["subCategory"]


def test_results_come_in_no_order_unless_asked(wire, portal):
    ids = [portal.create("contacts", {"email": f"c{number}@example.com"}) for number in range(20)]
    asked = [{"id": id_} for id_ in ids]

    def order() -> list[str]:
        return [one["id"] for one in wire.batch("read", asked).body["results"]]

    assert ids != order()
    portal.ordered = True
    assert ids == order()


def test_a_dynamic_list_holds_whoever_its_filter_finds(wire, portal):
    ann = portal.create("contacts", {"email": "ann@example.com", "nps_category": "detractor"})
    bob = portal.create("contacts", {"email": "bob@example.com", "nps_category": "promoter"})
    operation = {"operationType": "ENUMERATION", "operator": "IS_ANY_OF", "values": ["detractor"]}
    condition = {"filterType": "PROPERTY", "property": "nps_category", "operation": operation}
    branch = {"filterBranchType": "AND", "filters": [condition], "filterBranches": []}
    body = {"name": "At risk", "objectTypeId": "0-1", "processingType": "DYNAMIC"}

    made = wire("POST", "/crm/lists/2026-09", body | {"filterBranch": branch}).body["list"]["listId"]

    def members() -> list[str]:
        answer = wire("GET", f"/crm/lists/2026-09/{made}/memberships")
        return [one["recordId"] for one in answer.body["results"]]

    assert [ann] == members()
    portal.update("contacts", bob, {"nps_category": "detractor"})
    portal.update("contacts", ann, {"nps_category": "passive"})
    assert [bob] == members()


@pytest.mark.parametrize(("path", "name"), [("properties/v1/deals", "dealname"), ("companies/v2", "domain")])
def test_older_clients_find_the_properties_where_they_were(wire, path, name):
    """tap-hubspot 4.5 asks these on discovery."""
    assert name in {one["name"] for one in wire("GET", f"/{path}/properties").body}


def test_the_account_names_itself_and_its_day(wire, portal):
    portal.ahead_s = -18_000

    details = wire("GET", "/account-info/v3/details").body

    assert (portal.id, "-05:00") == (details["portalId"], details["utcOffset"])
    assert portal.id == wire("GET", "/integrations/v1/me").body["portalId"]
