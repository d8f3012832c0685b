"""What people wrote is printed and never obeyed: by a terminal, by a spreadsheet, or by whoever reads the lines."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.cli.screen import Screen
from sync.identity.standalone import COLUMNS, ResponseDecision, read_decisions, write_decisions

if TYPE_CHECKING:
    from tests.flow.desk import Desk, Said

#: Clears the screen, renames the window, hides what follows, C1's form of it, text turned around, a forged line.
EVIL = "\x1b[2J\x1b]0;pwned\x07\x1b[8m \x9b31m \u202egnp.exe \r0 rejected\n0 held"
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def evil(desk: Desk) -> Desk:
    """A project in which ids, names, comments, surveys and the CRM's own records hold codes for a terminal."""
    rows = [
        {"id": f"r1{EVIL}", "score": 9, "date": "2026-10-01", "email": "ada@acme.example", "comment": f"fine {EVIL}"},
        {"id": f"r2{EVIL}", "score": 2, "date": "2026-10-02", "email": "pair@twin.example", "name": f"Eve {EVIL}"},
        {"id": f"r3{EVIL}", "score": f"four{EVIL}", "date": "2026-10-02", "email": "bob@acme.example"},
        {"id": "r4", "score": 4, "date": "2026-10-02", "email": "bob@acme.example", "survey": f"nps {EVIL}"},
    ]
    desk.write("responses.json", json.dumps(rows))
    config = (desk.folder / "config.yaml").read_text(encoding="utf-8")
    desk.write("config.yaml", config.replace("responses.csv, columns: {customer_id: Customer}", "responses.json"))
    mapping = (desk.folder / "mappings/crm.yaml").read_text(encoding="utf-8")
    desk.write("mappings/crm.yaml", mapping.replace("nps_category: category", "nps_comment: comment"))
    return desk


def harmless(said: Said) -> bool:
    return not STEERING.search(said.out) and not STEERING.search(said.err)


def test_no_command_hands_a_terminal_what_a_response_holds(evil: Desk) -> None:
    """A comment that clears the screen or renames the window is shown with its codes as text."""
    assert harmless(evil.npsync("sync", "-n"))
    synced = evil.npsync("sync", "--output", "json")
    assert harmless(synced)
    run = synced.object["run"]
    for words in (
        ["held"],
        ["runs"],
        ["runs", run],
        ["status"],
        ["report"],
        ["explain", "r4"],
        ["explain", f"r1{EVIL}"],
    ):
        for form in ([], ["--output", "json"]):
            said = evil.npsync(*words, *form)
            assert harmless(said), (words, form)
            assert 0 == said.status, (words, form, said.err)


def test_the_codes_are_there_to_be_seen_and_json_has_the_text_itself(evil: Desk) -> None:
    evil.npsync("sync")

    shown = evil.npsync("explain", f"r1{EVIL}")
    told = evil.npsync("explain", f"r1{EVIL}", "--output", "json")

    assert shown.out.startswith(r"survey:r1\x1b[2J\x1b]0;pwned\x07")
    assert f"survey:r1{EVIL}" == told.object["response"]["key"]


def test_nothing_that_a_response_holds_forges_a_line(evil: Desk) -> None:
    """`0 held` on a line of its own would be read as npsync's own word."""
    evil.npsync("sync")

    for words in (["held"], ["explain", f"r1{EVIL}"], ["explain", "r4"]):
        lines = evil.npsync(*words).out.splitlines()
        assert not [line for line in lines if line.startswith("0 ")], words


def test_colours_of_our_own_are_colours_on_a_terminal_only(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().data("\x1b[31mred\x1b[0m")

    assert "\\x1b[31mred\\x1b[0m\n" == capsys.readouterr().out


FORMULAS = ["=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "''+x", "\uff1d1", "=1\r=2,x"]


def test_no_spreadsheet_runs_what_resolve_writes(desk: Desk) -> None:
    desk.write("people.csv", "id,email\n=1+1,ada@x.example\n@bo,bo@x.example\n")
    asked = "response_id,email\n-2+3,ada@x.example\n+4915,bo@x.example\n=HYPERLINK(1),zoe@x.example\n"
    desk.write("asked.csv", asked)
    words = ("resolve", "--records", "people.csv", "--responses", "asked.csv", "--output", "out.csv")

    assert 0 == desk.npsync(*words).status

    written = (desk.folder / "out.csv").read_text(encoding="utf-8")
    rows = list(csv.reader(written.splitlines()))[1:]
    assert ["'-2+3", "+4915", "'=HYPERLINK(1)"] == [row[0] for row in rows]
    assert ["'=1+1", "'@bo", ""] == [row[4] for row in rows]
    again = desk.npsync(*words[:-1], "again.csv", "--prior", "out.csv")
    assert 0 == again.status
    kept = list(csv.reader((desk.folder / "again.csv").read_text(encoding="utf-8").splitlines()))[1:]
    assert ["kept", "kept", "none"] == [row[5] for row in kept]
    assert [row[:5] for row in rows] == [row[:5] for row in kept]


@given(
    st.lists(st.text(st.sampled_from("=+-@'\"\t\r\n,;1a \uff1d")) | st.sampled_from(FORMULAS), min_size=8, max_size=8)
)
def test_a_decision_is_one_row_and_read_as_it_was(cells: list[str]) -> None:
    """A carriage return in an id ended its row, and what followed it was a decision of its own."""
    decision = ResponseDecision(*cells)
    written = io.StringIO(newline="")
    write_decisions([decision], written)

    _, row = csv.reader(io.StringIO(written.getvalue(), newline=""))
    starts = [cell for cell in row if cell[:1] in tuple("=@\t\r\uff1d") or re.match(r"[+-](?![\d.,]*\d$)", cell)]
    assert [] == starts
    assert {cells[0]: decision} == read_decisions(io.StringIO(written.getvalue(), newline=""))
    assert len(COLUMNS) == len(row)
