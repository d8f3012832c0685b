"""The sandbox's org through `simple_salesforce`, unmodified, over real sockets: records, collections, describes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from sandbox import Clock, Faults
from sandbox.salesforce import Field, Org, serve
from tests.contract.salesforce_client import salesforce


@pytest.fixture
def clock():
    return Clock.standing(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp())


@pytest.fixture
def org(clock):
    made = Org(seed=1, clock=clock)
    made.add_field("Contact", Field(name="NPS_Person_Id__c", length=36, external_id=True, unique=True))
    made.add_field("Contact", Field(name="NPS_Score__c", type="double", precision=2))
    return made


@pytest.fixture
def service(org):
    with serve(org) as service:
        yield service


@pytest.fixture
def sf(service):
    client = salesforce(service)
    with client.session:
        yield client


def contact(**values):
    return {"attributes": {"type": "Contact"}, **values}


def sent(sf, rows, *, method="PATCH", path="", **more):
    return sf.restful(f"composite/sobjects{path}", method=method, json={"records": rows, **more})


def test_a_record_is_created_read_changed_and_deleted(sf, org):
    made = sf.Contact.create({"FirstName": " Zoë ", "LastName": "Ay", "Email": "Zoe.Ay@Example.com"})
    record_id = made["id"]

    read = sf.Contact.get(record_id[:15])
    assert (record_id, "Zoë Ay", "zoe.ay@example.com") == (read["Id"], read["Name"], read["Email"])
    assert 204 == sf.Contact.update(record_id, {"Title": "Buyer"})
    assert "Buyer" == org.get("Contact", record_id)["Title"]
    assert 204 == sf.Contact.delete(record_id)
    with pytest.raises(SalesforceResourceNotFound):
        sf.Contact.get(record_id)
    assert org.get("Contact", record_id) is None


def test_describe_tells_fields_that_were_added(sf, org):
    fields = {field["name"]: field for field in sf.Contact.describe()["fields"]}

    assert {"externalId": True, "unique": True, "idLookup": True, "custom": True, "length": 36} == {
        key: fields["NPS_Person_Id__c"][key] for key in ("externalId", "unique", "idLookup", "custom", "length")
    }
    assert (True, False, False) == tuple(fields["Email"][key] for key in ("idLookup", "externalId", "unique"))
    assert "003" == sf.Contact.metadata()["objectDescribe"]["keyPrefix"]
    assert set(org.kinds) == {each["name"] for each in sf.describe()["sobjects"]}


def test_a_describe_that_has_not_changed_is_not_sent_again(sf, org, clock):
    def described(**headers):
        return sf.session.get(f"{sf.base_url}sobjects/Contact/describe", headers={**sf.headers, **headers})

    asked = {"If-Modified-Since": described().headers["Last-Modified"]}
    assert 304 == described(**asked).status_code
    clock.advance(60)
    org.add_field("Contact", Field(name="Later__c", length=10))
    assert 200 == described(**asked).status_code


def test_upsert_by_external_id_creates_then_updates(sf, org):
    assert 201 == sf.Contact.upsert("NPS_Person_Id__c/p-1", {"LastName": "Ay"})
    assert 200 == sf.Contact.upsert("NPS_Person_Id__c/P-1", {"LastName": "Bee"})

    assert ["Bee"] == [row["LastName"] for row in org.records("Contact") if row.get("NPS_Person_Id__c") == "p-1"]
    assert "Bee" == sf.Contact.get_by_custom_id("NPS_Person_Id__c", "p-1")["LastName"]


def test_upsert_that_finds_two_writes_nothing_and_lists_them(sf, org):
    twins = [org.insert("Contact", {"LastName": "Twin", "Email": "t@example.com"}) for _ in "ab"]

    with pytest.raises(SalesforceMoreThanOneRecord) as refused:
        sf.Contact.upsert("Email/t@example.com", {"Title": "Buyer"})
    assert all(twin in str(refused.value.content) for twin in twins)
    assert [None, None] == [org.get("Contact", twin)["Title"] for twin in twins]
    [row] = sent(sf, [contact(Email="T@example.com", Title="Buyer")], path="/Contact/Email")
    assert ["DUPLICATE_EXTERNAL_ID"] == [error["statusCode"] for error in row["errors"]]


def test_upsert_by_a_field_that_is_no_key_is_refused(sf):
    with pytest.raises(SalesforceResourceNotFound, match="Title"):
        sent(sf, [contact(Title="x")], path="/Contact/Title")


def test_collections_answer_each_row_in_order(sf, org):
    known = org.records("Contact")[0]["Id"]
    rows = sent(sf, [contact(Id=known, NPS_Score__c=9), contact(Id=known, NPS_Score__c=100), contact(Id="003nobody")])

    assert {"id": known, "success": True, "errors": []} == rows[0]
    assert [(False, "NUMBER_OUTSIDE_VALID_RANGE"), (False, "MALFORMED_ID")] == [
        (row["success"], row["errors"][0]["statusCode"]) for row in rows[1:]
    ]
    assert ["NPS_Score__c"] == rows[1]["errors"][0]["fields"]
    assert 9.0 == org.get("Contact", known)["NPS_Score__c"]


def test_collections_upsert_says_what_was_created(sf):
    rows = [contact(NPS_Person_Id__c=f"p-{number}", LastName="Ay") for number in range(200)]

    assert [True] * 200 == [row["created"] for row in sent(sf, rows, path="/Contact/NPS_Person_Id__c")]
    assert [False] * 200 == [row["created"] for row in sent(sf, rows, path="/Contact/NPS_Person_Id__c")]


def test_more_than_200_rows_are_refused_whole(sf, org):
    with pytest.raises(SalesforceMalformedRequest, match="EXCEEDED_ID_LIMIT"):
        sent(sf, [contact(LastName="Ay")] * 201, method="POST")
    assert 300 == len(org.records("Contact"))


def test_the_same_external_id_twice_in_one_call_fails_both_rows(sf, org):
    rows = [contact(NPS_Person_Id__c=key, LastName=key) for key in ("a", "b", "A")]

    assert ["DUPLICATE_VALUE", None, "DUPLICATE_VALUE"] == [
        row["errors"][0]["statusCode"] if row["errors"] else None
        for row in sent(sf, rows, path="/Contact/NPS_Person_Id__c")
    ]
    assert 301 == len(org.records("Contact"))


def test_all_or_none_takes_everything_back(sf, org):
    known = org.records("Contact")[0]["Id"]
    before = org.get("Contact", known)
    rows = sent(sf, [contact(Id=known, Title="New"), contact(Id=known, Email="nothing")], allOrNone=True)

    assert ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "INVALID_EMAIL_ADDRESS"] == [
        row["errors"][0]["statusCode"] for row in rows
    ]
    assert before == org.get("Contact", known)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"Nothing__c": 1}, "INVALID_FIELD"),
        ({"NPS_Score__c": "nine"}, "JSON_PARSER_ERROR"),
        ({"LastName": 7}, "JSON_PARSER_ERROR"),
        ({"Birthdate": "2026-02-30"}, "JSON_PARSER_ERROR"),
    ],
)
def test_what_the_parser_objects_to_refuses_the_whole_call(sf, org, row, code):
    """So one wrong column name fails 200 rows, not one."""
    with pytest.raises(SalesforceMalformedRequest, match=code):
        sent(sf, [contact(LastName="Good"), contact(**row)], method="POST")
    assert not [each for each in org.records("Contact") if each["LastName"] == "Good"]


def test_rows_are_deleted_and_retrieved_by_ids(sf, org):
    first, second = (row["Id"] for row in org.records("Contact")[:2])

    gone = sf.restful("composite/sobjects", method="DELETE", params={"ids": f"{first},003000000000000AAA"})
    assert [True, False] == [row["success"] for row in gone]
    read = sf.restful("composite/sobjects/Contact", method="POST", json={"ids": [first, second], "fields": ["Id"]})
    assert [None, second] == [row and row["Id"] for row in read]


def test_changed_and_deleted_ids_are_told(sf, org, clock):
    begin = datetime.fromtimestamp(clock(), UTC)
    changed, gone = (row["Id"] for row in org.records("Contact")[:2])
    clock.advance(60)
    org.update("Contact", changed, {"Title": "New"})
    org.delete("Contact", gone)
    end = begin + timedelta(minutes=2)

    assert [changed] == sf.Contact.updated(begin, end)["ids"]
    assert [gone] == [row["id"] for row in sf.Contact.deleted(begin, end)["deletedRecords"]]
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_REPLICATION_DATE"):
        sf.Contact.updated(begin - timedelta(days=31), end)


def test_calls_are_counted_and_stop_at_the_daily_limit(clock):
    org = Org(seed=None, clock=clock, daily_calls=2)
    with serve(org) as service:
        sf = salesforce(service)
        with sf.session:
            assert {"Max": 2, "Remaining": 1} == sf.limits()["DailyApiRequests"]
            sf.limits()
            assert {"used": 2, "total": 2} == sf.api_usage["api-usage"]._asdict()
            with pytest.raises(SalesforceRefusedRequest, match="TotalRequests Limit exceeded"):
                sf.limits()


def test_versions_old_and_unknown_are_refused_in_their_own_way(service, sf):
    assert 410 == sf.session.get(f"{service.url}/services/data/v30.0/limits").status_code
    assert 404 == sf.session.get(f"{service.url}/services/data/v99.0/limits").status_code
    assert "67.0" == sf.session.get(f"{service.url}/services/data/").json()[-1]["version"]


def test_a_locked_row_fails_alone(org):
    known = [row["Id"] for row in org.records("Contact")[:2]]
    org.locked.add(known[0])
    with serve(org) as service:
        sf = salesforce(service)
        with sf.session:
            rows = sent(sf, [contact(Id=each, Title="New") for each in known])
            assert ["UNABLE_TO_LOCK_ROW"] == [error["statusCode"] for row in rows for error in row["errors"]]


def test_a_fault_can_lock_rows_and_a_later_call_writes_them(org):
    known = org.records("Contact")[0]["Id"]
    with serve(org, faults=Faults(row_lock=1)) as service:
        sf = salesforce(service)
        with sf.session:
            assert [False, True] == [sent(sf, [contact(Id=known, Title="New")])[0]["success"] for _ in "ab"]


def test_a_field_may_be_gone_for_a_call(org):
    with serve(org, faults=Faults(schema_drift=1)) as service:
        sf = salesforce(service)
        with sf.session:
            with pytest.raises(SalesforceMalformedRequest, match="INVALID_FIELD"):
                sent(sf, [contact(NPS_Person_Id__c="p", LastName="Ay")], method="POST")
            assert sent(sf, [contact(NPS_Person_Id__c="p", LastName="Ay")], method="POST")[0]["success"]


def test_a_token_may_end_before_its_time(org):
    with serve(org, faults=Faults(expired_token=1)) as service:
        sf = salesforce(service)
        sf._salesforce_login_partial = None
        with sf.session, pytest.raises(SalesforceExpiredSession, match="INVALID_SESSION_ID"):
            sf.limits()


def test_paths_that_lead_nowhere_are_refused_in_the_vendors_words(sf):
    for path in ("sobjects/Nothing", "sobjects/Contact/a/b/c", "nothing", "composite/nothing"):
        with pytest.raises((SalesforceResourceNotFound, SalesforceGeneralError), match="NOT_FOUND"):
            sf.restful(path)


def test_clients_without_patch_may_say_it_in_the_address(sf, org):
    known = org.records("Contact")[0]["Id"]
    address = f"{sf.base_url}sobjects/Contact/{known}?_HttpMethod=PATCH"

    assert 204 == sf.session.post(address, json={"Title": "New"}, headers=sf.headers).status_code
    assert "New" == org.get("Contact", known)["Title"]


def test_login_with_a_password_is_refused_as_new_orgs_do(service):
    with pytest.raises(SalesforceAuthenticationFailed, match="INVALID_OPERATION"):
        salesforce(service, version="59.0", username="a", password="b", security_token="c")


def test_people_are_found_by_words(sf, org):
    made = org.insert("Contact", {"FirstName": "Ann", "LastName": "O'Brien-Smith", "Email": "ann.obs@example.com"})

    for words in ("Ann O'Brien*", '"ann.obs@example.com"', "smith ann"):
        found = sf.search(f"FIND {{{words}}} IN ALL FIELDS RETURNING Contact(Id, Name), Lead LIMIT 5")["searchRecords"]
        assert (made, "Ann O'Brien-Smith") in [(each["Id"], each.get("Name")) for each in found], words
    assert made in [each["Id"] for each in sf.quick_search("Ann")["searchRecords"]]
    assert [] == sf.quick_search("Nobodyatall")["searchRecords"]
    with pytest.raises(SalesforceMalformedRequest, match="MALFORMED_SEARCH"):
        sf.search("Ann")
