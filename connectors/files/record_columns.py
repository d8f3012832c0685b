"""Which column of an exported record file holds what, by the names that CRMs and people use.

Salesforce, HubSpot and plain exports are known; case, spaces and underscores do not matter, nor does the `__c` of a
custom field.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.errors import Refused, SchemaDrift
from connectors.files.header import shown
from connectors.files.preset import key_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.contract import RecordColumns

_CUSTOM = re.compile(r"__c$", re.IGNORECASE)

_OWN_ID = (
    *("id", "recordid", "hsobjectid", "contactid", "leadid", "accountid18", "personid", "customerid", "customernumber"),
    *("customerno", "custno", "clientid", "userid", "kundennummer", "kundennr", "companyid", "externalid"),
)
_KINDS = {
    "customer_id": ("customerid", "customernumber", "customerno", "custno", "clientid", "kundennummer", "kundennr"),
    "salesforce_id": ("salesforceid", "salesforcecontactid", "sfdcid", "sfcontactid"),
    "hubspot_id": ("hubspotid", "hubspotcontactid", "hsobjectid", "vid"),
    "external_ref": ("externalref", "externalreference", "externalid", "externaldatareference"),
}
_SINGLE = {
    "first_name": ("firstname", "givenname", "forename", "vorname"),
    "last_name": ("lastname", "familyname", "surname", "nachname"),
    "full_name": ("fullname", "name", "contactname", "displayname", "customername"),
    "account": ("accountid", "associatedcompanyid", "companyid", "accountref", "accountno", "account"),
    "account_name": ("accountname", "companyname", "company", "organization", "organisation", "firma"),
    "country": ("mailingcountrycode", "countrycode", "mailingcountry", "country", "billingcountrycode", "land"),
    "created_at": ("createddate", "createdate", "createdat", "created", "hscreatedate"),
    "deleted": ("isdeleted", "deleted", "archived"),
    "suppressed": ("shouldforget", "suppressed", "donotprocess"),
    "object": ("object", "objecttype", "sobject", "type", "recordtype"),
    "parent": ("parentid", "parentaccountid", "hsparentcompanyid", "parentcompanyid", "parent"),
}
_MERGED_INTO = ("masterrecordid", "mergedinto", "mergedintoid", "convertedcontactid", "convertedto")
# HubSpot tells it the other way round: the survivor lists those that became it.
_MERGED_FROM = ("hsmergedobjectids", "mergedobjectids", "mergedids")
_DOMAINS = ("website", "domain", "domains", "aliasdomains", "aliases", "emaildomains", "hsadditionaldomains", "url")

_EMAIL = re.compile(r"email|^mail$|^mail\d$")
_PHONE = re.compile(r"phone|mobile|^tel\d?$|telefon|handy")
# What is told of an address or number is none, and the address of the account's owner is not the customer's.
_ABOUT = re.compile(
    r"opt(ed)?(out|in)|bounc|domain|status|date$|time$|(?<!ac)count|verified|valid|type$|sent$|opened|click|consent"
    r"|quarantin|^(is|has|last|donot)|fax|country|region|ext(ension)?$|preferred|format|source|reason"
    r"|owner|manager|csm|createdby|modifiedby|salesrep|mobileapp"
)

#: The first words of a file's name → the object in it.
_BY_NAME = {"contact": "Contact", "lead": "Lead", "account": "Account", "compan": "Account"}
#: What an `object` or `type` column may say.
_BY_WORD = {
    "contact": "Contact",
    "contacts": "Contact",
    "lead": "Lead",
    "leads": "Lead",
    "account": "Account",
    "accounts": "Account",
    "company": "Account",
    "companies": "Account",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPlaces:
    """Where the columns of one record file stand."""

    #: The object of rows that do not say.
    object: str
    id: int
    emails: tuple[int, ...]
    phones: tuple[int, ...]
    kinds: tuple[tuple[str, int], ...]
    #: The kind that the record's own id is of; None when the header does not tell.
    own_kind: str | None
    single: dict[str, int]
    merged_into: tuple[int, ...]
    merged_from: tuple[int, ...]
    domains: tuple[int, ...]


def recognise_records(titles: Sequence[str], stem: str, file: str) -> RecordPlaces:
    """Return where the columns stand, by their names.

    Args:
        titles: The header.
        stem: The file's name without its ending, which names the object.
        file: As messages name the file.

    Raises:
        Refused: No column holds the record's own id (E113).
    """
    keys = [key_of(_CUSTOM.sub("", title.strip())) for title in titles]
    by_key = {key: index for index, key in reversed(list(enumerate(keys)))}
    own = next((key for key in _OWN_ID if key in by_key), None)
    if own is None:
        raise Refused(
            f"{file}: no column holds the record's id",
            code="E113",
            next_step=f"Call one `id`. The file has: {', '.join(shown(titles)[:12])}.",
        )
    kinds = tuple((kind, by_key[key]) for kind, known in _KINDS.items() for key in known if key in by_key)
    return RecordPlaces(
        object=object_of(stem),
        id=by_key[own],
        emails=tuple(i for i, key in enumerate(keys) if _EMAIL.search(key) and not _ABOUT.search(key)),
        phones=tuple(i for i, key in enumerate(keys) if _PHONE.search(key) and not _ABOUT.search(key)),
        kinds=kinds,
        own_kind=_own_kind(own, {kind for kind, _ in kinds}),
        single={
            field: next(by_key[key] for key in known if key in by_key)
            for field, known in _SINGLE.items()
            if any(key in by_key and key != own for key in known)
        },
        merged_into=tuple(by_key[key] for key in _MERGED_INTO if key in by_key),
        merged_from=tuple(by_key[key] for key in _MERGED_FROM if key in by_key),
        domains=tuple(by_key[key] for key in _DOMAINS if key in by_key),
    )


def _own_kind(own: str, kinds: set[str]) -> str | None:
    if own in ("hsobjectid", "recordid"):
        return "hubspot_id"
    # A file that has customer numbers beside its ids does not mean its ids when it says customer.
    return None if "customer_id" in kinds else "customer_id"


def named_records(titles: Sequence[str], columns: RecordColumns, file: str) -> RecordPlaces:
    """Return where the columns stand that the user named.

    Raises:
        SchemaDrift: The file lacks one of them.
    """
    at = {title: index for index, title in reversed(list(enumerate(titles)))}
    fields = ("first_name", "last_name", "full_name", "account", "account_name", "country", "created_at", "deleted")
    single = {field: name for field in (*fields, "suppressed") if (name := getattr(columns, field)) is not None}
    merged = () if columns.merged_into is None else (columns.merged_into,)
    named = [columns.id, *columns.emails, *columns.phones, *single.values(), *merged]
    named += [name for names in columns.ids.values() for name in names]
    if missing := [name for name in named if name not in at]:
        raise SchemaDrift(
            f"{file}: no column {', '.join(f'`{name}`' for name in missing)}",
            next_step=f"The file has: {', '.join(shown(titles)[:12])}.",
        )
    return RecordPlaces(
        object=columns.object,
        id=at[columns.id],
        emails=tuple(at[name] for name in columns.emails),
        phones=tuple(at[name] for name in columns.phones),
        kinds=tuple((kind, at[name]) for kind, names in columns.ids.items() for name in names),
        own_kind=None,
        single={field: at[name] for field, name in single.items()},
        merged_into=tuple(at[name] for name in merged),
        merged_from=(),
        domains=(),
    )


def object_of(stem: str) -> str:
    """Return the object that a file's name means; the name itself when it is none we know.

    >>> object_of("Contacts 2026-01"), object_of("all_leads"), object_of("kunden")
    ('Contact', 'Lead', 'kunden')
    """
    word = stem.casefold()
    return next((name for start, name in _BY_NAME.items() if start in word), stem)


def object_in(word: str, otherwise: str) -> str:
    """Return the object that a cell names; *otherwise* when it says something else ("Prospect")."""
    return _BY_WORD.get(word.strip().casefold(), otherwise)
