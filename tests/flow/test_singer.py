"""A Singer tap's responses, from its output to customer profiles, by the commands that a user runs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.contract.singer_bench import COLUMNS, COMMAND, Account, account
from tests.flow.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

MAPPING = """\
version: 1
from: survey
to: store
object: people
key: {customer_id: record.id}
records: {object: customers, id: customer_id, email: email}
match: [{email: person.email}]
fields: {nps_score: score, nps_responses: responses}
responses: {object: responses, key: {response_key: key}, fields: {customer_id: record.id, score: score}}
"""


def set_up(folder: Path, world: Account, **options: Any) -> Desk:
    desk = Desk(folder)
    (folder / "mappings").mkdir()
    survey = {
        "type": "singer",
        "command": [*COMMAND, "tap"],
        "streams": ["answers"],
        "config": {"responses": str(world.path), **world.config},
        "columns": COLUMNS,
        **options,
    }
    connections = {"survey": survey, "store": {"type": "warehouse", "url": "sqlite:///store.db"}}
    limits = {"stop_if_changed": "100%"}
    desk.write("config.yaml", yaml.safe_dump({"version": 1, "connections": connections, "limits": limits}))
    desk.write("mappings/crm.yaml", MAPPING)
    with closing(sqlite3.connect(folder / "store.db")) as store, store:
        store.execute("CREATE TABLE customers (customer_id PRIMARY KEY, email TEXT)")
        store.executemany(
            "INSERT INTO customers VALUES (?, ?)", [(f"K{id_}", f"{id_}@example.com") for id_ in world.rows]
        )
    return desk


def test_a_tap_that_crashed_is_read_on_and_every_response_counts_once(tmp_path: Path) -> None:
    world = account(tmp_path, 9)
    world.config = {"every": 4, "die_after": 6, "died": str(tmp_path / "died")}
    desk = set_up(tmp_path, world)

    first = desk.npsync("sync")
    kept = desk.stored("SELECT count(*) FROM responses")
    second = desk.npsync("sync")
    third = desk.npsync("sync")

    assert 5 == first.status
    assert "E504" in first.out + first.err
    assert [(6,)] == kept
    assert [0, 0] == [second.status, third.status]
    scores = dict(desk.stored("SELECT customer_id, score FROM responses"))
    assert {f"K{id_}": row["answer"]["score"] for id_, row in world.rows.items()} == scores
    assert [(1,)] == desk.stored("SELECT DISTINCT nps_responses FROM people")
    told = first.out + first.err + second.out + second.err
    assert "anna@example.com" not in told, "the tap logs it, we do not"


@pytest.mark.parametrize(
    ("line", "at", "message"),
    [
        ("command: []", "6:14", "command"),
        ("streams: answers", "7:14", "streams"),
        ("config: {client_secret: hush}", "8:14", "`client_secret` is a secret, and secrets do not stand in YAML"),
        ("columns: {emial: x}", "8:15", "`emial` is none of our fields, and looks like `email`"),
        ("silence: soon", "8:14", "a duration is a whole number and one of s, m, h, d, w, such as `90d`"),
        ("comand: tap-x", "8:5", "unknown key `comand`"),
    ],
)
def test_a_mistake_in_the_connection_is_told_with_its_place(tmp_path: Path, line: str, at: str, message: str) -> None:
    desk = Desk(tmp_path)
    given = {"command": "command: [tap-x]", "streams": "streams: [answers]"} | {line.partition(":")[0]: line}
    lines = ["version: 1", "connections:", '  store: {type: warehouse, url: "sqlite:///store.db"}', "  survey:"]
    lines += ["    type: singer", *(f"    {each}" for each in given.values())]
    desk.write("config.yaml", "\n".join(lines) + "\n")
    (tmp_path / "mappings").mkdir()

    said = desk.npsync("sync")

    assert 2 == said.status
    assert f"config.yaml:{at}" in said.err
    assert message in said.err
    assert "hush" not in said.err or "client_secret" in said.err


def test_a_tap_is_named_by_a_word_or_by_a_list(tmp_path: Path) -> None:
    """Such a program is found nowhere, which is told when it is run."""
    world = account(tmp_path, 1)
    desk = set_up(tmp_path, world, command="taps/none/bin/tap-x")

    said = desk.npsync("sync")

    assert 2 == said.status
    assert "E110" in said.out + said.err
