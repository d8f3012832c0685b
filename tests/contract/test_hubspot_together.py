"""Writes that set different properties share batches: what a run costs depends on its records, not on what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.hubspot.blocks import together
from connectors.values import Block, OutcomeKind
from tests.contract.hubspot_account import ID, opened

if TYPE_CHECKING:
    from connectors.values import FieldValue


def block(ids: list[str], **values: FieldValue) -> Block:
    rows: list[tuple[FieldValue, ...]] = [(id_, *values.values()) for id_ in ids]
    return Block(object="contacts", key=(ID,), fields=tuple(values), rows=rows)


def test_records_that_change_in_different_properties_go_in_one_call() -> None:
    with opened() as account:
        first, second, third = account.contacts(3)
        account.crm.fields("contacts")
        before = account.service.log.count(path_contains="/batch/update")

        applied = account.crm.write_blocks(
            [
                block([first], nps_score=9),
                block([second], nps_score=3, nps_comment="late"),
                block([third], nps_comment=""),
            ]
        )

        assert (3, []) == (applied.written, applied.others)
        assert 1 == account.service.log.count(path_contains="/batch/update") - before
        held = {each["hs_object_id"]: each for each in account.portal.records("contacts")}
        assert ["9", "3"] == [held[id_].get("nps_score") for id_ in (first, second)]
        assert "late" == held[second]["nps_comment"]
        assert not held[first].get("nps_comment")


def test_a_record_that_is_refused_leaves_the_others_of_its_batch_alone() -> None:
    with opened() as account:
        first, second = account.contacts(2)

        applied = account.crm.write_blocks([block([first], nps_score=9), block([second, "999"], nps_comment="late")])

        assert 2 == applied.written
        assert [("999", OutcomeKind.GONE)] == [(each.id, each.kind) for each in applied.others]


def test_only_neighbours_of_one_form_go_together() -> None:
    plain, other = block(["1"], a=1), block(["2"], b=2)
    company = Block(object="companies", key=(ID,), fields=("a",), rows=[("3", 1)])
    gone = Block(object="contacts", key=(ID,), fields=(), rows=[("4",)], delete=True)
    linked = Block(object="notes", key=("k",), fields=("a", "associations.contacts"), rows=[("5", 1, "1")])
    member = Block(object="list_memberships", key=(ID, "list_id"), fields=(), rows=[("1", "7")])

    parts = together([plain, other, company, plain, gone, gone, linked, linked, member, member])

    assert [[plain, other], [company], [plain], [gone], [gone], [linked], [linked], [member], [member]] == parts
