"""Records that Salesforce cannot upsert: members of campaigns, tasks, and whatever has no external id."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import Deferred, Refused, SchemaDrift
from connectors.values import Block, Field, OutcomeKind, RecordRef
from sandbox.salesforce import Field as Column
from tests.salesforce import block, calls, contacts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.salesforce.destination import Salesforce
    from sandbox.salesforce import Org

MEMBER = ("ContactId", "CampaignId")
KEY = "NPS_Response_Key__c"


def members(
    rows: Sequence[tuple[Any, ...]], *fields: str, key: tuple[str, ...] = MEMBER, delete: bool = False
) -> Block:
    return Block(object="CampaignMember", key=key, fields=fields, rows=list(rows), delete=delete)


def campaigns(org: Org, count: int = 1) -> list[str]:
    return [org.insert("Campaign", {"Name": f"Segment {number}"}) for number in range(count)]


class TestMembers:
    def test_who_is_missing_is_made_and_who_is_there_is_left(self, salesforce: Salesforce, org: Org) -> None:
        one, two = campaigns(org, 2)
        ids = contacts(org, 3)
        org.insert("CampaignMember", {"CampaignId": one, "ContactId": ids[0], "Status": "Responded"})
        rows = [(ids[0], one), (ids[1], one), (ids[2], two)]

        for _ in range(2):
            applied = salesforce.write_blocks([members(rows)])
            assert (3, ()) == (applied.written, tuple(applied.others))

        held = {(each["ContactId"], each["CampaignId"]): each["Status"] for each in org.records("CampaignMember")}
        assert {(ids[0], one): "Responded", (ids[1], one): "Sent", (ids[2], two): "Sent"} == held

    def test_a_second_time_costs_one_call(self, salesforce: Salesforce, org: Org, service: Any) -> None:
        [campaign] = campaigns(org)
        rows = [(id_, campaign) for id_ in contacts(org, 300)]
        salesforce.write_blocks([members(rows)])
        before = calls(service)

        salesforce.write_blocks([members(rows)])

        assert 1 == calls(service) - before

    def test_a_member_s_status_is_updated_and_its_ids_are_not(self, salesforce: Salesforce, org: Org) -> None:
        """Salesforce refuses an update that names the campaign or the contact, even with the same value."""
        [campaign], [contact] = campaigns(org), contacts(org, 1)

        for status in ("Sent", "Responded"):
            applied = salesforce.write_blocks([members([(contact, campaign, status)], "Status")])
            assert (1, ()) == (applied.written, tuple(applied.others))

        [member] = org.records("CampaignMember")
        assert "Responded" == member["Status"]
        assert member["HasResponded"]

    def test_leads_are_members_by_their_own_field(self, salesforce: Salesforce, org: Org) -> None:
        [campaign] = campaigns(org)
        lead = org.insert("Lead", {"LastName": "Roe", "Company": "Acme"})

        applied = salesforce.write_blocks([members([(lead, campaign)], key=("LeadId", "CampaignId"))])

        assert (1, ()) == (applied.written, tuple(applied.others))
        assert [lead] == [each["LeadId"] for each in org.records("CampaignMember")]

    def test_an_id_of_another_object_is_refused_before_it_is_sent(self, salesforce: Salesforce, org: Org) -> None:
        [campaign], [contact] = campaigns(org), contacts(org, 1)
        lead = org.insert("Lead", {"LastName": "Roe", "Company": "Acme"})

        applied = salesforce.write_blocks([members([(lead, campaign), (contact, campaign), (None, campaign)])])

        assert 1 == applied.written
        assert {("E502", ("ContactId",))} == {(each.code, each.fields) for each in applied.others}
        assert 2 == len(applied.others)

    def test_a_segment_that_was_left_is_deleted_and_stays_so(self, salesforce: Salesforce, org: Org) -> None:
        [campaign], ids = campaigns(org), contacts(org, 3)
        salesforce.write_blocks([members([(id_, campaign) for id_ in ids])])

        for _ in range(2):
            applied = salesforce.write_blocks([members([(id_, campaign) for id_ in ids[:2]], delete=True)])
            assert (2, ()) == (applied.written, tuple(applied.others))

        assert [ids[2]] == [each["ContactId"] for each in org.records("CampaignMember")]

    def test_members_are_read_by_both_fields(self, salesforce: Salesforce, org: Org) -> None:
        [campaign], ids = campaigns(org), contacts(org, 2)
        salesforce.ensure("CampaignMember", MEMBER, [Field(name="Status", type="text")])
        salesforce.write_blocks([members([(ids[0], campaign, "Responded")], "Status")])
        there, absent = (RecordRef(object="CampaignMember", id=f"{id_}\x1f{campaign}") for id_ in ids)
        odd = [RecordRef(object="CampaignMember", id=id_) for id_ in ("x", "", "a\x1fb", "a\x1fb\x1fc", ids[0])]

        assert {there: {}} == salesforce.read([there, absent, *odd], [])
        assert {there: {"Status": "Responded", "Contact.LastName": "Lee0"}} == salesforce.read(
            [there, absent], ["Status", "Contact.LastName"]
        )

    def test_members_by_contact_and_by_lead_are_read_whichever_key_came_last(
        self, salesforce: Salesforce, org: Org
    ) -> None:
        """Both stand in the ready mapping: what was sent is read back, and undone, by the key of its own form."""
        [campaign], [contact] = campaigns(org), contacts(org, 1)
        lead = org.insert("Lead", {"LastName": "Roe", "Company": "Acme"})
        by_lead = ("LeadId", "CampaignId")
        for key in (MEMBER, by_lead):
            salesforce.ensure("CampaignMember", key, ())
        salesforce.write_blocks([members([(lead, campaign)], key=by_lead), members([(contact, campaign)])])
        names = [f"{id_}\x1f{campaign}" for id_ in (contact, lead)] + [f"{campaign}\x1f{lead}"]
        there = [RecordRef(object="CampaignMember", id=name) for name in names]

        for key in (MEMBER, by_lead):
            salesforce.ensure("CampaignMember", key, ())
            assert {each: {} for each in there} == salesforce.read(there, [])

    def test_many_members_take_few_calls(self, salesforce: Salesforce, org: Org, service: Any) -> None:
        targets, ids = campaigns(org, 3), contacts(org, 2_000)
        rows = [(id_, targets[number % 3]) for number, id_ in enumerate(ids)]
        salesforce.write_blocks([members(rows[:1])])
        before = calls(service)

        applied = salesforce.write_blocks([members(rows)])

        assert (2_000, ()) == (applied.written, tuple(applied.others))
        assert calls(service) - before <= 15  # ten for 200 each; the rest looks them up
        assert 2_000 == len(org.records("CampaignMember"))


class TestMaking:
    @pytest.mark.parametrize("fault", ["cut_after", "truncated"])
    def test_a_lost_answer_makes_no_twin(self, salesforce: Salesforce, org: Org, service: Any, fault: str) -> None:
        task_key(org)
        rows = [(f"r{number}", "Call back") for number in range(20)]
        service.faults.set(fault, 1, only="composite")

        applied = salesforce.write_blocks([tasks(rows)])

        assert (20, ()) == (applied.written, tuple(applied.others))
        assert 20 == len(org.records("Task"))

    @pytest.mark.parametrize("fault", ["cut_before", "status_500"])
    def test_what_may_be_on_its_way_is_made_by_the_next_run(
        self, salesforce: Salesforce, org: Org, service: Any, fault: str
    ) -> None:
        """A request that nobody answered may still be applied: repeating it would make a twin then."""
        task_key(org)
        service.faults.set(fault, 1, only="composite")

        applied = salesforce.write_blocks([tasks([("r1", "Call back")])])

        assert [OutcomeKind.UNKNOWN] == [each.kind for each in applied.others]
        assert 1 == calls(service, "POST", "composite")
        assert 1 == salesforce.write_blocks([tasks([("r1", "Call back")])]).written
        assert 1 == len(org.records("Task"))

    def test_who_became_a_member_meanwhile_is_fine(self, salesforce: Salesforce, org: Org, service: Any) -> None:
        """Somebody else adds the contact after we looked."""
        [campaign], [contact] = campaigns(org), contacts(org, 1)
        salesforce.write_blocks([members([], "Status")])

        def meanwhile(_row: Any, before: Any) -> None:
            if before is None and not org.records("CampaignMember"):
                org.insert("CampaignMember", {"CampaignId": campaign, "ContactId": contact})

        org.add_validation("CampaignMember", meanwhile)
        applied = salesforce.write_blocks([members([(contact, campaign, "Responded")], "Status")])

        assert (1, ()) == (applied.written, tuple(applied.others))
        assert ["Responded"] == [each["Status"] for each in org.records("CampaignMember")]
        assert 1 == calls(service, "POST", "composite")


def task_key(org: Org, **more: Any) -> None:
    org.add_field("Task", Column(name=KEY, type="string", length=255, **more))


def tasks(rows: list[tuple[Any, ...]], *fields: str) -> Block:
    return block(fields or ("Subject",), rows, key=KEY, object_="Task")


class TestTasks:
    FIELDS = ("WhoId", "OwnerId", "Subject", "ActivityDate", "Description")

    @pytest.mark.parametrize("external", [False, True])
    def test_a_task_is_made_once(self, salesforce: Salesforce, org: Org, external: bool) -> None:
        """By a plain text field, and by an external id where the org has made it one."""
        task_key(org, external_id=external, unique=external)
        [contact] = contacts(org, 1)
        row = ("survey:r1", contact, org.admin_id, "Call back", "2026-11-24T07:00:00.000Z", 'Slow "support"')

        for _ in range(2):
            applied = salesforce.write_blocks([tasks([row], *self.FIELDS)])
            assert (1, ()) == (applied.written, tuple(applied.others))

        [task] = org.records("Task")
        assert (contact, org.admin_id, "2026-11-24") == (task["WhoId"], task["OwnerId"], task["ActivityDate"])
        assert ("Not Started", "Normal", "survey:r1") == (task["Status"], task["Priority"], task[KEY])

    def test_keys_that_differ_in_case_alone_are_two_tasks(self, salesforce: Salesforce, org: Org) -> None:
        """Ids of responses mind case, and SOQL does not."""
        task_key(org)

        for _ in range(2):
            assert 2 == salesforce.write_blocks([tasks([("typeform:aB", "One"), ("typeform:Ab", "Two")])]).written

        assert {"typeform:aB": "One", "typeform:Ab": "Two"} == {t[KEY]: t["Subject"] for t in org.records("Task")}

    def test_a_key_that_two_records_hold_is_a_conflict(self, salesforce: Salesforce, org: Org) -> None:
        task_key(org)
        for _ in range(2):
            org.insert("Task", {KEY: "r1", "Subject": "Twin"})

        applied = salesforce.write_blocks([tasks([("r1", "Call back"), ("r2", "Call back")])])

        assert 1 == applied.written
        assert [("r1", OutcomeKind.CONFLICT)] == [(each.id, each.kind) for each in applied.others]
        assert {} == salesforce.read([RecordRef(object="Task", id="r1")], ["Subject"])

    def test_a_task_of_somebody_who_left_is_told(self, salesforce: Salesforce, org: Org) -> None:
        """An account's owner may be a user who was deactivated; Salesforce gives them no tasks."""
        task_key(org)
        gone = org.insert("User", {"LastName": "Gone", "Email": "g@example.com", "Username": "g@example.com"})
        org.update("User", gone, {"IsActive": False})

        applied = salesforce.write_blocks([tasks([("r1", gone), ("r2", org.admin_id)], "OwnerId")])

        assert [("r1", OutcomeKind.REJECTED, "INACTIVE_OWNER_OR_USER")] == [
            (each.id, each.kind, each.code) for each in applied.others
        ]

    def test_a_key_that_cannot_be_looked_for_is_drift(self, salesforce: Salesforce) -> None:
        with pytest.raises(SchemaDrift, match="`Description`") as caught:
            salesforce.ensure("Task", ["Description"], [])

        assert "text field" in caught.value.next_step
        with pytest.raises(SchemaDrift, match="`Nope__c`"):
            salesforce.ensure("Task", ["Nope__c"], [])


class TestPaths:
    def test_what_a_record_leads_to_is_read(self, salesforce: Salesforce, org: Org) -> None:
        owner = org.insert("User", {"LastName": "Roe", "Email": "roe@example.com", "Username": "roe@example.com"})
        account = org.insert("Account", {"Name": "Acme", "OwnerId": owner, "NPS__c": 41.5})
        with_account = org.insert("Contact", {"LastName": "Lee", "AccountId": account})
        without = org.insert("Contact", {"LastName": "Lee"})
        one, other = (RecordRef(object="Contact", id=id_) for id_ in (with_account, without))

        names = ["Account.OwnerId", "account.owner.email", "Account.NPS__c"]
        held = salesforce.read([one, other], names)

        assert {
            one: {"Account.OwnerId": owner, "account.owner.email": "roe@example.com", "Account.NPS__c": 41.5},
            other: dict.fromkeys(names),
        } == held

    @pytest.mark.parametrize("path", ["Acount.OwnerId", "Account.Ownr", "Account.Owner.Owner.Nope"])
    def test_a_way_that_is_not_there_is_drift(self, salesforce: Salesforce, org: Org, path: str) -> None:
        [id_] = contacts(org, 1)

        with pytest.raises(SchemaDrift, match=path):
            salesforce.read([RecordRef(object="Contact", id=id_)], [path])


class TestBadDays:
    FAULTS = "cut_after cut_before truncated status_500 status_503 html_body row_lock partial_batch expired_token slow"

    @pytest.mark.parametrize("fault", FAULTS.split())
    def test_whatever_happens_there_is_one_of_each_in_the_end(
        self, salesforce: Salesforce, org: Org, service: Any, fault: str
    ) -> None:
        task_key(org)
        [campaign], ids = campaigns(org), contacts(org, 250)
        blocks = [tasks([(f"r{number}", id_) for number, id_ in enumerate(ids)], "WhoId")]
        blocks += [members([(id_, campaign) for id_ in ids])]
        service.faults.set(fault, 0.01 if fault == "slow" else 0.3)

        for attempt in range(6):
            if attempt == 5:
                service.faults.clear()
            with suppress(Deferred, Refused):
                applied = salesforce.write_blocks(blocks)
                assert 500 == applied.written + len(applied.others)
            assert len(org.records("Task")) == len({each[KEY] for each in org.records("Task")})

        assert (500, ()) == (applied.written, tuple(applied.others))
        assert 250 == len(org.records("Task")) == len(org.records("CampaignMember"))
