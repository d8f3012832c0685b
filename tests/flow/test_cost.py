"""What a later run costs: it follows what is new, never the history."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.flow.world import World, response

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HISTORY = 2_000
#: Tables, and names of ours in statements, that hold what is under way and not what was.
SMALL = frozenset(
    {"touched", "t", "outbox", "o", "parked", "json_each", "CONSTANT", "ids"}
    | {
        "schema_version",
        "runs",
        "run_counts",
        "arrivals",
        "cursors",
        "decisions",
        "definitions",
        "failures",
        "forgetting",
        "leases",
        "doubts",
        "rejects",
        "sendings",
        "services",
        "streams",
        "totals",
        "owned",
        "earlier",
        "undos",
        "declined",
        "d",
    }
)
#: A look-up by nothing but what all rows share walks through all of them.
EVERYTHING = re.compile(r"\(mapping=\?( AND (outcome|object)=\?)?\)")


@pytest.fixture
def grown(tmp_path: Path) -> World:
    """A world with a history, half of whose respondents nobody knows."""
    people = [(f"C-{n}", f"p{n}@crowd.test", f"First{n}", f"Last{n}", f"A-{n // 20}") for n in range(HISTORY)]
    world = World(tmp_path, customers=people).make_customers()
    known = (response(n, n % 11, email=f"p{n}@crowd.test", days_ago=30) for n in range(HISTORY))
    unknown = (response(HISTORY + n, n % 11, email=f"who{n}@crowd.test", days_ago=30) for n in range(HISTORY))
    world.source.add(*known, *unknown)
    world.sync()
    return world


@pytest.fixture
def asked(grown: World) -> Iterator[dict[str, Any]]:
    """Every statement that the ledger is asked, with the values it was asked with last."""
    found: dict[str, Any] = {}

    def note(connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if (
            connection.engine.url.database == f"{grown.folder}/ledger.db"
            and statement.split(maxsplit=1)[0] in _EXPLAINED
        ):
            found[statement] = values[0] if many else values

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


_EXPLAINED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


def test_no_statement_of_a_later_run_reads_a_whole_table(grown: World, asked: dict[str, Any]) -> None:
    """A run of 20 new responses costs the same on a history of any length: everything is found through an index."""
    again = (response(10_000 + n, 3, email=f"p{n}@crowd.test") for n in range(10))
    new = (response(20_000 + n, 3, email=f"new{n}@crowd.test") for n in range(5))
    held = (response(30_000 + n, 3, email=f"who{n}@crowd.test") for n in range(5))
    grown.source.add(*again, *new, *held)

    report = grown.sync()

    with sqlite3.connect(grown.folder / "ledger.db") as ledger:
        walks = [
            f"{step}: {statement}"
            for statement, values in asked.items()
            for *_, step in ledger.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            if _walks(step, statement)
        ]
    ledger.close()
    assert report.rows.entered == 20
    assert len(asked) > 40
    assert walks == []


def _walks(step: str, statement: str) -> bool:
    word, name, *_ = (*step.split(), "", "")
    if name in SMALL or name.startswith(("anon_", "(subquery", "(join")) or statement.endswith("LIMIT ? OFFSET ?"):
        return False
    return word == "SCAN" or (word == "SEARCH" and EVERYTHING.search(step) is not None)
