"""`npsync undo` and `npsync runs RUN` as a person uses them, into a store and into both CRMs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.flow import test_hubspot as hubspot
from tests.flow import test_salesforce as salesforce

if TYPE_CHECKING:
    from tests.flow.desk import Desk

#: Fixtures of the two CRMs, under names of their own.
in_hubspot, in_salesforce = hubspot.crm, salesforce.crm


def run_of(desk: Desk) -> str:
    """Return the last run."""
    run: str = desk.npsync("--output", "json", "runs").object["runs"][0]["run"]
    return run


def changed(desk: Desk) -> str:
    """Sync twice, the second time with another score of Ada; return the second run."""
    desk.npsync("sync")
    text = (desk.folder / "responses.csv").read_text(encoding="utf-8")
    desk.write("responses.csv", text + "r6,2,2026-10-06 10:00:00,ada@acme.example,C-1,Slower now\n")
    desk.npsync("sync")
    return run_of(desk)


def test_a_dry_undo_shows_now_and_then(desk):
    run = changed(desk)

    said = desk.npsync("undo", run, "-n")

    assert 0 == said.status
    assert f"nps_score: 2 -> 9   (undo of {run})" in said.out
    assert "dry run, nothing written" in said.out
    assert [(2,)] == desk.stored("SELECT nps_score FROM people WHERE customer_id = 'C-1'")


def test_an_undo_puts_back_and_says_what_it_left(desk):
    run = changed(desk)
    with closing(sqlite3.connect(desk.folder / "store.db")) as store, store:
        store.execute("UPDATE people SET nps_category = 'friend' WHERE customer_id = 'C-1'")

    said = desk.npsync("undo", run)

    assert 0 == said.status
    assert "left       1 record: changed_since 1" in said.out
    assert "people C-1: nps_category: somebody changed it since" in said.out
    assert [(9, "friend")] == desk.stored("SELECT nps_score, nps_category FROM people WHERE customer_id = 'C-1'")
    assert "wrote" not in desk.npsync("sync").out
    assert "Undone by run" in desk.npsync("runs", run).out
    assert f"done, undoes {run}" in desk.npsync("runs").out
    assert "a person undid nps_score = 2; it rests" in desk.npsync("explain", "r6").out


def test_more_than_a_handful_needs_a_yes(desk):
    lines = "".join(f"n{number},9,2026-10-01 10:00:00,ada@acme.example,C-1,\n" for number in range(20))
    desk.write("responses.csv", (desk.folder / "responses.csv").read_text(encoding="utf-8") + lines)
    desk.npsync("sync")
    run = run_of(desk)

    refused, done = desk.npsync("undo", run), desk.npsync("undo", run, "--yes", "--output", "json")

    assert (4, 0) == (refused.status, done.status)
    assert "22 responses" in refused.err or "responses 22" in refused.err
    assert "[E406]" in refused.err
    assert [(0,)] == desk.stored("SELECT count(*) FROM responses")
    assert ({"people": 2, "responses": 22}, []) == (done.object["writes"], done.object["left_alone"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nothing",), "no run `nothing`"),
        (("{run}", "--fields", "skore"), "no field `skore`"),
        (("{run}", "--object", "x"), "no writes to `x`"),
    ],
)
def test_what_is_not_there_is_said_before_anything_is_done(desk, words, told):
    run = changed(desk)

    said = desk.npsync("undo", *(word.format(run=run) for word in words))

    assert 2 == said.status
    assert told in said.err


def test_a_run_shows_its_rows_and_what_it_wrote_over_what(desk):
    run = changed(desk)

    said, found = desk.npsync("runs", run), desk.npsync("--output", "json", "runs", run).object

    assert "  nps_score: 9 -> 2" in said.out
    assert "responses survey:r6 (made)" in said.out
    assert {"key": "survey:r6", "state": "written", "reason": ""} in found["responses"]
    [person] = [each for each in found["changes"] if each["object"] == "people"]
    assert {"nps_score": {"old": 9, "new": 2}, "nps_category": {"old": "promoter", "new": "detractor"}} == person[
        "fields"
    ]


def test_a_long_run_is_shown_a_page_at_a_time(desk):
    desk.npsync("sync")
    run = run_of(desk)

    first = desk.npsync("runs", run, "--limit", "2")
    keys = [
        each["key"]
        for skip in (0, 2, 4)
        for each in desk.npsync("--output", "json", "runs", run, "--limit", "2", "--skip", str(skip)).object[
            "responses"
        ]
    ]

    assert f"More: npsync runs {run} --limit 2 --skip 2" in first.out
    assert ["survey:r1", "survey:r2", "survey:r3", "survey:r4"] == sorted(keys)


NPS = ("nps_score", "nps_category", "nps_comment")


def test_a_first_sync_into_hubspot_is_undone(in_hubspot: Any) -> None:
    """Done when 6 of issue 4, in small: what people edited since stays, the rest is as before the first sync."""
    crm = in_hubspot
    crm.portal.update("contacts", crm.ada, {"nps_score": "4", "nps_comment": "by hand"})
    crm.sync()
    crm.portal.update("contacts", crm.bob, {"nps_comment": "edited"})

    said = crm.desk.npsync("undo", run_of(crm.desk), "--yes")

    assert 0 == said.status, said.err
    ada, bob = crm.contact(crm.ada), crm.contact(crm.bob)
    assert ["4", "", "by hand"] == [ada.get(name) or "" for name in NPS]
    assert ["", "", "edited"] == [bob.get(name) or "" for name in NPS]
    assert "" == (crm.portal.get("companies", crm.company).get("nps_responses") or "")
    assert f"contacts {crm.bob}: nps_comment: somebody changed it since" in said.out
    writes = crm.writes()
    crm.sync()
    assert writes == crm.writes()


def test_a_first_sync_into_hubspot_reads_a_hundred_records_in_a_call(in_hubspot: Any) -> None:
    crm = in_hubspot
    crm.sync()

    reads = [crm.service.log.count(path_contains=f"/{kind}/batch/read") for kind in ("contacts", "companies")]

    assert [1, 1] >= [reads[0] - 1, reads[1]]  # one more finds out to whom the answers belong


def test_a_first_sync_into_salesforce_is_undone(in_salesforce: Any) -> None:
    crm = in_salesforce
    crm.org.write("Contact", "update", [{"Id": crm.ada, "NPS_Score__c": 4}], None, {})
    crm.sync()
    crm.org.write("Contact", "update", [{"Id": crm.bob, "NPS_Comment__c": "edited"}], None, {})

    said = crm.desk.npsync("undo", run_of(crm.desk), "--yes")

    assert 0 == said.status, said.err
    ada, bob, lea = (
        crm.org.get(kind, id_) for kind, id_ in (("Contact", crm.ada), ("Contact", crm.bob), ("Lead", crm.lea))
    )
    assert (4, None) == (ada.get("NPS_Score__c"), ada.get("NPS_Category__c"))
    assert (None, "edited") == (bob.get("NPS_Score__c"), bob.get("NPS_Comment__c"))
    assert lea.get("NPS_Score__c") is None
    assert f"Contact {crm.bob}: NPS_Comment__c: somebody changed it since" in said.out
    written = crm.written()
    crm.sync()
    assert written == crm.written()
