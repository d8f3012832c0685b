"""Contacts found in HubSpot by id, e-mail, unique property and search, as identity needs them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from connectors.contract import Accounts, RecordColumns
from connectors.errors import SchemaDrift
from connectors.hubspot import searching
from connectors.hubspot.properties import Property
from sandbox.hubspot import Portal
from tests.contract.directory_contract import asked, found
from tests.contract.hubspot_account import ID, Account, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.contract import Directory

COLUMNS = RecordColumns(
    object="contacts",
    id=ID,
    emails=("email",),
    phones=("phone", "mobilephone"),
    ids={"hubspot_id": (ID,), "customer_id": ("customer_number",), "external_ref": ("old_number",)},
)


@pytest.fixture(params=["2026-09", "v3"])
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    portal = Portal(seed=1)
    portal.add_property("contacts", "customer_number", hasUniqueValue=True)
    portal.add_property("contacts", "old_number")
    with opened(portal, options={"api": request.param}) as made:
        yield made


@pytest.fixture
def directory(account: Account) -> Directory:
    return account.crm.directory(COLUMNS)


def ids(directory: Directory, *keys: tuple[str, str]) -> set[str]:
    return set(found(directory, *keys))


class TestFinding:
    def test_a_record_arrives_whole(self, account: Account, directory: Directory) -> None:
        company = account.portal.create("companies", {"name": "Acme"})
        values = {
            "email": "Ann@Example.com",
            "hs_additional_emails": "ann@home.example;a.lee@example.com",
            "firstname": "Ann",
            "lastname": "Lee",
            "phone": "+49 170 1234567",
            "customer_number": "C-0042",
            "old_number": "77",
            "associatedcompanyid": company,
            "company": "Acme GmbH",
        }
        id_ = account.portal.create("contacts", values)
        expected = {
            "object": "contacts",
            "id": id_,
            "emails": ["ann@example.com", "ann@home.example", "a.lee@example.com"],
            "phones": ["+49 170 1234567"],
            "ids": [
                {"kind": "hubspot_id", "value": id_},
                {"kind": "customer_id", "value": "C-0042"},
                {"kind": "external_ref", "value": "77"},
            ],
            "first_name": "Ann",
            "last_name": "Lee",
            "full_name": None,
            "account": company,
            "account_name": "Acme GmbH",
            "country": None,
            "created_at": account.portal.get("contacts", id_)["createdate"],
            "merged_into": None,
            "deleted": False,
            "suppressed": False,
        }
        keys = [("record", id_), ("hubspot_id", id_), ("email", "ann@home.example"), ("phone", "01234567")]
        for key in (*keys, ("customer_id", "C-0042"), ("external_ref", "77")):
            assert {id_: expected} == found(directory, key)

    def test_what_nobody_holds_finds_nobody(self, account: Account, directory: Directory) -> None:
        account.contacts(3)
        nobody = [("email", "bo@example.com"), ("phone", "99999999"), ("record", "9"), ("link", "z"), ("record", "p-1")]

        assert {} == found(directory, *nobody)
        assert {} == found(directory)

    def test_many_keys_take_a_call_for_a_hundred(self, account: Account, directory: Directory) -> None:
        made = account.contacts(1_000)
        before = len(account.service.log)
        keys = [(kind, f"person{n}@example.com") for n in range(1_000) for kind in ("email", "email_base")]

        assert set(made) == ids(directory, *keys)
        assert 10 == len(account.service.log) - before

    def test_merges_are_followed_and_old_ids_are_told(self, account: Account, directory: Directory) -> None:
        first, second = account.contacts(2)
        survivor = account.portal.merge("contacts", first, second)
        records = found(directory, ("record", first), ("email", "person1@example.com"))

        assert {first, survivor} == set(records)
        assert survivor == records[first]["merged_into"]
        assert records[survivor]["merged_into"] is None
        assert {"person0@example.com", "person1@example.com"} == set(records[survivor]["emails"])

    def test_archived_contacts_are_nobody(self, account: Account, directory: Directory) -> None:
        [id_] = account.contacts(1)
        store = account.portal.store("contacts")
        account.portal.archive(store, store.records[id_], 0.0)

        assert {} == found(directory, ("record", id_), ("email", "person0@example.com"))

    @pytest.mark.parametrize("phone", ["(0170) 123-4567", "+49 170 / 12 34 567", "0049.170.1234567", "1234567"])
    def test_phones_are_found_however_they_are_written(
        self, account: Account, directory: Directory, phone: str
    ) -> None:
        id_ = account.portal.create("contacts", {"mobilephone": phone})

        assert id_ in ids(directory, ("phone", "01234567"))

    def test_a_search_that_finds_very_many_goes_on_after_the_last(self, account: Account, directory: Any) -> None:
        """HubSpot shows 10,000 results of a query; tried with 600."""
        made = [account.portal.create("contacts", {"old_number": "7"}) for _ in range(1_500)]
        search = replace(directory._search, most=600)
        [groups] = searching.value_groups(Property(name="old_number", type="string"), ["7"], search.room())

        assert made == [each["id"] for page in search.all(groups) for each in page]

    def test_many_values_are_searched_in_bodies_that_hubspot_takes(
        self, account: Account, directory: Directory
    ) -> None:
        made = [account.portal.create("contacts", {"old_number": f"Kunde-{n:020}-ä"}) for n in range(200)]

        assert set(made) == ids(directory, *[("external_ref", f"Kunde-{n:020}-ä") for n in range(200)])


class TestVersions:
    def test_it_changes_with_the_records_and_not_without(self, account: Account, directory: Directory) -> None:
        [id_] = account.contacts(1)
        seen = [directory.version(), directory.version()]
        assert seen[0] == seen[1]

        account.portal.update("contacts", id_, {"email": "new@example.com"})
        seen.append(directory.version())
        account.portal.create("contacts", {"email": "other@example.com"})
        seen.append(directory.version())

        assert 3 == len(set(seen))


class TestAccounts:
    def test_an_account_has_the_contacts_whose_first_company_it_is(
        self, account: Account, directory: Directory
    ) -> None:
        one, two, empty = (account.portal.create("companies", {"name": name}) for name in "abc")
        contacts = account.contacts(5)
        for place, contact in enumerate(contacts):
            account.portal.update("contacts", contact, {"associatedcompanyid": one if place < 3 else two})
        store = account.portal.store("contacts")
        account.portal.archive(store, store.records[contacts[4]], 0.0)

        assert isinstance(directory, Accounts)
        assert {one: 3, two: 1} == dict(directory.sizes([one, two, empty, "none", "424242"]))
        assert {} == dict(directory.sizes([]))


class TestColumns:
    def test_missing_properties_are_told_at_once(self, account: Account) -> None:
        with pytest.raises(SchemaDrift, match=r"`e_mail`.*`custmer_no`") as caught:
            account.crm.directory(
                RecordColumns(object="contacts", id=ID, emails=("e_mail",), ids={"customer_id": ("custmer_no",)})
            )

        assert "Did you mean `email` for `e_mail`" in caught.value.next_step

    def test_companies_are_found_by_their_own_properties(self, account: Account) -> None:
        account.portal.add_property("companies", "tax_number", hasUniqueValue=True)
        id_ = account.portal.create("companies", {"name": "Acme", "tax_number": "DE-1"})
        columns: dict[str, Any] = {"object": "companies", "id": ID, "ids": {"customer_id": ("tax_number",)}}
        records = found(account.crm.directory(RecordColumns(**columns)), ("customer_id", "DE-1"))

        assert [id_] == list(records)
        assert records[id_]["account"] is None


def test_nothing_is_asked_for_without_keys(account: Account, directory: Directory) -> None:
    before = len(account.service.log)
    assert [] == list(directory.find(asked()))
    assert before == len(account.service.log)
