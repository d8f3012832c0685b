"""The kinds of records that hold people and companies: Account, Contact and Lead, as a fresh org has them.

The text form is explained in `objects`.
"""

from __future__ import annotations

from textwrap import dedent

#: Every record has these, in this order.
FIRST = """
Id id(18) system
IsDeleted boolean system
"""
STAMPS = """
CreatedDate datetime system
CreatedById reference system ->User
LastModifiedDate datetime system
LastModifiedById reference system ->User
SystemModstamp datetime system
"""
VIEWED = """
LastActivityDate date readonly
LastViewedDate datetime readonly
LastReferencedDate datetime readonly
"""
OWNER = "OwnerId reference required defaulted ->User\n"

ACCURACIES = "[Address|NearAddress|Block|Street|ExtendedZip|Zip|Neighborhood|City|County|State|Unknown]"
CLEAN = "[In Sync|Different|Reviewed|Not Found|Inactive|Not Compared|Select Match|Skipped]"
SOURCES = "[Web|Phone Inquiry|Partner Referral|Purchased List|Other]"
STATUSES = "[Open - Not Contacted|Working - Contacted|Closed - Converted|Closed - Not Converted]"
TYPES = (
    "[Prospect|Customer - Direct|Customer - Channel|Channel Partner / Reseller|Installation Partner"
    "|Technology Partner|Other]"
)
INDUSTRIES = (
    "[Agriculture|Apparel|Banking|Biotechnology|Chemicals|Communications|Construction|Consulting|Education"
    "|Electronics|Energy|Engineering|Entertainment|Environmental|Finance|Food & Beverage|Government|Healthcare"
    "|Hospitality|Insurance|Machinery|Manufacturing|Media|Not For Profit|Recreation|Retail|Shipping|Technology"
    "|Telecommunications|Transportation|Utilities|Other]"
)
RATINGS = "[Hot|Warm|Cold]"


def address(prefix: str, compound: str) -> str:
    """The lines of one address: its parts, then the compound field that shows them together."""
    return dedent(f"""
        {prefix}Street textarea(255) part={compound}
        {prefix}City string(40) part={compound}
        {prefix}State string(80) part={compound}
        {prefix}PostalCode string(20) part={compound}
        {prefix}Country string(80) part={compound}
        {prefix}Latitude double(18,15) part={compound}
        {prefix}Longitude double(18,15) part={compound}
        {prefix}GeocodeAccuracy picklist(40) restricted part={compound} {ACCURACIES}
        {compound} address readonly granted
        """)


PERSON = """
LastName string(80) required part=Name
FirstName string(40) part=Name always
Salutation picklist(40) part=Name always [Mr.|Ms.|Mrs.|Dr.|Prof.]
Name string(121) readonly required
"""

CONTACT = (
    FIRST
    + """
MasterRecordId reference readonly ->Contact
AccountId reference ->Account children=Contacts
"""
    + PERSON
    + address("Other", "OtherAddress")
    + address("Mailing", "MailingAddress")
    + f"""
Phone phone
Fax phone
MobilePhone phone
HomePhone phone
OtherPhone phone
AssistantPhone phone
ReportsToId reference ->Contact
Email email(80) idlookup
Title string(128)
Department string(80)
AssistantName string(40)
LeadSource picklist(255) {SOURCES}
Birthdate date
Description textarea(32000)
HasOptedOutOfEmail boolean
DoNotCall boolean
"""
    + OWNER
    + STAMPS
    + """
LastActivityDate date readonly
LastCURequestDate datetime readonly
LastCUUpdateDate datetime readonly
LastViewedDate datetime readonly
LastReferencedDate datetime readonly
EmailBouncedReason string(255) always
EmailBouncedDate datetime always
IsEmailBounced boolean system
PhotoUrl url readonly
Jigsaw string(20)
JigsawContactId string(20) readonly as=JigsawContact
"""
    + f"CleanStatus picklist(40) restricted {CLEAN}\n"
    + "IndividualId reference always ->Individual\n"
)

LEAD = (
    FIRST
    + "MasterRecordId reference readonly ->Lead\n"
    + PERSON
    + """
Title string(128)
Company string(255) required
"""
    + address("", "Address")
    + f"""
Phone phone
MobilePhone phone
Fax phone
Email email(80) idlookup
Website url
PhotoUrl url readonly
Description textarea(32000)
LeadSource picklist(255) {SOURCES}
Status picklist(255) required defaulted =Open_-_Not_Contacted {STATUSES}
Industry picklist(255) {INDUSTRIES}
Rating picklist(255) {RATINGS}
AnnualRevenue currency(18,0)
NumberOfEmployees int
HasOptedOutOfEmail boolean
DoNotCall boolean
"""
    + OWNER
    + """
IsConverted boolean fixed always
ConvertedDate date readonly
ConvertedAccountId reference readonly ->Account
ConvertedContactId reference readonly ->Contact
ConvertedOpportunityId reference readonly ->Opportunity
IsUnreadByOwner boolean always
"""
    + STAMPS
    + VIEWED
    + f"""
Jigsaw string(20)
JigsawContactId string(20) readonly as=JigsawContact
CleanStatus picklist(40) restricted {CLEAN}
CompanyDunsNumber string(9)
EmailBouncedReason string(255) late always
EmailBouncedDate datetime late always
IndividualId reference always ->Individual
"""
)

ACCOUNT = (
    FIRST
    + f"""
MasterRecordId reference readonly ->Account
Name string(255) required part=Name
Type picklist(40) {TYPES}
RecordTypeId reference always ->RecordType
ParentId reference ->Account children=ChildAccounts
"""
    + address("Billing", "BillingAddress")
    + address("Shipping", "ShippingAddress")
    + f"""
Phone phone
Fax phone
AccountNumber string(40)
Website url
PhotoUrl url readonly
Sic string(20)
Industry picklist(40) {INDUSTRIES}
AnnualRevenue currency(18,0)
NumberOfEmployees int
Ownership picklist(40) [Public|Private|Subsidiary|Other]
TickerSymbol string(20)
Description textarea(32000)
Rating picklist(40) {RATINGS}
Site string(80)
"""
    + OWNER
    + STAMPS
    + VIEWED
    + f"""
Jigsaw string(20)
JigsawCompanyId string(20) readonly as=JigsawCompany
CleanStatus picklist(40) restricted {CLEAN}
AccountSource picklist(40) {SOURCES}
DunsNumber string(9)
Tradestyle string(255)
NaicsCode string(8)
NaicsDesc string(120)
YearStarted string(4)
SicDesc string(80)
"""
)
