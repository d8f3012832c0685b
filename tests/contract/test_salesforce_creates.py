"""Records made by an external id of ours (`on_none: create`): by collections and by Bulk, the poor ones told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import Deferred
from connectors.values import Block, OutcomeKind, RecordRef
from sandbox.salesforce import Field as Column
from tests.salesforce import block, calls, contacts

if TYPE_CHECKING:
    from connectors.salesforce.destination import Salesforce
    from sandbox.salesforce import Org

KEY = "NPS_Person_Id__c"
FIELDS = ("LastName", "Email", "NPS_Score__c")


def people(count: int) -> list[tuple[Any, ...]]:
    return [(f"person-{number}", f"Lee{number}", f"lee{number}@example.com", number % 11) for number in range(count)]


@pytest.mark.parametrize("count", [150, 2_100])
class TestCreates:
    def test_a_record_that_lacks_a_required_field_is_rejected_alone(
        self, salesforce: Salesforce, org: Org, service: Any, count: int
    ) -> None:
        rows = people(count)
        rows[7] = ("person-7", None, "lee7@example.com", 7)
        rows[9] = ("person-9", "Lee9", "not an address", 9)

        applied = salesforce.write_blocks([block(FIELDS, rows, key=KEY)])

        assert count - 2 == applied.written == len(org.records("Contact"))
        assert {
            ("person-7", OutcomeKind.REJECTED, "REQUIRED_FIELD_MISSING", ("LastName",)),
            ("person-9", OutcomeKind.REJECTED, "INVALID_EMAIL_ADDRESS", ("Email",)),
        } == {(each.id, each.kind, each.code, each.fields) for each in applied.others}
        assert (0 if count < 2_000 else 1) == calls(service, "POST", "jobs/ingest")

    def test_a_mapping_without_it_makes_nothing_and_says_so_of_each(
        self, salesforce: Salesforce, org: Org, count: int
    ) -> None:
        rows = [(row[0], row[3]) for row in people(count)]

        applied = salesforce.write_blocks([block(("NPS_Score__c",), rows, key=KEY)])

        assert (0, count) == (applied.written, len(applied.others))
        assert {("REQUIRED_FIELD_MISSING", ("LastName",))} == {(each.code, each.fields) for each in applied.others}
        assert [] == org.records("Contact")

    def test_a_later_write_needs_no_required_fields(self, salesforce: Salesforce, org: Org, count: int) -> None:
        salesforce.write_blocks([block(FIELDS, people(count), key=KEY)])

        applied = salesforce.write_blocks([block(("NPS_Score__c",), [(row[0], 10) for row in people(count)], key=KEY)])

        assert (count, ()) == (applied.written, tuple(applied.others))
        assert {10} == {each["NPS_Score__c"] for each in org.records("Contact")}
        assert count == len(org.records("Contact"))


def test_a_suspected_duplicate_is_a_conflict(salesforce: Salesforce, org: Org) -> None:
    """The org's duplicate rules hold for us, too: nobody is made past them."""
    org.add_duplicate_rule("Contact", "Email")
    contacts(org, 1, Email="lee0@example.com")

    applied = salesforce.write_blocks([block(FIELDS, people(2), key=KEY)])

    assert [("person-0", OutcomeKind.CONFLICT, "DUPLICATES_DETECTED")] == [
        (each.id, each.kind, each.code) for each in applied.others
    ]
    assert 2 == len(org.records("Contact"))


def test_records_are_read_by_the_key_of_their_own_form(salesforce: Salesforce, org: Org) -> None:
    """Contacts that were found are written by their ids, new ones by ours, in one run."""
    [known] = contacts(org, 1)
    salesforce.write_blocks([block(FIELDS, people(1), key=KEY)])
    salesforce.write_blocks([block(("NPS_Score__c",), [(known, 9)])])
    refs = [RecordRef(object="Contact", id=id_) for id_ in (known, "person-0", "person-1")]

    held = salesforce.read(refs, ["LastName", "NPS_Score__c"])

    assert [{"LastName": "Lee0", "NPS_Score__c": 9}, {"LastName": "Lee0", "NPS_Score__c": 0}] == [
        held[ref] for ref in refs[:2]
    ]
    assert 2 == len(held)
    assert known != next(each["Id"] for each in org.records("Contact") if each.get(KEY))


def test_a_detail_keeps_its_master(salesforce: Salesforce, org: Org) -> None:
    """A master is given once: an upsert that names it again is refused, though it be the same."""
    master = Column(name="Master__c", type="reference", reference_to=("Contact",), updateable=False)
    key = Column(name="Key__c", external_id=True, unique=True, case_sensitive=True)
    org.add_object("Detail__c", fields=[key, master, Column(name="Score__c", type="double")])
    one, other = contacts(org, 2)

    for score, contact in ((3, one), (9, other)):
        rows = [(f"r{number}", contact, score) for number in range(300)]
        applied = salesforce.write_blocks([block(("Master__c", "Score__c"), rows, key="Key__c", object_="Detail__c")])
        assert (300, ()) == (applied.written, tuple(applied.others))

    held = org.records("Detail__c")
    assert (300, {(one, 9)}) == (len(held), {(each["Master__c"], each["Score__c"]) for each in held})


def test_what_was_written_before_a_lookup_failed_is_told(salesforce: Salesforce, org: Org, service: Any) -> None:
    ids = contacts(org, 2)
    campaign = org.insert("Campaign", {"Name": "Segment"})
    salesforce.ensure("CampaignMember", ["ContactId", "CampaignId"], [])
    salesforce.write_blocks([block(("NPS_Score__c",), [(ids[0], 1)])])
    service.faults.set("status_503", 1.0, only="/query")
    left = [(ids[0], campaign)]
    leaving = Block(object="CampaignMember", key=("ContactId", "CampaignId"), fields=(), rows=left, delete=True)

    applied = salesforce.write_blocks([block(("NPS_Score__c",), [(id_, 9) for id_ in ids]), leaving])

    assert 2 == applied.written
    assert [OutcomeKind.DEFERRED] == [each.kind for each in applied.others]
    assert isinstance(applied.stopped, Deferred)
