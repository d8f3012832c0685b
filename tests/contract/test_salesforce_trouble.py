"""Drift, faults, and fields made on request: Salesforce on its bad days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import Refused, SchemaDrift
from connectors.values import Field, OutcomeKind, Write
from tests.salesforce import AT, block, calls, contacts

if TYPE_CHECKING:
    from connectors.salesforce.destination import Salesforce
    from connectors.values import FieldValue
    from sandbox.salesforce import Org


class TestDrift:
    @pytest.mark.parametrize(
        ("field", "named"), [("NPS_Scoer__c", "Did you mean `NPS_Score__c`"), ("Name", "cannot be written")]
    )
    def test_a_field_that_cannot_be_written_stops_before_anything_is(
        self, salesforce: Salesforce, org: Org, service: Any, field: str, named: str
    ) -> None:
        [id_] = contacts(org, 1)

        with pytest.raises(SchemaDrift, match=field) as caught:
            salesforce.write_blocks([block(("NPS_Score__c", field), [(id_, 1, "x")])])

        assert named in f"{caught.value} {caught.value.next_step}"
        assert 0 == calls(service, "PATCH")

    def test_an_unknown_object_is_drift(self, salesforce: Salesforce) -> None:
        with pytest.raises(SchemaDrift, match="Contcat") as caught:
            salesforce.write([Write(object="Contcat", key={"Id": "x"}, values={"NPS_Score__c": 1})])

        assert "Did you mean `Contact`" in caught.value.next_step
        assert [] == list(salesforce.fields("Contcat"))

    def test_a_field_lost_in_the_middle_is_drift_and_named(self, salesforce: Salesforce, org: Org) -> None:
        """The org was described before; then an admin hides a field."""
        [id_] = contacts(org, 1)
        salesforce.write_blocks([block(("NPS_Score__c",), [(id_, 1)])])
        org.hide_field("Contact", "NPS_Score__c")

        with pytest.raises(SchemaDrift, match="NPS_Score__c"):
            salesforce.write_blocks([block(("NPS_Score__c",), [(id_, 2)])])


class TestMaking:
    FIELDS = (
        Field(name="Made_Key__c", type="text"),
        Field(name="Made_Score__c", type="number"),
        Field(name="Made_Comment__c", type="text", length=32_000),
        Field(name="Made_At__c", type="datetime"),
        Field(name="Made_Flag__c", type="boolean"),
        Field(name="NPS_Score__c", type="text"),
    )

    def test_missing_fields_are_named_by_a_sync_and_made_on_request(self, salesforce: Salesforce, org: Org) -> None:
        before = {each.name: each for each in salesforce.fields("Contact")}
        with pytest.raises(SchemaDrift, match=r"`Made_Key__c`.*`Made_Score__c`"):
            salesforce.ensure("Contact", ["Made_Key__c"], self.FIELDS)

        for _ in range(2):
            salesforce.make("Contact", ["Made_Key__c"], self.FIELDS)

        salesforce.ensure("Contact", ["Made_Key__c"], self.FIELDS)
        after = {each.name: each for each in salesforce.fields("Contact")}
        assert before.items() <= after.items()
        assert {"Made_Key__c", "Made_Score__c", "Made_Comment__c", "Made_At__c", "Made_Flag__c"} == (
            after.keys() - before.keys()
        )
        assert after["Made_Key__c"].unique
        values: dict[str, FieldValue] = {"LastName": "Lee", "Made_Score__c": 9, "Made_At__c": AT, "Made_Flag__c": True}
        salesforce.write([Write(object="Contact", key={"Made_Key__c": "k1"}, values=values)])
        [made] = org.records("Contact")
        assert ("k1", 9, True) == (made["Made_Key__c"], made["Made_Score__c"], made["Made_Flag__c"])

    def test_a_standard_field_cannot_be_made(self, salesforce: Salesforce) -> None:
        with pytest.raises(SchemaDrift, match="`Nickname`"):
            salesforce.make("Contact", [], [Field(name="Nickname", type="text")])


class TestTrouble:
    def test_an_expired_token_is_renewed_once(self, salesforce: Salesforce, org: Org, service: Any) -> None:
        [id_] = contacts(org, 1)
        service.faults.set("expired_token", 1)

        applied = salesforce.write_blocks([block(("NPS_Score__c",), [(id_, 9)])])

        assert 1 == applied.written
        assert 2 == calls(service, "POST", "/oauth2/token")

    def test_a_lasting_401_ends(self, salesforce: Salesforce, org: Org, service: Any) -> None:
        [id_] = contacts(org, 1)
        service.faults.set("expired_token", 1.0)

        with pytest.raises(Refused):
            salesforce.write_blocks([block(("NPS_Score__c",), [(id_, 9)])])

        assert calls(service, "POST", "/oauth2/token") <= 3

    def test_a_locked_row_is_tried_again(self, salesforce: Salesforce, org: Org, service: Any) -> None:
        ids = contacts(org, 20)
        service.faults.set("row_lock", 2)

        applied = salesforce.write_blocks([block(("NPS_Score__c",), [(id_, 9) for id_ in ids])])

        assert (20, ()) == (applied.written, tuple(applied.others))

    @pytest.mark.parametrize("fault", ["status_503", "html_body", "cut_before", "cut_after", "truncated", "status_500"])
    def test_a_passing_fault_loses_nothing(self, salesforce: Salesforce, org: Org, service: Any, fault: str) -> None:
        ids = contacts(org, 30)
        service.faults.set(fault, 1, only="composite")

        applied = salesforce.write_blocks([block(("NPS_Score__c",), [(id_, 9) for id_ in ids])])

        assert 30 == applied.written + sum(each.kind is OutcomeKind.WRITTEN for each in applied.others)
        assert {9} == {record["NPS_Score__c"] for record in org.records("Contact")}
