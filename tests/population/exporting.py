"""The made-up CRM and its responses as files, as a CRM and a survey tool export them."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tests.population.crm import Crm
    from tests.population.respondents import Answer

CONTACT = [
    "Id", "FirstName", "LastName", "Email", "SecondaryEmail__c", "Phone", "MobilePhone", "AccountId", "Account.Name",
    "MailingCountryCode", "CreatedDate", "IsDeleted", "MasterRecordId", "ShouldForget", "Customer_Number__c", "Title",
]  # fmt: skip
LEAD = [
    "Lead ID", "First Name", "Last Name", "Email", "Phone", "Company", "Country", "Create Date", "Converted",
    "ConvertedContactId", "IsDeleted", "ShouldForget__c", "Customer Number",
]  # fmt: skip
ACCOUNT = ["Id", "Name", "Website", "Alias_Domains__c"]
RESPONSE = [
    "response_id", "submitted_at", "score", "email", "recipient_email", "phone", "first_name", "last_name", "name",
    "company", "customer_id", "salesforce_id", "external_ref", "account_ref",
]  # fmt: skip


def write_crm(crm: Crm, folder: Path, **options: Any) -> list[Path]:
    """Write contacts, leads and accounts as Salesforce exports them; *options* are those of `write_csv`."""
    contacts = [_contact(row) for row in crm.records if row["object"] == "Contact"]
    leads = [_lead(row) for row in crm.records if row["object"] == "Lead"]
    accounts = [[c.id, c.name, f"https://www.{c.domain}/", "; ".join(c.aliases)] for c in crm.companies]
    return [
        write_csv(folder / "contacts.csv", CONTACT, contacts, **options),
        write_csv(folder / "leads.csv", LEAD, leads, **options),
        write_csv(folder / "accounts.csv", ACCOUNT, accounts, **options),
    ]


def _contact(row: dict[str, Any]) -> list[Any]:
    mails, phones = [*row["emails"], ""], [*row["phones"], ""]
    return [
        row["id"], row["first_name"], row["last_name"], mails[0], mails[1] if len(mails) > 2 else "", "", phones[0],
        row["account"], row["account_name"], row["country"], row["created_at"], str(row["deleted"]).lower(),
        row["merged_into"], int(row["suppressed"]), _customer(row), "Head of things",
    ]  # fmt: skip


def _lead(row: dict[str, Any]) -> list[Any]:
    mails, phones = [*row["emails"], ""], [*row["phones"], ""]
    return [
        row["id"], row["first_name"], row["last_name"], mails[0], phones[0], row["account_name"], row["country"],
        row["created_at"], int(bool(row["merged_into"])), row["merged_into"], str(row["deleted"]).upper(),
        str(row["suppressed"]), _customer(row),
    ]  # fmt: skip


def _customer(row: dict[str, Any]) -> str:
    return next((pair["value"] for pair in row["ids"] if pair["kind"] == "customer_id"), "")


def write_answers(answers: Iterable[Answer], path: Path, **options: Any) -> Path:
    """Write responses as a plain table; *options* are those of `write_csv`."""
    rows = []
    for number, answer in enumerate(answers):
        told = answer.response
        ids = told.ids
        texts = (told.email, told.recipient_email, told.phone, told.first_name, told.last_name, told.full_name)
        references = (ids.get("customer_id"), ids.get("salesforce_id"), ids.get("external_ref"), told.account_ref)
        rows.append([told.response_id, "2026-01-01 10:00", number % 11, *texts, told.company, *references])
    return write_csv(path, RESPONSE, rows, **options)


def write_csv(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]], *, delimiter: str = ",", encoding: str = "utf-8"
) -> Path:
    """Write a table; what the encoding lacks becomes a question mark."""
    with path.open("w", encoding=encoding, errors="replace", newline="") as file:
        out = csv.writer(file, delimiter=delimiter)
        out.writerow(header)
        out.writerows([["" if cell is None else cell for cell in row] for row in rows])
    return path
