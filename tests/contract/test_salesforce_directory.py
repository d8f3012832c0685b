"""What is Salesforce's own in finding records; what every directory promises is in `test_salesforce_promises`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from connectors.contract import Accounts, RecordColumns
from connectors.values import RecordRef
from tests.contract.directory_contract import found
from tests.salesforce import AT, block, calls, contacts

if TYPE_CHECKING:
    from connectors.salesforce.destination import Salesforce
    from sandbox.salesforce import Org

CONTACT = RecordColumns(object="Contact", id="Id", ids={"customer_id": ("NPS_Person_Id__c",), "salesforce_id": ("Id",)})
LEAD = RecordColumns(object="Lead", id="Id")
#: How a record may hold what identity asks for: field, text, kind, value asked for.
SPELLINGS = (
    ("Email", "Ann@Example.COM", "email", "ann@example.com"),
    ("Email", "J.Doe+Shop@GoogleMail.com", "email_base", "jdoe@gmail.com"),
    ("Email", "ann+shop@example.com", "email_base", "ann@example.com"),
    ("Email", "o'neil+x@example.com", "email_base", "o'neil@example.com"),
    ("Email", "an_n@example.com", "email", "an_n@example.com"),
    ("Phone", "(0170) 123-4567", "phone", "01234567"),
    ("Phone", "+49 170 / 12 34 567", "phone", "01234567"),
    ("MobilePhone", "0049.170.1234567 x12", "phone", "01234567"),
    ("Phone", "030 12345", "phone", "93012345"),
    ("NPS_Person_Id__c", "c-00097754", "customer_id", "97754"),
    ("NPS_Person_Id__c", "97754.0", "customer_id", "97754"),
    ("NPS_Person_Id__c", "a'b\"c; --%s", "customer_id", "a'b\"c; --%s"),
    ("NPS_Person_Id__c", "Ünïque-7", "customer_id", "Ünïque-7"),
)


def test_standard_fields_are_taken_where_the_mapping_names_none(salesforce: Salesforce, org: Org) -> None:
    account = org.insert("Account", {"Name": "Acme"})
    id_ = org.insert(
        "Contact",
        {
            "FirstName": "Ann",
            "LastName": "Lee",
            "Email": "Ann@Example.com",
            "MobilePhone": "+49 170 1234567",
            "AccountId": account,
            "NPS_Person_Id__c": "p1",
        },
    )

    row = found(salesforce.directory(CONTACT), ("email", "ann@example.com"))[id_]

    created = row.pop("created_at")
    assert created.endswith("Z")
    assert {
        "object": "Contact",
        "id": id_,
        "emails": ["ann@example.com"],
        "phones": ["+49 170 1234567"],
        "ids": [{"kind": "customer_id", "value": "p1"}, {"kind": "salesforce_id", "value": id_}],
        "first_name": "Ann",
        "last_name": "Lee",
        "full_name": None,
        "account": account,
        "account_name": "Acme",
        "country": None,
        "merged_into": None,
        "deleted": False,
        "suppressed": False,
    } == row


@pytest.mark.parametrize(("field", "held", "kind", "value"), SPELLINGS)
def test_addresses_and_numbers_are_found_in_their_own_fields(
    salesforce: Salesforce, org: Org, field: str, held: str, kind: str, value: str
) -> None:
    id_ = org.insert("Contact", {"LastName": "Lee", field: held})
    for number in range(10):
        org.insert(
            "Contact", {"LastName": "X", "Email": f"crowd{number}@example.net", "Phone": f"+44 20 7900 {number}"}
        )

    assert [id_] == list(found(salesforce.directory(CONTACT), (kind, value)))


def test_what_nobody_holds_finds_nobody(salesforce: Salesforce, org: Org) -> None:
    org.insert("Contact", {"LastName": "Lee", "Email": "ann@example.com"})
    directory = salesforce.directory(CONTACT)

    keys = (("email", "x' OR Name != '"), ("record", "nonsense"), ("salesforce_id", "0035g0000"), ("hubspot_id", "1"))
    assert {} == found(directory, *keys, ("email", "a\0b"), ("email", "\u0000"))
    assert {} == found(directory)


@pytest.mark.parametrize("length", [15, 18])
def test_an_id_is_found_in_both_lengths(salesforce: Salesforce, org: Org, length: int) -> None:
    id_ = org.insert("Contact", {"LastName": "Lee"})

    directory = salesforce.directory(CONTACT)

    assert [id_] == list(found(directory, ("salesforce_id", id_[:length])))
    assert [id_] == list(found(directory, ("record", id_[:length])))


def test_many_keys_are_found_by_one_bulk_query(salesforce: Salesforce, org: Org, service: Any) -> None:
    wanted = {org.insert("Contact", {"LastName": "Lee", "Email": f"p{n}@example.com"}) for n in range(6_000)}
    directory = salesforce.directory(CONTACT)
    before = len(service.log.entries)

    rows = found(directory, *(("email", f"p{number}@example.com") for number in range(6_000)))

    assert wanted == set(rows)
    assert len(service.log.entries) - before <= 15


def test_a_few_hundred_keys_cost_a_few_calls(salesforce: Salesforce, org: Org, service: Any) -> None:
    wanted = {org.insert("Contact", {"LastName": "Lee", "Email": f"p{n}@example.com"}) for n in range(1_000)}
    directory = salesforce.directory(CONTACT)
    before = len(service.log.entries)

    rows = found(
        directory, *((k, f"p{number}@example.com") for number in range(1_000) for k in ("email", "email_base"))
    )

    assert wanted == set(rows)
    assert len(service.log.entries) - before <= 10


def test_merges_are_followed(salesforce: Salesforce, org: Org) -> None:
    lost, middle, last = (
        org.insert("Contact", {"LastName": "Lee", "Email": f"{name}@example.com"}) for name in ("a", "b", "c")
    )
    org.merge("Contact", middle, lost)
    org.merge("Contact", last, middle)
    directory = salesforce.directory(CONTACT)

    rows = found(directory, ("email", "a@example.com"))

    assert {lost: middle, middle: last, last: None} == {id_: row["merged_into"] for id_, row in rows.items()}
    assert not any(row["deleted"] for row in rows.values())


def test_what_was_deleted_is_told(salesforce: Salesforce, org: Org) -> None:
    id_ = org.insert("Contact", {"LastName": "Lee", "Email": "a@example.com"})
    org.delete("Contact", id_)

    assert found(salesforce.directory(CONTACT), ("email", "a@example.com"))[id_]["deleted"]


def test_a_converted_lead_leads_to_its_contact(salesforce: Salesforce, org: Org) -> None:
    open_ = org.insert("Lead", {"LastName": "Lee", "Company": "Acme", "Email": "a@example.com"})
    converted = org.insert("Lead", {"LastName": "Roe", "Company": "Acme", "Email": "b@example.com"})
    contact = org.convert(converted)
    directory = salesforce.directory(LEAD)

    rows = found(directory, ("email", "a@example.com"), ("email", "b@example.com"))

    assert {open_: None, converted: contact} == {id_: row["merged_into"] for id_, row in rows.items()}
    assert "Acme" == rows[open_]["account_name"]
    assert {} == found(directory, ("record", contact))
    assert [contact] == list(found(salesforce.directory(CONTACT), ("record", contact)))


def test_a_deletion_is_no_way_back_to_nothing(salesforce: Salesforce, org: Org) -> None:
    directory = salesforce.directory(CONTACT)
    assert "none" == directory.version()

    org.delete("Contact", org.insert("Contact", {"LastName": "Lee"}))

    assert "none" != directory.version()


@pytest.mark.parametrize("count", [3, 12_000])
def test_an_account_has_its_live_records(salesforce: Salesforce, org: Org, count: int, service: Any) -> None:
    one, two = (org.insert("Account", {"Name": name}) for name in ("One", "Two"))
    for _ in range(3):
        org.insert("Contact", {"LastName": "Lee", "AccountId": one})
    gone = org.insert("Contact", {"LastName": "Lee", "AccountId": two})
    org.delete("Contact", gone)
    directory = salesforce.directory(CONTACT)
    assert isinstance(directory, Accounts)
    others = [f"0015g0000{number:06}" for number in range(count)]
    before = len(service.log.entries)

    assert {one[:15]: 3} == dict(directory.sizes([one[:15], two, *others]))

    assert len(service.log.entries) - before <= 25
    assert {} == dict(directory.sizes([]))


@pytest.mark.parametrize("count", [1, 12_000])
def test_what_records_hold_is_read_with_them(salesforce: Salesforce, org: Org, service: Any, count: int) -> None:
    """By addresses and by a Bulk query: the read before the first write costs no call; the next one does."""
    held: dict[str, Any] = {"NPS_Score__c": 7, "NPS_Responded_At__c": AT, "NPS_Risk__c": True, "NPS_Comment__c": "ë\nx"}
    id_, gone = (org.insert("Contact", {"LastName": "Lee", "Email": "ann@example.com", **held}) for _ in range(2))
    org.delete("Contact", gone)
    names = [*held, "NPS_Trend__c"]
    directory = salesforce.directory(replace(CONTACT, written=(*names, "Nope__c")))
    ref, lost = (RecordRef(object="Contact", id=each) for each in (id_, gone))
    keys = (("email", "ann@example.com"), *(("email", f"{number}@example.com") for number in range(1, count)))

    for again in range(2):
        assert {id_, gone} == set(found(directory, *keys))
        before = calls(service)
        assert {ref: {**held, "NPS_Trend__c": None}} == salesforce.read([ref], names)
        assert calls(service) == before
        assert {ref: {"NPS_Score__c": 7}} == salesforce.read([ref, lost], ["NPS_Score__c"])
        assert calls(service) == before + 1, again


def test_what_was_written_is_read_anew(salesforce: Salesforce, org: Org) -> None:
    ids = contacts(org, 2, Email="ann@example.com", NPS_Score__c=3)
    directory = salesforce.directory(replace(CONTACT, written=("NPS_Score__c",)))
    refs = [RecordRef(object="Contact", id=id_) for id_ in ids]
    found(directory, ("email", "ann@example.com"))

    salesforce.write_blocks([block(("NPS_Score__c",), [(ids[0], 9)])])

    assert [9, 3] == [salesforce.read(refs, ["NPS_Score__c"])[ref]["NPS_Score__c"] for ref in refs]
    found(directory, ("email", "ann@example.com"))
    salesforce.write_blocks([block(("LastName", "NPS_Score__c"), [("p1", "Roe", 1)], key="NPS_Person_Id__c")])
    org.update("Contact", ids[1], {"NPS_Score__c": 5})
    assert 5 == salesforce.read(refs, ["NPS_Score__c"])[refs[1]]["NPS_Score__c"]
