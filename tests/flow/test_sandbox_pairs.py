"""Two kinds of trouble at once, in both vendors: once it is over, the CRM is as if there had been none.

Whole syncs by the command line, with the ready mappings; what single faults do stands in the vendors' own tests.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import hubspot, salesforce
from sync.cli import sandbox_fields, sandbox_people
from tests.flow.desk import Desk

ROOT = Path(__file__).parents[2]
PEOPLE, ACCOUNTS = 120, 20
RATE = 0.3
PLAYED: dict[str, Any] = {"salesforce": salesforce, "hubspot": hubspot}
PAIRS = {
    "salesforce": [
        ("cut_after", "status_500"),
        ("applied_500", "truncated"),
        ("cut_before", "cut_after"),
        ("schema_drift", "cut_after"),
        ("expired_token", "truncated"),
    ],
    "hubspot": [
        ("cut_after", "status_500"),
        ("silent_batch", "truncated"),
        ("silent_failure", "cut_after"),
        ("search_lag", "cut_after"),
        ("stale_read", "silent_batch"),
    ],
}


def customers() -> list[sandbox_people.Customer]:
    head = "cust_no,given_name,family_name,e_mail,phone_no,acct,acct_name,ctry,merged_into\n"
    rows = (f"C-{n},F{n},L{n},{email(n)},,A-{n % ACCOUNTS},Acme {n % ACCOUNTS},GB,\n" for n in range(PEOPLE))
    return sandbox_people.customers(head + "".join(rows))


def email(number: int) -> str:
    return f"p{number}@acme{number % ACCOUNTS}.example"


def responses(*days: int) -> str:
    head = "Response ID,Score,Date,Email,Comment\n"
    return head + "".join(
        f"r{day}-{n},{(n * 7 + day * 5) % 11},2026-10-{day:02d} 10:00:{n % 60:02d},{email(n)},Said {n} é\n"
        for day in days
        for n in range(PEOPLE)
    )


class Crm:
    """A vendor's world with the ready mapping's fields, and a desk that syncs into it."""

    def __init__(self, vendor: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.vendor, self.desk = vendor, Desk(folder)
        self.world = salesforce.Org(None) if vendor == "salesforce" else hubspot.Portal()
        ready = (ROOT / "mappings" / f"{vendor}.yaml").read_text(encoding="utf-8")
        sandbox_fields.MAKE[vendor](self.world, yaml.safe_load(ready))
        sandbox_people.FILL[vendor](self.world, customers())
        self.service = PLAYED[vendor].serve(self.world)
        connections = {"survey": {"type": "file", "path": "responses.csv", "date_order": "ymd"}}
        connections[vendor] = PLAYED[vendor].connection(self.service)
        config = {"version": 1, "connections": connections, "limits": {"stop_if_changed": "100%"}}
        (folder / "mappings").mkdir()
        self.desk.write("config.yaml", yaml.safe_dump(config))
        self.desk.write(f"mappings/{vendor}.yaml", re.sub(r"^to: \w+", f"to: {vendor}", ready, flags=re.MULTILINE))
        for field, value in PLAYED[vendor].secrets(self.service).items():
            monkeypatch.setenv(f"NPSYNC_{vendor}_{field}".upper(), value)

    def sync(self, *days: int) -> int:
        self.desk.write("responses.csv", responses(*days))
        return self.desk.npsync("sync").status

    def held(self) -> dict[str, Any]:
        """What the CRM holds of ours, by names that are the same in every run."""
        if self.vendor == "hubspot":
            kinds = {"contacts": "email", "companies": "name"}
        else:
            kinds = {"Contact": "Email", "Account": "Name", "NPS_Response__c": "External_Key__c"}
        found = {}
        for kind, name in kinds.items():
            records = self.world.records(kind)
            found[kind] = {record[name]: self._ours(record) for record in records}
            assert len(found[kind]) == len(records), f"there are twins among {kind}"
        return found

    def _ours(self, record: dict[str, Any]) -> dict[str, Any]:
        # Our id of a person is drawn anew in each ledger.
        ours = re.compile(r"nps_(?!person)|nps$|score|points|comment|responded|survey", re.IGNORECASE)
        return {name: value for name, value in record.items() if ours.match(name)}


def dict_of(record: dict[str, Any]) -> dict[str, Any]:
    """A record by names as HubSpot would write them."""
    return {name.lower().removesuffix("__c"): value for name, value in record.items()}


@pytest.fixture
def crm(tmp_path, monkeypatch):
    made = []

    def make(vendor: str, name: str) -> Crm:
        folder = tmp_path / name
        folder.mkdir()
        made.append(Crm(vendor, folder, monkeypatch))
        return made[-1]

    yield make
    for one in made:
        one.service.close()
        assert [] == one.service.errors


@pytest.mark.parametrize("vendor", PAIRS)
def test_after_any_two_faults_the_crm_is_as_without_them(vendor, crm):
    clean = crm(vendor, "clean")
    assert [0, 0] == [clean.sync(1), clean.sync(1, 2)]
    wanted = clean.held()
    people = next(iter(wanted.values()))
    assert PEOPLE == sum(float(dict_of(one)["nps_score"]) >= 0 for one in people.values())

    for pair in PAIRS[vendor]:
        one = crm(vendor, "-".join(pair))
        for fault in pair:
            one.service.faults.set(fault, RATE)
        one.sync(1)
        one.sync(1, 2)
        assert one.service.faults.struck, pair
        one.service.faults.clear()
        one.sync(1, 2)

        assert 0 == one.sync(1, 2), pair
        assert wanted == one.held(), pair
