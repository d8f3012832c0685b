"""No error code without a page, and no page that leaves a question open."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sync.cli.pages import NoPage, codes, page

ROOT = Path(__file__).parents[2]
SOURCES = [path for folder in ("connectors", "mappings", "sync") for path in (ROOT / folder).rglob("*.py")]
PAGES = sorted((ROOT / "docs/runbook").glob("E*.md"))
SECTIONS = ["## What it means", "## Is data at risk?", "## What to do", "## When to call whom"]


def test_every_code_in_the_source_has_a_page():
    used = {
        code for path in SOURCES for code in re.findall(r"[\"`](E[1-9]\d\d)[\"`]", path.read_text(encoding="utf-8"))
    }

    assert set() == used - set(codes())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_answers_the_four_questions(path):
    text = path.read_text(encoding="utf-8")

    assert text.startswith(f"# {path.stem}: ")
    assert SECTIONS == re.findall(r"^## .*$", text, re.MULTILINE)
    assert len(text.splitlines()) <= 40, "a page is read while something is broken"


def test_commands_that_pages_recommend_exist():
    """Advice that leads to a usage error is worse than none."""
    from sync.cli.app import app, run

    assert run(["--version"]) == 0  # puts the commands into the tree
    known = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    known |= {str(group.name) for group in app.registered_groups}
    advised = {
        word for path in PAGES for word in re.findall(r"`npsync (?:-C \S+ )?([a-z][a-z-]*)", path.read_text("utf-8"))
    }

    assert set() == advised - known


@pytest.mark.parametrize("word", ["E103", "e103", "[E103]"])
def test_a_code_is_understood_however_it_is_copied(word):
    assert page(word).startswith("# E103: ")


def test_an_unknown_word_gets_the_likely_one():
    with pytest.raises(NoPage) as error:
        page("E1O3")
    assert error.value.near in codes()
