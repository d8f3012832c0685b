"""Whatever goes wrong: one message with place and next step, the code last, the right exit status, no traceback."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.errors import Deferred, Refused, SchemaDrift
from sync.cli.failures import as_user_error, show
from sync.cli.screen import Screen
from sync.errors import Exit
from sync.ledger.lease import acquire
from sync.ledger.store import Ledger
from sync.report import CountsDisagree

ROOT = Path(__file__).parents[2]
#: Personal data that must not be repeated by an error.
CANARY = "canary@acme.example"
#: Rejected rows from which on a share means something to the guard.
MANY = 30


def last_line(said):
    return said.err.splitlines()[-1]


def test_no_config_says_where_it_looked(desk):
    (desk.folder / "config.yaml").unlink()
    said = desk.npsync("status")

    assert 2 == said.status
    assert "[E101] npsync help E101" == last_line(said)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("version: 1", "version: [1", "E102"),
        ("limits:", "limit:", "E103"),
        ("type: file", "type: fiel", "E104"),
    ],
)
def test_a_slip_in_the_config_is_shown_with_line_and_column(desk, old, new, code):
    config = (desk.folder / "config.yaml").read_text(encoding="utf-8")
    desk.write("config.yaml", config.replace(old, new))

    said = desk.npsync("validate")

    assert 2 == said.status
    assert f"[{code}] npsync help {code}" == last_line(said)
    assert "config.yaml:" in said.err
    assert "Traceback" not in said.err


def test_an_unknown_mapping_gets_the_likely_name(desk):
    said = desk.npsync("sync", "crn")

    assert 2 == said.status
    assert "Did you mean `crm`?" in said.err
    assert "[E105] npsync help E105" == last_line(said)


def test_an_unknown_command_gets_the_likely_one(desk):
    said = desk.npsync("statsu")

    assert 2 == said.status
    assert "status" in said.err


def test_a_missing_export_is_a_usage_error_with_its_path(desk):
    (desk.folder / "responses.csv").unlink()

    said = desk.npsync("sync")

    assert 2 == said.status
    assert "responses.csv" in said.out + said.err
    assert "[E110] npsync help E110" == last_line(said)


def test_a_file_that_cannot_be_read_exits_alike_in_every_run(desk):
    """The first run reads the other file, the later ones find nothing new beside the useless one."""
    (desk.folder / "exports").mkdir()
    (desk.folder / "responses.csv").rename(desk.folder / "exports/responses.csv")
    desk.write("exports/useless.csv", "1,2,3\n4,5,6\n")
    config = (desk.folder / "config.yaml").read_text(encoding="utf-8")
    desk.write("config.yaml", config.replace("path: responses.csv", "path: exports"))

    said = [desk.npsync("sync") for _ in range(3)]

    assert [2, 2, 2] == [one.status for one in said]
    assert {"[E113] npsync help E113"} == {last_line(one) for one in said}
    assert [(2,)] == desk.stored("SELECT count(*) FROM people")


def test_a_missing_column_in_the_store_is_schema_drift(desk):
    with closing(sqlite3.connect(desk.folder / "store.db")) as store, store:
        store.execute("ALTER TABLE customers RENAME COLUMN email TO mail")

    said = desk.npsync("sync")

    assert 2 == said.status
    assert "[E120] npsync help E120" == last_line(said)


def test_a_newer_ledger_is_left_alone(desk):
    desk.npsync("sync")
    with closing(sqlite3.connect(desk.folder / ".npsync/ledger.db")) as ledger, ledger:
        ledger.execute("UPDATE schema_version SET version = 999")

    said = desk.npsync("sync")

    assert 2 == said.status
    assert "[E603] npsync help E603" == last_line(said)


def test_a_second_process_steps_back_with_75(desk):
    desk.npsync("status")  # makes the ledger
    ledger = Ledger(f"sqlite:///{desk.folder}/.npsync/ledger.db")
    lease = acquire(ledger, "crm", lambda: datetime.now(tz=UTC))

    said = desk.npsync("sync")
    lease.release()
    ledger.close()

    assert 75 == said.status
    assert "[E604] npsync help E604" == last_line(said)


def test_a_damaged_ledger_is_named_and_not_overwritten(desk):
    (desk.folder / ".npsync").mkdir()
    desk.write(".npsync/ledger.db", "this is a shopping list, and longer than a header of SQLite is" * 20)

    said = desk.npsync("sync")

    assert 5 == said.status
    assert "[E602] npsync help E602" == last_line(said)
    assert "shopping list" in (desk.folder / ".npsync/ledger.db").read_text(encoding="utf-8")


def test_errors_as_json_are_one_object_too(desk):
    said = desk.npsync("sync", "nope", "--output", "json")

    assert ("error", "E105", 2) == (said.object["status"], said.object["error"]["code"], said.object["error"]["exit"])
    assert said.object["error"]["problems"][0]["what"]


def test_a_guard_stops_with_4_and_confirming_goes_on(desk):
    config = (desk.folder / "config.yaml").read_text(encoding="utf-8")
    desk.write("config.yaml", config.replace("stop_if_rejected: 100%", "stop_if_rejected: 1%"))
    export = (desk.folder / "responses.csv").read_text(encoding="utf-8")
    faulty = "".join(f"x{number},eleven,2026-10-05 10:00:00,,C-1,\n" for number in range(MANY))
    desk.write("responses.csv", export + faulty)

    stopped = desk.npsync("sync", "--output", "json")
    assert 4 == stopped.status
    assert "[E401] npsync help E401" == last_line(stopped)
    assert [] == desk.stored("SELECT name FROM sqlite_master WHERE name = 'people'")

    wrong = desk.npsync("sync", "--confirm", "not-the-plan")
    assert 4 == wrong.status
    assert "[E402] npsync help E402" == last_line(wrong)

    desk.npsync("sync", "--confirm", stopped.object["plan"])
    assert [(2,)] == desk.stored("SELECT count(*) FROM people")


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (Deferred("the store is down"), "E501", Exit.UNAVAILABLE),
        (Refused("wrong password"), "E301", Exit.SIGN_IN),
        (SchemaDrift("no column"), "E120", Exit.USAGE),
        (CountsDisagree("5 rows came in, 4 are accounted for"), "E605", Exit.SOME_ROWS_FAILED),
        (RuntimeError(CANARY), "E701", Exit.SOME_ROWS_FAILED),
    ],
)
def test_each_error_has_its_code_and_status(error, code, status):
    told = as_user_error(error)

    assert (code, status) == (told.code, told.exit)


def test_an_unexpected_error_shows_its_place_but_never_its_message(capsys):
    """The message of a foreign error may hold an address or a comment."""
    with pytest.raises(KeyError) as caught:
        _fail_twice()
    show(caught.value, Screen(verbose=1))

    said = capsys.readouterr().err
    assert CANARY not in said
    assert "ValueError" in said
    assert "test_cli_errors.py" in said


def _fail_twice():
    try:
        int(CANARY)
    except ValueError:
        return dict[str, str]()[CANARY]


def test_an_interrupt_ends_with_130_and_keeps_the_checkpoint(desk):
    """Ctrl-C while native libraries load is held back: interrupted there, some of them abort the process."""
    script = """
import os, signal, sys
from sync.cli.app import app, run
from sync.cli.session import uninterrupted
@app.command()
def wait():
    with uninterrupted():
        os.kill(os.getpid(), signal.SIGINT)
        print("loaded")
    print("never reached")
sys.exit(run(["wait"]))
"""
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=desk.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (130, "loaded\n") == (ended.returncode, ended.stdout)
    assert "interrupted; checkpoint kept" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("option", "code"), [("preset: no-such-tool", "E103"), ("preset: mine.yaml", "E110"), ('scale: "1-5"', "E114")]
)
def test_validate_finds_what_a_file_connection_would_refuse_and_names_the_connection(desk, option, code):
    config = desk.folder / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("type: file", f"type: file, {option}"), "utf-8")

    said = desk.npsync("validate")

    assert 2 == said.status
    assert "connection `survey`" in said.err
    assert f"[{code}]" in said.err
