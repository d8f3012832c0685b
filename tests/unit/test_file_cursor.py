"""An import is incremental: what was read costs nothing or one hash, and a crash repeats no more than a page."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from connectors.files.source import PAGE_ROWS
from tests.exports import NOW, pull, pull_text, source

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [f"p{i}@x.example,{i % 11},2026-01-05 10:{i // 60 % 60:02}:{i % 60:02}\n" for i in range(3 * PAGE_ROWS + 7)]
HEAD = "email,score,date\n"


def settle(path: Path) -> None:
    """Give the file a time that is long past: a fresh one is not trusted."""
    past = (NOW - timedelta(days=1)).timestamp()
    os.utime(path, (past, past))


def test_pages_are_bounded_and_count_every_row(tmp_path):
    pulled = pull_text(tmp_path, HEAD + "".join(ROWS))

    assert PAGE_ROWS == max(page.rows for page in pulled.pages) <= 5_000
    assert len(pulled.pages) >= 4
    assert len(ROWS) == sum(page.rows for page in pulled.pages)
    assert json.loads(pulled.cursors["export.csv"])["done"] is True


def test_a_file_that_did_not_change_is_not_opened(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(HEAD + ROWS[0])
    settle(path)
    cursors = pull(tmp_path, "export.csv").cursors
    text = path.read_text()
    path.write_text(text.replace("p0", "q0"))  # same size; with the old time put back nobody can see it
    settle(path)

    assert [] == pull(tmp_path, "export.csv", cursors).pages


def test_a_fresh_file_is_hashed_again_because_its_time_proves_nothing(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(HEAD + ROWS[0])
    moment = NOW.timestamp() - 1
    os.utime(path, (moment, moment))
    cursors = pull(tmp_path, "export.csv").cursors
    path.write_text((HEAD + ROWS[0]).replace("p0", "q0"))
    os.utime(path, (moment, moment))

    assert ["q0@x.example"] == [one.email for one in pull(tmp_path, "export.csv", cursors).responses]


def test_a_copied_file_costs_one_hash_and_refreshes_its_cursor(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(HEAD + ROWS[0])
    settle(path)
    before = pull(tmp_path, "export.csv").cursors
    later = NOW.timestamp() - 3600
    os.utime(path, (later, later))

    again = pull(tmp_path, "export.csv", before)

    assert [0] == [page.rows for page in again.pages]
    assert before != again.cursors
    assert [] == pull(tmp_path, "export.csv", again.cursors).pages


def test_a_grown_file_is_read_whole_and_old_rows_keep_their_ids(tmp_path):
    first = pull_text(tmp_path, HEAD + "".join(ROWS[:5]))
    grown = pull_text(tmp_path, HEAD + "".join(ROWS[:8]), cursors=first.cursors)

    assert 8 == len(grown.responses)
    assert [one.response_id for one in first.responses] == [one.response_id for one in grown.responses][:5]


def test_other_settings_read_a_known_file_again(tmp_path):
    first = pull_text(tmp_path, "email,mark,date\na@x.example,9,2026-01-05\n")
    assert ["no_score_column"] == first.reasons
    settle(tmp_path / "export.csv")

    assert [9] == pull(tmp_path, "export.csv", first.cursors, columns={"score": "mark"}).scores


@pytest.mark.parametrize("name", ["export.csv", "export.jsonl"])
@pytest.mark.parametrize("stop", [1, 2, 3])
def test_a_crash_after_any_page_goes_on_after_it(tmp_path, name, stop):
    """Anonymous rows too: their ids count the equal rows before them, wherever reading starts."""
    if name == "export.csv":
        (tmp_path / name).write_text("score,date\n" + "9,2026-01-05\n\n" * (2 * PAGE_ROWS + 9))
    else:
        (tmp_path / name).write_text('{"score": 9, "date": "2026-01-05"}\n' * (2 * PAGE_ROWS + 9))
    whole = pull(tmp_path, name)
    pages = source(tmp_path, name).pull({})
    before = [next(pages) for _ in range(stop)]
    cursor = before[-1].cursor
    assert cursor is not None

    rest = pull(tmp_path, name, {name: cursor})

    got = [one.response_id for page in before for one in page.responses] + [one.response_id for one in rest.responses]
    assert [one.response_id for one in whole.responses] == got


def test_a_crash_in_a_file_that_changed_since_starts_again(tmp_path):
    (tmp_path / "export.csv").write_text(HEAD + "".join(ROWS))
    first = next(source(tmp_path, "export.csv").pull({}))
    assert first.cursor is not None
    (tmp_path / "export.csv").write_text(HEAD + "".join(ROWS[:3]))

    assert 3 == len(pull(tmp_path, "export.csv", {"export.csv": first.cursor}).responses)


def test_the_order_of_dates_is_the_same_after_a_crash(tmp_path):
    """The one date that decides the order stands on the first page; the rest is read by it all the same."""
    rows = ["a@x.example,9,25/04/2026\n", *["b@x.example,9,03/04/2026\n"] * (PAGE_ROWS + 3)]
    (tmp_path / "export.csv").write_text(HEAD + "".join(rows))
    first = next(source(tmp_path, "export.csv").pull({}))
    assert first.cursor is not None

    rest = pull(tmp_path, "export.csv", {"export.csv": first.cursor})

    assert {4} == {one.responded_at.month for one in rest.responses}
    assert len(rows) == first.rows + len(rest.responses)


def test_a_cursor_that_is_not_ours_reads_the_file_again(tmp_path):
    assert [0] == pull_text(tmp_path, HEAD + ROWS[0], cursors={"export.csv": "{}"}).scores


def test_a_stream_is_named_from_the_config_file(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "export.csv").write_text(HEAD + ROWS[0])

    assert ["in/export.csv"] == list(pull(tmp_path, "in/*.csv").cursors)
    assert ["in/export.csv"] == list(pull(tmp_path, str(tmp_path / "in")).cursors)


def test_an_empty_folder_is_not_an_error(tmp_path):
    assert "no exports yet" in pull(tmp_path, ".").notes


def test_an_empty_file_is_not_an_error(tmp_path):
    assert "is empty" in pull_text(tmp_path, "").notes


def test_an_archive_in_the_folder_is_named_and_not_passed_over_in_silence(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "october.csv.gz").write_bytes(b"\x1f\x8b")
    (tmp_path / "in" / "november.csv").write_text("email,score,date\na@x.example,9,2026-01-05\n", encoding="utf-8")

    pulled = pull(tmp_path, "in")

    assert [9] == pulled.scores
    assert "`october.csv.gz`" in pulled.notes


@pytest.mark.parametrize("text", ["[]", '{"data": []}', " [ ] "])
def test_a_list_without_items_is_an_empty_file_and_no_fault(tmp_path, text):
    """A scheduled export has days without answers."""
    (tmp_path / "none.json").write_text(text, encoding="utf-8")

    pulled = pull(tmp_path, "none.json")

    assert [] == pulled.refused
    assert "is empty" in pulled.notes
