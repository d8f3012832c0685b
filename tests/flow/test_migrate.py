"""`npsync migrate`: the ledger is brought to the version that this npsync needs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from sync.ledger.migrations import VERSION

if TYPE_CHECKING:
    from tests.flow.desk import Desk


def test_a_new_ledger_is_made_and_one_that_is_current_is_left(desk: Desk) -> None:
    made, again = desk.npsync("migrate"), desk.npsync("migrate", "--output", "json")

    assert (0, True) == (made.status, f"made, of version {VERSION}" in made.out)
    assert (0, VERSION, VERSION) == (again.status, again.object["before"], again.object["after"])
    assert "as this npsync needs it" in desk.npsync("migrate").out


def test_a_ledger_of_a_newer_npsync_is_refused_and_left(desk: Desk) -> None:
    desk.npsync("migrate")
    file = desk.folder / ".npsync" / "ledger.db"
    with closing(sqlite3.connect(file)) as ledger, ledger:
        ledger.execute("UPDATE schema_version SET version = ?", (VERSION + 1,))

    said = desk.npsync("migrate")

    assert (0, True) == (said.out.count("version"), "[E603]" in said.err)
    assert said.status != 0
    with closing(sqlite3.connect(file)) as ledger:
        assert [(VERSION + 1,)] == ledger.execute("SELECT version FROM schema_version").fetchall()
