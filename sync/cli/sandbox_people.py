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


def customers(text: str) -> list[Customer]:
    """Read a list in the form of the demo's `customers.csv`; people who were merged into others are left out.

    Raises:
        ValueError: It has another form.
    """
    rows = csv.DictReader(io.StringIO(text))
    lacking = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
    if lacking:
        raise ValueError(f"its first line lacks {', '.join(lacking)}; it needs {', '.join(COLUMNS)}")
    return [_customer(row) for row in rows if not row["merged_into"]]


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
    )


def into_salesforce(org: Org, people: Iterable[Customer]) -> None:
    """Put *people* into an org as contacts of accounts."""
    accounts: dict[str, str] = {}
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
        }
        org.insert("Contact", contact)


def into_hubspot(portal: Portal, people: Iterable[Customer]) -> None:
    """Put *people* into a portal as contacts of companies. An address is given to its first owner only, as there."""
    companies: dict[str, str] = {}
    taken: set[str] = set()
    for one in people:
        if one.email.lower() in taken:
            continue
        taken.add(one.email.lower())
        if one.account not in companies:
            made = {"name": one.account_name, "country": one.country}
            companies[one.account] = portal.create("companies", made)
        contact = {
            "firstname": one.first_name,
            "lastname": one.last_name,
            "email": one.email,
            "phone": one.phone,
            "country": one.country,
        }
        contact_id = portal.create("contacts", contact)
        portal.associate("contacts", contact_id, "companies", companies[one.account])


#: Vendor → what fills its world.
FILL: dict[str, Callable[[Any, Iterable[Customer]], None]] = {"salesforce": into_salesforce, "hubspot": into_hubspot}
