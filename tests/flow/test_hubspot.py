"""The ready mapping, from an export into the sandbox's portal and back: what a user of HubSpot gets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.hubspot import Portal, serve
from tests.flow.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

READY = Path(__file__).parents[2] / "mappings/hubspot.yaml"
CONFIG = """\
version: 1
connections:
  survey: {{type: file, path: responses.csv, date_order: ymd}}
  hubspot: {{type: hubspot, tier: enterprise, url: "{url}"}}
nps: {{min_responses: 1}}
segments:
  at_risk: {{any: [{{category: detractor}}]}}
  advocates: {{all: [{{category: promoter}}]}}
limits: {{stop_if_changed: 100%, stop_if_rejected: 100%, stop_if_cleared: 100%}}
"""
HEAD = "Response ID,Score,Date,Email,Comment\n"
ANSWERS = """\
r1,9,2026-10-01 10:00:00,ada@acme.example,Swift
r2,3,2026-10-02 10:00:00,Bob@home.example,"two
lines, ""quoted"" here"
r3,8,2026-10-04 10:00:00,zoe@else.example,
"""
#: Type, form and choices of the properties that the ready mapping asks for.
NUMBER, TEXT, TIME, YES_NO = (
    ("number", "number"),
    ("string", "textarea"),
    ("datetime", "date"),
    ("bool", "booleancheckbox"),
)
CONTACTS: dict[str, tuple[str, ...]] = {
    "nps_score": NUMBER,
    "nps_points": NUMBER,
    "nps_category": ("enumeration", "select", "promoter", "passive", "detractor"),
    "nps_comment": TEXT,
    "nps_responded_at": TIME,
    "nps_previous_score": NUMBER,
    "nps_trend": TEXT,
    "nps_status": TEXT,
    "nps_responses": NUMBER,
    "nps_survey": TEXT,
    "nps_risk": YES_NO,
    "nps_segments": ("enumeration", "checkbox", "at_risk", "advocates", "silent"),
}
_NUMBERS = "nps nps_low nps_high nps_responses nps_contacts nps_promoters nps_passives nps_detractors nps_coverage"
COMPANIES: dict[str, tuple[str, ...]] = {**dict.fromkeys(_NUMBERS.split(), NUMBER), "nps_as_of": TIME}


class Crm:
    """A portal with two contacts of one company, and a desk that syncs into it."""

    def __init__(self, folder: Path, service: Any, portal: Portal) -> None:
        self.desk, self.service, self.portal = Desk(folder), service, portal
        for kind, properties in (("contacts", CONTACTS), ("companies", COMPANIES)):
            for name, (type_, form, *choices) in properties.items():
                options = [{"label": each, "value": each} for each in choices]
                portal.add_property(kind, name, type_, form, options=options)
        (folder / "mappings").mkdir()
        self.desk.write("config.yaml", CONFIG.format(url=service.url))
        self.desk.write("mappings/hubspot.yaml", READY.read_text(encoding="utf-8"))
        self.desk.write("responses.csv", HEAD + ANSWERS)
        self.company = portal.create("companies", {"name": "Acme"})
        at_acme = {"associatedcompanyid": self.company}
        self.ada = portal.create("contacts", {"email": "ada@acme.example", "lastname": "Ada"} | at_acme)
        bobs = {"email": "bob@acme.example", "hs_additional_emails": "bob@home.example"}
        self.bob = portal.create("contacts", bobs | at_acme)
        self.eve = portal.create("contacts", {"email": "eve@acme.example"} | at_acme)

    def sync(self) -> Any:
        said = self.desk.npsync("sync")
        assert said.status in (0, 1), said.err
        return said

    def contact(self, id_: str) -> dict[str, str]:
        return self.portal.get("contacts", id_)

    def writes(self) -> int:
        return sum(self.service.log.count(path_contains=f"/batch/{verb}") for verb in ("update", "upsert", "create"))


@pytest.fixture
def crm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crm]:
    portal = Portal(seed=1)
    monkeypatch.setenv("NPSYNC_HUBSPOT_TOKEN", "pat-na1-0000")
    with serve(portal, tier="enterprise") as service:
        yield Crm(tmp_path, service, portal)


def test_answers_arrive_at_contacts_and_companies(crm: Crm) -> None:
    crm.sync()

    ada, bob = crm.contact(crm.ada), crm.contact(crm.bob)
    assert ("9", "promoter", "Swift", "advocates") == tuple(
        ada[name] for name in ("nps_score", "nps_category", "nps_comment", "nps_segments")
    )
    assert ("3", 'two\nlines, "quoted" here', "at_risk", "true") == tuple(
        bob[name] for name in ("nps_score", "nps_comment", "nps_segments", "nps_risk")
    )
    company = crm.portal.get("companies", crm.company)
    assert ("0", "2") == (company["nps"], company["nps_responses"])
    assert 0.66 < float(company["nps_coverage"]) < 0.67


def test_a_first_sync_reads_each_contact_once(crm: Crm) -> None:
    """The look-up by e-mail also reads what the contacts hold before they are written, which an undo puts back."""
    crm.portal.update("contacts", crm.ada, {"nps_score": "4"})
    crm.sync()
    paths = [each.path for each in crm.service.log.entries]
    assert 1 == sum(path.endswith("/objects/2026-09/contacts/batch/read") for path in paths), paths

    [run] = [line.split()[0] for line in crm.desk.npsync("runs").out.splitlines() if " hubspot" in line][:1]
    assert 0 == crm.desk.npsync("undo", run, "--yes").status
    assert ("4", None) == tuple(crm.contact(id_).get("nps_score") for id_ in (crm.ada, crm.bob))


def test_whole_records_are_as_before_but_for_what_is_mapped(crm: Crm) -> None:
    """Issue 3, point 6."""
    kinds = ("contacts", "companies", "deals")
    before = [crm.portal.records(kind) for kind in kinds]
    crm.sync()
    after = [crm.portal.records(kind) for kind in kinds]

    moved = {*CONTACTS, *COMPANIES, "lastmodifieddate", "hs_lastmodifieddate"}
    then, now = (
        [[{name: each[name] for name in each.keys() - moved} for each in records] for records in kinds_]
        for kinds_ in (before, after)
    )
    assert then == now
    assert crm.contact(crm.eve) in before[0]


def test_a_second_run_writes_nothing_and_one_answer_writes_once(crm: Crm) -> None:
    """Issue 3, point 3: at most one look-up for a hundred persons and six calls besides."""
    crm.sync()
    before, calls = crm.writes(), len(crm.service.log)

    crm.sync()
    assert before == crm.writes()
    assert len(crm.service.log) - calls <= 7

    calls = len(crm.service.log)
    crm.sync()
    assert len(crm.service.log) - calls <= 2

    crm.desk.write("responses.csv", HEAD + ANSWERS + "r5,6,2026-10-20 10:00:00,ada@acme.example,Slower\n")
    crm.sync()
    assert "6" == crm.contact(crm.ada)["nps_score"]
    assert before + 2 == crm.writes()  # the contact and the company


def test_somebody_who_gets_an_address_is_found_in_the_next_run(crm: Crm) -> None:
    crm.sync()
    crm.portal.update("contacts", crm.eve, {"hs_additional_emails": "zoe@else.example"})

    crm.sync()

    assert "8" == crm.contact(crm.eve)["nps_score"]


def test_a_merged_contact_is_followed(crm: Crm) -> None:
    crm.sync()
    survivor = crm.portal.merge("contacts", crm.eve, crm.ada)
    crm.desk.write("responses.csv", HEAD + ANSWERS + "r5,6,2026-10-20 10:00:00,ada@acme.example,Slower\n")

    for _ in range(2):
        crm.sync()

    assert "6" == crm.contact(survivor)["nps_score"]


def test_a_missing_property_stops_before_anything_is_written(crm: Crm) -> None:
    """Issue 3, point 5: one message that says what to do."""
    crm.portal.catalogue("contacts").archive("nps_score", "2026-01-01T00:00:00.000Z")

    said = crm.desk.npsync("sync")

    assert 2 == said.status
    assert "nps_score" in said.err
    assert "Settings > Properties" in said.err
    assert 0 == crm.writes()


def test_a_revoked_key_is_a_matter_of_signing_in(crm: Crm) -> None:
    crm.portal.doors.keys["pat-na1-0000"] = frozenset()

    said = crm.desk.npsync("sync")

    assert 3 == said.status
    assert "pat-na1" not in said.err
    assert "npsync auth set" in said.err


def test_a_missing_right_is_named(crm: Crm) -> None:
    rights = {f"crm.{area}.{kind}.read" for area in ("objects", "schemas") for kind in ("contacts", "companies")}
    crm.portal.doors.keys["pat-na1-0000"] = frozenset(rights)

    said = crm.desk.npsync("sync")

    assert 3 == said.status
    assert "crm.objects.contacts.write" in said.err


def test_the_scopes_that_the_how_to_lists_are_enough(crm: Crm) -> None:
    page = (READY.parents[1] / "docs/how-to/write-to-hubspot.md").read_text(encoding="utf-8")
    scopes = frozenset(re.findall(r"`(crm\.[a-z.]+)`", page))
    crm.portal.doors.keys["pat-na1-0000"] = frozenset(each for each in scopes if ".custom." not in each)

    crm.sync()

    assert "9" == crm.contact(crm.ada)["nps_score"]
    assert "2" == crm.portal.get("companies", crm.company)["nps_responses"]


RESPONSES = """\
responses:
  object: p_nps_response
  key: {response_key: key}
  fields:
    associations.contacts: record.id
    score: score
    points: points
    comment: {from: comment, truncate: 65000}
    responded_at: responded_at
"""


def test_each_response_can_be_a_record_of_a_custom_object(crm: Crm) -> None:
    """As the ready mapping shows in its last lines; a response that turns out to be nobody's takes its record along."""
    shown = READY.read_text(encoding="utf-8").rpartition("# responses:")
    assert RESPONSES.split() == "".join(shown[1:]).replace("#", "").split()
    crm.portal.add_type("nps_response")
    crm.portal.add_property("p_nps_response", "response_key", hasUniqueValue=True)
    for name, (type_, form) in {
        **dict.fromkeys(("score", "points"), NUMBER),
        "comment": TEXT,
        "responded_at": TIME,
    }.items():
        crm.portal.add_property("p_nps_response", name, type_, form)
    crm.desk.write("mappings/hubspot.yaml", READY.read_text(encoding="utf-8") + RESPONSES)

    for _ in range(2):
        crm.sync()

    held = {each["response_key"]: each for each in crm.portal.records("p_nps_response")}
    kind = crm.portal.kind("p_nps_response").id
    linked = {key: crm.portal.links.of(kind, each["hs_object_id"], "0-1") for key, each in held.items()}
    assert {"survey:r1": [crm.ada], "survey:r2": [crm.bob]} == {k: [id_ for id_, _ in to] for k, to in linked.items()}
    assert "2026-10-01T10:00:00Z" == held["survey:r1"]["responded_at"]
