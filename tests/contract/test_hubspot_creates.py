"""Contacts of ours are made by our unique property, once; what an account demands of new records is said row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.errors import SchemaDrift
from connectors.values import Field, OutcomeKind, RecordRef
from tests.contract.hubspot_account import ID, Account, block, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.values import Block, FieldValue


@pytest.fixture(params=["2026-09", "v3"])
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    with opened(options={"api": request.param}) as made:
        yield made


def ref(id_: str) -> RecordRef:
    return RecordRef(object="contacts", id=id_)


def people(*rows: tuple[FieldValue, ...]) -> Block:
    return block(rows, "email", "lastname", key="nps_person")


def test_a_contact_is_made_once_whatever_becomes_of_the_answers(account: Account) -> None:
    rows = [(f"p-{n}", f"new{n}@example.com", "Lee") for n in range(250)]
    account.service.faults.set("cut_after", 2)
    account.service.faults.set("silent_batch", 0.2)
    for _ in range(3):
        account.crm.write_blocks([people(*rows)])
        account.service.faults.clear()

    assert 250 == len(account.portal.records("contacts"))


def test_the_own_id_of_a_contact_we_made_can_be_read(account: Account) -> None:
    account.crm.write_blocks([people(("p-1", "ann@example.com", "Lee"))])
    [made] = account.portal.records("contacts")

    assert {ref("p-1"): {ID: int(made[ID])}} == account.crm.read([ref("p-1"), ref("p-2")], [ID])


def test_required_properties_are_the_records_own_trouble() -> None:
    """From 2026-09 on HubSpot enforces what an administrator requires of new records."""
    with opened() as account:
        account.portal.rules = {"contacts": ("lastname",)}
        applied = account.crm.write_blocks(
            [people(("p-1", "a@example.com", "Lee"), ("p-2", "b@example.com", None), ("p-3", "c@example.com", "Ray"))]
        )

        assert 2 == applied.written
        assert [("p-2", OutcomeKind.REJECTED, "REQUIRED_FIELD", ("lastname",))] == [
            (each.id, each.kind, each.code, each.fields) for each in applied.others
        ]
        known = account.crm.write_blocks([people(("p-1", "a2@example.com", "Lee"))])
        assert 1 == known.written, "records that exist are not asked for it"


def test_an_address_that_another_contact_has_is_a_conflict_of_that_row(account: Account) -> None:
    account.contacts(1)
    applied = account.crm.write_blocks([people(("p-1", "person0@example.com", "Lee"), ("p-2", "b@example.com", "Ray"))])

    assert {"p-1": OutcomeKind.CONFLICT} == {each.id: each.kind for each in applied.others}
    assert 2 == len(account.portal.records("contacts"))


def test_records_written_by_both_keys_are_read_back_by_their_own(account: Account) -> None:
    [id_] = account.contacts(1)
    account.crm.ensure("contacts", [ID], [Field(name="nps_score", type="number")])
    applied = account.crm.write_blocks(
        [block([(id_, 3)], "nps_score"), block([("p-1", 9)], "nps_score", key="nps_person")]
    )

    assert 2 == applied.written
    assert {ref(id_): {"nps_score": 3}, ref("p-1"): {"nps_score": 9}} == account.crm.read(
        [ref(id_), ref("p-1"), ref("424242"), ref("p-2")], ["nps_score"]
    )


def test_owners_and_other_plain_properties_are_read_before_anything_was_written(account: Account) -> None:
    [owner, *_] = account.portal.owners.held
    first, second = account.contacts(2)
    account.portal.update("contacts", first, {"hubspot_owner_id": owner})

    assert {ref(first): {"hubspot_owner_id": owner}, ref(second): {"hubspot_owner_id": None}} == account.crm.read(
        [ref(first), ref(second), ref("999"), ref("nobody"), ref("")], ["hubspot_owner_id"]
    )
    with pytest.raises(SchemaDrift, match="owner_of_hubspot"):
        account.crm.read([ref(first)], ["owner_of_hubspot"])
