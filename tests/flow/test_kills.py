"""A process that is really killed, or whose disk fails, loses nothing that was acknowledged and makes nothing twice.

A part of what `python -m tests.flow.kills` does: every write is struck there, every twentieth here.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.postgres import Postgres, PostgresMissing

ROOT = Path(__file__).parents[2]
UNHARMED: dict[str, Any] = {"different": [], "odd": []}


def kills(*words: str) -> dict[str, Any]:
    """Return what `tests.flow.kills` says."""
    command = [sys.executable, "-m", "tests.flow.kills", *words]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if "strace cannot attach here" in told.stderr:
        pytest.skip("strace may not attach to a process here (ptrace is barred)")
    assert told.returncode == 0, told.stdout + told.stderr[-2000:]
    said: dict[str, Any] = json.loads(told.stdout)
    return said


@pytest.fixture
def strace() -> None:
    if shutil.which("strace") is None:
        pytest.skip("no strace: install it with `apt-get install strace`")


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize(
    ("fault", "every"), [("signal=SIGKILL", 20), ("error=EIO", 40), ("error=ENOSPC", 40)], ids=["killed", "EIO", "full"]
)
def test_a_life_struck_at_a_write_or_flush_is_continued_by_the_next(fault: str, every: int) -> None:
    said = kills("matrix", "--every", str(every), "--offset", "7", "--fault", fault)

    assert said.items() >= UNHARMED.items()
    assert said["struck"] >= 4


def test_a_life_killed_at_any_moment_is_continued_by_the_next() -> None:
    said = kills("random", "25", "--seed", "3")

    assert said.items() >= UNHARMED.items()
    assert said["struck"] == 25


@pytest.mark.parametrize(("victim", "deaths"), [("client", 8), ("server", 4)])
def test_on_postgresql_too_whether_the_client_dies_or_the_server(victim: str, deaths: int) -> None:
    try:
        Postgres.start().stop()
    except PostgresMissing as missing:
        pytest.skip(str(missing))

    said = kills("random", str(deaths), "--on", "postgresql", "--kill", victim)

    assert said.items() >= UNHARMED.items()
