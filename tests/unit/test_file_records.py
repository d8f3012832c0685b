"""Exported records are a directory, whatever CRM or hand they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openpyxl
import pyarrow as pa
import pytest

from connectors.errors import Refused
from connectors.files.record_tables import ACCOUNTS
from connectors.files.records import FileDirectory
from connectors.records import RECORD_FIELDS

if TYPE_CHECKING:
    from pathlib import Path

KEYS = pa.table({"kind": ["email"], "value": ["ada@x.example"]})


def records(*paths: Path, **options: Any) -> dict[str, dict[str, Any]]:
    tables = list(FileDirectory(paths, **options).find(KEYS))
    assert all(table.schema.equals(RECORD_FIELDS) for table in tables)
    return {row["id"]: row for table in tables for row in table.to_pylist()}


def ids_of(record: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["kind"], one["value"]) for one in record["ids"]}


def test_salesforce_contacts_and_leads_are_known(tmp_path):
    contacts = tmp_path / "contacts_2026.csv"
    contacts.write_text(
        "Id,FirstName,LastName,Name,Email,SecondaryEmail__c,HasOptedOutOfEmail,EmailBouncedDate,Owner.Email,Phone,"
        "MobilePhone,Fax,AccountId,Account.Name,MailingCountryCode,CreatedDate,IsDeleted,MasterRecordId,ShouldForget__c,"
        "External_Id__c\n"
        "0031t00000AbCdEAAV,Ada,Kern,Ada Kern,ada@x.example,a.kern@home.example,true,2026-01-01,rep@us.example,+49 1,"
        "+49 2,+49 3,001A,Nordlicht AB,DE,2020-01-01T00:00:00Z,false,,1,C-42\n"
        "0031t00000AbCdFAAV,Bo,,Bo,,,,,,,,,,,Germany,,TRUE,0031t00000AbCdEAAV,0,\n"
    )
    leads = tmp_path / "Leads.csv"
    leads.write_text("Id,Email,ConvertedContactId,IsConverted\n00Q1t00000AbCdEAAV,ada@x.example,0031t00000AbCdEAAV,1\n")

    found = records(contacts, leads)

    ada, bo = found["0031t00000AbCdEAAV"], found["0031t00000AbCdFAAV"]
    assert ["ada@x.example", "a.kern@home.example"] == ada["emails"]
    assert ["+49 1", "+49 2"] == ada["phones"]
    assert ("Contact", "001A", "Nordlicht AB", "DE") == (
        ada["object"],
        ada["account"],
        ada["account_name"],
        ada["country"],
    )
    assert {("salesforce_id", "0031t00000AbCdEAAV"), ("external_ref", "C-42")} <= ids_of(ada)
    assert ada["suppressed"]
    assert not ada["deleted"]
    assert bo["deleted"]
    assert "0031t00000AbCdEAAV" == bo["merged_into"]
    assert "DE" == bo["country"]
    assert ("Lead", "0031t00000AbCdEAAV") == (
        found["00Q1t00000AbCdEAAV"]["object"],
        found["00Q1t00000AbCdEAAV"]["merged_into"],
    )


def test_hubspot_contacts_are_known_and_those_merged_into_them_too(tmp_path):
    path = tmp_path / "contacts.csv"
    path.write_text(
        "hs_object_id,email,hs_additional_emails,firstname,lastname,phone,mobilephone,associatedcompanyid,"
        "hs_merged_object_ids\n101,ada@x.example,a@x.example;kern@x.example,Ada,Kern,1,2,900,77;78\n"
    )

    found = records(path)

    assert ["ada@x.example", "a@x.example", "kern@x.example"] == found["101"]["emails"]
    assert ("hubspot_id", "101") in ids_of(found["101"])
    assert ["101", "101"] == [found["77"]["merged_into"], found["78"]["merged_into"]]
    assert "900" == found["101"]["account"]


@pytest.mark.parametrize("title", ["customer_id", "Customer ID", "CustomerNumber", "Kundennummer", "id"])
def test_a_plain_export_s_own_id_is_the_customer_s(tmp_path, title):
    path = tmp_path / "kunden.csv"
    path.write_text(f"{title};E-Mail;Vorname\n0042;ada@x.example;Ada\n")

    found = records(path)

    assert ("customer_id", "0042") in ids_of(found["0042"])
    assert "Customer" == found["0042"]["object"]
    assert "Ada" == found["0042"]["first_name"]


def test_ids_beside_customer_numbers_are_not_customer_numbers(tmp_path):
    path = tmp_path / "contacts.csv"
    path.write_text("id,customer_id,email\n7,C-1,ada@x.example\n")

    assert {("customer_id", "C-1"), ("external_ref", "7"), ("external_ref", "C-1")} == ids_of(records(path)["7"])


def test_an_object_column_tells_each_row_s_object(tmp_path):
    path = tmp_path / "crm.csv"
    path.write_text("object,id,email,website\nContact,1,a@x.example,\nlead,2,b@x.example,\naccount,3,,x.example\n")

    directory = FileDirectory([path])

    assert {"1": "Contact", "2": "Lead"} == {key: row["object"] for key, row in records(path).items()}
    accounts = directory.accounts()
    assert accounts is not None
    assert ["3"] == accounts.column("id").to_pylist()


def test_accounts_come_apart_from_people(tmp_path):
    path = tmp_path / "accounts.xlsx"
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["Id", "Name", "Website", "Alias_Domains__c", "ParentId", "MasterRecordId"])
    sheet.append(["001A", "Nordlicht AB", "https://nordlicht.example/home", "nl.example; nord.example", "001P", None])
    book.save(path)
    people = tmp_path / "contacts.json"
    people.write_text('[{"id": 1, "email": "ada@x.example", "account": {"name": "Nordlicht AB"}}]')

    directory = FileDirectory([path, people])

    accounts = directory.accounts()
    assert accounts is not None
    assert accounts.schema.equals(ACCOUNTS)
    assert [
        {
            "id": "001A",
            "name": "Nordlicht AB",
            "domains": ["https://nordlicht.example/home", "nl.example", "nord.example"],
            "merged_into": None,
            "parent": "001P",
            "aliases": ["nl.example", "nord.example"],
            "numbers": [],
        }
    ] == accounts.to_pylist()
    assert {"1": "Nordlicht AB"} == {key: row["account_name"] for key, row in records(path, people).items()}


def test_without_account_files_accounts_are_unknown_not_none(tmp_path):
    (tmp_path / "contacts.csv").write_text("id,email\n1,a@x.example\n")

    assert FileDirectory([tmp_path / "contacts.csv"]).accounts() is None


def test_columns_can_be_named(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text("Nummer,Adresse 1,Adresse 2,Email\n42,ada@x.example,a@x.example,no@x.example\n")
    given = {"id": ["Nummer"], "email": ["Adresse 1", "Adresse 2"]}

    found = records(path, given=given, own_kind="customer_id")["42"]

    assert ("Record", ["ada@x.example", "a@x.example"]) == (found["object"], found["emails"])
    assert ("customer_id", "42") in ids_of(found)
    with pytest.raises(Refused, match="`Nr`"):
        records(path, given={"id": ["Nr"]})
    with pytest.raises(Refused, match="cannot mean `mail`"):
        records(path, given={"mail": ["Email"]})


def test_a_file_without_an_id_or_that_is_missing_is_refused(tmp_path):
    (tmp_path / "contacts.csv").write_text("email\na@x.example\n")

    with pytest.raises(Refused, match="record's id"):
        records(tmp_path / "contacts.csv")
    with pytest.raises(Refused, match="no such file"):
        FileDirectory([tmp_path / "missing.csv"])


def test_the_version_changes_with_the_files(tmp_path):
    path = tmp_path / "contacts.csv"
    path.write_text("id,email\n1,a@x.example\n")
    directory = FileDirectory([path])
    before = directory.version()
    assert before == directory.version()
    path.write_text("id,email\n1,a@x.example\n2,b@x.example\n")

    assert before != directory.version()


def test_a_number_is_not_taken_for_an_id_that_looks_alike(tmp_path):
    """Customer 2 may be unknown; record 2 is somebody else. With a prefix that counts, nothing looks alike."""
    path = tmp_path / "contacts.csv"

    def references(**options: Any) -> list[set[str]]:
        return [
            {value for kind, value in ids_of(row) if kind == "external_ref"}
            for row in records(path, **options).values()
        ]

    path.write_text("record_id,customer_no\n1,7\n2,1\n")
    assert [{"7"}, {"1"}] == references()
    assert "never for an id" in FileDirectory([path]).notes()[0]
    assert [{"7", "1"}, {"1", "2"}] == references(own_kind="external_ref")
    path.write_text("record_id,customer_no\n1,C-0007\n2,C-0001\n")
    assert [{"C-0007", "1"}, {"C-0001", "2"}] == references()
    assert [{"C-0007"}, {"C-0001"}] == references(bare_ids=True)


@pytest.mark.parametrize(
    ("titles", "cells", "expected"),
    [
        (
            "Record ID,First Name,Email,Additional email addresses,Mobile Phone Number,Primary Associated Company ID",
            "101,Ada,ada@x.example,a2@x.example;a3@x.example,+49 1,900",
            {"id": "101", "emails": ["ada@x.example", "a2@x.example", "a3@x.example"], "account": "900"},
        ),
        (
            '"Contact ID","Account ID","Account Name","Mailing Country","Email","Created Date"',
            '"0031t00000AbCdE","0011t00000AbCdE","Nord","Germany","ada@x.example","3/31/2020"',
            {
                "account": "0011t00000AbCdE",
                "account_name": "Nord",
                "country": "DE",
                "created_at": "2020-03-31T00:00:00",
            },
        ),
        (
            "contact_id,kunden_nr,vorname,nachname,e_mail,mobil,firma,land,angelegt",
            "7,K-1,Ada,Kern,ada@x.example,030 1,Nord,Österreich,31.12.2020",
            {"first_name": "Ada", "last_name": "Kern", "phones": ["030 1"], "country": "AT"},
        ),
        (
            "record_id,name,email,phone2,assistant_phone,owner_email,merged_into,status",
            "7,N/A,ada@x.example,1,2,rep@x.example,8,deleted",
            {"full_name": None, "emails": ["ada@x.example"], "phones": ["1"], "merged_into": "8", "deleted": True},
        ),
        (
            "id,email,is_internal,deleted_at,last_name",
            "7,ada@x.example,yes,2024-01-01,[not provided]",
            {"suppressed": True, "deleted": True, "last_name": None},
        ),
        (
            "Lead ID,Email,Converted,Company",
            "00Q1t00000AbCdE,ada@x.example,1,Nord",
            {"object": "Lead", "deleted": True, "account_name": "Nord"},
        ),
    ],
)
def test_every_usual_name_of_a_column_is_known(tmp_path, titles, cells, expected):
    path = tmp_path / "export.csv"
    path.write_text(f"{titles}\n{cells}\n", encoding="utf-8")

    (found,) = records(path).values()

    assert expected == {name: found[name] for name in expected}


def test_a_merge_is_followed_in_either_form_of_an_id(tmp_path):
    path = tmp_path / "Contact.csv"
    path.write_text("Id,MasterRecordId\n0031t00000AbCdE,0031t00000AbCdFIAV\n0031t00000AbCdF,\n")

    assert "0031t00000AbCdF" == records(path)["0031t00000AbCdE"]["merged_into"]
