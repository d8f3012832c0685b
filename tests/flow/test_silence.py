"""Who was asked, from a survey service into a warehouse and a CRM: silence, rates, and what they never cause."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.flow.forgetting import bytes_of
from tests.flow.surveyed import Surveyed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.surveys.answers import Answer

STORE = """\
version: 1
from: survey
to: store
object: people
key: {customer_id: record.id}
records: {object: customers, id: customer_id, email: email, account: account}
match: [{email: person.email}]
on_none: skip
fields: {nps_score: score, nps_status: status, sends: sends, answered: answered, last_sent_at: last_sent_at,
         responded: responded, in_segments: segments}
responses: {object: responses, key: {response_key: key}, fields: {customer_id: record.id, score: score}}
rollup: {object: accounts, by: account, key: {account: account},
         fields: {sends: sends, answered: answered, rate: response_rate, nps: nps}}
"""
SILENT = {"silent": {"all": [{"status": "never_responded"}, {"sent_age": {"min": "2d"}}]}}
#: Holds a contact's status in the CRM.
STATUS = {"salesforce": ("Contact", "Email", "NPS_Status__c"), "hubspot": ("contacts", "email", "nps_status")}
#: Tells of bounces.
BOUNCES = "retently"
#: Whom nobody made up an answer for.
QUIET = {BOUNCES: "p1@acme1.example", "asknicely": "p2@acme2.example"}
KNOWN = {*(f"p{number}" for number in range(12)), "new", "silent"}


class Asked(Surveyed):
    """A service that tells who was asked; the warehouse is told of silence, and so is the CRM's ready mapping."""

    def __init__(self, name: str, vendor: str, folder: Path) -> None:
        super().__init__(name, vendor, folder, responses=20, people=12)
        self.desk.write("mappings/store.yaml", STORE)
        config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
        self.desk.write("config.yaml", yaml.safe_dump(config | {"segments": SILENT}))
        self.change("ALTER TABLE customers ADD COLUMN account TEXT")
        self.change("UPDATE customers SET account = substr(email, instr(email, '@') + 1)")
        #: By the id of each that was ever to be seen.
        self.seen: dict[str, Answer] = {}

    def change(self, statement: str) -> None:
        with closing(sqlite3.connect(self.desk.folder / "store.db")) as store, store:
            store.execute(statement)

    def sync(self) -> Any:
        said = self.desk.npsync("sync", "--output", "json")
        assert 0 == said.status, said.err
        self.seen |= {each.id: each for each in self.world.asked()}
        return said.object

    def people(self) -> dict[str, tuple[Any, ...]]:
        names = "nps_status, sends, answered, responded, in_segments, nps_score"
        rows = self.desk.stored(f"SELECT lower(email), {names} FROM people JOIN customers USING (customer_id)")
        return {email: tuple(rest) for email, *rest in rows}

    def made(self) -> dict[str, Any]:
        """Return how many people the CRM has, and for whom a response was made."""
        rows = (
            self.desk.stored("SELECT lower(email) FROM responses JOIN customers USING (customer_id)")
            if self.seen
            else []
        )
        return {
            "people": len(list(self.crm.records(STATUS[self.vendor][0]))),
            "responses": {email for (email,) in rows},
        }

    def again(self) -> list[Any]:
        """Return what a run without news writes."""
        return [each["writes"] for each in self.sync()["runs"] if each["writes"]]

    def told(self) -> dict[str, str]:
        kind, email, status = STATUS[self.vendor]
        return {each[email].lower(): each[status] for each in self.crm.records(kind) if each.get(status)}


def counted(seen: Mapping[str, Answer]) -> dict[str, tuple[int, int]]:
    """Return address → surveys delivered and answered, of everybody who was reached."""
    delivered, answered = Counter[str](), Counter[str]()
    for each in seen.values():
        if each.state != "bounced" and each.email:
            delivered[each.email.lower()] += 1
            answered[each.email.lower()] += each.score is not None
    return {email: (count, answered[email]) for email, count in delivered.items()}


@pytest.mark.parametrize(("name", "vendor"), [(BOUNCES, "salesforce"), ("asknicely", "hubspot")])
def test_three_days_of_polling_end_with_who_was_asked(tmp_path: Path, name: str, vendor: str) -> None:
    """With rows that come late, are answered after they were seen, or are deleted after they had come."""
    with Asked(name, vendor, tmp_path) as played:
        quiet = QUIET[name]
        made = played.made()
        answers_later = played.world.add(None, email="new@acme0.example")
        for email in (quiet, "silent@acme0.example", "nobody@else.example"):
            played.world.add(None, email=email)
        if name == BOUNCES:
            played.world.add(None, email="away@acme0.example", state="bounced")
        for number, who in enumerate(("new", "silent", "away")):
            played.change(f"INSERT INTO customers VALUES ('N-{number}', '{who}@acme0.example', 'acme0.example')")
        for day in range(4):
            if day == 2:
                assert ("never_responded", 1, 0, 0, "silent", None) == played.people()["new@acme0.example"]
                played.world.edit(answers_later, score=9)
            report = played.sync()["runs"][-1]
            played.clock.sleep(86_400.0)
        wanted, held, told = counted(played.seen), played.people(), played.told()
        accounts = played.desk.stored("SELECT account, sends, answered, rate FROM accounts ORDER BY account")

        assert ("current", 1, 1, 1, None, 9) == held["new@acme0.example"]
        assert ("never_responded", 1, 0, 0, "silent", None) == held["silent@acme0.example"]
        here = {email: each for email, each in wanted.items() if email.partition("@")[0] in KNOWN}
        assert here == {email: row[1:3] for email, row in held.items()}
        assert by_account(here) == accounts
        sends, answered = (sum(each[place] for each in wanted.values()) for place in (0, 1))
        assert {"sends": sends, "answered": answered, "response_rate": round(answered / sends, 4)} == report["sends"]
        # In the CRM: a status where somebody is known, and nothing made for anybody who did not answer.
        assert "never_responded" == told[quiet]
        assert {email: row[0] for email, row in held.items() if email in told} == told
        assert made["people"] == played.made()["people"]
        assert not played.made()["responses"] & {"silent@acme0.example", quiet}
        assert [] == played.again(), "a run without news wrote something"
        if name == BOUNCES:
            forget(played, "silent@acme0.example")


def forget(played: Asked, who: str) -> None:
    told = played.desk.npsync("export-person", who, "--output", "json")
    assert 0 == told.status, told.err
    assert "sends" in told.out
    played.change(f"DELETE FROM customers WHERE email = '{who}'")

    said = played.desk.npsync("forget", who, "--yes")

    assert 0 == said.status, said.err
    played.sync()
    assert {} == bytes_of(played.desk.folder, [who])


def by_account(here: Mapping[str, tuple[int, int]]) -> list[tuple[str, int, int, float]]:
    sends, answered = Counter[str](), Counter[str]()
    for email, (delivered, responded) in here.items():
        account = email.partition("@")[2]
        sends[account] += delivered
        answered[account] += responded
    return [(each, sends[each], answered[each], round(answered[each] / sends[each], 4)) for each in sorted(sends)]
