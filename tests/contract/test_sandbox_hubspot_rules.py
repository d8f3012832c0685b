"""What the HubSpot sandbox takes and what it refuses: batches, ids, addresses, values. One claim each."""

from __future__ import annotations

import pytest

from tests.contract.hubspot_wire import clock, found, portal, row, service, wire

__all__ = ["clock", "portal", "service", "wire"]


@pytest.mark.parametrize(
    "path", ["/crm/v3/objects/contacts", "/crm/objects/2026-03/0-1", "/crm/objects/2026-09/contact"]
)
def test_one_contact_is_there_under_every_version_and_name(wire, portal, path):
    id_ = portal.create("contacts", {"email": "ann@example.com"})

    assert id_ == wire("GET", f"{path}/{id_}").body["id"]


def test_a_type_that_does_not_exist_is_refused(wire):
    answer = wire("GET", "persons")

    assert (400, "Unable to infer object type from: persons") == (answer.status, answer.body["message"])


@pytest.mark.parametrize("verb", ["read", "create", "update", "upsert", "archive"])
def test_a_batch_of_101_is_refused(wire, verb):
    rows = [row(str(number)) for number in range(101)]

    assert 400 == wire.batch(verb, rows).status


@pytest.mark.parametrize("verb", ["read", "update", "upsert", "archive"])
def test_ids_are_texts(wire, verb):
    assert 400 == wire.batch(verb, [{"id": 17, "idProperty": "nps_id", "properties": {}}]).status


@pytest.mark.parametrize("verb", ["update", "upsert"])
def test_an_id_twice_in_a_batch_fails_it_whole_even_with_trace_ids(wire, portal, verb):
    id_ = portal.create("contacts", {"email": "ann@example.com"})

    answer = wire.batch(verb, [row(id_, "1", firstname="A"), row(id_, "2", firstname="B")])

    assert (400, None) == (answer.status, portal.get("contacts", id_).get("firstname"))


@pytest.mark.parametrize("name", ["email", "nps_id"])
def test_an_upsert_without_a_key_makes_nobody(wire, portal, name):
    answer = wire.batch("upsert", [{**row(" ", firstname="Ann"), "idProperty": name}])

    assert (400, []) == (answer.status, portal.records("contacts"))


@pytest.mark.parametrize("name", ["email", "nps_id"])
def test_an_update_goes_by_record_id_only(wire, portal, name):
    portal.create("contacts", {"email": "ann@example.com", "nps_id": "n1"})

    answer = wire.batch("update", [{**row("n1", firstname="A"), "idProperty": name}])

    assert 400 == answer.status
    assert "Unable to perform update/upsert by non-unique 0-1 property" in answer.body["message"]


def test_an_update_of_an_id_that_is_gone_is_told_beside_the_rows_written(wire, portal):
    id_ = portal.create("contacts", {"email": "ann@example.com"})

    answer = wire.batch("update", [row(id_, firstname="Ann"), row("12", firstname="Bob")])

    assert (207, [id_], ["12"]) == (answer.status, found(answer), answer.body["errors"][0]["context"]["ids"])


@pytest.mark.parametrize(
    ("partial", "status", "phone"), [("refused", 400, "1"), ("clears", 200, None), ("applies", 200, "1")]
)
def test_a_partial_upsert_by_email_is_a_switch(wire, portal, partial, status, phone):
    id_ = portal.create("contacts", {"email": "ann@example.com", "phone": "1"})
    portal.partial_upsert = partial

    answer = wire.batch("upsert", [{**row("Ann@example.com", nps_score="9"), "idProperty": "email"}])

    assert (status, phone) == (answer.status, portal.get("contacts", id_).get("phone"))


def test_a_whole_upsert_by_an_additional_address_updates_its_contact(wire, portal):
    id_ = portal.create("contacts", {"email": "ann@example.com", "hs_additional_emails": "ann@home.example"})

    answer = wire.batch("upsert", [{**row("ann@home.example", nps_score="9"), "idProperty": "email"}])

    assert (id_, False) == (answer.body["results"][0]["id"], answer.body["results"][0]["new"])
    assert "ann@example.com" == portal.get("contacts", id_)["email"]


def test_an_address_belongs_to_one_contact(wire, portal):
    id_ = portal.create("contacts", {"email": "ann@example.com", "hs_additional_emails": "ann@home.example"})

    answer = wire("POST", "contacts", {"properties": {"email": "ann@home.example"}})

    assert (409, "CONFLICT") == (answer.status, answer.body["category"])
    assert f"Contact already exists. Existing ID: {id_}" == answer.body["message"]


def test_two_rows_of_a_batch_cannot_take_one_unique_value(wire, portal):
    rows = [{"properties": {"nps_id": "n1"}, "objectWriteTraceId": trace} for trace in "12"]

    answer = wire.batch("create", rows)

    assert (207, 1) == (answer.status, len(answer.body["results"]))
    assert "CONFLICTING_UNIQUE_VALUE" == answer.body["errors"][0]["errors"][0]["code"]
    assert 1 == len(portal.records("contacts"))


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("no_such", "x", "PROPERTY_DOESNT_EXIST"),
        ("hs_object_id", "1", "READ_ONLY_VALUE"),
        ("email", "no address", "INVALID_EMAIL"),
        ("nps_score", "nine", "INVALID_NUMBER"),
        ("nps_category", "Promoter", "INVALID_OPTION"),
        ("nps_segments", "promoter;none", "INVALID_OPTION"),
        ("nps_current", "yes", "INVALID_OPTION"),
        ("nps_at", "yesterday", "INVALID_LONG"),
        ("nps_day", "1769851800000", "INVALID_DATE"),
        ("nps_day", "0001-01-01T00:00:00+14:00", "INVALID_DATE"),
        ("nps_at", "9" * 30, "INVALID_LONG"),
        ("hubspot_owner_id", "1", "INVALID_OWNER_ID"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(wire, name, value, code):
    answer = wire("POST", "contacts", {"properties": {name: value}})

    detail = answer.body["errors"][0]
    assert (400, "VALIDATION_ERROR", code) == (answer.status, answer.body["category"], detail["code"])
    assert {"propertyName": [name]} == detail["context"]


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("email", "Ann@Example.COM", "ann@example.com"),
        ("nps_score", 9, "9"),
        ("nps_at", "1769851800000", "2026-01-31T09:30:00Z"),
        ("nps_at", "2026-01-31T10:30:00.250+01:00", "2026-01-31T09:30:00.250Z"),
        ("nps_day", "1769817600000", "2026-01-31"),
        ("nps_current", True, "true"),
        ("nps_segments", "passive;promoter", "passive;promoter"),
        ("firstname", "two\nlines \u2028 é 👩‍🔬", "two\nlines \u2028 é 👩‍🔬"),
    ],
)
def test_values_are_kept_as_text(wire, portal, name, value, kept):
    answer = wire("POST", "contacts", {"properties": {name: value}})

    assert kept == portal.get("contacts", answer.body["id"])[name]


def test_an_empty_text_clears_and_what_is_not_named_stays(wire, portal):
    id_ = portal.create("contacts", {"email": "ann@example.com", "phone": "+49 (30) 1", "firstname": "Ann"})

    wire.batch("update", [row(id_, phone="")])

    kept = portal.get("contacts", id_)
    assert ("Ann", False, False) == (
        kept["firstname"],
        "phone" in kept,
        "hs_searchable_calculated_phone_number" in kept,
    )


def test_a_lifecycle_stage_moves_forward_only(wire, portal):
    id_ = portal.create("contacts", {"lifecyclestage": "customer"})

    assert 200 == wire("PATCH", f"contacts/{id_}", {"properties": {"lifecyclestage": "lead"}}).status
    assert "customer" == portal.get("contacts", id_)["lifecyclestage"]
