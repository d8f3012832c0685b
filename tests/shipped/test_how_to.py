"""What the how-to says of the ready mapping can be done as it says."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.flow.desk import Desk

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/import-a-survey-export.md").read_text(encoding="utf-8")
MAPPING = (ROOT / "mappings/warehouse.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
#: What the table has not → the lines to delete.
ROWS = re.findall(r"^\| ([\w -]+) \| (`.+) \|$", PAGE, re.MULTILINE)
DELETE = {what: re.findall(r"`([^`]+)`", lines) for what, lines in ROWS}
COLUMNS = {
    "e-mail address": "email",
    "phone number": "phone",
    "first name": "first_name",
    "last name": "last_name",
    "account": "account_id",
}
CONFIG = """\
version: 1
connections:
  survey: {type: file, path: responses.csv}
  profiles: {type: warehouse, url: "sqlite:///store.db"}
"""


def without(lines: list[str]) -> str:
    """Delete *lines* from the ready mapping, each with what is indented under it."""
    kept, inside = [], None
    for line in MAPPING:
        indent = len(line) - len(line.lstrip())
        if inside is not None and (not line.strip() or indent > inside):
            continue
        gone = any(re.match(rf"{re.escape(one)}(?=\s|$)", line) for one in lines)
        inside = indent if gone else None
        kept += [] if gone else [line]
    return "".join(kept)


@pytest.mark.parametrize(
    "lacking",
    [[], *([what] for what in COLUMNS), [what for what in COLUMNS if what != "e-mail address"]],
    ids=lambda lacking: ", ".join(lacking) or "nothing",
)
def test_the_ready_mapping_fits_a_smaller_table_once_the_named_lines_are_gone(tmp_path, lacking):
    desk = Desk(tmp_path)
    (tmp_path / "mappings").mkdir()
    desk.write("config.yaml", CONFIG)
    desk.write("mappings/warehouse.yaml", without([line for what in lacking for line in DELETE[what]]))
    desk.write("responses.csv", "email,customer_id,score,date\nada@acme.example,C-1,9,2026-01-05\n")
    there = [name for what, name in COLUMNS.items() if what not in lacking]
    with closing(sqlite3.connect(tmp_path / "store.db")) as store, store:
        store.execute(f"CREATE TABLE customers ({', '.join(['customer_id', *there])})")
        store.execute("INSERT INTO customers (customer_id) VALUES ('C-1')")

    said = desk.npsync("sync")

    assert 0 == said.status, said.err
    assert [(9,)] == desk.stored("SELECT nps_score FROM people")


def test_every_line_that_the_how_to_names_is_in_the_mapping():
    named = [line for lines in DELETE.values() for line in lines]

    assert set(COLUMNS) == set(DELETE)
    assert [] == [one for one in named if len(without([one])) == len(without([]))]
