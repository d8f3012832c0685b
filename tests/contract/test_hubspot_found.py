"""Notes and tasks known by a property without unique values: found by what they hang on, and made once all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.errors import SchemaDrift
from connectors.values import Block, Field, OutcomeKind, RecordRef
from sandbox.hubspot import Portal
from tests.contract.hubspot_account import Account, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.values import FieldValue

CONTACT = "associations.contacts"
KEY = "nps_plain_key"
FIELDS = ("hs_task_subject", "hs_timestamp", CONTACT)
AT = "2026-01-31T09:30:00.000Z"


@pytest.fixture(params=["2026-09", "v3"])
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    portal = Portal(seed=1)
    portal.add_property("tasks", KEY)
    portal.search_lag_s = 3_600.0  # nothing made here is found by search
    with opened(portal, options={"api": request.param}) as made:
        made.crm.ensure("tasks", [KEY], [Field(name=name, type="text") for name in (KEY, *FIELDS)])
        yield made


def tasks(*rows: tuple[FieldValue, ...]) -> Block:
    return Block(object="tasks", key=(KEY,), fields=FIELDS, rows=rows)


def ref(id_: str) -> RecordRef:
    return RecordRef(object="tasks", id=id_)


def test_they_are_made_once_where_they_hang(account: Account) -> None:
    contacts = account.contacts(150)
    for subject in ("Call", "Call back"):
        rows = [(f"survey:r{n}", subject, AT, id_) for n, id_ in enumerate(contacts)]
        applied = account.crm.write_blocks([tasks(*rows)])
        assert (150, ()) == (applied.written, tuple(applied.others))

    held = account.portal.records("tasks")
    assert (150, {"Call back"}) == (len(held), {each["hs_task_subject"] for each in held})
    linked = account.portal.links.of("0-1", contacts[7], "0-27")
    assert ["survey:r7"] == [account.portal.get("tasks", id_)[KEY] for id_, _ in linked]


@pytest.mark.parametrize("fault", ["cut_after", "truncated", "silent_batch", "silent_failure", "applied_500"])
def test_a_create_whose_answer_was_lost_is_looked_up_and_never_repeated_blindly(account: Account, fault: str) -> None:
    contacts = account.contacts(20)
    rows = [(f"r{n}", "Call", AT, id_) for n, id_ in enumerate(contacts)]
    account.service.faults.set(fault, 1.0, only="/tasks/batch/create")
    applied = account.crm.write_blocks([tasks(*rows)])
    account.service.faults.clear()

    assert {OutcomeKind.UNKNOWN} == {each.kind for each in applied.others}
    arrived = account.crm.read([ref(f"r{n}") for n in range(20)], FIELDS)
    assert len(account.portal.records("tasks")) == len(arrived)
    assert 20 == account.crm.write_blocks([tasks(*rows)]).written
    assert 20 == len(account.portal.records("tasks"))


def test_one_that_hangs_on_somebody_else_meanwhile_is_searched_for(account: Account) -> None:
    first, second = account.contacts(2)
    account.crm.write_blocks([tasks(("r1", "Call", AT, first))])
    account.clock.ahead += 7_200.0
    assert 1 == account.crm.write_blocks([tasks(("r1", "Call", AT, second))]).written

    assert 1 == len(account.portal.records("tasks"))
    assert {ref("r1"): {"hs_task_subject": "Call"}} == account.crm.read([ref("r1"), ref("r2")], ["hs_task_subject"])


def test_of_several_with_one_key_none_is_touched(account: Account) -> None:
    contacts = account.contacts(2)
    for id_ in contacts:
        account.crm.write_blocks([tasks(("r1", "Call", AT, id_))])
    assert 2 == len(account.portal.records("tasks")), "search has not seen the first one yet"
    account.clock.ahead += 7_200.0
    applied = account.crm.write_blocks([tasks(("r1", "Again", AT, contacts[0]), ("r2", "Call", AT, contacts[1]))])

    assert [("r1", OutcomeKind.CONFLICT, "DUPLICATE_KEY")] == [(o.id, o.kind, o.code) for o in applied.others]
    assert 1 == applied.written
    assert ["Call"] * 3 == [each["hs_task_subject"] for each in account.portal.records("tasks")]
    assert {} == account.crm.read([ref("r1")], ["hs_task_subject"])


def test_what_left_us_is_archived(account: Account) -> None:
    [contact] = account.contacts(1)
    account.crm.write_blocks([tasks(("r1", "Call", AT, contact), ("r2", "Call", AT, contact))])
    account.clock.ahead += 7_200.0
    gone = Block(object="tasks", key=(KEY,), fields=(), rows=[("r1",), ("r9",)], delete=True)

    assert 2 == account.crm.write_blocks([gone]).written
    assert ["r2"] == [each[KEY] for each in account.portal.records("tasks")]


def test_without_an_association_such_a_key_is_refused(account: Account) -> None:
    with pytest.raises(SchemaDrift, match=f"`{KEY}` of `tasks` cannot be a key") as caught:
        account.connection().ensure("tasks", [KEY], [Field(name="hs_timestamp", type="datetime")])
    assert "`associations.` field" in caught.value.next_step
    with pytest.raises(SchemaDrift, match="several properties"):
        account.connection().ensure("tasks", [KEY, "hs_task_subject"], [])
