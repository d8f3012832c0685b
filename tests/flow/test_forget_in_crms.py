"""A person forgotten while a CRM holds what npsync wrote: it stays and is told, or is emptied when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.flow.played import VENDORS, Crm, email

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHO = email(2)
#: Vendor → the object of persons, its field with the e-mail, ours with the score, and an own one.
OBJECTS = {
    "salesforce": ("Contact", "Email", "NPS_Score__c", "LastName"),
    "hubspot": ("contacts", "email", "nps_score", "lastname"),
}


@pytest.fixture(params=VENDORS)
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crm]:
    with Crm(request.param, tmp_path, people=6) as made:
        assert 0 == made.sync(1, 2).status
        yield made


def record(crm: Crm) -> dict[str, Any]:
    object_, name, *_ = OBJECTS[crm.vendor]
    found: dict[str, Any] = next(each for each in crm.world.records(object_) if each[name] == WHO)
    return found


def responses(crm: Crm) -> list[Any]:
    if crm.vendor != "salesforce":
        return []
    return [each for each in crm.world.records("NPS_Response__c") if each["External_Key__c"].endswith("-2")]


def test_without_being_asked_the_crm_is_not_even_called(crm: Crm) -> None:
    calls, before = len(crm.service.log.entries), record(crm)

    told = crm.desk.npsync("forget", WHO, "--yes", "--output", "json").object

    assert calls == len(crm.service.log.entries)
    assert before == record(crm)
    assert 1 == told["stays"][crm.vendor][OBJECTS[crm.vendor][0]]
    assert (2, 0) == (told["responses"], told["left"]), told["searched"]


def test_when_asked_our_fields_are_emptied_and_the_record_stays(crm: Crm) -> None:
    _, _, score, own = OBJECTS[crm.vendor]
    others = len(responses(crm))
    before = record(crm)

    said = crm.desk.npsync("forget", WHO, "--also-clear", "--yes", "--output", "json")

    after = record(crm)
    assert (0, {}) == (said.status, said.object["stays"]), said
    assert before.get(score) is not None
    assert after.get(score) in (None, "")
    assert before[own] == after[own]
    assert (0 if crm.vendor == "hubspot" else 2, []) == (others, responses(crm))
    again = crm.sync(1, 2, 3).object
    assert 3 == again["skipped_by_reason"]["forgotten"]
    assert record(crm).get(score) in (None, "")


def test_what_the_crm_refuses_leaves_everything_as_it_was(crm: Crm) -> None:
    crm.service.vanish()

    said = crm.desk.npsync("forget", WHO, "--also-clear", "--yes")

    assert said.status in (4, 5)
    assert 2 == len(crm.desk.npsync("export-person", WHO).object["held"]["responses"])


def test_the_place_where_the_crm_was_read_last_holds_nobodys_id(crm: Crm) -> None:
    object_, _, _, own = OBJECTS[crm.vendor]
    id_ = next(str(record(crm)[name]) for name in ("Id", "id", "hs_object_id") if name in record(crm))
    crm.world.update(object_, id_, {own: "Renamed"})  # nobody in the CRM changed later
    assert 0 == crm.sync(1, 2).status

    told = crm.desk.npsync("forget", WHO, "--yes", "--output", "json").object

    assert 0 == told["left"], told["searched"]
