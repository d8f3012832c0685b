"""Static lists and tasks in HubSpot: who enters, who leaves, who is called back, and by whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.faults import Faults
from sandbox.hubspot import Portal, serve
from tests.flow.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
  key: {{hs_object_id: record.id, list_id: {{from: segment, values: {{at_risk: {at_risk}, advocates: {advocates}}}}}}}
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
    hs_task_body: comment
    hs_timestamp: due_at
    hubspot_owner_id: owner
    associations.contacts: record.id
"""


class Crm:
    """A portal with two contacts and two static lists, and a desk that syncs into it."""

    def __init__(self, folder: Path, service: Any, portal: Portal) -> None:
        self.desk, self.service, self.portal = Desk(folder), service, portal
        self.answers: list[str] = []
        self.olga = next(iter(portal.owners.held))
        portal.add_property("contacts", "nps_score", "number", "number")
        portal.add_property("tasks", "nps_response_key", "string", "text", hasUniqueValue=True)
        self.ada = portal.create("contacts", {"email": "ada@acme.example", "hubspot_owner_id": self.olga})
        self.bob = portal.create("contacts", {"email": "bob@acme.example"})
        self.at_risk, self.advocates = (portal.lists.add(name, "0-1", "MANUAL", 0.0) for name in ("At risk", "Fans"))
        (folder / "mappings").mkdir()
        self.desk.write("config.yaml", CONFIG.format(url=service.url))
        self.desk.write("mappings/crm.yaml", MAPPING.format(at_risk=self.at_risk.id, advocates=self.advocates.id))

    def answer(self, id_: str, score: int, email: str, *, hours_ago: float = 24, comment: str = "") -> None:
        at = datetime.now(tz=UTC) - timedelta(hours=hours_ago)
        self.answers.append(f"{id_},{score},{at:%Y-%m-%d %H:%M:%S},{email},{comment}")
        self.desk.write("responses.csv", "\n".join(["Response ID,Score,Date,Email,Comment", *self.answers, ""]))

    def sync(self, *words: str) -> Any:
        said = self.desk.npsync("sync", *words)
        assert said.status in (0, 1), said.err
        return said

    def tasks(self) -> dict[str, tuple[Any, ...]]:
        names = ("hs_task_subject", "hs_task_body", "hubspot_owner_id")
        return {
            each["nps_response_key"]: tuple(each.get(name) for name in names) for each in self.portal.records("tasks")
        }


@pytest.fixture
def crm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crm]:
    portal = Portal(seed=1)
    with serve(portal, tier="enterprise", faults=Faults()) as service:
        monkeypatch.setenv("NPSYNC_HUBSPOT_TOKEN", "pat-na1-x")
        yield Crm(tmp_path, service, portal)


def test_contacts_enter_their_lists_and_leave_them(crm: Crm) -> None:
    crm.answer("r1", 2, "ada@acme.example", hours_ago=48)
    crm.answer("r2", 10, "bob@acme.example")
    crm.sync()
    assert ({crm.ada}, {crm.bob}) == (set(crm.at_risk.members), set(crm.advocates.members))

    crm.answer("r3", 9, "ada@acme.example", hours_ago=1)
    crm.sync()
    assert (set(), {crm.ada, crm.bob}) == (set(crm.at_risk.members), set(crm.advocates.members))


def test_detractors_are_called_back_by_their_owner(crm: Crm) -> None:
    crm.answer("r1", 2, "ada@acme.example", comment="Slow")
    crm.answer("r2", 3, "bob@acme.example")
    crm.sync()

    assert {
        "survey:r1": ("Call back", "Slow", crm.olga),
        "survey:r2": ("Call back", None, None),
    } == crm.tasks()
    [task] = [each for each in crm.portal.records("tasks") if each["nps_response_key"] == "survey:r1"]
    assert [crm.ada] == [id_ for id_, _ in crm.portal.links.of("0-27", task["hs_object_id"], "0-1")]


def test_a_task_that_somebody_worked_on_is_never_touched_again(crm: Crm) -> None:
    crm.answer("r1", 2, "ada@acme.example")
    crm.sync()
    [task] = crm.portal.records("tasks")
    crm.portal.update("tasks", task["hs_object_id"], {"hs_task_subject": "Called", "hs_task_status": "COMPLETED"})

    crm.answer("r2", 10, "bob@acme.example")
    crm.sync("--full-refresh")
    crm.answers[0] = crm.answers[0].replace("r1,2", "r1,0")
    crm.answer("r3", 9, "bob@acme.example", hours_ago=1)
    crm.sync()

    [task] = crm.portal.records("tasks")
    assert ("Called", "COMPLETED") == (task["hs_task_subject"], task["hs_task_status"])


def test_a_list_that_is_not_there_is_told_before_anything_is_written(crm: Crm) -> None:
    crm.at_risk.deleted = 1.0
    crm.answer("r1", 2, "ada@acme.example")
    said = crm.desk.npsync("sync")

    assert 2 == said.status
    assert crm.at_risk.id in said.err
    assert "nps_score" not in crm.portal.get("contacts", crm.ada)


@pytest.mark.parametrize("fault", ["cut_before", "cut_after", "status_503"])
def test_after_a_fault_there_is_one_task_for_each_response(crm: Crm, fault: str) -> None:
    crm.answer("r1", 2, "ada@acme.example")
    crm.answer("r2", 1, "bob@acme.example")
    crm.service.faults.set(fault, 0.4)
    said = crm.desk.npsync("sync")
    assert said.status in (0, 1, 3, 5), said.err
    crm.service.faults.clear()
    crm.sync()
    crm.sync()

    assert {crm.ada, crm.bob} == set(crm.at_risk.members)
    assert ["survey:r1", "survey:r2"] == sorted(each["nps_response_key"] for each in crm.portal.records("tasks"))
