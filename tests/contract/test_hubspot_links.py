"""Notes, tasks and custom objects of ours hang on their contact, and count as written only when they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.errors import SchemaDrift
from connectors.values import Block, Field, OutcomeKind, RecordRef
from sandbox.hubspot import Portal
from tests.contract.hubspot_account import Account, opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.contract import Applied
    from connectors.values import FieldValue

CONTACT = "associations.contacts"
KEY = "nps_response_key"
FIELDS = ("hs_note_body", "hs_timestamp", CONTACT)
AT = "2026-01-31T09:30:00.000Z"


@pytest.fixture(params=["2026-09", "v3"])
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    portal = Portal(seed=1)
    portal.add_type("nps_responses")
    for kind in ("notes", "tasks", "nps_responses"):
        portal.add_property(kind, KEY, hasUniqueValue=True)
    portal.add_property("nps_responses", "score", "number", "number")
    with opened(portal, options={"api": request.param}) as made:
        yield made


def notes(rows: Sequence[tuple[FieldValue, ...]], fields: tuple[str, ...] = FIELDS, object_: str = "notes") -> Block:
    return Block(object=object_, key=(KEY,), fields=fields, rows=rows)


def linked(account: Account, contact: str, object_: str = "notes") -> list[str]:
    """Return the keys of what hangs on a contact."""
    kind = account.portal.kind(object_)
    ids = [id_ for id_, _ in account.portal.links.of("0-1", contact, kind.id)]
    return sorted(account.portal.get(object_, id_)[KEY] for id_ in ids)


def told(applied: Applied) -> dict[str, tuple[OutcomeKind, tuple[str, ...]]]:
    return {each.id: (each.kind, each.fields) for each in applied.others}


def test_a_note_for_each_response_hangs_on_its_contact_and_is_there_once(account: Account) -> None:
    contacts = account.contacts(150)
    rows = [(f"survey:r{n}", f"No. {n}", AT, id_) for n, id_ in enumerate(contacts)]
    account.crm.ensure("notes", [KEY], [Field(name=name, type="text") for name in (KEY, *FIELDS)])
    for _ in range(2):
        applied = account.crm.write_blocks([notes(rows)])
        assert (150, {}) == (applied.written, told(applied))

    assert 150 == len(account.portal.records("notes"))
    assert [["survey:r7"], ["survey:r149"]] == [linked(account, contacts[n]) for n in (7, 149)]
    ref = RecordRef(object="notes", id="survey:r7")
    assert {ref: dict(zip(FIELDS, rows[7][1:], strict=True))} == account.crm.read([ref], FIELDS)


def test_two_thousand_associations_take_one_call_besides_the_batches(account: Account) -> None:
    contacts = account.contacts(2_000)
    rows = [(f"survey:r{n}", AT, id_) for n, id_ in enumerate(contacts)]
    account.crm.ensure("tasks", [KEY], [Field(name=name, type="text") for name in ("hs_timestamp", CONTACT)])
    before = len(account.service.log)
    applied = account.crm.write_blocks([notes(rows, ("hs_timestamp", CONTACT), "tasks")])

    assert 2_000 == applied.written
    assert 20 + 1 == len(account.service.log) - before
    assert 1 == account.service.log.count(path_contains="/contacts/batch/create")


def test_records_of_our_own_object_hang_on_their_contact_and_company(account: Account) -> None:
    account.portal.links.connect(account.portal.kind("nps_responses"), account.portal.kind("companies"))
    [contact], company = account.contacts(1), account.portal.create("companies", {"name": "Acme"})
    fields = ("score", CONTACT, "associations.companies")
    applied = account.crm.write_blocks([notes([("r1", 9, contact, company)], fields, "nps_responses")])

    assert 1 == applied.written
    ref = RecordRef(object="nps_responses", id="r1")
    assert {ref: dict(zip(fields, (9, contact, company), strict=True))} == account.crm.read([ref], fields)


def test_an_association_that_the_reply_does_not_mention_is_unknown_until_it_is_read(account: Account) -> None:
    contacts = account.contacts(3)
    rows = [(f"r{n}", "", AT, id_) for n, id_ in enumerate(contacts)]
    account.service.faults.set("silent_batch", 1.0, only="/associations/")
    applied = account.crm.write_blocks([notes(rows)])
    account.service.faults.clear()

    assert 0 == applied.written
    assert dict.fromkeys(("r0", "r1", "r2"), (OutcomeKind.UNKNOWN, ())) == told(applied)
    refs = [RecordRef(object="notes", id=f"r{n}") for n in range(3)]
    assert contacts == [values[CONTACT] for values in account.crm.read(refs, [CONTACT]).values()]


def test_of_several_contacts_that_of_an_unknown_row_is_told_and_else_all(account: Account) -> None:
    """A colleague may have put the note on a second contact meanwhile."""
    first, second = account.contacts(2)
    account.crm.write_blocks([notes([("r0", "", AT, first)])])
    account.service.faults.set("silent_batch", 1.0, only="/associations/")
    account.crm.write_blocks([notes([("r0", "", AT, second)])])
    account.service.faults.clear()
    ref = RecordRef(object="notes", id="r0")

    assert second == account.crm.read([ref], [CONTACT])[ref][CONTACT]
    assert ";".join(sorted((first, second))) == account.connection_by(KEY).read([ref], [CONTACT])[ref][CONTACT]


def test_when_the_answer_is_lost_nothing_is_twice(account: Account) -> None:
    contacts = account.contacts(20)
    rows = [(f"r{n}", "", AT, id_) for n, id_ in enumerate(contacts)]
    account.service.faults.set("cut_after", 3)
    account.crm.write_blocks([notes(rows)])
    account.crm.write_blocks([notes(rows)])

    assert 20 == len(account.portal.records("notes"))
    assert [[f"r{n}"] for n in range(20)] == [linked(account, id_) for id_ in contacts]


def test_a_row_whose_contact_is_gone_is_rejected_alone_and_says_which_field(account: Account) -> None:
    contacts = account.contacts(3)
    store = account.portal.store("contacts")
    account.portal.archive(store, store.records[contacts[1]], 0.0)
    rows: list[tuple[FieldValue, ...]] = [(f"r{n}", "", AT, id_) for n, id_ in enumerate(contacts)]
    rows += [("r3", "", AT, "ann@example.com"), ("r4", "no contact", AT, None)]
    applied = account.crm.write_blocks([notes(rows)])

    assert 3 == applied.written
    assert dict.fromkeys(("r1", "r3"), (OutcomeKind.REJECTED, (CONTACT,))) == told(applied)


def test_a_note_without_its_time_is_rejected_by_its_own_reason(account: Account) -> None:
    [contact] = account.contacts(1)
    applied = account.crm.write_blocks([notes([("r1", "text", None, contact), ("r2", "text", AT, contact)])])

    assert ["r2"] == linked(account, contact)
    assert [("r1", OutcomeKind.REJECTED, "REQUIRED_FIELD")] == [(o.id, o.kind, o.code) for o in applied.others]


def test_known_records_are_associated_by_their_own_id(account: Account) -> None:
    [contact], company = account.contacts(1), account.portal.create("companies", {"name": "Acme"})
    block = Block(
        object="contacts", key=("hs_object_id",), fields=("associations.companies",), rows=[(contact, company)]
    )

    assert 1 == account.crm.write_blocks([block]).written
    assert [company] == [id_ for id_, _ in account.portal.links.of("0-1", contact, "0-2")]


def test_objects_that_cannot_be_associated_are_told_before_anything_is_written(account: Account) -> None:
    [contact] = account.contacts(1)
    wanted = [Field(name="associations.line_items", type="text")]
    with pytest.raises(SchemaDrift, match="cannot associate `notes` with `line_items`"):
        account.crm.ensure("notes", [KEY], wanted)
    with pytest.raises(SchemaDrift, match="cannot associate `notes` with `contcats`"):
        account.crm.write_blocks(
            [notes([("r1", AT)], ("hs_timestamp",)), notes([("r2", contact)], ("associations.contcats",))]
        )
    assert [] == account.portal.records("notes")
