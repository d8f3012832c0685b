"""Writing to Salesforce, against the org that the sandbox plays, over real sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.contract import Bulk, Destination, Matchable, Schema
from connectors.values import Block, OutcomeKind, RecordRef, Write
from tests.salesforce import AT, block, calls, contacts

if TYPE_CHECKING:
    from connectors.salesforce.destination import Salesforce
    from connectors.values import FieldValue
    from sandbox.salesforce import Org


class TestWriting:
    def test_it_is_what_the_engine_asks_for(self, salesforce: Salesforce) -> None:
        assert isinstance(salesforce, Bulk)
        assert isinstance(salesforce, Matchable)
        assert isinstance(salesforce, Schema)
        writes: Destination = salesforce
        assert writes is salesforce

    def test_values_are_written_and_read_back(self, salesforce: Salesforce, org: Org) -> None:
        [id_] = contacts(org, 1)
        values: dict[str, FieldValue] = {
            "NPS_Score__c": 9,
            "NPS_Category__c": "Promoter",
            "NPS_Comment__c": 'Zoë: "two\nlines", 玉兰',
            "NPS_Responded_At__c": AT,
            "NPS_Risk__c": True,
        }

        [outcome] = salesforce.write([Write(object="Contact", key={"Id": id_}, values=values)])

        assert OutcomeKind.WRITTEN is outcome.kind
        ref = RecordRef(object="Contact", id=id_)
        assert {ref: values} == salesforce.read([ref], list(values))

    def test_fields_that_are_not_mapped_are_never_touched(self, salesforce: Salesforce, org: Org) -> None:
        """Issue 3, point 6: whole records are compared."""
        account = org.insert("Account", {"Name": "Acme"})
        ids = contacts(org, 5, Email="a@example.com", Phone="+1 555 0100", AccountId=account, Title="Boss")
        before = {id_: dict(org.get("Contact", id_) or {}) for id_ in ids}

        salesforce.write_blocks([block(("NPS_Score__c",), [(id_, 9) for id_ in ids])])

        ours = {"NPS_Score__c", "SystemModstamp", "LastModifiedDate", "LastModifiedById"}
        for id_ in ids:
            after = dict(org.get("Contact", id_) or {})
            assert 9 == after["NPS_Score__c"]
            assert {k: v for k, v in before[id_].items() if k not in ours} == {
                k: v for k, v in after.items() if k not in ours
            }

    def test_rows_of_different_forms_share_a_call(self, salesforce: Salesforce, org: Org, service: Any) -> None:
        ids = contacts(org, 4)

        applied = salesforce.write_blocks(
            [
                block(("NPS_Score__c",), [(ids[0], 1), (ids[1], 2)]),
                block(("NPS_Comment__c",), [(ids[2], "a"), (ids[3], None)]),
            ]
        )

        assert (4, ()) == (applied.written, tuple(applied.others))
        assert 1 == calls(service, "PATCH")

    def test_a_field_can_be_emptied(self, salesforce: Salesforce, org: Org) -> None:
        [id_] = contacts(org, 1, NPS_Score__c=3, NPS_Comment__c="x")

        salesforce.write([Write(object="Contact", key={"Id": id_}, values={"NPS_Comment__c": None})])

        held = org.get("Contact", id_) or {}
        assert (3, None) == (held["NPS_Score__c"], held.get("NPS_Comment__c"))

    def test_the_later_write_of_a_batch_wins(self, salesforce: Salesforce, org: Org) -> None:
        [id_] = contacts(org, 1)
        writes = [Write(object="Contact", key={"Id": id_}, values={"NPS_Score__c": score}) for score in (1, 2, 3)]

        assert 3 == len(salesforce.write(writes))
        assert 3 == (org.get("Contact", id_) or {})["NPS_Score__c"]

    def test_upserts_make_no_twins(self, salesforce: Salesforce, org: Org) -> None:
        rows = [(f"p{number}", "Lee", number % 11) for number in range(250)]
        fields = ("LastName", "NPS_Score__c")

        for _ in range(2):
            applied = salesforce.write_blocks([block(fields, rows, key="NPS_Person_Id__c")])
            assert (250, ()) == (applied.written, tuple(applied.others))

        assert 250 == len(org.records("Contact"))
        refs = [RecordRef(object="Contact", id=row[0]) for row in rows]
        assert 250 == len(salesforce.read(refs, ["NPS_Score__c"]))

    def test_many_records_are_read_two_thousand_at_a_time(self, salesforce: Salesforce, org: Org, service: Any) -> None:
        """Before a first sync all that it will change is read."""
        ids = contacts(org, 4_000, NPS_Score__c=7)
        gone, other = ids[5], org.insert("Account", {"Name": "Acme"})
        org.delete("Contact", gone)
        refs = [RecordRef(object="Contact", id=id_) for id_ in (*ids, other, "C-1", ids[0][:-3] + "zz")]
        salesforce.fields("Contact")
        before = calls(service)

        held = salesforce.read(refs, ["NPS_Score__c", "NPS_Comment__c"])

        assert {RecordRef(object="Contact", id=id_) for id_ in ids if id_ != gone} == held.keys()
        assert {(7, None)} == {(each["NPS_Score__c"], each["NPS_Comment__c"]) for each in held.values()}
        assert calls(service) - before <= 3

    def test_an_id_that_another_record_holds_is_a_conflict(self, salesforce: Salesforce, org: Org) -> None:
        contacts(org, 1, NPS_Person_Id__c="p1")
        [other] = contacts(org, 1)

        applied = salesforce.write_blocks([block(("NPS_Person_Id__c",), [(other, "p1")])])

        assert [(other, OutcomeKind.CONFLICT)] == [(each.id, each.kind) for each in applied.others]

    def test_a_poisoned_record_is_isolated(self, salesforce: Salesforce, org: Org, service: Any) -> None:
        ids = contacts(org, 100)
        rows = [(id_, "Promoter") for id_ in ids]
        rows[37] = (ids[37], "nonsense")

        applied = salesforce.write_blocks([block(("NPS_Category__c",), rows)])

        assert 99 == applied.written
        assert [(ids[37], OutcomeKind.REJECTED, ("NPS_Category__c",))] == [
            (each.id, each.kind, each.fields) for each in applied.others
        ]
        assert calls(service, "PATCH") <= 15

    def test_records_that_are_gone_are_told(self, salesforce: Salesforce, org: Org) -> None:
        kept, deleted = contacts(org, 2)
        org.delete("Contact", deleted)
        never = kept[:-4] + "9AAA"

        applied = salesforce.write_blocks([block(("NPS_Score__c",), [(kept, 1), (deleted, 2), (never, 3)])])

        assert 1 == applied.written
        assert {deleted: OutcomeKind.GONE, never: OutcomeKind.GONE} == {each.id: each.kind for each in applied.others}

    def test_a_value_that_does_not_fit_its_field_costs_no_call(
        self, salesforce: Salesforce, org: Org, service: Any
    ) -> None:
        """Salesforce refuses the whole call for one number that is none."""
        ids = contacts(org, 3)
        rows = [(ids[0], 9, AT), (ids[1], "nine", AT), (ids[2], 8, "soon")]

        applied = salesforce.write_blocks([block(("NPS_Score__c", "NPS_Responded_At__c"), rows)])

        assert 1 == applied.written
        assert {ids[1]: ("NPS_Score__c",), ids[2]: ("NPS_Responded_At__c",)} == {
            each.id: each.fields for each in applied.others
        }
        assert 1 == calls(service, "PATCH")

    def test_a_lookup_takes_only_ids_of_its_object(self, salesforce: Salesforce, org: Org) -> None:
        lead = org.insert("Lead", {"LastName": "Roe", "Company": "Acme"})
        [contact] = contacts(org, 1)
        rows = [("k1", contact, contact), ("k2", lead, lead)]

        applied = salesforce.write_blocks(
            [block(("Contact__c", "Lead__c"), rows, key="External_Key__c", object_="NPS_Response__c")]
        )

        assert (2, ()) == (applied.written, tuple(applied.others))
        assert {"k1": (contact, None), "k2": (None, lead)} == {
            each["External_Key__c"]: (each.get("Contact__c"), each.get("Lead__c"))
            for each in org.records("NPS_Response__c")
        }

    def test_a_deleted_record_stays_deleted(self, salesforce: Salesforce, org: Org) -> None:
        contacts(org, 1, NPS_Person_Id__c="p1")
        delete = Block(object="Contact", key=("NPS_Person_Id__c",), fields=(), rows=[("p1",), ("p2",)], delete=True)

        for _ in range(2):
            applied = salesforce.write_blocks([delete])
            assert (2, ()) == (applied.written, tuple(applied.others))

        assert [] == org.records("Contact")
