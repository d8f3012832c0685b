"""The demo's whole way: every planted row ends where `examples/README.md` says, and a second sync writes nothing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "sync.cli", "--output", "json", "demo", "--into", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert 0 == done.returncode, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("state", ["skipped", "held", "rejected"])
def test_planted_rows_end_as_the_readme_says(told: dict[str, Any], state: str) -> None:
    """A change of the rules must show here, in words, before it shows in somebody's customer records."""
    text = (ROOT / "examples/README.md").read_text(encoding="utf-8")
    rows = re.findall(rf"^\| {state} \| (\w+) \| (\d+) \|", text, re.MULTILINE)

    assert {reason: int(count) for reason, count in rows} == told["first"][f"{state}_by_reason"]


def test_written_rows_are_as_many_as_the_readme_says(told: dict[str, Any]) -> None:
    text = (ROOT / "examples/README.md").read_text(encoding="utf-8")
    written = re.search(r"^\| written \| +\| (\d+) \|", text, re.MULTILINE)
    rows = told["first"]["rows"]

    assert written is not None
    assert int(written[1]) == rows["written"]
    assert rows["in"] == sum(count for state, count in rows.items() if state != "in")


def test_the_picture_in_the_readme_is_a_real_one(tmp_path: Path) -> None:
    """Whoever runs the two commands sees what was promised, but for the seconds."""
    command = [sys.executable, "-m", "sync.cli", "demo", "--into", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=True)
    picture = (ROOT / "README.md").read_text(encoding="utf-8").partition("<!-- demo:")[2].split("```")[1]
    printed = {_timeless(line) for line in done.stdout.splitlines()}

    assert [] == [line for line in picture.splitlines() if line != "..." and _timeless(line) not in printed]


def _timeless(line: str) -> str:
    return re.sub(r"\d+\.\d s(, \d+ calls?)?", "TIME", line)


def test_the_second_sync_of_the_demo_writes_nothing(told: dict[str, Any]) -> None:
    assert {} == told["second"]["writes"]
    assert "done" == told["second"]["status"]


@pytest.mark.parametrize(("vendor", "people"), [("salesforce", "Contact"), ("hubspot", "contacts")])
def test_the_demo_writes_into_both_crms_and_touches_nothing_else(
    told: dict[str, Any], vendor: str, people: str
) -> None:
    crm = told["crms"][vendor]

    assert crm["first"]["writes"][people] > 800
    assert {} == crm["second"]["writes"]
    assert {} == {state: number for state, number in crm["second"]["rows"].items() if number}
    assert 0 == crm["touched_otherwise"]
    assert len(crm["changes"]) > 5
