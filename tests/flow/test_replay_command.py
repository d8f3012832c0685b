"""`npsync replay` at the command line."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from sync.errors import Exit

if TYPE_CHECKING:
    from tests.flow.desk import Desk

PICKY = "CREATE TRIGGER picky BEFORE INSERT ON responses WHEN NEW.score = 3 BEGIN SELECT RAISE(ABORT, 'no'); END"


def change(desk: Desk, *statements: str) -> None:
    with closing(sqlite3.connect(desk.folder / "store.db")) as store, store:
        for statement in statements:
            store.execute(statement)


@pytest.fixture
def refused(desk: Desk) -> Desk:
    """A project one of whose writes the store refused."""
    change(desk, "CREATE TABLE responses (response_key TEXT PRIMARY KEY, customer_id TEXT, score INTEGER)", PICKY)
    assert Exit.SOME_ROWS_FAILED == desk.npsync("sync").status
    return desk


def test_a_dry_run_says_what_failed_what_it_means_and_what_to_do(refused: Desk) -> None:
    said = refused.npsync("replay", "-n")

    assert Exit.DONE == said.status
    assert "responses  E502  1 failures" in said.out
    assert "The system refused the values." in said.out
    assert "1 not sent" in said.out


def test_what_is_repaired_is_sent_and_the_second_time_there_is_nothing_to_do(refused: Desk) -> None:
    change(refused, "DROP TRIGGER picky")

    sent, again = refused.npsync("replay"), refused.npsync("replay", "--output", "json")

    assert (Exit.DONE, Exit.DONE) == (sent.status, again.status)
    assert "1 delivered" in sent.out
    assert [("C-2", 3)] == refused.stored("SELECT customer_id, score FROM responses WHERE score = 3")
    assert [(0, 1)] == [(each["delivered"], each["superseded"]) for each in again.object["replayed"]]
    assert {} == again.object["writes"]


@pytest.mark.parametrize(
    "words", [("--row", "r2"), ("--row", "survey:r2"), ("--row", "responses.csv:3"), ("--since", "1h")]
)
def test_one_is_chosen_by_what_it_is_called(refused: Desk, words: tuple[str, ...]) -> None:
    change(refused, "DROP TRIGGER picky")

    assert "1 delivered" in refused.npsync("replay", *words).out


@pytest.mark.parametrize("words", [("--error", "E999"), ("--row", "r1"), ("--run", "x"), ("--since", "2999-01-01")])
def test_what_does_not_fit_is_left_alone(refused: Desk, words: tuple[str, ...]) -> None:
    assert "Nothing failed that fits." in refused.npsync("replay", *words).out


@pytest.mark.parametrize("given", ["yesterday", "999999d"])
def test_a_time_that_is_none_is_refused(refused: Desk, given: str) -> None:
    said = refused.npsync("replay", "--since", given)

    assert Exit.USAGE == said.status
    assert f"`{given}` is no time" in said.err
