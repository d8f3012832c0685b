"""Which column of an exported table holds what, by the names that CRMs and people give columns.

Only for `resolve`, where a whole table is handed over without a mapping. A name decides, never the values;
what is not recognised is not used, and `resolve` says what it took.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Meaning → names, compared by letters and digits alone (`E-Mail` is `email`). Several columns of one meaning all count
#: for addresses, phones and ids, else the first name listed that exists.
RECORDS = {
    "object": "object objecttype sobject",
    "id": "id recordid contactid leadid hsobjectid vid customerid customerno custno customer",
    "email": "email emails emailaddress mail email1 email2 email3 workemail personalemail secondaryemail"
    " secondaryemailc otheremail additionalemailaddresses hsadditionalemails",
    "phone": "phone phones phonenumber phoneno phone1 phone2 telephone tel mobile mobilephone mobilephonenumber"
    " homephone otherphone workphone",
    "customer_id": "customerid customerno customernumber customernumberc custno externalid externalidc",
    "salesforce_id": "salesforceid sfdcid salesforcecontactid",
    "hubspot_id": "hubspotid hsobjectid vid hubspotcontactid",
    "external_ref": "externalref externalreference",
    "first_name": "firstname givenname forename first",
    "last_name": "lastname familyname surname last",
    "full_name": "fullname name contactname displayname",
    "account": "accountid account acct companyid associatedcompanyid accountno",
    "account_name": "accountname acctname company companyname organization organisation",
    "country": "country countrycode ctry mailingcountrycode",
    "created_at": "createdat createddate createdate created since",
    "merged_into": "mergedinto mergedintoid masterrecordid convertedcontactid convertedto",
    "deleted": "deleted isdeleted archived",
    "suppressed": "suppressed donotprocess shouldforget",
}
RESPONSES = {
    "response_id": "responseid id response",
    "email": "email emailaddress mail respondentemail",
    "recipient_email": "recipientemail deliveredto sentto invitationemail",
    "phone": "phone phonenumber mobile mobilephone telephone tel",
    "customer_id": "customerid customerno customernumber custno",
    "salesforce_id": "salesforceid sfdcid crmid",
    "hubspot_id": "hubspotid hsobjectid vid",
    "external_ref": "externalref externalreference externaldatareference externalid ref",
    "first_name": "firstname givenname forename recipientfirstname",
    "last_name": "lastname familyname surname recipientlastname",
    "full_name": "fullname name",
    "company": "company companyname organization organisation accountname",
    "account_ref": "accountref accountid accountno account",
    "link": "link token distributionid linkid",
}
#: A record may hold several of these, in one column or in many.
MANY = frozenset({"email", "phone", "customer_id", "salesforce_id", "hubspot_id", "external_ref"})


@dataclass(frozen=True, slots=True)
class Columns:
    """Meaning → the places of its columns in a row."""

    places: Mapping[str, tuple[int, ...]]

    def first(self, row: Sequence[str], meaning: str) -> str | None:
        """Return the first value of a meaning that is not empty."""
        return next((row[place].strip() for place in self.places.get(meaning, ()) if row[place].strip()), None)

    def all(self, row: Sequence[str], meaning: str) -> list[str]:
        """Return every value of a meaning; a cell may hold several, parted by `;` or `|`."""
        cells = (row[place] for place in self.places.get(meaning, ()))
        return [part.strip() for cell in cells for part in re.split(r"[;|]", cell) if part.strip()]


def recognise(header: Sequence[str], names: Mapping[str, str], given: Mapping[str, str]) -> Columns:
    """Return which column holds what: those *given* by the user, else by their names.

    >>> recognise(["Contact ID", "E-Mail", "Other Email", "Region"], RECORDS, {"country": "Region"}).places
    {'id': (0,), 'email': (1, 2), 'country': (3,)}
    """
    keys = {_key(title): place for place, title in reversed(list(enumerate(header)))}
    titles = {title: place for place, title in enumerate(header)}
    found: dict[str, tuple[int, ...]] = {}
    for meaning, known in names.items():
        if meaning in given:
            places = [titles[given[meaning]]] if given[meaning] in titles else []
        else:
            places = [keys[name] for name in known.split() if name in keys]
        if places:
            found[meaning] = tuple(dict.fromkeys(places)) if meaning in MANY else (places[0],)
    return Columns(found)


def _key(title: str) -> str:
    return re.sub(r"[^a-z0-9]", "", title.casefold())
