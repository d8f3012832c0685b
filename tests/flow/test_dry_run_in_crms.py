"""A dry run shows what records hold now, also those that npsync never wrote to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.flow.played import VENDORS, Crm, email

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Vendor → the object of persons, its field with the e-mail, ours with the score.
OBJECTS = {"salesforce": ("Contact", "Email", "NPS_Score__c"), "hubspot": ("contacts", "email", "nps_score")}


@pytest.fixture(params=VENDORS)
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crm]:
    with Crm(request.param, tmp_path, people=6) as made:
        made.export(1)
        yield made


def set_score(crm: Crm, person: int, score: float) -> str:
    """Have somebody in the CRM fill our field in; return the record's id."""
    object_, name, field = OBJECTS[crm.vendor]
    record = next(each for each in crm.world.records(object_) if each[name] == email(person))
    id_ = str(record["Id"] if "Id" in record else record["hs_object_id"])
    crm.world.update(object_, id_, {field: score if crm.vendor == "salesforce" else f"{score:g}"})
    return id_


def changes(crm: Crm, id_: str) -> dict[str, tuple[Any, Any]]:
    told = crm.desk.npsync("sync", "-n", "--output", "json").object
    return {each["field"]: (each["old"], each["new"]) for each in told["changes"] if each["record"] == id_}


def test_the_old_value_is_the_one_that_stands_in_the_crm(crm: Crm) -> None:
    *_, field = OBJECTS[crm.vendor]
    id_ = set_score(crm, 2, 4.0)

    shown = changes(crm, id_)

    assert (4, (2 * 7 + 5) % 11) == shown[field]
    assert [] == crm.writes()


def test_a_value_that_stands_there_already_is_no_change(crm: Crm) -> None:
    *_, field = OBJECTS[crm.vendor]
    id_ = set_score(crm, 2, float((2 * 7 + 5) % 11))

    shown = changes(crm, id_)

    assert field not in shown
    assert len(shown) > 3
