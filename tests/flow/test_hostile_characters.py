"""Characters that a database refuses, in every text of a response: a row is cleaned or rejected, the run goes on."""

from __future__ import annotations

import json
import os
import random
import string
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from connectors.values import Place, Reject
from sync.report import State, Status
from tests.exports import pull
from tests.flow.world import World, response

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flow.desk import Desk

HALF, NUL = "a\ud800b", "a\0b"
TEXTS = (
    *("survey", "comment", "email", "recipient_email", "phone", "first_name", "last_name", "full_name"),
    *("company", "account_ref", "link", "vendor_category"),
)
IDS = ("customer_id", "salesforce_id", "hubspot_id", "external_ref")
KINDS = [("half a pair", HALF), ("NUL", NUL)]


def hostile(bad: str) -> list[Any]:
    """Return responses each of which has *bad* in another place."""
    values: list[dict[str, Any]] = [{name: bad} for name in TEXTS]
    values += [{"ids": {kind: bad}} for kind in IDS]
    values += [{"extra": {"plan": bad}}, {"extra": {bad: "gold"}}, {"place": Place(file=bad, row=1)}]
    found = [response(100 + n, 3, **each) for n, each in enumerate(values)]
    return [*found, replace(response(99, 3), response_id=bad)]


@pytest.mark.parametrize(("_", "bad"), KINDS)
def test_no_character_of_a_response_ends_a_run_or_costs_a_row(
    tmp_path: Path, ledger_url: str, _: str, bad: str
) -> None:
    """SQLite's driver fails on half a surrogate pair, PostgreSQL's server on NUL; each took the whole page along."""
    world = World(tmp_path, ledger_url=ledger_url).make_customers()
    rows = hostile(bad)
    world.source.add(response(1, 9, email="ada@acme.test"), *rows, response(2, 8, email="bob@acme.test"))

    report = world.sync()

    assert Status.DONE == report.status
    assert len(rows) + 2 == report.rows.entered
    assert 0 == report.rows.total(State.REJECTED)
    assert {"C-1": 9, "C-2": 8} == world.scores()
    kept = world.ledger("SELECT response_id, file, comment FROM responses")
    assert not [row for row in kept if any("\0" in (text or "") for text in row)]


def test_an_id_or_a_title_without_end_ends_no_run(tmp_path: Path, ledger_url: str) -> None:
    """PostgreSQL keeps no key of more than 2,704 bytes; two ids that differ at their end stay two."""
    long = "".join(random.Random(1).choices(string.printable, k=20_000))
    title = Place(file="responses.csv", row=9, column=long)
    world = World(tmp_path, ledger_url=ledger_url).make_customers()
    world.source.add(
        replace(response(1, 9, email="ada@acme.test"), response_id=f"{long}1"),
        replace(response(2, 8, email="bob@acme.test"), response_id=f"{long}2"),
        rejects=[Reject(place=title, reason="score_not_a_number", detail="", next_step="")],
    )

    report = world.sync()

    assert {"C-1": 9, "C-2": 8} == world.scores()
    assert 1 == report.rows.total(State.REJECTED)
    assert 2 == len(world.ledger("SELECT key FROM responses"))


@pytest.mark.parametrize("bad", ["\ud800", "\0"])
def test_what_cannot_be_kept_of_an_id_is_marked_and_makes_it_nobodys(tmp_path: Path, bad: str) -> None:
    """Left out, `C{NUL}-2` would be C-2: somebody else."""
    world = World(tmp_path).make_customers()
    world.source.add(
        response(1, 3, ids={"customer_id": f"C{bad}-2"}),
        response(2, 3, ids={"customer_id": f"C-2{bad}"}),
        response(3, 3, email="b\ud800ob@acme.test"),
    )

    report = world.sync()

    assert 3 == report.rows.total(State.HELD)
    assert 0 == report.rows.total(State.WRITTEN)


@pytest.mark.parametrize(("_", "bad"), KINDS)
def test_a_second_run_over_the_same_rows_finds_nothing_new(tmp_path: Path, _: str, bad: str) -> None:
    world = World(tmp_path).make_customers()
    world.source.add(*hostile(bad))
    world.sync()
    world.source.add(*hostile(bad))

    again = world.sync()

    assert len(hostile(bad)) == again.rows.total(State.UNCHANGED)


def test_json_that_spells_half_a_character_is_read_and_marked(desk: Desk) -> None:
    rows = [
        {"id": "r1", "score": 9, "date": "2026-10-01", "email": "ada@acme.example", "comment": "fine \ud83d"},
        {"id": "r\udc002", "score": 3, "date": "2026-10-01", "email": "zo\0e@else.example", "\ud800": "\0"},
        {"id": "r3", "score": 8, "date": "2026-10-01", "name": "B\ud800b", "company": "\0", "comment": "\udfff\0"},
    ]
    desk.write("responses.json", json.dumps(rows))
    config = (desk.folder / "config.yaml").read_text(encoding="utf-8")
    desk.write("config.yaml", config.replace("responses.csv, columns: {customer_id: Customer}", "responses.json"))

    said = desk.npsync("sync", "--output", "json")

    assert 0 == said.status, said.err
    assert 3 == said.object["rows"]["in"]
    assert [(9,)] == desk.stored("SELECT nps_score FROM people WHERE customer_id = 'C-1'")


@pytest.mark.skipif(os.name == "nt", reason="names of files are text there")
def test_a_file_whose_name_is_no_text_is_read_under_a_name_that_is(tmp_path: Path) -> None:
    """Such a name stood in the cursor, and no ledger could keep it; a line break in it forged a line of output."""
    for name in (b"caf\xe9.csv", b"caf\xe8.csv", b"two\nlines.csv", b"red\x1b[31m.csv"):
        with open(os.path.join(os.fsencode(tmp_path), name), "wb") as file:  # noqa: PTH118, PTH123 - bytes
            file.write(b"score,date\n9,2026-01-05\n")

    pulled = pull(tmp_path, ".")

    assert [9] * 4 == pulled.scores
    assert {"caf\\xe9.csv", "caf\\xe8.csv", "two\\x0alines.csv", "red\\x1b[31m.csv"} == set(pulled.cursors)
