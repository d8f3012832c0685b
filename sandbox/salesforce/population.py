"""Who lives in a fresh org: its administrator and API user, and accounts, contacts and leads made up from a seed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from sandbox.salesforce.reading import stamp

if TYPE_CHECKING:
    from sandbox.salesforce.org import Org

ACCOUNTS, CONTACTS, LEADS = 60, 300, 40
#: The population came over the two years before now.
OLDEST_S = 2 * 365 * 86_400
FIRST_NAMES = (
    "Ada Amara Anna Ben Carla Chidi Clara Daniel Dmitri Elena Emil Fatima Felix Grace Hana Hugo Ines Ivan Jack Jana "
    "José Julia Kenji Lars Lea Lin Lucía Maja Marco Maria Mateusz Mia Nadia Noah Nora Olga Omar Paul Priya Rosa Sam "
    "Sara Sofia Søren Thomas Uma Victor Yuki Zoë Łukasz"
).split()
LAST_NAMES = (
    "Abbott Almeida Andersson Bauer Becker Brown Carter Castro Chen Costa Dahl Dubois Eze Fischer Fontaine García "
    "Haddad Hansen Hoffmann Ito Jansen Johnson Kaya Keller Khan Kowalski Larsen Lopez Martin Meyer Moreau Müller Nagy "
    "Nguyen Novák O'Brien Okafor Olsen Patel Pereira Petrov Ricci Rossi Sánchez Sato Schmidt Silva Singh Smith Tanaka "
    "Van-Dijk Weber Wilson Wójcik Yilmaz"
).split()
STEMS = (
    "Alder Amber Anchor Arbor Atlas Beacon Birch Bluewater Cedar Cobalt Copper Crescent Delta Ember Falcon Fjord Gable "
    "Granite Harbor Heron Indigo Juniper Keystone Lantern Linden Maple Meridian Northwind Oakfield Orchard"
).split()
TRADES = (
    ("Foods", "Food & Beverage"),
    ("Software", "Technology"),
    ("Logistics", "Shipping"),
    ("Health", "Healthcare"),
    ("Energy", "Energy"),
    ("Bank", "Banking"),
    ("Retail", "Retail"),
    ("Works", "Manufacturing"),
)
PLACES = (
    ("Berlin", "Germany", "+49 30"),
    ("Lyon", "France", "+33 4"),
    ("Boston", "United States", "+1 617"),
    ("Porto", "Portugal", "+351 22"),
    ("Osaka", "Japan", "+81 6"),
    ("Leeds", "United Kingdom", "+44 113"),
)
#: Rights over the whole org; nobody gives them to an integration without need.
SYSTEM_RIGHTS = (
    "PermissionsModifyAllData",
    "PermissionsViewAllData",
    "PermissionsCustomizeApplication",
    "PermissionsManageUsers",
)
TITLES = ("Head of Support", "Buyer", "Operations Manager", "Managing Director", "IT Manager", "Analyst", "Engineer")
PLAIN = str.maketrans("áãçéëíñóøúüýł", "aaceeinoouuyl")


def found(org: Org) -> None:
    """Put in what every org has: itself, two users with their profiles, and the permission sets of these."""
    now = org.stamp()
    stamps = {"CreatedDate": now, "LastModifiedDate": now, "SystemModstamp": now}
    profiles = {name: org.new_id("00e") for name in ("System Administrator", "Integration")}
    for name, profile_id in profiles.items():
        _put(org, "Profile", {"Id": profile_id, "Name": name, "UserType": "Standard", **stamps})
    org.admin_id = org.acting_id = _user(org, "Ada Admin", profiles["System Administrator"], stamps)
    org.api_user_id = _user(org, "Integration User", profiles["Integration"], stamps)
    _put(
        org,
        "PermissionSet",
        {
            "Id": org.new_id("0PS"),
            "Name": "X00e_Integration",
            "Label": "Integration",
            "ProfileId": profiles["Integration"],
            "IsOwnedByProfile": True,
            "IsCustom": True,
            **stamps,
        },
    )
    _put(org, "UserPermissionAccess", {"Id": "000000000000000AAA"} | dict.fromkeys(SYSTEM_RIGHTS, False))
    _organization(org, stamps)


def _put(org: Org, kind_name: str, row: dict[str, Any]) -> str:
    org.store.put(org.whole(kind_name), row)
    record_id: str = row["Id"]
    return record_id


def _user(org: Org, name: str, profile_id: str, stamps: dict[str, str]) -> str:
    first, last = name.split()
    alias = last.lower() if last == "Admin" else first.lower()
    row = {"Id": org.new_id("005"), "FirstName": first, "LastName": last, "Name": name, "Alias": alias[:8]}
    signs_in = {"Username": f"{alias}@acme.example", "Email": f"{alias}@acme.example", "ProfileId": profile_id}
    zone = {"TimeZoneSidKey": "Europe/Berlin", "LocaleSidKey": "en_US", "UserType": "Standard", "IsActive": True}
    return _put(org, "User", row | signs_in | zone | stamps)


def _organization(org: Org, stamps: dict[str, str]) -> None:
    kind = org.whole("Organization")
    row: dict[str, Any] = {field.name: False for field in kind.fields.values() if field.type == "boolean"}
    row |= {field.name: "Edit" for field in kind.fields.values() if field.name.endswith("Access")}
    row |= {
        "Id": org.organization_id,
        "Name": "Acme",
        "Country": "DE",
        "PrimaryContact": "Ada Admin",
        "DefaultLocaleSidKey": "en_US",
        "TimeZoneSidKey": "Europe/Berlin",
        "LanguageLocaleKey": "en_US",
        "FiscalYearStartMonth": 1,
        "UiSkin": "Theme3",
        "SignupCountryIsoCode": "DE",
        "TrialExpirationDate": stamps["CreatedDate"],
        "NumKnowledgeService": 2,
        "OrganizationType": "Developer Edition",
        "InstanceName": "CS420",
        "IsSandbox": True,
        "WebToCaseDefaultOrigin": "Web",
        "MonthlyPageViewsUsed": 0,
        "MonthlyPageViewsEntitlement": 0,
        "CreatedById": org.admin_id,
        "LastModifiedById": org.admin_id,
    }
    _put(org, "Organization", row | stamps)


def populate(org: Org, seed: int) -> None:
    """Put in made-up accounts, contacts and leads: the same ones for the same seed, all at example domains."""
    draw = random.Random(seed)  # noqa: S311 - a population, not a secret
    accounts = [_account(org, draw, number) for number in range(ACCOUNTS)]
    for number in range(CONTACTS):
        _contact(org, draw, number, *draw.choice(accounts))
    for number in range(LEADS):
        _lead(org, draw, number)
    for kind_name in ("Account", "Contact", "Lead"):
        _age(org, draw, kind_name)


def _age(org: Org, draw: random.Random, kind_name: str) -> None:
    """Spread the stamps over the past."""
    kind = org.whole(kind_name)
    for row in list(org.store.all(kind)):
        created = org.clock() - draw.randrange(86_400, OLDEST_S)
        touched = stamp(draw.uniform(created, org.clock() - 3_600))
        stamps = {"CreatedDate": stamp(created), "LastModifiedDate": touched, "SystemModstamp": touched}
        org.store.put(kind, row | stamps)


def _account(org: Org, draw: random.Random, number: int) -> tuple[str, str]:
    """Return the id and e-mail domain of a new account."""
    stem, (trade, industry) = STEMS[number % len(STEMS)], TRADES[number // len(STEMS) + draw.randrange(4) * 2]
    city, country, dial = draw.choice(PLACES)
    domain = f"{stem.lower()}-{trade.lower()}{number}.example"
    values = {
        "Name": f"{stem} {trade}",
        "Industry": industry,
        "Website": f"https://www.{domain}",
        "BillingCity": city,
        "BillingCountry": country,
        "Phone": f"{dial} {draw.randrange(100_000, 999_999)}",
        "NumberOfEmployees": draw.randrange(5, 5_000),
        "Type": draw.choice(("Customer - Direct", "Customer - Channel", "Prospect")),
        "AccountNumber": f"A-{1_000 + number}",
    }
    return org.insert("Account", values), domain


def _contact(org: Org, draw: random.Random, number: int, account_id: str, domain: str) -> None:
    first, last = draw.choice(FIRST_NAMES), draw.choice(LAST_NAMES)
    city, country, dial = draw.choice(PLACES)
    values = {
        "FirstName": first,
        "LastName": last,
        "AccountId": account_id,
        # Some have no address, as everywhere.
        "Email": _address(first, last, number, domain) if draw.random() < 0.95 else None,
        "Phone": f"{dial} {draw.randrange(100_000, 999_999)}" if draw.random() < 0.6 else None,
        "Title": draw.choice(TITLES),
        "MailingCity": city,
        "MailingCountry": country,
        "HasOptedOutOfEmail": draw.random() < 0.05,
    }
    org.insert("Contact", values)


def _lead(org: Org, draw: random.Random, number: int) -> None:
    first, last = draw.choice(FIRST_NAMES), draw.choice(LAST_NAMES)
    company = f"{draw.choice(STEMS)} {draw.choice(LAST_NAMES)}"
    values = {
        "FirstName": first,
        "LastName": last,
        "Company": company,
        "Email": _address(first, last, number, "leads.example"),
        "LeadSource": draw.choice(("Web", "Partner Referral", "Other")),
    }
    org.insert("Lead", values)


def _address(first: str, last: str, number: int, domain: str) -> str:
    local = f"{first}.{last}".lower().translate(PLAIN).replace("'", "")
    return f"{local.encode('ascii', 'ignore').decode()}{number}@{domain}"
