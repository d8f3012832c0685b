"""What a sync costs when little or nothing has changed since the last one, counted by the vendor's own log."""

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
#: Most addresses that one look-up takes.
AT_ONCE = {"salesforce": 280, "hubspot": 100}
#: A question for the newest change, of each of those.
ASKED = {"salesforce": 2, "hubspot": 1}
#: Where something has changed, questions for what was merged, converted or deleted.
FOLLOWED = {"salesforce": 2, "hubspot": 2}
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
