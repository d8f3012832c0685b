"""Static lists, notes and tasks in HubSpot: who joins and leaves, what was said, and who is called back by whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sandbox.faults import Faults
from sandbox.hubspot import Portal, serve
from tests.flow.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = """\
version: 1
connections:
  survey: {{type: file, path: responses.csv, date_order: ymd}}
  hubspot: {{type: hubspot, tier: enterprise, url: "{url}"}}
segments:
  at_risk: {{category: detractor}}
  advocates: {{category: promoter}}
limits: {{stop_if_changed: 100%, stop_if_rejected: 100%, stop_if_cleared: 100%}}
"""
MAPPING = """\
version: 1
from: survey
to: hubspot
object: contacts
match: [{{email: person.email}}]
fields: {{nps_score: score}}
segments:
  object: list_memberships
  key:
    hs_object_id: record.id
    list_id: {{from: segment, values: {{at_risk: "{at_risk}", advocates: "{advocates}"}}}}
responses:
  object: notes
  key: {{nps_response_key: key}}
  fields:
    hs_note_body: {{from: comment, truncate: 65000}}
    hs_timestamp: responded_at
    associations.contacts: record.id
follow_up:
  object: tasks
  when: {{category: detractor}}
  within: 14d
  due: 48h
  subject: Call back
  owner: hubspot_owner_id
  key: {{nps_response_key: key}}
  fields:
    hs_task_subject: subject
    hs_timestamp: due_at
    hs_task_body: {{from: comment, truncate: 65000}}
    hubspot_owner_id: owner
    associations.contacts: record.id
"""
PEOPLE = ("ada", "bob", "eve")


READY = Path(__file__).parents[2] / "mappings/hubspot.yaml"


class Crm:
    """A portal with three contacts and two static lists, and a desk that syncs into it."""

    def __init__(self, folder: Path, service: Any, portal: Portal) -> None:
        self.desk, self.service, self.portal = Desk(folder), service, portal
        self.answers: list[str] = []
        portal.add_property("contacts", "nps_score", "number", "number")
        for kind in ("notes", "tasks"):
            portal.add_property(kind, "nps_response_key", hasUniqueValue=True)
        [self.olga, *_] = portal.owners.held
        self.ids = {name: portal.create("contacts", {"email": f"{name}@acme.example"}) for name in PEOPLE}
        portal.update("contacts", self.ids["ada"], {"hubspot_owner_id": self.olga})
        self.lists = {name: portal.lists.add(name, "0-1", "MANUAL", 0.0) for name in ("at_risk", "advocates")}
        (folder / "mappings").mkdir()
        self.desk.write("config.yaml", CONFIG.format(url=service.url))
        numbers = {name: each.id for name, each in self.lists.items()}
        self.desk.write("mappings/crm.yaml", MAPPING.format(**numbers))

    def answer(self, id_: str, score: int, name: str, *, hours_ago: float = 24, comment: str = "") -> None:
        at = datetime.now(tz=UTC) - timedelta(hours=hours_ago)
        self.answers.append(f"{id_},{score},{at:%Y-%m-%d %H:%M:%S},{name}@acme.example,{comment}")
        self.desk.write("responses.csv", "\n".join(["Response ID,Score,Date,Email,Comment", *self.answers, ""]))

    def sync(self, *words: str) -> Any:
        said = self.desk.npsync("sync", *words)
        assert said.status in (0, 1), said.err
        return said

    def members(self, name: str) -> set[str]:
        names = {id_: person for person, id_ in self.ids.items()}
        return {names[id_] for id_ in self.lists[name].members}

    def hanging(self, kind: str, person: str) -> dict[str, dict[str, str]]:
        """Return what hangs on a contact, by our key."""
        linked = self.portal.links.of("0-1", self.ids[person], self.portal.kind(kind).id)
        held = [self.portal.get(kind, id_) for id_, _ in linked]
        return {each["nps_response_key"]: each for each in held}


@pytest.fixture
def crm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crm]:
    portal = Portal(seed=1)
    monkeypatch.setenv("NPSYNC_HUBSPOT_TOKEN", "pat-na1-0000")
    with serve(portal, tier="enterprise", faults=Faults()) as service:
        yield Crm(tmp_path, service, portal)


def test_the_ready_mapping_shows_what_is_tested_here() -> None:
    text = READY.read_text(encoding="utf-8").partition("\n# segments:")[2].partition("\n# Or one record")[0]
    lines = [line.removeprefix("# ") for line in f"# segments:{text}".splitlines()]
    shown = yaml.safe_load("\n".join(line for line in lines if not line.startswith(("#", "A "))))

    tested = yaml.safe_load(MAPPING.format(at_risk=42, advocates=43))
    assert {name: tested[name] for name in ("segments", "responses", "follow_up")} == shown


def test_contacts_join_their_lists_and_leave_them(crm: Crm) -> None:
    crm.answer("r1", 2, "ada", hours_ago=48)
    crm.answer("r2", 10, "bob")
    crm.sync()
    assert ({"ada"}, {"bob"}) == (crm.members("at_risk"), crm.members("advocates"))

    crm.answer("r3", 9, "ada", hours_ago=1)
    crm.sync()
    assert (set[str](), {"ada", "bob"}) == (crm.members("at_risk"), crm.members("advocates"))


def test_each_response_is_a_note_of_its_contact(crm: Crm) -> None:
    crm.answer("r1", 7, "ada", hours_ago=48, comment="Fine")
    crm.answer("r2", 10, "ada", comment="Better")
    crm.answer("r3", 8, "bob")
    crm.sync()
    crm.sync("--full-refresh")

    ada = crm.hanging("notes", "ada")
    assert {"survey:r1": "Fine", "survey:r2": "Better"} == {key: each["hs_note_body"] for key, each in ada.items()}
    assert ["survey:r3"] == list(crm.hanging("notes", "bob"))
    assert 3 == len(crm.portal.records("notes"))


def test_detractors_are_called_back_by_their_owner(crm: Crm) -> None:
    crm.answer("r1", 2, "ada", comment="Slow")
    crm.answer("r2", 3, "bob")
    crm.answer("r3", 9, "eve")
    crm.sync()

    [task] = crm.hanging("tasks", "ada").values()
    assert ("Call back", "Slow", crm.olga) == tuple(
        task[name] for name in ("hs_task_subject", "hs_task_body", "hubspot_owner_id")
    )
    assert f"{datetime.now(tz=UTC) + timedelta(hours=24):%Y-%m-%d}" == task["hs_timestamp"][:10]
    assert ["survey:r2"] == list(crm.hanging("tasks", "bob"))
    assert {} == crm.hanging("tasks", "eve")


def test_a_task_that_somebody_worked_on_is_never_touched_again(crm: Crm) -> None:
    crm.answer("r1", 2, "ada")
    crm.sync()
    [task] = crm.portal.records("tasks")
    crm.portal.update("tasks", task["hs_object_id"], {"hs_task_subject": "Called", "hs_task_status": "COMPLETED"})
    crm.answer("r2", 10, "bob")
    crm.sync("--full-refresh")

    [task] = crm.portal.records("tasks")
    assert ("Called", "COMPLETED") == (task["hs_task_subject"], task["hs_task_status"])


def test_a_second_sync_without_news_writes_nothing(crm: Crm) -> None:
    """Issue 3, point 3: one read for the shape of each object, for the lists, and for the newest change."""
    for number, name in enumerate(PEOPLE):
        crm.answer(f"r{number}", 2 * number, name)
    crm.sync()
    before = len(crm.service.log)
    crm.sync()

    entries = crm.service.log.entries[before:]
    assert [] == [each.path for each in entries if "/batch/create" in each.path or each.method == "PUT"]
    assert [] == [each.path for each in entries if "/batch/up" in each.path]
    assert len(entries) <= 3 + 1 + 1 + 2, [each.path for each in entries]  # two more for merges and deletions


def test_a_dynamic_list_stops_the_sync_before_it_writes(crm: Crm) -> None:
    crm.lists["at_risk"].processing = "DYNAMIC"
    crm.answer("r1", 2, "ada")
    said = crm.desk.npsync("sync")

    assert said.status not in (0, 1)
    assert "dynamic list" in said.err
    assert [] == crm.portal.records("notes")
    assert "nps_score" not in crm.portal.get("contacts", crm.ids["ada"])


@pytest.mark.parametrize("fault", ["cut_after", "truncated", "silent_batch", "silent_failure"])
def test_after_a_fault_there_is_one_of_each(crm: Crm, fault: str) -> None:
    for number, name in enumerate(PEOPLE):
        crm.answer(f"r{number}", number, name, comment=name)
    crm.service.faults.set(fault, 0.4)
    said = crm.desk.npsync("sync")
    assert said.status in (0, 1, 3, 5), said.err
    crm.service.faults.clear()
    crm.sync()
    crm.sync()

    assert set(PEOPLE) == crm.members("at_risk")
    for kind in ("notes", "tasks"):
        assert 3 == len(crm.portal.records(kind))
        assert [[f"survey:r{number}"] for number in range(3)] == [list(crm.hanging(kind, name)) for name in PEOPLE]
