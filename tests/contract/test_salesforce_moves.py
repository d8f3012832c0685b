"""Merges, conversions and deletions in the sandbox's org, as the directory tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.contract import Moves, RecordColumns
from connectors.values import Moved, RecordRef
from tests.salesforce import calls, contacts

if TYPE_CHECKING:
    from connectors.salesforce.destination import Salesforce
    from sandbox.salesforce import Org

CONTACT = RecordColumns(object="Contact", id="Id")
LEAD = RecordColumns(object="Lead", id="Id")


def contact(id_: str) -> RecordRef:
    return RecordRef(object="Contact", id=id_)


def lead(org: Org) -> str:
    return org.insert("Lead", {"LastName": "Roe", "Company": "Acme"})


@pytest.mark.parametrize("count", [0, 3])
def test_the_first_call_tells_nothing_and_costs_one_query(
    salesforce: Salesforce, org: Org, service: Any, count: int
) -> None:
    for id_ in contacts(org, count):
        org.delete("Contact", id_)
    directory = salesforce.directory(CONTACT)
    assert isinstance(directory, Moves)
    before = calls(service)

    moved, cursor = directory.moves(None)

    assert [] == list(moved)
    assert cursor
    assert 1 == calls(service) - before


def test_merges_and_deletions_are_told(salesforce: Salesforce, org: Org, service: Any) -> None:
    org.clock = Clock()
    kept, merged, twice, deleted, changed = contacts(org, 5)
    directory = salesforce.directory(CONTACT)
    _, cursor = directory.moves(None)
    org.clock.now += 3_600
    org.merge("Contact", merged, twice)
    org.merge("Contact", kept, merged)
    org.delete("Contact", deleted)
    org.update("Contact", changed, {"Phone": "1"})
    before = calls(service)

    moved, later = directory.moves(cursor)

    assert {(twice, merged), (merged, kept), (deleted, None)} == {
        (each.old.id, each.new.id if each.new else None) for each in moved
    }
    assert later > cursor
    assert 1 == calls(service) - before


def test_a_move_is_told_until_it_cannot_be_late_any_more(salesforce: Salesforce, org: Org) -> None:
    """A long transaction shows its changes late, with the time at which it began."""
    org.clock = Clock()
    gone, last, late = contacts(org, 3)
    directory = salesforce.directory(CONTACT)
    _, cursor = directory.moves(None)
    org.clock.now += 3_600
    org.delete("Contact", gone)
    moved, cursor = directory.moves(cursor)
    assert [Moved(old=contact(gone), new=None)] == list(moved)

    org.clock.now -= 600
    org.delete("Contact", late)
    moved, cursor = directory.moves(cursor)
    assert {late, gone} == {each.old.id for each in moved}

    org.clock.now += 7_200
    org.delete("Contact", last)
    moved, cursor = directory.moves(cursor)
    assert last in {each.old.id for each in moved}
    assert {last} == {each.old.id for each in directory.moves(cursor)[0]}


def test_a_converted_lead_is_a_contact_now(salesforce: Salesforce, org: Org) -> None:
    open_, converted, binned = lead(org), lead(org), lead(org)
    directory = salesforce.directory(LEAD)
    _, cursor = directory.moves(None)
    one, other = org.convert(converted), org.convert(binned)
    org.delete("Lead", binned)

    moved, _ = directory.moves(cursor)

    assert {converted: contact(one), binned: contact(other)} == {each.old.id: each.new for each in moved}
    assert open_ not in {each.old.id for each in moved}


def test_restored_records_are_not_told(salesforce: Salesforce, org: Org) -> None:
    [id_] = contacts(org, 1)
    directory = salesforce.directory(CONTACT)
    _, cursor = directory.moves(None)
    org.delete("Contact", id_)
    org.undelete("Contact", id_)

    assert [] == list(directory.moves(cursor)[0])


class Clock:
    """The org's time."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now
