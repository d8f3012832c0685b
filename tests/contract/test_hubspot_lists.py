"""Segments as static lists of HubSpot: who joins and leaves arrives, and lists that fill themselves are left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.errors import Deferred, SchemaDrift
from connectors.values import Block, Field, OutcomeKind, RecordRef, Write
from tests.contract.hubspot_account import ID, Account, block, opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.hubspot.segments import Segment

KEY = (ID, "list_id")


@pytest.fixture(params=["2026-09", "v3"])
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    with opened(options={"api": request.param}) as made:
        yield made


def a_list(account: Account, name: str, processing: str = "MANUAL") -> Segment:
    return account.portal.lists.add(name, "0-1", processing, 0.0)


def members(pairs: Sequence[tuple[str, str]], *, delete: bool = False, key: tuple[str, ...] = KEY) -> Block:
    return Block(object="list_memberships", key=key, fields=(), rows=pairs, delete=delete)


def ref(contact: str, list_: str) -> RecordRef:
    return RecordRef(object="list_memberships", id=f"{contact}\x1f{list_}")


def test_who_joins_and_leaves_takes_one_call_for_each_list_and_thousand(account: Account) -> None:
    contacts = account.contacts(1_500)
    risk, fans = a_list(account, "At risk"), a_list(account, "Advocates", "SNAPSHOT")
    account.crm.ensure("list_memberships", KEY, [Field(name="list_id", type="text", values=(risk.id, fans.id))])
    before = len(account.service.log)
    pairs = [*((id_, risk.id) for id_ in contacts), *((id_, fans.id) for id_ in contacts[:10])]
    applied = account.crm.write_blocks([members(pairs)])

    assert (1_510, 0) == (applied.written, len(applied.others))
    assert 3 == len(account.service.log) - before
    assert (set(contacts), set(contacts[:10])) == (set(risk.members), set(fans.members))

    leaving = account.crm.write_blocks([members([(contacts[0], risk.id), (contacts[3], fans.id)], delete=True)])
    assert 2 == leaving.written
    assert contacts[0] not in risk.members
    assert {contacts[0], ref(contacts[0], fans.id).id.split("\x1f")[0]} <= set(fans.members)
    refs = [ref(contacts[0], risk.id), ref(contacts[0], fans.id), ref(contacts[3], fans.id), ref("999", risk.id)]
    assert {refs[1]: {}} == account.crm.read(refs, [])


def test_the_key_may_stand_in_any_order(account: Account) -> None:
    [contact], fans = account.contacts(1), a_list(account, "Advocates")
    key = ("list_id", ID)
    account.crm.ensure("list_memberships", key, [])
    assert 1 == account.crm.write_blocks([members([(fans.id, contact)], key=key)]).written

    named = RecordRef(object="list_memberships", id=f"{fans.id}\x1f{contact}")
    assert {named: {ID: contact}} == account.crm.read([named], [ID])
    assert [contact] == list(fans.members)


@pytest.mark.parametrize(("fault", "arrives"), [("silent_batch", True), ("silent_failure", False)])
def test_who_was_a_member_or_got_lost_is_unknown_until_it_is_read(account: Account, fault: str, arrives: bool) -> None:
    first, second = account.contacts(2)
    fans = a_list(account, "Advocates")
    account.crm.write_blocks([members([(first, fans.id)])])
    account.service.faults.set(fault, 1.0, only="/memberships/")
    applied = account.crm.write_blocks([members([(first, fans.id), (second, fans.id)])])

    assert {OutcomeKind.UNKNOWN} == {each.kind for each in applied.others}
    both = [ref(first, fans.id), ref(second, fans.id)]
    assert both[: 1 + arrives] == list(account.crm.read(both, []))


def test_leaving_twice_and_leaving_after_the_record_went_is_no_failure(account: Account) -> None:
    first, second = account.contacts(2)
    fans = a_list(account, "Advocates")
    account.crm.write_blocks([members([(first, fans.id)])])
    gone = Write(object="list_memberships", key={ID: first, "list_id": fans.id}, values={}, delete=True)
    assert [OutcomeKind.WRITTEN] == [each.kind for each in account.crm.write([gone])]

    again = account.crm.write_blocks([members([(first, fans.id), (second, fans.id)], delete=True)])
    assert {OutcomeKind.UNKNOWN} == {each.kind for each in again.others}
    assert {} == account.crm.read([ref(first, fans.id), ref(second, fans.id)], [])


def test_a_record_that_is_gone_is_told_alone_and_none_that_cannot_be_is_sent(account: Account) -> None:
    contacts, fans = account.contacts(3), a_list(account, "Advocates")
    store = account.portal.store("contacts")
    account.portal.archive(store, store.records[contacts[1]], 0.0)
    applied = account.crm.write_blocks([members([*((id_, fans.id) for id_ in contacts), ("p-1", fans.id)])])

    assert 2 == applied.written
    assert {f"{contacts[1]}\x1f{fans.id}": OutcomeKind.GONE, f"p-1\x1f{fans.id}": OutcomeKind.REJECTED} == {
        each.id: each.kind for each in applied.others
    }


def test_a_list_that_fills_itself_is_told_before_anything_is_written(account: Account) -> None:
    [contact] = account.contacts(1)
    dynamic = a_list(account, "Promoters", "DYNAMIC")
    with pytest.raises(SchemaDrift, match=f"`{dynamic.id}`: it is a dynamic list") as caught:
        account.crm.write_blocks([block([(contact, 9)], "nps_score"), members([(contact, dynamic.id)])])
    assert "static list" in caught.value.next_step
    assert (None,) == account.held(contact, "nps_score")
    with pytest.raises(SchemaDrift, match="dynamic"):
        account.crm.ensure("list_memberships", KEY, [Field(name="list_id", type="text", values=(dynamic.id,))])


def test_a_list_that_is_missing_or_deleted_is_named(account: Account) -> None:
    fans = a_list(account, "Advocates")
    fans.deleted = 1.0
    values = (fans.id, "404")
    with pytest.raises(SchemaDrift, match=f"has no lists `{fans.id}`, `404`") as caught:
        account.crm.ensure("list_memberships", KEY, [Field(name="list_id", type="text", values=values)])
    assert "npsync makes no lists" in caught.value.next_step


def test_a_list_that_goes_while_we_run_stops_the_mapping(account: Account) -> None:
    contacts, fans = account.contacts(2), a_list(account, "Advocates")
    account.crm.write_blocks([members([(contacts[0], fans.id)])])
    fans.deleted = 1.0
    applied = account.crm.write_blocks([members([(contacts[1], fans.id)])])

    assert isinstance(applied.stopped, SchemaDrift)
    assert [OutcomeKind.DEFERRED] == [each.kind for each in applied.others]


def test_another_key_or_a_field_is_told_with_the_right_form(account: Account) -> None:
    for key, fields in (((ID,), ()), (KEY, ("nps_score",))):
        with pytest.raises(SchemaDrift, match="`list_memberships` has the key") as caught:
            account.crm.ensure("list_memberships", key, [Field(name=name, type="text") for name in fields])
        assert "list_id: {from: segment" in caught.value.next_step
    assert list(KEY) == [each.name for each in account.crm.fields("list_memberships")]


def test_when_hubspot_is_down_everybody_waits(account: Account) -> None:
    contacts, fans = account.contacts(2), a_list(account, "Advocates")
    account.crm.ensure("list_memberships", KEY, [Field(name="list_id", type="text", values=(fans.id,))])
    account.service.faults.set("status_503", 1.0)
    with pytest.raises(Deferred):
        account.crm.write_blocks([members([(id_, fans.id) for id_ in contacts])])
    account.service.faults.clear()

    assert 2 == account.connection().write_blocks([members([(id_, fans.id) for id_ in contacts])]).written


def test_a_merge_takes_the_membership_along(account: Account) -> None:
    first, second = account.contacts(2)
    fans = a_list(account, "Advocates")
    account.crm.write_blocks([members([(first, fans.id)])])
    survivor = account.portal.merge("contacts", first, second)

    assert [ref(survivor, fans.id)] == list(account.crm.read([ref(survivor, fans.id)], []))
