"""What is printed where: data on stdout, messages on stderr, colours and bars on a terminal only."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from sync.cli.screen import takes_colour

ROOT = Path(__file__).parents[2]
DAILY = ("demo", "sync", "status", "runs", "held", "explain", "report", "state")
COMMANDS = (*DAILY, "validate", "json-schema", "help", "resolve")


def npsync(*words, cwd, **env):
    """Run npsync as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "sync.cli", *words],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def on_terminal(*words, cwd, **env):
    """Run npsync with a terminal for stdout and stderr, and return what it drew."""
    try:
        ours, theirs = pty.openpty()
    except OSError as error:
        pytest.skip(f"this machine gives no pseudo-terminals ({error}); mount devpts on /dev/pts")
    process = subprocess.Popen(
        [sys.executable, "-m", "sync.cli", *words],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm"} | env,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    drawn = b""
    try:
        while part := os.read(ours, 4096):
            drawn += part
    except OSError:  # Linux says so when the other end is closed
        pass
    os.close(ours)
    process.wait(timeout=60)
    return drawn


def test_help_names_every_command(desk):
    said = desk.npsync("--help")

    assert 0 == said.status
    assert [] == [command for command in COMMANDS if f"  {command} " not in said.out]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_twice_alike(desk, command):
    assert desk.npsync(command, "--help").out == desk.npsync("help", command).out != ""


@pytest.mark.parametrize("place", ["before", "after"])
def test_global_options_stand_before_or_after_the_command(desk, place):
    words = ["--output", "json", "status"] if place == "before" else ["status", "--output", "json"]

    assert "mappings" in desk.npsync(*words).object


def test_a_pipe_gets_no_colours_and_no_bars(desk):
    said = npsync("sync", cwd=desk.folder)

    assert "\x1b" not in said.stdout + said.stderr


def test_a_terminal_gets_colour_unless_it_is_declined(desk):
    assert b"\x1b[31merror:" in on_terminal("sync", "nope", cwd=desk.folder)
    assert b"\x1b" not in on_terminal("sync", "nope", cwd=desk.folder, NO_COLOR="1")
    assert b"\x1b" not in on_terminal("sync", "nope", cwd=desk.folder, TERM="dumb")


def test_a_file_takes_no_colour(tmp_path):
    with (tmp_path / "out").open("w", encoding="utf-8") as file:
        assert not takes_colour(file)


def test_quiet_keeps_data_and_drops_messages(desk):
    said = desk.npsync("state", "show", "-q")

    assert "" == said.err


def test_logs_as_json_are_one_object_a_line_on_stderr(desk):
    said = npsync("sync", "-v", "--log-format", "json", cwd=desk.folder)

    told = [json.loads(line) for line in said.stderr.splitlines()]
    assert all({"at", "level", "event"} <= set(event) for event in told)
    assert ["mapping.started", "run.started", "phase.started"] == [event["event"] for event in told][:3]
    assert {"mapping", "run", "status", "in", "written"} <= set(told[-1])


def test_a_reader_that_leaves_early_is_no_error(desk):
    ended = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {sys.executable} -m sync.cli json-schema | head -n 1"],
        cwd=desk.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (ended.returncode, ended.stderr)


def test_schemas_are_those_that_ship(desk):
    shipped = json.loads((ROOT / "mappings/config.schema.json").read_text(encoding="utf-8"))

    assert shipped == desk.npsync("json-schema", "config").object


def test_help_works_for_a_code_and_a_reason_without_any_project(tmp_path):
    assert "# E604: another run holds the lease" in npsync("help", "E604", cwd=tmp_path).stdout
    assert "name_conflict" in npsync("help", "name_conflict", cwd=tmp_path).stdout


def test_nothing_personal_reaches_messages_or_json_reports(desk):
    """Responses carry addresses and comments; a run's output shows ids, counts and reasons."""
    runs = (["sync", "-v"], ["sync", "--full-refresh", "--output", "json"])
    for words in (*runs, ["held"], ["runs"], ["status"], ["report"]):
        said = desk.npsync(*words)
        assert not [word for word in ("@", "Swift and friendly", "Ada") if word in said.out + said.err], words
