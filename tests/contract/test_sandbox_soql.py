"""SOQL in the sandbox, asked by `simple_salesforce` over real sockets."""

from __future__ import annotations

from typing import Any

import pytest
from simple_salesforce.exceptions import SalesforceMalformedRequest

from sandbox import Clock, Faults
from sandbox.salesforce import Field, Org, serve
from tests.contract.salesforce_client import salesforce

#: 2026-03-10 12:00 UTC, a Tuesday.
NOON = 1_773_144_000.0
NO_SUCH_COLUMN = """
SELECT Id, Foo__c FROM Contact
           ^
ERROR at Row:1:Column:12
No such column 'Foo__c' on entity 'Contact'. If you are attempting to use a custom field, be sure to append the '__c' \
after the custom field name. Please reference your WSDL or the describe call for the appropriate names."""


@pytest.fixture
def org():
    org = Org(seed=None, clock=Clock.standing(NOON))
    bank = org.insert("Account", {"Name": "Birch Bank", "Industry": "Banking", "NumberOfEmployees": 50})
    mill = org.insert("Account", {"Name": "Mill", "NumberOfEmployees": 700})
    for last, first, email, account in (
        ("Archer", "Ann", "Ann@Birch.example", bank),
        ("Baker", "Bea", "bea@birch.example", bank),
        ("Čapek", None, None, mill),
        ("O'Hara", "Dee", "dee_1@mill.example", mill),
        ("Eng", "dee", "deeX1@mill.example", None),
    ):
        org.insert("Contact", {"LastName": last, "FirstName": first, "Email": email, "AccountId": account})
    return org


@pytest.fixture
def service(org):
    with serve(org, clock=org.clock) as service:
        yield service


@pytest.fixture
def client(service):
    client = salesforce(service)
    yield client
    client.session.close()


def last_names(client, where: str, order: str = "") -> list[str]:
    answer = client.query_all(f"SELECT LastName FROM Contact WHERE {where} {order}")
    names = [record["LastName"] for record in answer["records"]]
    return names if order else sorted(names)


def refusal(client, soql: str) -> tuple[str, str]:
    """Return the code and the message of the one error that *soql* is refused with."""
    with pytest.raises(SalesforceMalformedRequest) as refused:
        client.query(soql)
    content: Any = refused.value.content  # the library declares a status here
    [error] = content
    return error["errorCode"], error["message"]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Email = 'ANN@birch.EXAMPLE'", ["Archer"]),
        ("email in ('ann@birch.example', 'nobody@x.example', 'bea@birch.example')", ["Archer", "Baker"]),
        ("LastName = 'O\\'Hara'", ["O'Hara"]),
        ("LastName = '\\u010capek'", ["Čapek"]),
        ("LastName = 'čAPEK'", ["Čapek"]),
        ("Email LIKE 'dee\\_1@%'", ["O'Hara"]),
        ("Email LIKE 'dee_1@%'", ["Eng", "O'Hara"]),
        ("Email LIKE 'DEE__@%' OR Email LIKE '%1@mill.example'", ["Eng", "O'Hara"]),
        ("Email = null", ["Čapek"]),
        ("Email = ''", ["Čapek"]),
        ("Email != null", ["Archer", "Baker", "Eng", "O'Hara"]),
        ("FirstName != 'Dee'", ["Archer", "Baker", "Čapek"]),
        ("FirstName <> 'Ann' AND (Account.Name = 'Birch Bank' OR Account.Name = null)", ["Baker", "Eng"]),
        ("NOT Account.Name = 'Mill'", ["Archer", "Baker", "Eng"]),
        ("(NOT (LastName LIKE 'A%')) AND AccountId != null", ["Baker", "O'Hara", "Čapek"]),
        ("FirstName NOT IN ('Ann', 'Bea')", ["Eng", "O'Hara", "Čapek"]),
        ("Account.NumberOfEmployees >= 700", ["O'Hara", "Čapek"]),
        ("Account.NumberOfEmployees < 7e2", ["Archer", "Baker"]),
        ("IsDeleted = false AND LastName > 'B' AND LastName <= 'eng'", ["Baker", "Eng"]),
        ("AccountId IN (SELECT Id FROM Account WHERE Industry = 'Banking')", ["Archer", "Baker"]),
        ("Contact.LastName = 'Eng'", ["Eng"]),
        ("CALENDAR_YEAR(CreatedDate) = 2026 AND DAY_ONLY(CreatedDate) = 2026-03-10 AND LastName = 'Eng'", ["Eng"]),
        ("DAY_IN_WEEK(Account.CreatedDate) != 3", ["Eng"]),
        ("CreatedDate = TODAY AND LastName = 'Eng'", ["Eng"]),
        ("CreatedDate < TODAY", []),
        ("CreatedDate >= LAST_N_DAYS:3 AND CreatedDate < TOMORROW AND LastName = 'Eng'", ["Eng"]),
        ("CreatedDate >= 2026-03-10T13:00:00+01:00 AND LastName = 'Eng'", ["Eng"]),
        ("CreatedDate > 2026-03-10T12:00:00.000Z", []),
        ("CreatedDate = THIS_MONTH AND CreatedDate != LAST_WEEK AND LastName = 'Eng'", ["Eng"]),
    ],
)
def test_conditions_find_what_salesforce_would_find(client, where, found):
    assert found == last_names(client, where)


def test_ids_are_found_in_either_length_and_case_matters(org, client):
    [contact] = [row for row in org.records("Contact") if row["LastName"] == "Eng"]

    assert ["Eng"] == last_names(client, f"Id = '{contact['Id']}'")
    assert ["Eng"] == last_names(client, f"Id IN ('{contact['Id'][:15]}')")
    assert "INVALID_QUERY_FILTER_OPERATOR" == refusal(client, "SELECT Id FROM Contact WHERE Id = 'nobody'")[0]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("ORDER BY FirstName, LastName DESC", ["Čapek", "Archer", "Baker", "O'Hara", "Eng"]),
        ("ORDER BY FirstName DESC NULLS LAST, LastName", ["Eng", "O'Hara", "Baker", "Archer", "Čapek"]),
        ("ORDER BY FirstName ASC NULLS LAST, LastName", ["Archer", "Baker", "Eng", "O'Hara", "Čapek"]),
        ("ORDER BY FirstName DESC, LastName LIMIT 2", ["Čapek", "Eng"]),
        ("ORDER BY LastName LIMIT 2 OFFSET 1", ["Baker", "Eng"]),
        ("ORDER BY Account.Name NULLS LAST, LastName LIMIT 3", ["Archer", "Baker", "O'Hara"]),
    ],
)
def test_order_limit_and_offset(client, order, names):
    assert names == last_names(client, "LastName != null", order)


def test_parents_are_nested_and_null_where_there_is_none(client):
    answer = client.query(
        "SELECT Id, Account.Name, account.Owner.Name FROM Contact WHERE LastName IN ('Archer', 'Eng')"
    )
    with_account, without = answer["records"]

    assert {"attributes", "Name", "Owner"} == set(with_account["Account"])
    assert "Birch Bank" == with_account["Account"]["Name"]
    assert "User" == with_account["Account"]["Owner"]["attributes"]["type"]
    assert without["Account"] is None
    assert f"/services/data/v67.0/sobjects/Contact/{without['Id']}" == without["attributes"]["url"]


def test_children_are_nested_as_an_answer_of_their_own(client):
    answer = client.query("SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName LIMIT 1) FROM Account")
    contacts = {record["Name"]: record["Contacts"] for record in answer["records"]}

    assert 1 == contacts["Birch Bank"]["totalSize"]
    assert "Archer" == contacts["Birch Bank"]["records"][0]["LastName"]


def test_count_alone_is_a_number_and_other_aggregates_are_rows(client):
    assert {"totalSize": 5, "done": True, "records": []} == client.query("select count() from Contact")
    answer = client.query(
        "SELECT Account.Name, COUNT(Id) n, MAX(LastName) FROM Contact WHERE AccountId != null "
        "GROUP BY Account.Name HAVING COUNT(Id) > 1 ORDER BY Account.Name DESC"
    )
    first = answer["records"][0]

    assert {"attributes": {"type": "AggregateResult"}, "Name": "Mill", "n": 2, "expr0": "Čapek"} == first
    assert 2 == answer["totalSize"]


def test_dates_are_grouped_by_their_parts_and_values_shown_by_their_labels(client):
    grouped = client.query(
        "SELECT CALENDAR_MONTH(CreatedDate) m, DAY_ONLY(CreatedDate), COUNT(Id) FROM Contact "
        "GROUP BY CALENDAR_MONTH(CreatedDate), DAY_ONLY(CreatedDate)"
    )
    shown = client.query("SELECT toLabel(Industry), FORMAT(NumberOfEmployees) FROM Account WHERE Name = 'Birch Bank'")

    attributes = {"type": "AggregateResult"}
    assert [{"attributes": attributes, "m": 3, "expr0": "2026-03-10", "expr1": 5}] == grouped["records"]
    assert ("Banking", "50") == (shown["records"][0]["Industry"], shown["records"][0]["NumberOfEmployees"])


def test_pages_hold_two_thousand_and_lead_on(org, client):
    for number in range(4_100):
        org.insert("Lead", {"LastName": f"L{number:04d}", "Company": "C"})
    first = client.query("SELECT LastName FROM Lead ORDER BY LastName")

    assert (4_100, False, 2_000) == (first["totalSize"], first["done"], len(first["records"]))
    assert first["nextRecordsUrl"].startswith("/services/data/v67.0/query/0r8")
    second = client.query_more(first["nextRecordsUrl"], identifier_is_url=True)
    third = client.query_more(second["nextRecordsUrl"].split("/")[-1])
    assert (100, True, False) == (len(third["records"]), third["done"], "nextRecordsUrl" in third)
    names = [each["LastName"] for page in (first, second, third) for each in page["records"]]
    assert [f"L{number:04d}" for number in range(4_100)] == names


def test_the_size_of_pages_can_be_asked_for_within_bounds(org, client):
    for number in range(450):
        org.insert("Lead", {"LastName": f"L{number}", "Company": "C"})
    for asked, size in (("200", 200), ("1", 200), ("9999", 450)):
        page = client.query("SELECT Id FROM Lead", headers={"Sforce-Query-Options": f"batchSize={asked}"})
        assert size == len(page["records"])
    assert 450 == len(list(client.query_all_iter("SELECT Id FROM Lead")))


def test_a_cursor_ends_after_two_days(org, client):
    for number in range(2_001):
        org.insert("Lead", {"LastName": f"L{number}", "Company": "C"})
    page = client.query("SELECT Id FROM Lead")
    org.clock.advance(2 * 24 * 3600 + 1)

    with pytest.raises(SalesforceMalformedRequest, match="INVALID_QUERY_LOCATOR"):
        client.query_more(page["nextRecordsUrl"], identifier_is_url=True)


def test_deleted_records_are_found_by_query_all_alone(org, client):
    [contact] = [row for row in org.records("Contact") if row["LastName"] == "Eng"]
    org.delete("Contact", contact["Id"])
    soql = f"SELECT Id, IsDeleted FROM Contact WHERE Id = '{contact['Id']}' AND Email = 'deex1@mill.example'"

    assert 0 == client.query(soql)["totalSize"]
    assert [True] == [record["IsDeleted"] for record in client.query(soql, include_deleted=True)["records"]]


@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        ("SELECT Id, Foo__c FROM Contact", "INVALID_FIELD", NO_SUCH_COLUMN),
        ("SELECT Id FROM Contact WHERE Nope.Name = 'x'", "INVALID_FIELD", "Didn't understand relationship 'Nope'"),
        ("SELECT Id FROM Contact WHERE Email = 5", "INVALID_FIELD", "should be enclosed in quotes"),
        ("SELECT Id FROM Contact WHERE CreatedDate > '2026-01-01'", "INVALID_FIELD", "must be of type dateTime"),
        ("SELECT Id FROM Contact WHERE CreatedDate > 2026-01-01", "INVALID_FIELD", "must be of type dateTime"),
        ("SELECT Id FROM Contact WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered in a query call"),
        ("SELECT Id FROM Contact ORDER BY Description", "MALFORMED_QUERY", "can not be sorted in a query call"),
        ("SELECT Id FROM Contact WHERE Email = 'x", "MALFORMED_QUERY", "mismatched character '<EOF>'"),
        ("SELECT Id FROM Contact WHERE", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Contact WHERE Id = null AND Id = null OR Id = null", "MALFORMED_QUERY", "token: 'OR'"),
        ("SELECT Id FROM Contact WHERE Email = :email", "MALFORMED_QUERY", "Bind variables only allowed in Apex code"),
        ("SELECT * FROM Contact", "MALFORMED_QUERY", "no viable alternative at character '*'"),
        ("SELECT Name, COUNT(Id) FROM Contact", "MALFORMED_QUERY", "Field must be grouped or aggregated: Name"),
        ("SELECT CALENDAR_YEAR(Account.CreatedDate) FROM Contact", "MALFORMED_QUERY", "must be grouped or aggregated"),
        ("SELECT Id FROM Contact WHERE DAY_ONLY(Email) = TODAY", "MALFORMED_QUERY", "does not support function"),
        ("SELECT Id FROM Contact WHERE COUNT(Id) > 1", "MALFORMED_QUERY", "COUNT is not allowed here"),
        ("SELECT Id, Name, id FROM Contact", "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT FIELDS(ALL) FROM Contact", "MALFORMED_QUERY", "must have a LIMIT of at most 200"),
        ("SELECT Id FROM Contact OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000"),
        ("SELECT Id, (SELECT Id FROM Nope) FROM Contact", "INVALID_TYPE", "in FROM part of query call"),
        ("SELECT Id FROM Contact WHERE " + "(" * 5000, "QUERY_TOO_COMPLICATED", "too complicated"),
        ("SELECT Id FROM Contact WHERE CreatedDate = 2026-02-31T00:00:00Z", "MALFORMED_QUERY", "Invalid datetime"),
        ("SELECT Id FROM Contact WHERE CreatedDate = LAST_N_DAYS:99999999", "MALFORMED_QUERY", "unexpected token"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_salesforces_words(client, soql, code, message):
    found_code, found_message = refusal(client, soql)

    assert code == found_code
    assert message in found_message


def test_a_field_without_permission_is_not_there(org, client):
    org.add_field("Contact", Field(name="NPS_Score__c", type="double"), visible=False)

    assert "INVALID_FIELD" == refusal(client, "SELECT NPS_Score__c FROM Contact")[0]


def test_a_list_of_addresses_is_answered_up_to_the_longest_uri(service, client):
    """284 e-mails of 43 characters fit with a kilobyte of headers; a GET that is longer gets a page of HTML."""

    def asked(count: int):
        emails = ",".join(f"'{number:06d}{'x' * 26}@mail.example'" for number in range(count))
        url = f"{service.url}/services/data/v67.0/query"
        soql = f"SELECT Id FROM Contact WHERE Email IN ({emails})"
        return client.session.get(url, params={"q": soql}, headers={"Authorization": client.headers["Authorization"]})

    assert 200 == asked(250).status_code
    assert 414 == asked(400).status_code
    assert "text/html" in asked(400).headers["Content-Type"]
    big = {"Authorization": client.headers["Authorization"], "X-Padding": "x" * 16_000}
    assert (
        431 == client.session.get(f"{service.url}/services/data/v67.0/query?q=x" + "y" * 500, headers=big).status_code
    )


def test_without_an_order_none_is_promised(org):
    with serve(org, clock=org.clock, faults=Faults(reordered_results=1.0)) as service:
        client = salesforce(service)
        names = [each["LastName"] for each in client.query("SELECT LastName FROM Contact")["records"]]
        sorted_names = [
            each["LastName"] for each in client.query("SELECT LastName FROM Contact ORDER BY Id")["records"]
        ]
        client.session.close()

    assert names == sorted_names[::-1]


def test_short_pages_still_lead_to_every_record(org):
    for number in range(2_500):
        org.insert("Lead", {"LastName": f"L{number}", "Company": "C"})
    with serve(org, clock=org.clock, faults=Faults(short_page=1.0)) as service:
        client = salesforce(service)
        found = {each["Id"] for each in client.query_all("SELECT Id FROM Lead")["records"]}
        client.session.close()

    assert 2_500 == len(found)
