"""The kinds of records that every org has."""

from __future__ import annotations

from sandbox.salesforce.objects import Kind, kind_from
from sandbox.salesforce.people_kinds import ACCOUNT, CONTACT, FIRST, LEAD, OWNER, STAMPS, VIEWED

CAMPAIGN = (
    FIRST
    + """
Name string(80) required
ParentId reference ->Campaign children=ChildCampaigns
Type picklist(40) [Conference|Webinar|Trade Show|Public Relations|Partners|Advertisement|Email|Other]
Status picklist(40) =Planned [Planned|In Progress|Completed|Aborted]
StartDate date
EndDate date
IsActive boolean
Description textarea(32000)
"""
    + OWNER
    + STAMPS
    + VIEWED
)
MEMBER = (
    FIRST
    + """
CampaignId reference required fixed ->Campaign children=CampaignMembers
LeadId reference fixed ->Lead children=CampaignMembers
ContactId reference fixed ->Contact children=CampaignMembers
Status picklist(40) =Sent [Sent|Responded]
HasResponded boolean readonly
FirstRespondedDate date readonly
"""
    + STAMPS
)
TASK = (
    FIRST
    + """
WhoId reference ->Contact|Lead children=Tasks
WhatId reference ->Account|Opportunity|Campaign children=Tasks
Subject string(255)
ActivityDate date
Status picklist(255) required defaulted =Not_Started [Not Started|In Progress|Completed|Waiting|Deferred]
Priority picklist(255) required defaulted =Normal [High|Normal|Low]
IsHighPriority boolean readonly
OwnerId reference required defaulted ->User
Description textarea(32000)
IsClosed boolean readonly
AccountId reference readonly ->Account
TaskSubtype picklist(40) [Task|Email|Call]
ReminderDateTime datetime
IsReminderSet boolean
"""
    + STAMPS
)
OPPORTUNITY = (
    FIRST
    + """
AccountId reference ->Account children=Opportunities
Name string(120) required
Description textarea(32000)
StageName picklist(255) required [Prospecting|Qualification|In Progress|Closed Won|Closed Lost]
Amount currency(18,2)
CloseDate date required
ContactId reference fixed ->Contact children=Opportunities
CampaignId reference ->Campaign
"""
    + OWNER
    + STAMPS
    + VIEWED
)
USER = """
Id id(18) system
Username string(80) required always idlookup
LastName string(80) required
FirstName string(40) always
Name string(121) readonly required
Email email(128) required idlookup
Alias string(8) always
IsActive boolean always
ProfileId reference always ->Profile
UserType picklist(40) readonly [Standard]
TimeZoneSidKey picklist(40) always
LocaleSidKey picklist(40) always
CreatedDate datetime system
LastModifiedDate datetime system
SystemModstamp datetime system
"""
PROFILE = """
Id id(18) system
Name string(255) system
UserType picklist(40) readonly [Standard]
CreatedDate datetime system
LastModifiedDate datetime system
SystemModstamp datetime system
"""
PERMISSION_SET = """
Id id(18) system
Name string(80) required
Label string(80) required
Description string(255)
ProfileId reference readonly ->Profile
IsOwnedByProfile boolean readonly
IsCustom boolean readonly
CreatedDate datetime system
LastModifiedDate datetime system
SystemModstamp datetime system
"""
ASSIGNMENT = """
Id id(18) system
PermissionSetId reference required fixed ->PermissionSet children=Assignments
AssigneeId reference required fixed ->User
SystemModstamp datetime system
"""
FIELD_PERMISSIONS = """
Id id(18) system
ParentId reference required fixed ->PermissionSet children=FieldPerms as=Parent
SobjectType picklist(255) required fixed always
Field picklist(255) required fixed always
PermissionsRead boolean always
PermissionsEdit boolean always
SystemModstamp datetime system
"""
OBJECT_PERMISSIONS = """
Id id(18) system
ParentId reference required fixed ->PermissionSet children=ObjectPerms as=Parent
SobjectType picklist(255) required fixed always
PermissionsCreate boolean always
PermissionsRead boolean always
PermissionsEdit boolean always
PermissionsDelete boolean always
PermissionsViewAllRecords boolean always
PermissionsModifyAllRecords boolean always
SystemModstamp datetime system
"""
#: What the caller may do at all; one record, which Salesforce makes up for whoever asks.
USER_ACCESS = """
Id id(18) system
PermissionsModifyAllData boolean readonly
PermissionsViewAllData boolean readonly
PermissionsCustomizeApplication boolean readonly
PermissionsManageUsers boolean readonly
"""
RECORD_TYPE = """
Id id(18) system
Name string(80) required
DeveloperName string(80) required
SobjectType picklist(40) required fixed
IsActive boolean
Description string(255)
CreatedDate datetime system
LastModifiedDate datetime system
SystemModstamp datetime system
"""
ORGANIZATION = """
Id id(18) system
Name string(80) required
Division string(80)
Street textarea(255) part=Address
City string(40) part=Address
State string(80) part=Address
PostalCode string(20) part=Address
Country string(80) part=Address
Latitude double(18,15) part=Address
Longitude double(18,15) part=Address
GeocodeAccuracy picklist(40) part=Address
Address address readonly
Phone phone
Fax phone
PrimaryContact string(80)
DefaultLocaleSidKey picklist(40) required
TimeZoneSidKey picklist(40) required
LanguageLocaleKey picklist(40) required
ReceivesInfoEmails boolean
ReceivesAdminInfoEmails boolean
PreferencesRequireOpportunityProducts boolean readonly
PreferencesTransactionSecurityPolicy boolean readonly
PreferencesTerminateOldestSession boolean readonly
PreferencesConsentManagementEnabled boolean readonly
PreferencesAutoSelectIndividualOnMerge boolean readonly
PreferencesLightningLoginEnabled boolean readonly
PreferencesOnlyLLPermUserAllowed boolean readonly
FiscalYearStartMonth int
UsesStartDateAsFiscalYearName boolean
DefaultAccountAccess picklist(40) readonly
DefaultContactAccess picklist(40) readonly
DefaultOpportunityAccess picklist(40) readonly
DefaultLeadAccess picklist(40) readonly
DefaultCaseAccess picklist(40) readonly
DefaultCalendarAccess picklist(40) readonly
DefaultPricebookAccess picklist(40) readonly
DefaultCampaignAccess picklist(40) readonly
DelegatedAuthenticationServiceUrl url readonly
SystemModstamp datetime system
ComplianceBccEmail email(80) readonly
UiSkin picklist(40) readonly
SignupCountryIsoCode string(2) readonly
TrialExpirationDate datetime readonly
NumKnowledgeService int readonly
OrganizationType picklist(40) readonly
NamespacePrefix string(15) readonly
InstanceName string(5) readonly
IsSandbox boolean readonly
WebToCaseDefaultOrigin string(40) readonly
MonthlyPageViewsUsed int readonly
MonthlyPageViewsEntitlement int readonly
IsReadOnly boolean readonly
CreatedDate datetime system
CreatedById reference system ->User
LastModifiedDate datetime system
LastModifiedById reference system ->User
"""


def standard_kinds() -> list[Kind]:
    """A fresh copy of them all: tests add fields to theirs."""
    return [
        kind_from("Account", "001", ACCOUNT, mergeable=True),
        kind_from("Contact", "003", CONTACT, mergeable=True),
        kind_from("Lead", "00Q", LEAD, mergeable=True),
        kind_from("Opportunity", "006", OPPORTUNITY),
        kind_from("Campaign", "701", CAMPAIGN),
        kind_from("CampaignMember", "00v", MEMBER),
        kind_from("Task", "00T", TASK),
        kind_from("User", "005", USER),
        kind_from("Profile", "00e", PROFILE, writable=False),
        kind_from("PermissionSet", "0PS", PERMISSION_SET),
        kind_from("PermissionSetAssignment", "0Pa", ASSIGNMENT),
        kind_from("FieldPermissions", "01k", FIELD_PERMISSIONS),
        kind_from("ObjectPermissions", "110", OBJECT_PERMISSIONS),
        kind_from("UserPermissionAccess", "", USER_ACCESS, writable=False),
        kind_from("RecordType", "012", RECORD_TYPE),
        kind_from("Organization", "00D", ORGANIZATION, writable=False),
    ]
