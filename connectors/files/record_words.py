"""The names that CRMs and people give the columns of exported records, and what their cells may say.

Names are compared as `key_of` reduces them: case, blanks, dashes and underscores do not matter, nor does the `__c` of a
Salesforce custom field.
"""

from __future__ import annotations

import re

#: The record's own id, the best name first.
OWN_ID = (
    *("id", "recordid", "hsobjectid", "objectid", "crmid", "rowid", "contactid", "leadid", "personid", "casesafeid"),
    *(
        "contactid18",
        "leadid18",
        "id18",
        "recordid18",
        "recordidcontact",
        "idcontact",
        "salesforceid",
        "hubspotid",
        "vid",
    ),
    *(
        "customerid",
        "customernumber",
        "customerno",
        "custno",
        "clientid",
        "memberid",
        "userid",
        "kundennummer",
        "kundennr",
    ),
    *("kundenid", "externalid", "key", "uuid", "guid"),
)
#: Likewise in a file of accounts.
ACCOUNT_ID = (
    *("id", "recordid", "hsobjectid", "objectid", "accountid", "companyid", "organizationid", "organisationid"),
    *("accountid18", "id18", "recordidcompany", "accountnumber", "accountno", "accountref", "account", "externalid"),
)

#: Id kind → names. What is called otherwise and still looks like an id is told by the patterns below.
KINDS = {
    "salesforce_id": re.compile(
        r"(salesforce|sfdc|sf)(contact|lead|record|person|crm)?id(15|18)?|casesafeid|(contact|lead|record)?id18"
    ),
    "hubspot_id": re.compile(r"(hubspot|hs)(contact|record|object|crm)?id|vid"),
    "customer_id": re.compile(
        r"(customer|cust|client|kunden?|klant|member|subscriber|user|patient|mitglieds?|debitor(en)?)"
        r"(id|identifier|number|num|no|nr|nummer|ref|reference|key|code)|"
        r"(numéro|número)(de)?(client|cliente)"
    ),
    "external_ref": re.compile(
        r"(customer|contact|person|client)?(external|ext|legacy|erp|foreign|sourcesystem|billing|alternate|alternative|alt)"
        r"(contact|customer|person|client|system|data|record)?(id|ids|identifier|ref|reference|key|number|no|nr|code)\d*|"
        r"(contact|person|party)(number|no|nr|ref|reference|key|code)|(contact|lead|person|record|party)id|(survey|link|invitation)?token|crmid|uuid|guid|"
        r"reference|ref|oldid|previousid"
    ),
}

SINGLE = {
    name: tuple(names.split())
    for name, names in {
        "first_name": "firstname givenname forename fname first vorname prénom nombre voornaam nome",
        "last_name": "lastname familyname surname lname last nachname nomdefamille apellido apellidos"
        " achternaam cognome",
        "full_name": "fullname name contactname displayname customername leadname personname contact",
        "account": "accountid associatedcompanyid primaryassociatedcompanyid companyid"
        " organizationid organisationid accountref accountno accountnumber accountkey"
        " accountid18 account",
        "account_name": "accountname companyname company organization organisation organizationname"
        " employer associatedcompany primarycompany firma unternehmen entreprise empresa",
        "created_at": "createddate createdate createdat created createdon creationdate datecreated"
        " hscreatedate datetimecreated since customersince angelegt"
        " angelegtam erstellt erstelltam fechadecreación",
        "parent": "parentid parentaccountid hsparentcompanyid parentcompanyid parentaccount parentcompany parent",
        "status": "recordstatus recordstate status state lifecycle",
    }.items()
}
#: Columns that name the object of each row; of the first two kinds a word we do not know is an object all the same.
OBJECT = ("object", "objecttype", "sobject", "sobjecttype", "objectname", "recordobject", "entity", "entitytype")
OBJECT_MAYBE = ("type", "recordtype", "kind", "recordkind")
COUNTRY = (
    *(
        "mailingcountrycode",
        "countrycode",
        "countryiso",
        "isocountry",
        "country2",
        "mailingcountry",
        "country",
        "countryregion",
    ),
    *(
        "ipcountrycode",
        "billingcountrycode",
        "billingcountry",
        "homecountry",
        "addresscountry",
        "othercountry",
        "land",
        "pays",
    ),
    *("país", "paese"),
)
MERGED_INTO = (
    *("masterrecordid", "masterrecord", "masterid", "mergedinto", "mergedintoid", "mergedintorecordid", "mergedto"),
    *("mergedtoid", "mergetargetid", "mergetarget", "survivorid", "survivingid", "survivingrecordid", "winnerid"),
    *("replacedby", "replacedbyid", "redirectto", "redirectsto", "canonicalid", "duplicateof", "convertedcontactid"),
    *("convertedcontact", "convertedto", "convertedtoid", "convertedtocontactid", "convertedinto", "convertedintoid"),
    *("convertedrecordid", "convertedid"),
)
# HubSpot tells it the other way round: the survivor lists those that became it.
MERGED_FROM = (
    "hsmergedobjectids",
    "mergedobjectids",
    "mergedids",
    "mergedrecordids",
    "hscalculatedmergedvids",
    "mergedvids",
)
#: True there: the record is gone.
GONE = (
    "isdeleted",
    "deleted",
    "archived",
    "isarchived",
    "removed",
    "isremoved",
    "hsisdeleted",
    "tombstone",
    "gelöscht",
)
#: Anything there: the record is gone.
GONE_AT = ("deletedat", "deleteddate", "deletedon", "deletiondate", "archivedat", "archiveddate", "removedat")
CONVERTED = ("isconverted", "converted")
SUPPRESSED = (
    *("shouldforget", "individualshouldforget", "suppressed", "issuppressed", "suppression", "donotprocess", "forget"),
    *(
        "forgotten",
        "isforgotten",
        "gdprforget",
        "gdprforgotten",
        "gdprdelete",
        "gdprdeleted",
        "gdprerased",
        "gdprsuppressed",
    ),
    *("hsisgdprdeleted", "erased", "erasurerequested", "righttobeforgotten", "righttoerasure"),
)
#: Our own people: never matched either.
INTERNAL = ("internal", "isinternal", "internaluser", "isinternaluser", "isemployee", "employee", "isstaff", "staff")
WEBSITES = (
    "website",
    "domain",
    "domainname",
    "companydomain",
    "companydomainname",
    "emaildomain",
    "url",
    "web",
    "homepage",
)
ALIASES = (
    *(
        "aliasdomains",
        "aliasdomain",
        "domainaliases",
        "domainalias",
        "aliases",
        "alias",
        "alternatedomains",
        "otherdomains",
    ),
    *(
        "hsadditionaldomains",
        "additionaldomains",
        "additionaldomain",
        "secondarydomains",
        "emaildomains",
        "emailaliases",
    ),
    *("alternatedomain", "domains", "maildomains"),
)
ACCOUNT_NUMBERS = re.compile(
    r"account(number|no|nr|ref|reference|key|code|externalid|id18|id)|customer(number|no|id)|custno|kundennummer|"
    r"external(account|company)?(id|ref|key|number)|id18|legacyid|erpid"
)

EMAIL = re.compile(r"email|^mail\d*$|^mailaddress$|courriel|correo")
PHONE = re.compile(r"phone|mobil|^tel\d*$|telefon|telefono|teléfono|téléphone|handy|^cell|^landline|^sms$|whatsapp")
# What is told of an address or number is none, and the address of the account's owner is not the customer's.
ABOUT = re.compile(
    r"opt(ed)?(out|in)|bounc|domain|status|date$|time$|(?<!ac)count|verified|valid|type$|sent$|opened|click|consent"
    r"|quarantin|^(is|has|last|donot|num)|fax|country|region|ext(ension)?$|preferred|format|source|reason|hash|confirm"
    r"|owner|manager|csm|createdby|modifiedby|salesrep|mobileapp|assistant|reportsto|^account|^parent|permission|subscri"
    r"|^companyphone|emergency|deliver|subject|templat|language"
)
#: Bookkeeping about the record; never one of its ids.
NOT_AN_ID = re.compile(
    r"owner|createdby|modifiedby|recordtype|^account|^company|parent|master|merged|converted|campaign"
)

#: What a file's name says → the object in it.
_OBJECTS_BY_NAME = {
    "Contact": "contact",
    "Lead": "lead",
    "Account": "account compan organi",
    "Customer": "customer kunde client",
    "Person": "person people",
}
BY_NAME = {word: name for name, words in _OBJECTS_BY_NAME.items() for word in words.split()}
#: What a column for the object may say.
_OBJECTS_BY_WORD = {
    "Contact": "contact contacts 0-1 003",
    "Lead": "lead leads 00q",
    "Account": "account accounts company companies organization organisation 0-2 001",
}
BY_WORD = {word: name for name, words in _OBJECTS_BY_WORD.items() for word in words.split()}
#: The object of a file about which nothing is known; the same for every file, because links name the object.
RECORD = "Record"
#: First characters of a Salesforce id → the object.
BY_PREFIX = {"003": "Contact", "00Q": "Lead", "001": "Account"}
#: What a status may say of a record that is no longer one.
GONE_WORDS = frozenset({"deleted", "archived", "removed", "gelöscht", "tombstone"})
SUPPRESSED_WORDS = frozenset({"suppressed", "forgotten", "erased", "internal", "do not process", "gdpr deleted"})
TRUE = frozenset(
    {"true", "1", "1.0", "yes", "y", "t", "x", "on", "wahr", "ja", "j", "vrai", "oui", "sí", "si", "verdadero"}
)
#: What stands in a name where there is none.
NO_TEXT = frozenset(
    {
        "null",
        "(null)",
        "<null>",
        "\\n",
        "none",
        "n/a",
        "#n/a",
        "nil",
        "undefined",
        "unknown",
        "(unknown)",
        "-",
        "--",
        "---",
        ".",
    }
    | {
        "?",
        "[not provided]",
        "not provided",
        "[[unknown]]",
        "(blank)",
        "(empty)",
        "[blank]",
        "no name",
        "noname",
        "anonymous",
    }
)


def name_in(text: str | None) -> str | None:
    """Return a name; None where the cell says that there is none, or holds an address instead.

    >>> name_in("Kern"), name_in("[not provided]"), name_in("ada@x.example")
    ('Kern', None, None)
    """
    return None if text is None or "@" in text or text.casefold() in NO_TEXT else text
