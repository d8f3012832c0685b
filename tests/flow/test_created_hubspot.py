"""`on_none: create` into HubSpot, where one wait lies between a record and the search that finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.hubspot import Portal, serve
from tests.flow.test_hubspot import ANSWERS, HEAD, Crm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEW = "r8,2,2026-10-05 10:00:00,max@new.example,Late\nr9,9,2026-10-06 10:00:00,max@new.example,Better\n"
AGAIN = "r10,4,2026-10-20 10:00:00,max@new.example,Worse\n"
ONCE = """
fields:
  email: {from: person.email, write: on_create}
  nps_person_id: {from: person.id, write: if_blank}"""


@pytest.fixture
def crm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crm]:
    portal = Portal(seed=1)
    portal.add_property("contacts", "nps_person_id", hasUniqueValue=True)
    monkeypatch.setenv("NPSYNC_HUBSPOT_TOKEN", "pat-na1-0000")
    with serve(portal, tier="enterprise") as service:
        made = Crm(tmp_path, service, portal)
        mapping = (tmp_path / "mappings/hubspot.yaml").read_text(encoding="utf-8")
        made.desk.write(
            "mappings/hubspot.yaml",
            mapping.replace("on_none: hold", "on_none: create").replace("\nfields:", ONCE, 1),
        )
        config = (tmp_path / "config.yaml").read_text(encoding="utf-8")
        made.desk.write("config.yaml", config.replace("limits: {", "limits: {creates: 10, "))
        made.desk.write("responses.csv", HEAD + ANSWERS.replace("zoe@else.example", "ada@acme.example") + NEW)
        yield made


def new(crm: Crm) -> list[dict[str, Any]]:
    return [each for each in crm.portal.records("contacts") if each.get("email") == "max@new.example"]


def test_somebody_new_becomes_one_contact(crm: Crm) -> None:
    crm.sync()

    (max_,) = new(crm)
    assert ("9", "2") == (max_["nps_score"], max_["nps_previous_score"])
    before = crm.writes()
    crm.sync()
    assert before == crm.writes()


def test_the_next_answer_lands_on_the_same_contact(crm: Crm) -> None:
    crm.sync()
    key = new(crm)[0]["nps_person_id"]
    crm.desk.write("responses.csv", HEAD + ANSWERS.replace("zoe@else.example", "ada@acme.example") + NEW + AGAIN)

    crm.sync()

    (max_,) = new(crm)
    assert ("4", "9", key) == (max_["nps_score"], max_["nps_previous_score"], max_["nps_person_id"])
