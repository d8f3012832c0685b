"""Customers for the sandbox: a company's own list, as its people would have entered it into a CRM."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sandbox.hubspot import Portal
    from sandbox.salesforce import Org

#: What a list must have.
COLUMNS = ("cust_no", "given_name", "family_name", "e_mail", "phone_no", "acct", "acct_name", "ctry", "merged_into")
#: Country code → its name, as CRMs hold it.
COUNTRIES = {
    "DE": "Germany",
    "ES": "Spain",
    "FR": "France",
    "GB": "United Kingdom",
    "NL": "Netherlands",
    "US": "United States",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One person on the list."""

    number: str
    first_name: str
    last_name: str
    email: str
    phone: str
    account: str
    account_name: str
    country: str
    #: The number of the customer that this one was merged into; empty otherwise.
    merged_into: str


def customers(text: str) -> list[Customer]:
    """Read a list in the form of the demo's `customers.csv`.

    Raises:
        ValueError: It has another form.
    """
    rows = csv.DictReader(io.StringIO(text))
    lacking = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
    if lacking:
        raise ValueError(f"its first line lacks {', '.join(lacking)}; it needs {', '.join(COLUMNS)}")
    return [_customer(row) for row in rows]


def _customer(row: Mapping[str, str]) -> Customer:
    return Customer(
        number=row["cust_no"],
        first_name=row["given_name"],
        last_name=row["family_name"],
        email=row["e_mail"],
        phone=row["phone_no"],
        account=row["acct"],
        account_name=row["acct_name"],
        country=COUNTRIES.get(row["ctry"], row["ctry"]),
        merged_into=row["merged_into"],
    )


def into_salesforce(org: Org, people: Iterable[Customer]) -> None:
    """Put *people* into an org as contacts of accounts; those merged into others become their masters' past."""
    from sandbox.salesforce import Field

    number = Field(name="Customer_Number__c", label="Customer Number", length=20, external_id=True, id_lookup=True)
    org.add_field("Contact", number)
    accounts: dict[str, str] = {}
    contacts: dict[str, str] = {}
    people = list(people)
    for one in people:
        if one.account not in accounts:
            made = {"Name": one.account_name, "AccountNumber": one.account, "BillingCountry": one.country}
            accounts[one.account] = org.insert("Account", made)
        contact = {
            "FirstName": one.first_name,
            "LastName": one.last_name,
            "Email": one.email or None,
            "Phone": one.phone or None,
            "MailingCountry": one.country,
            "AccountId": accounts[one.account],
            "Customer_Number__c": one.number,
        }
        contacts[one.number] = org.insert("Contact", contact)
    for one in people:
        if one.merged_into in contacts:
            org.merge("Contact", contacts[one.merged_into], contacts[one.number])


def into_hubspot(portal: Portal, people: Iterable[Customer]) -> None:
    """Put *people* into a portal as contacts of companies; an address belongs to its first owner only, as there."""
    portal.add_property("contacts", "customer_number", label="Customer number")
    companies: dict[str, str] = {}
    contacts: dict[str, str] = {}
    taken: set[str] = set()
    for one in people:
        if one.email.lower() in taken:
            continue
        taken.add(one.email.lower())
        if one.account not in companies:
            companies[one.account] = portal.create("companies", {"name": one.account_name, "country": one.country})
        contact = {
            "firstname": one.first_name,
            "lastname": one.last_name,
            "email": one.email,
            "phone": one.phone,
            "country": one.country,
            "customer_number": one.number,
            "associatedcompanyid": companies[one.account],
        }
        contacts[one.number] = portal.create("contacts", {name: value for name, value in contact.items() if value})
        if one.merged_into in contacts:
            contacts[one.merged_into] = portal.merge("contacts", contacts[one.merged_into], contacts[one.number])


#: Vendor → what fills its world.
FILL: dict[str, Callable[[Any, Iterable[Customer]], None]] = {"salesforce": into_salesforce, "hubspot": into_hubspot}
