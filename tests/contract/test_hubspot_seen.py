"""What a look-up has read is not read once more before the first write, and never after one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from connectors.contract import RecordColumns
from connectors.hubspot import seen
from connectors.values import RecordRef
from tests.contract.directory_contract import found
from tests.contract.hubspot_account import ID, Account, block, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS = RecordColumns(
    object="contacts", id=ID, emails=("email",), written=("nps_score", "nps_comment", "not_made_yet")
)
FIELDS = ("nps_score", "nps_comment")


@pytest.fixture
def account() -> Iterator[Account]:
    with opened() as made:
        yield made


def looked_up(account: Account, count: int = 3) -> list[RecordRef]:
    """Return contacts that a rule has just found."""
    ids = account.contacts(count)
    account.portal.update("contacts", ids[0], {"nps_score": "9", "nps_comment": "Zoë"})
    found(account.crm.directory(COLUMNS), *(("email", f"person{n}@example.com") for n in range(count)))
    return [RecordRef(object="contacts", id=id_) for id_ in ids]


def test_the_read_before_the_first_write_costs_no_call(account: Account) -> None:
    refs = looked_up(account, 250)
    calls = len(account.service.log)
    held = account.crm.read(refs, FIELDS)

    assert calls == len(account.service.log)
    assert {"nps_score": 9, "nps_comment": "Zoë"} == held[refs[0]]
    assert [{"nps_score": None, "nps_comment": None}] * 249 == [held[each] for each in refs[1:]]


def test_it_is_served_once(account: Account) -> None:
    refs = looked_up(account)
    account.crm.read(refs, FIELDS)
    account.portal.update("contacts", refs[1].id, {"nps_score": "3"})

    assert 3 == account.crm.read(refs, FIELDS)[refs[1]]["nps_score"]


@pytest.mark.parametrize("key", [ID, "nps_person"])
def test_after_a_write_the_account_is_asked(account: Account, key: str) -> None:
    refs = looked_up(account)
    id_ = refs[1].id if key == ID else "p-1"
    account.portal.update("contacts", refs[1].id, {"nps_person": "p-1"})
    account.crm.ensure("contacts", [ID], [])
    account.crm.write_blocks([block([(id_, 7)], "nps_score", key=key)])

    assert 7 == account.crm.read([refs[1]], FIELDS)[refs[1]]["nps_score"]


def test_what_is_old_or_was_not_read_is_asked_for(account: Account) -> None:
    refs = looked_up(account)
    account.portal.update("contacts", refs[1].id, {"firstname": "Ann", "nps_score": "3"})
    assert {"firstname": "Ann", "nps_score": 3} == account.crm.read([refs[1]], ["firstname", "nps_score"])[refs[1]]

    account.portal.update("contacts", refs[2].id, {"nps_score": "4"})
    account.clock.ahead += seen.FRESH_S + 1.0
    assert 4 == account.crm.read([refs[2]], FIELDS)[refs[2]]["nps_score"]


def test_there_is_room_for_so_many_and_no_more() -> None:
    few = seen.Seen(lambda: datetime(2026, 1, 31, tzinfo=UTC), most=2)
    few.keep("contacts", ["nps_score"], ({"id": str(n), "properties": {"nps_score": str(n)}} for n in range(1, 4)))

    assert {"1", "2"} == set(few.take("contacts", ["1", "2", "3"], ["nps_score"]))
    assert {} == few.take("contacts", ["1", "2", "3"], ["nps_score"])
