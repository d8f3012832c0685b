"""What the sandbox's org refuses, and what it makes of what it takes; by Python access to the same writing as HTTP."""

from __future__ import annotations

import pytest

from sandbox import Clock
from sandbox.salesforce import Field, Org, Refusal
from sandbox.salesforce.ids import checksum, widened

NOW = 1_795_348_800.0


@pytest.fixture
def clock():
    return Clock.standing(NOW)


@pytest.fixture
def org(clock):
    made = Org(seed=None, clock=clock)
    for field in (
        Field(name="Score__c", type="double", precision=3, scale=1),
        Field(name="Category__c", type="picklist", values=("Promoter", "Passive", "Detractor"), restricted=True),
        Field(name="Segments__c", type="multipicklist", length=4099, values=("a", "b"), restricted=True),
        Field(name="At__c", type="datetime"),
        Field(name="Key__c", length=10, external_id=True, unique=True, case_sensitive=True),
    ):
        made.add_field("Contact", field)
    return made


@pytest.fixture
def ann(org):
    return org.insert("Contact", {"LastName": "Ann", "Email": "ann@example.com"})


def only(org, operation, row, *, key=None, kind="Contact", headers=None):
    [saved] = org.write(kind, operation, [row], key, headers)
    return saved


def code(org, operation, row, **more):
    saved = only(org, operation, row, **more)
    return saved.errors[0][0] if saved.errors else None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"Title": "x" * 129}, "STRING_TOO_LONG"),
        ({"Title": "x" * 126 + "👍👍"}, "STRING_TOO_LONG"),
        ({"Email": "ann@"}, "INVALID_EMAIL_ADDRESS"),
        ({"Category__c": "promoter"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({"Segments__c": "a;c"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({"Score__c": 100}, "NUMBER_OUTSIDE_VALID_RANGE"),
        ({"Score__c": "ten"}, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        ({"At__c": "2026-01-01"}, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        ({"At__c": "2026-01-01T00:00:00"}, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        ({"HasOptedOutOfEmail": "maybe"}, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
        ({"LastName": None}, "REQUIRED_FIELD_MISSING"),
        ({"LastName": "  "}, "REQUIRED_FIELD_MISSING"),
        ({"CreatedDate": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"Name": "Ann"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"Nothing__c": 1}, "INVALID_FIELD"),
        ({"AccountId": "nobody"}, "MALFORMED_ID"),
        ({"AccountId": "001000000000009"}, "INVALID_CROSS_REFERENCE_KEY"),
        ({"AccountId": "005000000000009"}, "FIELD_INTEGRITY_EXCEPTION"),
        ({"Account": {"Name": "x"}}, "INVALID_FIELD"),
    ],
)
def test_a_bad_value_is_refused_and_nothing_of_the_row_is_written(org, ann, values, expected):
    before = org.get("Contact", ann)

    assert expected == code(org, "update", {"Id": ann, "Department": "x", **values})
    assert before == org.get("Contact", ann)


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ({"Title": "  Buyer "}, {"Title": "Buyer"}),
        ({"Title": ""}, {"Title": None}),
        ({"Email": "Ann@Example.COM"}, {"Email": "ann@example.com"}),
        ({"Score__c": 8.25}, {"Score__c": 8.3}),
        ({"Score__c": "9"}, {"Score__c": 9.0}),
        ({"At__c": "2026-01-01T01:00:00.999+01:00"}, {"At__c": "2026-01-01T00:00:00.000+0000"}),
        ({"HasOptedOutOfEmail": "TRUE"}, {"HasOptedOutOfEmail": True}),
        ({"FirstName": "Bo"}, {"Name": "Bo Ann"}),
        ({"lastname": "Ay"}, {"LastName": "Ay"}),
        ({"MailingCity": "Bonn"}, {"MailingCity": "Bonn"}),
    ],
)
def test_a_value_is_kept_as_the_org_keeps_it(org, ann, values, kept):
    assert only(org, "update", {"Id": ann, **values}).success

    assert kept.items() <= org.get("Contact", ann).items()


def test_addresses_are_shown_put_together(org, ann):
    assert org.get("Contact", ann)["MailingAddress"] is None
    org.update("Contact", ann, {"MailingCity": "Bonn"})

    assert "Bonn" == org.get("Contact", ann)["MailingAddress"]["city"]


def test_an_external_id_is_held_by_one_record_only(org, ann):
    org.update("Contact", ann, {"Key__c": "k"})

    assert "DUPLICATE_VALUE" == code(org, "insert", {"LastName": "Bo", "Key__c": "k"})
    assert code(org, "insert", {"LastName": "Bo", "Key__c": "K"}) is None
    org.delete("Contact", ann)
    assert code(org, "insert", {"LastName": "Cy", "Key__c": "k"}) is None


def test_a_reference_may_be_told_by_an_external_id(org, ann):
    org.add_field("Account", Field(name="Number__c", length=10, external_id=True))
    account = org.insert("Account", {"Name": "Acme", "Number__c": "7"})

    assert only(org, "update", {"Id": ann, "Account": {"Number__c": "7"}}).success
    assert account == org.get("Contact", ann)["AccountId"]
    assert "INVALID_FIELD" == code(org, "update", {"Id": ann, "Account": {"Number__c": "8"}})


def test_validation_rules_refuse_with_their_own_words(org, ann):
    org.add_validation(
        "Contact", lambda after, _: ("Too low", "Score__c") if (after.get("Score__c") or 9) < 1 else None
    )

    saved = only(org, "update", {"Id": ann, "Score__c": 0.5})
    assert [("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Too low", ["Score__c"])] == saved.errors
    assert only(org, "update", {"Id": ann, "Score__c": 5}).success


def test_duplicate_rules_hold_unless_the_caller_insists(org, ann):
    org.add_duplicate_rule("Contact", "Email")
    twin = {"LastName": "Bo", "Email": "ANN@example.com"}

    assert "DUPLICATES_DETECTED" == code(org, "insert", twin)
    assert only(org, "insert", twin, headers={"Sforce-Duplicate-Rule-Header": "allowSave=true"}).success
    assert only(org, "update", {"Id": ann, "Title": "x"}).success


def test_a_new_field_is_unseen_until_a_permission_set_grants_it(org, ann):
    org.add_field("Contact", Field(name="New__c", length=10), visible=False)
    fields = {"ParentId": org.insert("PermissionSet", {"Name": "NPS", "Label": "NPS"}), "SobjectType": "Contact"}

    assert "INVALID_FIELD" == code(org, "update", {"Id": ann, "New__c": "x"})
    granted = org.insert("FieldPermissions", {**fields, "Field": "Contact.New__c", "PermissionsRead": True})
    assert org.kind("Contact").field("New__c") is None, "the set is assigned to nobody"
    org.insert("PermissionSetAssignment", {"PermissionSetId": fields["ParentId"], "AssigneeId": org.api_user_id})
    assert "INVALID_FIELD_FOR_INSERT_UPDATE" == code(org, "update", {"Id": ann, "New__c": "x"})
    org.update("FieldPermissions", granted, {"PermissionsEdit": True})
    assert only(org, "update", {"Id": ann, "New__c": "x"}).success


def test_the_profiles_own_permission_set_grants_at_once(org, ann):
    org.hide_field("Contact", "Title")
    [owned] = [row["Id"] for row in org.records("PermissionSet") if row.get("IsOwnedByProfile")]
    grant = {"ParentId": owned, "SobjectType": "Contact", "Field": "Contact.Title"}

    assert "INVALID_FIELD" == code(org, "update", {"Id": ann, "Title": "x"})
    org.insert("FieldPermissions", {**grant, "PermissionsRead": True, "PermissionsEdit": True})
    assert only(org, "update", {"Id": ann, "Title": "x"}).success


def test_merged_records_name_their_master_and_what_pointed_to_them_points_there(org, ann, clock):
    bo = org.insert("Contact", {"LastName": "Bo"})
    task = org.insert("Task", {"Subject": "Call", "WhoId": bo})
    clock.advance(60)
    org.merge("Contact", ann, bo)

    loser = org.row("Contact", bo)
    assert (True, ann) == (loser["IsDeleted"], loser["MasterRecordId"])
    assert ann == org.get("Task", task)["WhoId"]
    assert org.stamp() == org.get("Contact", ann)["SystemModstamp"] == loser["SystemModstamp"]
    assert "ENTITY_IS_DELETED" == code(org, "update", {"Id": bo, "Title": "x"})


def test_a_converted_lead_names_its_contact_and_is_closed_to_writes(org):
    lead = org.insert("Lead", {"LastName": "Ay", "Company": "Acme", "Email": "ay@example.com"})
    contact = org.convert(lead)

    row = org.get("Lead", lead)
    assert (True, contact) == (row["IsConverted"], row["ConvertedContactId"])
    assert ("ay@example.com", row["ConvertedAccountId"]) == tuple(
        org.get("Contact", contact)[name] for name in ("Email", "AccountId")
    )
    assert "CANNOT_UPDATE_CONVERTED_LEAD" == code(org, "update", {"Id": lead, "Title": "x"}, kind="Lead")
    with pytest.raises(Refusal, match="converted"):
        org.convert(lead)


def test_the_recycle_bin_gives_back_until_it_is_emptied(org, ann):
    account = org.insert("Account", {"Name": "Acme"})
    org.update("Contact", ann, {"AccountId": account})
    org.delete("Account", account)

    assert org.get("Contact", ann) is None, "an account takes its contacts with it"
    org.undelete("Contact", ann)
    assert org.get("Contact", ann)["LastName"] == "Ann"
    org.empty_bin()
    with pytest.raises(Refusal, match="recycle bin"):
        org.undelete("Account", account)


def test_campaign_members_are_one_person_once(org, ann):
    campaign = org.insert("Campaign", {"Name": "NPS"})
    member = {"CampaignId": campaign, "ContactId": ann, "Status": "Responded"}

    assert org.get("CampaignMember", org.insert("CampaignMember", member))["HasResponded"]
    assert "DUPLICATE_VALUE" == code(org, "insert", member, kind="CampaignMember")
    assert "REQUIRED_FIELD_MISSING" == code(org, "insert", {"CampaignId": campaign}, kind="CampaignMember")


def test_custom_objects_have_ids_under_a_prefix_of_their_own(org, ann):
    org.add_object("NPS_Response__c", fields=[Field(name="Contact__c", type="reference", reference_to=("Contact",))])
    made = org.insert("NPS_Response__c", {"Contact__c": ann[:15]})

    assert org.kind("nps_response__c").prefix == made[:3]
    assert ann == org.get("NPS_Response__c", made)["Contact__c"]
    assert org.kind("NPS_Response__c").parent("contact__r").name == "Contact__c"


def test_a_dropped_field_takes_its_values_with_it(org, ann):
    org.update("Contact", ann, {"Key__c": "k"})
    org.drop_field("Contact", "Key__c")
    org.add_field("Contact", Field(name="Key__c", length=10, external_id=True, unique=True))

    assert org.get("Contact", ann)["Key__c"] is None
    assert [] == list(org.lookup("Contact", "Key__c", ["k"]))


def test_the_same_seed_makes_the_same_people():
    one, two = (Org(seed=7, clock=Clock.standing(NOW)) for _ in "ab")

    assert one.records("Contact") == two.records("Contact")
    assert (60, 300, 40) == tuple(len(one.records(kind)) for kind in ("Account", "Contact", "Lead"))
    assert all((row.get("Email") or "@x.example").endswith(".example") for row in one.records("Contact"))


@pytest.mark.parametrize("short", ["0015500001QdZPK", "003P000001avB5G", "0035500001H9kaA"])
def test_ids_are_known_in_every_form(short):
    """As recorded from real orgs; the long form survives the loss of case."""
    long = short + checksum(short)

    assert long == widened(short) == widened(long) == widened(long.lower()) == widened(long.upper())


@pytest.mark.parametrize(
    ("field", "more", "expected"),
    [
        ("Contact.Nothing__c", {}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("Contact.LastName", {}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Contact.Score__c", {"PermissionsRead": False}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Contact.Key__c", {}, "DUPLICATE_VALUE"),
    ],
)
def test_permissions_are_for_fields_that_can_be_closed_and_once(org, field, more, expected):
    grant = {"ParentId": org.insert("PermissionSet", {"Name": "NPS", "Label": "NPS"}), "SobjectType": "Contact"}
    grant |= {"PermissionsRead": True, "PermissionsEdit": True}
    org.insert("FieldPermissions", {**grant, "Field": "Contact.Key__c"})

    assert expected == code(org, "insert", {**grant, "Field": field, **more}, kind="FieldPermissions")
    assert "DUPLICATE_VALUE" == code(org, "insert", {"Name": "NPS", "Label": "x"}, kind="PermissionSet")


def test_what_is_taken_back_leaves_no_trace(org, ann):
    """Neither among the deleted nor among the permissions, which are looked up once."""
    org.hide_field("Contact", "Title")
    [owned] = [row["Id"] for row in org.records("PermissionSet") if row.get("IsOwnedByProfile")]
    grant = {"ParentId": owned, "SobjectType": "Contact", "Field": "Contact.Title", "PermissionsRead": True}

    with org.undoable() as undo:
        org.insert("FieldPermissions", grant)
        org.delete("Contact", ann)
        assert org.kind("Contact").field("Title")
        undo()
    assert org.kind("Contact").field("Title") is None
    assert [] == org.deleted
    assert "Ann" == org.get("Contact", ann)["LastName"]
    assert [ann] == [row["Id"] for row in org.lookup("Contact", "Email", ["ann@example.com"])]
