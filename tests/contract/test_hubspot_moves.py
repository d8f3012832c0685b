"""Merges and deletions in HubSpot are told once, at a cost that does not grow with the account."""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING

import pytest

from connectors.contract import Moves, RecordColumns
from connectors.hubspot import moving
from sandbox.hubspot.records import Record
from tests.contract.hubspot_account import ID, Account, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.contract import Directory

COLUMNS = RecordColumns(object="contacts", id=ID, emails=("email",))


@pytest.fixture(params=["2026-09", "v3"])
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    with opened(options={"api": request.param}) as made:
        yield made


class Told:
    """The directory, asked again and again."""

    def __init__(self, account: Account) -> None:
        self.directory: Directory = account.crm.directory(COLUMNS)
        self.cursor: str | None = None
        self()

    def __call__(self) -> dict[str, str | None]:
        assert isinstance(self.directory, Moves)
        found, self.cursor = self.directory.moves(self.cursor)
        assert {"contacts"} >= {each.old.object for each in found}
        return {each.old.id: None if each.new is None else each.new.id for each in found}


def archive(account: Account, *ids: str) -> None:
    store = account.portal.store("contacts")
    for id_ in ids:
        account.portal.archive(store, store.records[id_], account.clock())


def test_merges_and_deletions_are_told_once(account: Account) -> None:
    first, second, third, fourth, *_ = account.contacts(10)
    told = Told(account)
    assert {} == told()

    survivor = account.portal.merge("contacts", first, second)
    archive(account, third)
    assert {first: survivor, second: survivor, third: None} == told()
    assert {} == told()

    again = account.portal.merge("contacts", survivor, fourth)
    assert {first: again, second: again, survivor: again, fourth: again} == told()
    account.portal.update("contacts", again, {"firstname": "Ann"})
    assert {} == told()
    assert told.cursor is not None
    assert not any(id_ in told.cursor for id_ in (first, second, third, fourth, survivor, again))


def test_a_merge_that_keeps_the_winners_id_moves_the_loser_alone(account: Account) -> None:
    account.portal.store("contacts").merge_keeps_id = True
    winner, loser = account.contacts(2)
    told = Told(account)
    account.portal.merge("contacts", winner, loser)

    assert {loser: winner} == told()


def test_what_moved_before_the_first_look_is_not_told(account: Account) -> None:
    first, second, third, _ = account.contacts(4)
    account.portal.merge("contacts", first, second)
    archive(account, third)
    account.clock.ahead += 1.0
    account.portal.create("contacts", {"email": "new@example.com"})
    told = Told(account)

    assert {first, second} == set(told()), "a merge within the lag of the search may be told, and then no more"
    assert {} == told()


def test_what_search_does_not_show_yet_is_told_later(account: Account) -> None:
    contacts = account.contacts(6)
    told = Told(account)
    account.portal.search_lag_s = 60.0
    account.portal.merge("contacts", contacts[0], contacts[1])
    assert {} == told()
    account.clock.ahead += 30.0
    account.portal.merge("contacts", contacts[2], contacts[3])
    account.clock.ahead += 40.0
    assert {contacts[0], contacts[1]} == set(told())
    account.clock.ahead += 60.0

    assert {contacts[2], contacts[3]} == set(told())


def test_a_restored_record_is_not_told(account: Account) -> None:
    [id_] = account.contacts(1)
    told = Told(account)
    archive(account, id_)
    account.portal.store("contacts").records[id_].archived = None

    assert {} == told()


def test_a_merged_record_in_the_bin_leads_to_its_survivor(account: Account) -> None:
    """Whether HubSpot shows merged records in its bin as well, it does not say; search is behind here."""
    first, second = account.contacts(2)
    told = Told(account)
    account.portal.search_lag_s = 600.0
    survivor = account.portal.merge("contacts", first, second)
    store, at = account.portal.store("contacts"), account.clock()
    store.records[second] = Record(second, {ID: second}, at, at, archived=at)
    insort(store.order, int(second))

    assert {second: survivor} == told()


def test_a_full_bin_is_gone_through_a_few_pages_at_a_time(account: Account) -> None:
    """1,300 of them: three times five pages see them all; those that are news are looked up once more."""
    contacts = account.contacts(1_400)
    told = Told(account)
    archive(account, *contacts[:1_300])
    found: dict[str, str | None] = {}
    for _ in range(3):
        before = len(account.service.log)
        found |= told()
        assert len(account.service.log) - before <= 1 + moving.PAGES + 5
    assert dict.fromkeys(contacts[:1_300]) == found

    archive(account, contacts[1_350])
    later: set[str] = set()
    for _ in range(6):
        later |= set(told())
    assert contacts[1_350] in later


def test_a_deletion_on_a_page_that_was_passed_is_told_in_the_next_round(account: Account) -> None:
    contacts = account.contacts(1_000)
    archive(account, *contacts[::2])
    archive(account, *contacts[1:300:2])
    told = Told(account)
    seen = set(told())
    archive(account, contacts[301])
    account.clock.ahead += 5.0
    archive(account, contacts[999])
    for _ in range(4):
        seen |= set(told())

    assert {contacts[301], contacts[999]} <= seen


def test_when_nothing_moved_it_costs_two_calls(account: Account) -> None:
    account.contacts(300)
    told = Told(account)
    for _ in range(3):
        before = len(account.service.log)
        assert {} == told()
        assert 2 == len(account.service.log) - before


def test_records_known_by_another_property_do_not_move(account: Account) -> None:
    account.portal.add_property("contacts", "customer_number", hasUniqueValue=True)
    directory = account.connection().directory(RecordColumns(object="contacts", id="customer_number"))

    assert isinstance(directory, Moves)
    assert ((), "") == directory.moves(None)
