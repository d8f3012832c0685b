"""A played survey service whose people a played CRM and a warehouse know, and days of polling into both.

`python -m tests.flow.surveyed [SERVICE ...]` runs every service into both CRMs and prints what came of it.
"""

from __future__ import annotations

import os
import re
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import yaml

from sandbox import surveys
from sandbox.limits import Limits
from sandbox.surveys.hubspot_feedback import HubSpotFeedback
from sandbox.surveys.population import fill
from sandbox.surveys.qualtrics import Qualtrics
from sandbox.surveys.serving import WORLDS as ACCOUNTS
from sync.cli import sandbox_fields, sandbox_people
from sync.config.specs import load_spec, shipped
from tests.flow.desk import Desk
from tests.flow.played import PLAYED, ROOT, VENDORS, WORLDS
from tests.unit.fake_time import FakeTime

if TYPE_CHECKING:
    from sandbox.surveys.answers import Answer

#: Before now, so that three days of polling end in the past: nobody answers in the future.
STARTS_S = 5 * 86_400
DAYS = 4
STORE = """\
version: 1
from: survey
to: store
object: people
key: {customer_id: record.id}
records: {object: customers, id: customer_id, email: email}
match: [{customer_id: person.hubspot_id}, {email: person.email}]
on_none: skip
fields: {nps_score: score, nps_responses: responses}
responses: {object: responses, key: {response_key: key}, fields: {customer_id: record.id, score: score}}
"""
#: Where a contact has its address, its score and how many responses it gave.
HOLDS = {
    "salesforce": ("Contact", "Email", "NPS_Score__c", None),
    "hubspot": ("contacts", "email", "nps_score", "nps_responses"),
}
NOBODY = ("hubspot_feedback", "salesforce")
Told = dict[str, tuple[int, int]]


@dataclass(slots=True)
class Polled:
    """What came of some days."""

    statuses: list[int] = field(default_factory=list)
    #: What each poll cost.
    calls: list[int] = field(default_factory=list)
    #: What runs printed that did not end well.
    trouble: str = ""
    #: Address → latest score and number of responses, as a reader who polled then must hold it.
    wanted: Told = field(default_factory=dict)
    #: Key and score of each response that somebody is known by.
    responses: Counter[tuple[str, int]] = field(default_factory=Counter)
    #: Addresses whose two latest responses are of one moment: either score is right.
    tied: set[str] = field(default_factory=set)


class Surveyed:
    """A service, a CRM and a warehouse that know the same people; a context manager."""

    def __init__(self, name: str, vendor: str, folder: Path, *, responses: int = 40, people: int = 24) -> None:
        self.name, self.vendor, self.desk = name, vendor, Desk(folder)
        self.clock = FakeTime(float(int(time.time()) - STARTS_S))
        self.crm = WORLDS[vendor]()
        ready = (ROOT / "mappings" / f"{vendor}.yaml").read_text(encoding="utf-8")
        sandbox_fields.MAKE[vendor](self.crm, yaml.safe_load(ready))
        everybody = customers(people)
        sandbox_people.FILL[vendor](self.crm, everybody)
        kind, email, *_ = HOLDS[vendor]
        self.world = ACCOUNTS[name](5, self.clock)
        if isinstance(self.world, HubSpotFeedback) and vendor == "hubspot":
            self.world = HubSpotFeedback(5, self.clock, portal=self.crm)
        fill(self.world, responses, [(each.email, f"{each.first_name} {each.last_name}") for each in everybody])
        if isinstance(self.world, Qualtrics):
            self.world.polls = 0  # nobody waits here for a job
        self._open = ExitStack()
        self.service = self._open.enter_context(surveys.serve(world=self.world, limits=Limits(), clock=self.clock))
        self._crm = self._open.enter_context(PLAYED[vendor].serve(self.crm))
        (folder / "mappings").mkdir()
        self.desk.write("mappings/crm.yaml", re.sub(r"^to: \w+", f"to: {vendor}", ready, flags=re.MULTILINE))
        self.desk.write("mappings/store.yaml", STORE)
        id_ = "Id" if vendor == "salesforce" else "hs_object_id"
        self._configure({record[id_]: record[email] for record in self._people(kind)})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def poll(self, days: int = DAYS) -> Polled:
        """Sync once a day."""
        polled, seen = Polled(), dict[str, "Answer"]()
        for _ in range(days):
            before = len(self.service.log.entries)
            said = self.desk.npsync("sync")
            polled.statuses.append(said.status)
            polled.calls.append(len(self.service.log.entries) - before)
            polled.trouble += said.err if said.status else ""
            seen |= {each.id: each for each in self.world.truth()}
            self.clock.sleep(86_400.0)
        polled.responses.update((f"survey:{each.id}", each.score or 0) for each in seen.values() if each.email)
        by_person: dict[str, list[Answer]] = {}
        for each in seen.values():
            if each.email:
                by_person.setdefault(each.email.lower(), []).append(each)
        for email, answers in by_person.items():
            answers.sort(key=lambda each: each.at)
            polled.wanted[email] = (answers[-1].score or 0, len(answers))
            if len(answers) > 1 and answers[-1].at == answers[-2].at:
                polled.tied.add(email)
        return polled

    def in_crm(self) -> Told:
        """Return what the CRM's contacts hold."""
        kind, email, score, count = HOLDS[self.vendor]
        given = Counter(each.get("Contact__c") for each in self._people("NPS_Response__c")) if count is None else None
        return {
            each[email].lower(): (int(float(each[score])), given[each["Id"]] if given else int(float(each[str(count)])))
            for each in self._people(kind)
            if each.get(email) and each.get(score) not in (None, "")
        }

    def in_store(self) -> Told:
        """Return what the warehouse holds."""
        sql = "SELECT lower(email), nps_score, nps_responses FROM people JOIN customers USING (customer_id)"
        return {email: (int(score), int(count)) for email, score, count in self.desk.stored(sql)}

    def _people(self, kind: str) -> list[dict[str, Any]]:
        return list(self.crm.records(kind))

    def _configure(self, emails: dict[str, str]) -> None:
        by_vendor = {f"survey_{key}": value for key, value in surveys.secrets(self.service).items()}
        by_vendor |= {f"{self.vendor}_{key}": value for key, value in PLAYED[self.vendor].secrets(self._crm).items()}
        before = dict(os.environ)
        names = {f"NPSYNC_{name}".upper(): value for name, value in by_vendor.items()}
        os.environ.update(names)
        self._open.callback(lambda: [os.environ.pop(name) for name in names if name not in before])
        connections = {
            "survey": {**surveys.connection(self.service), "service": None, "spec": "hasty.yaml"},
            self.vendor: PLAYED[self.vendor].connection(self._crm),
            "store": {"type": "warehouse", "url": "sqlite:///store.db"},
        }
        self.desk.write("hasty.yaml", self._hasty())
        limits = {"stop_if_changed": "100%", "stop_if_rejected": "100%", "stop_if_cleared": "100%"}
        self.desk.write("config.yaml", yaml.safe_dump({"version": 1, "connections": connections, "limits": limits}))
        with closing(sqlite3.connect(self.desk.folder / "store.db")) as store, store:
            store.execute("CREATE TABLE customers (customer_id PRIMARY KEY, email TEXT)")
            store.executemany("INSERT INTO customers VALUES (?, ?)", emails.items())

    def _hasty(self) -> str:
        """Return the service's spec without its limits a second or minute, for which calls would wait in truth.

        Nor is anything asked for of before the hundred days before the first poll.
        """
        spec = shipped()[self.name].read_text(encoding="utf-8")
        day = time.strftime("%Y-%m-%d", time.gmtime(self.clock() - 100 * 86_400))
        spec = re.sub(r"^  windows: .*$", "  windows: []", spec, flags=re.MULTILINE)
        return re.sub(r"^ +limit: .*\n", "", spec, flags=re.MULTILINE).replace("2013-01-01", day)


def pairs() -> list[tuple[str, str]]:
    """Return each service with each CRM that can know its people."""
    # Responses to HubSpot's own surveys name contacts by their ids alone.
    return [(name, vendor) for name in surveys.NAMES for vendor in VENDORS if (name, vendor) != NOBODY]


def customers(people: int) -> list[sandbox_people.Customer]:
    head = f"{','.join(sandbox_people.COLUMNS)}\n"
    rows = (f"C-{n},F{n},L{n},p{n}@acme{n % 5}.example,,A-{n // 5},Acme {n // 5},GB,\n" for n in range(people))
    return sandbox_people.customers(head + "".join(rows))


def differences(wanted: Polled, told: Told) -> list[str]:
    """Name what is held otherwise than it must be; scores of one moment may be either."""
    found = []
    for email in sorted(wanted.wanted.keys() | told.keys()):
        one, other = wanted.wanted.get(email), told.get(email)
        same_count = one is not None and other is not None and one[1] == other[1]
        if one != other and not (same_count and email in wanted.tied):
            found.append(f"{email}: {one} became {other}")
    return found


def hourly(polled: Polled, daily: int | None) -> bool:
    """Tell whether polling each hour stays within the calls of a day."""
    return daily is None or 24 * max(polled.calls[1:]) <= daily


def main(names: list[str]) -> int:
    """Run the full product and print a line for each."""
    wrong = 0
    for name, vendor in pairs():
        if names and name not in names:
            continue
        with tempfile.TemporaryDirectory() as folder, Surveyed(name, vendor, Path(folder), responses=120) as played:
            polled = played.poll()
            crm, store = differences(polled, played.in_crm()), differences(polled, played.in_store())
            daily = load_spec(shipped()[name]).limits.daily
            good = not crm and not store and set(polled.statuses) == {0} and hourly(polled, daily)
        wrong += not good
        sys.stdout.write(
            f"{'good ' if good else 'WRONG'} {name:17} {vendor:10} {len(polled.wanted):3} people, "
            f"{polled.responses.total():3} responses, calls {polled.calls}, a day {daily or 'any'}, "
            f"statuses {polled.statuses} {crm[:3]} {store[:3]}\n"
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
