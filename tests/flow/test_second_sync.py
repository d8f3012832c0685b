"""What a sync costs, the first one and those after which little or nothing has changed, by the vendor's own log."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.flow.played import DAYS, ROOT, VENDORS, Crm, email

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PEOPLE, STRANGERS = 250, 30
#: Kinds of record that people are; each is described once.
DESCRIBED = {"salesforce": 2, "hubspot": 1}
#: Calls that look one respondent up: by address among contacts and, in Salesforce, leads.
LOOKED_UP = {"salesforce": 2, "hubspot": 1}
#: Most addresses that one look-up takes; Salesforce is asked for the tagged forms of each, too.
AT_ONCE = {"salesforce": 140, "hubspot": 100}
#: Calls that write all there is to write first: contacts, companies; and leads and the records of responses.
WRITTEN = {"salesforce": 2 + 1 + 1 + 2, "hubspot": 3 + 1}
#: A question for the newest change, of each of those.
ASKED = {"salesforce": 2, "hubspot": 1}
#: Where something has changed, questions for what was merged, converted or deleted.
FOLLOWED = {"salesforce": 2, "hubspot": 2}
#: What a first sync costs beside: each object is described (those with people once more before they are written), the
#: newest change is asked for before and after the look-ups, and accounts are read and their people counted; Salesforce
#: is asked whether it holds any record of a response.
BESIDE = {"salesforce": 6 + 4 + 2 + 1, "hubspot": 2 + 2 + 2}
#: The bounds of a sync without news: calls beside the look-ups; Salesforce's read what changed, too.
MOST = {"salesforce": 5 + math.ceil((PEOPLE + STRANGERS) / 2_000) + 1, "hubspot": 6}


@pytest.fixture(params=VENDORS)
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crm]:
    with Crm(request.param, tmp_path, people=PEOPLE, strangers=STRANGERS) as crm:
        yield crm


@pytest.fixture(params=VENDORS)
def people_only(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crm]:
    """As the ready mapping, but without history and accounts: one kind of record."""
    ready = yaml.safe_load((ROOT / "mappings" / f"{request.param}.yaml").read_text(encoding="utf-8"))
    kept = {name: ready[name] for name in ready if name not in ("responses", "rollup")}
    mapping = yaml.safe_dump({**kept, "to": request.param})
    with Crm(request.param, tmp_path, people=PEOPLE, mapping=mapping) as crm:
        yield crm


def test_a_first_sync_looks_everybody_up_and_writes_each_record_once(crm: Crm) -> None:
    """What records held comes with the look-ups, so that it costs no call to make a first sync undoable."""
    said = crm.sync(1)
    assert (0, len(crm.since(0))) == (said.status, said.object["calls"])

    looked_up = LOOKED_UP[crm.vendor] * math.ceil((PEOPLE + STRANGERS) / AT_ONCE[crm.vendor])
    assert WRITTEN[crm.vendor] == len(crm.writes())
    assert len(crm.since(0)) <= looked_up + WRITTEN[crm.vendor] + BESIDE[crm.vendor]


def test_an_empty_custom_object_of_hubspot_s_is_asked_once_and_not_read(tmp_path: Path) -> None:
    with Crm("hubspot", tmp_path, people=PEOPLE) as crm:
        crm.world.add_type("nps_responses")
        crm.world.add_property("nps_responses", "nps_key", hasUniqueValue=True)
        mapping = tmp_path / "mappings" / "hubspot.yaml"
        history = "responses: {object: nps_responses, key: {nps_key: key}, fields: {associations.contacts: record.id}}"
        mapping.write_text(f"{mapping.read_text(encoding='utf-8')}\n{history}\n", encoding="utf-8")

        for batches in ((1,), (1, 2)):
            calls = len(crm.service.log)
            assert 0 == crm.sync(*batches).status
            asked = [f"{each.method} {each.path}" for each in crm.since(calls)]
            assert 3 == sum("nps_responses/batch/upsert" in each for each in asked)
            assert [] == [each for each in asked if "nps_responses/batch/read" in each]
            assert (batches == (1,)) == ("GET /crm/objects/2026-09/nps_responses" in asked)


def test_a_sync_without_news_writes_nothing_and_reads_no_more_than_its_bound(crm: Crm) -> None:
    """Our own writes moved the directory once, so strangers are looked up once more; from then on, not even that."""
    assert 0 == crm.sync(1).status
    described = DESCRIBED[crm.vendor] + ASKED[crm.vendor]
    again = LOOKED_UP[crm.vendor] * math.ceil(STRANGERS / AT_ONCE[crm.vendor])
    assert described + FOLLOWED[crm.vendor] <= MOST[crm.vendor]

    for further in (again + FOLLOWED[crm.vendor], 0, 0):
        calls = len(crm.service.log)
        assert 0 == crm.sync(1).status
        assert [] == crm.writes(calls)
        assert len(crm.since(calls)) <= described + further


def test_one_response_more_costs_one_write(people_only: Crm) -> None:
    crm = people_only
    crm.sync(1)
    calls = len(crm.service.log)

    more = f"new,7,{DAYS[2]} 09:00:00,{email(3)},Changed my mind\n"
    _export(crm, more)
    assert 0 == crm.desk.npsync("sync").status

    assert 1 == len(crm.writes(calls))
    field = "NPS_Score__c" if crm.vendor == "salesforce" else "nps_score"
    assert [7.0] == [float(each[field]) for each in _records(crm) if (each.get("Email") or each["email"]) == email(3)]


def test_one_response_edited_costs_one_write(people_only: Crm) -> None:
    crm = people_only
    crm.sync(1)
    calls = len(crm.service.log)

    text = (crm.desk.folder / "responses.csv").read_text(encoding="utf-8")
    crm.desk.write("responses.csv", text.replace("Said 3 in 1", "Says 3 in 1"))
    assert 0 == crm.desk.npsync("sync").status

    assert 1 == len(crm.writes(calls))


def test_one_response_more_writes_each_kind_of_record_once(crm: Crm) -> None:
    """The person, the account, and where there is one, the record of the response."""
    crm.sync(1)
    crm.sync(1)
    calls = len(crm.service.log)

    _export(crm, f"new,7,{DAYS[2]} 09:00:00,{email(3)},Changed my mind\n")
    assert 0 == crm.desk.npsync("sync").status

    assert (3 if crm.vendor == "salesforce" else 2) == len(crm.writes(calls))


def _export(crm: Crm, more: str) -> None:
    text = (crm.desk.folder / "responses.csv").read_text(encoding="utf-8")
    crm.desk.write("responses.csv", text + more)


def _records(crm: Crm) -> list[dict[str, str]]:
    records: list[dict[str, str]] = crm.world.records("Contact" if crm.vendor == "salesforce" else "contacts")
    return records
