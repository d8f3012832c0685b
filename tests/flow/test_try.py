"""`npsync try`: one response, shown before it is written, read back, and taken back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.salesforce import Org
from tests.flow.crm_desk import Crm, both, crm, hubspot, salesforce
from tests.flow.test_fields import Terminal

if TYPE_CHECKING:
    from tests.flow.desk import Desk

__all__ = ["crm"]


@pytest.fixture
def ready(crm: Crm) -> Crm:
    """Fields are there, and one contact whom one response is of."""
    if isinstance(crm.world, Org):
        crm.world.add_object("NPS_Response__c")
    crm.npsync("fields", "create", "--yes")
    return crm


def contact(crm: Crm, address: str = "ada@acme.example", **values: Any) -> str:
    if isinstance(crm.world, Org):
        made: str = crm.world.insert("Contact", {"LastName": "Ada", "Email": address, **values})
        return made
    return str(crm.world.create("contacts", {"email": address, **values}))


def held(crm: Crm, id_: str, name: str) -> Any:
    is_org = isinstance(crm.world, Org)
    row = crm.world.get("Contact" if is_org else "contacts", id_)
    value = row.get(f"{name}__c" if is_org else name.lower())
    return None if value in (None, "") else int(value) if str(value).isdigit() else value


def writes(crm: Crm) -> int:
    """Count the calls that change something; some reads are posts."""
    reads = ("/query", "/oauth2/", "/oauth/", "/batch/read", "/search")
    return sum(each.method != "GET" and not any(r in each.path for r in reads) for each in crm.service.log.entries)


@hubspot
def test_one_response_is_shown_and_nothing_is_written(ready: Crm) -> None:
    contact(ready)
    before = writes(ready)

    said = ready.npsync("try", "--no-input")

    assert "(empty) -> 9" in said.out
    assert "Add --yes to write it." in said.err
    assert before == writes(ready)
    assert [] == ready.npsync("runs", "--output", "json").object["runs"]


@both
def test_it_is_written_read_back_and_taken_back(ready: Crm) -> None:
    id_ = contact(ready, **({"NPS_Score__c": 4} if isinstance(ready.world, Org) else {"nps_score": "4"}))

    told = ready.npsync("try", "--yes", "--undo", "--output", "json").object

    assert told["written"]
    assert told["checks"]
    assert all(each["holds"] for each in told["checks"])
    assert 4 in {each["old"] for each in told["changes"]}
    assert all(each["holds"] for each in told["restored"])
    assert (4, None) == (held(ready, id_, "NPS_Score"), held(ready, id_, "NPS_Category"))


@both
def test_the_next_sync_writes_what_a_try_took_back(ready: Crm) -> None:
    """Nobody has said that the values were wrong: it was a try."""
    id_ = contact(ready)
    ready.npsync("try", "--yes", "--undo")
    assert held(ready, id_, "NPS_Score") is None

    ready.npsync("sync")

    assert 9 == held(ready, id_, "NPS_Score")


@salesforce
def test_what_was_kept_is_not_written_twice(ready: Crm) -> None:
    contact(ready)
    run = ready.npsync("try", "--yes", "--output", "json").object["run"]
    before = writes(ready)

    ready.npsync("sync")
    assert before == writes(ready)
    ready.npsync("undo", run)


@salesforce
@pytest.mark.parametrize(("answers", "score"), [("n\n", None), ("y\nn\n", 9)])
def test_a_person_says_what_becomes_of_it(ready: Crm, answers: str, score: int | None) -> None:
    id_ = contact(ready)
    before, sys.stdin = sys.stdin, Terminal(answers)
    try:
        ready.npsync("try")
    finally:
        sys.stdin = before

    assert score == held(ready, id_, "NPS_Score")


@salesforce
def test_a_named_response_is_tried_and_an_unknown_one_refused(ready: Crm) -> None:
    ready.desk.write(
        "responses.csv",
        "Response ID,Score,Date,Email\nr1,9,2026-10-01 10:00:00,ada@acme.example\n"
        "r2,2,2026-10-02 10:00:00,zoe@x.example\n",
    )
    contact(ready)

    assert "response r1" in ready.npsync("try", "salesforce", "survey:r1", "--no-input").out
    assert "it would be held: none" in ready.npsync("try", "salesforce", "r2", "--no-input").out
    assert "no usable response" in ready.npsync("try", "salesforce", "r9", status=2).err


@salesforce
def test_writes_that_wait_are_not_sent_along(ready: Crm) -> None:
    """A guard stopped a run that would make a contact: its plan waits."""
    contact(ready, "bob@acme.example")
    with (ready.desk.folder / "responses.csv").open("a", encoding="utf-8") as file:
        file.write("r2,3,2026-10-02 10:00:00,bob@acme.example,\n")
    mapping = ready.desk.folder / "mappings/salesforce.yaml"
    mapping.write_text(
        mapping.read_text(encoding="utf-8").replace("on_none: hold ", "on_none: create "), encoding="utf-8"
    )
    ready.npsync("sync", status=4)
    before = writes(ready)

    assert "[E410]" in ready.npsync("try", "--yes", status=4).err
    assert before == writes(ready)


def test_a_table_of_ours_is_tried_before_it_is_there(desk: Desk) -> None:
    told = desk.npsync("try", "crm", "r1", "--yes", "--undo", "--output", "json")

    assert 0 == told.status, told.err
    assert told.object["written"]
    assert [] == desk.stored("SELECT * FROM responses")
