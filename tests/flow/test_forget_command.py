"""`npsync forget` and `export-person` as a person types them, with every file of the project searched."""

from __future__ import annotations

import io
import json
import sqlite3
import stat
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.flow.forgetting import bytes_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flow.desk import Desk

ADA = ["ada@acme.example", "survey:r1", "Swift and friendly"]
#: The survey's export is the user's own.
EXPORT = ("responses.csv",)


@pytest.fixture
def synced(desk: Desk) -> Desk:
    """A project synced twice, whose own row of Ada the company has erased."""
    desk.npsync("sync")
    desk.npsync("sync", "--full-refresh")
    with closing(sqlite3.connect(desk.folder / "store.db")) as store, store:
        store.execute("DELETE FROM customers WHERE customer_id = 'C-1'")
    return desk


def test_no_byte_is_left_and_the_same_file_brings_nothing_back(synced: Desk, tmp_path: Path) -> None:
    assert {"ledger.db", "store.db"} <= bytes_of(tmp_path, ADA, besides=EXPORT).keys()

    said = synced.npsync("forget", "ada@acme.example", "--yes")

    assert (0, {}) == (said.status, bytes_of(tmp_path, ADA, besides=EXPORT))
    assert "nothing left in ledger.db" in said.out
    again = synced.npsync("sync", "--full-refresh", "--output", "json").object
    assert {"forgotten": 1} == again["skipped_by_reason"]
    assert {} == bytes_of(tmp_path, ADA, besides=EXPORT)
    assert [("C-2", 3)] == synced.stored("SELECT customer_id, nps_score FROM people")


def test_the_receipt_does_not_say_who(synced: Desk) -> None:
    said = synced.npsync("forget", "ada@acme.example", "--yes", "--output", "json", "-v", "-v", "--log-format", "json")

    told = said.object
    assert not [text for text in ADA if text in said.out + said.err]
    assert (True, 1, 0) == (told["known"], told["responses"], told["left"])
    assert {"crm": {"people": 1, "responses": 1}} == told["cleared"]
    assert 1 == told["erased"]["responses"]


def test_nobody_is_erased_unasked(synced: Desk) -> None:
    said = synced.npsync("forget", "ada@acme.example", "--no-input")

    assert (4, "") == (said.status, said.out)
    assert "This would be erased for good" in said.err
    assert "[E408]" in said.err
    assert 2 == len(synced.stored("SELECT * FROM people"))


def test_a_dry_run_erases_nothing(synced: Desk) -> None:
    said = synced.npsync("forget", "C-1", "-n")

    assert 0 == said.status
    assert said.out.startswith("This would be erased for good:")
    assert 0 == synced.npsync("export-person", "C-1").status


def test_the_name_is_read_from_stdin(synced: Desk) -> None:
    """An argument stands in the shell's history and in the list of processes."""
    before, sys.stdin = sys.stdin, io.StringIO("ada@acme.example\n")
    try:
        assert 0 == synced.npsync("forget", "-", "--yes").status
    finally:
        sys.stdin = before

    assert 2 == synced.npsync("forget", "C-1", "--yes").status


def test_whoever_is_let_in_again_is_imported_again(synced: Desk) -> None:
    receipt = synced.npsync("forget", "ada@acme.example", "--yes", "--output", "json").object["receipt"]
    with closing(sqlite3.connect(synced.folder / "store.db")) as store, store:
        store.execute("INSERT INTO customers VALUES ('C-1', 'ada@acme.example', 'Ada', 'A-1')")

    assert 2 == synced.npsync("forget", "--lift", "F-none").status
    assert 0 == synced.npsync("forget", "--lift", receipt).status
    synced.npsync("sync", "--full-refresh")

    assert [("C-1", 9), ("C-2", 3)] == synced.stored("SELECT customer_id, nps_score FROM people ORDER BY 1")


class TestExporting:
    def test_everything_that_is_held_is_shown(self, synced: Desk) -> None:
        held = synced.npsync("export-person", "ada@acme.example").object["held"]

        assert "Swift and friendly" == held["responses"][0]["comment"]
        assert "ada@acme.example" == held["respondents"][0]["email"]
        assert "C-1" == held["matches"][0]["record"]
        assert {"customer_id", "email"} == {entry["slot"] for entry in held["matches"][0]["evidence"]}
        assert {"nps_score": 9, "nps_category": "promoter"} == next(
            row["desired"] for row in held["acknowledged"] if row["object"] == "people"
        )
        assert {"profiles", "run_rows", "writes"} <= held.keys()

    def test_and_nothing_of_anybody_else(self, synced: Desk) -> None:
        said = synced.npsync("export-person", "ada@acme.example")

        assert not [word for word in ("bob@", "pair@", "zoe@", "survey:r2", "C-2") if word in said.out]

    def test_a_file_is_for_its_owner_only_and_replaces_none(self, synced: Desk, tmp_path: Path) -> None:
        into = tmp_path / "ada.json"
        said = synced.npsync("export-person", "survey:r1", "--into", str(into))

        assert ("", 0o600) == (said.out, stat.S_IMODE(into.stat().st_mode))
        assert "responses" in json.loads(into.read_text("utf-8"))["held"]
        assert 2 == synced.npsync("export-person", "survey:r1", "--into", str(into)).status

    def test_nobody_is_told_as_nobody(self, synced: Desk) -> None:
        assert 2 == synced.npsync("export-person", "survey:r99").status
        assert {"held": {}} == synced.npsync("export-person", "yan@else.example").object
