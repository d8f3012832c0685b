"""The documentation says what the code does: links lead somewhere, commands exist, every reason is explained."""

from __future__ import annotations

import ast
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from connectors.dates import DateProblem
from connectors.files.preset import shipped
from connectors.registry import KINDS
from connectors.scores import ScoreProblem
from sync.cli.failures import exit_of
from sync.cli.pages import page
from sync.config.connections import FileConnection, WarehouseConnection
from sync.config.load import load_settings
from sync.config.schema import Limits, Settings
from sync.config.services import HubSpotConnection, SalesforceConnection
from sync.config.specs import load_spec
from sync.config.survey import SurveyConnection
from sync.identity.evidence import REASONS
from sync.ledger.store import Ledger
from sync.ledger.tables import METADATA
from sync.mapping.load import load_mapping
from sync.mapping.vocabulary import PLACES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import StrEnum

ROOT = Path(__file__).parents[2]
DOCS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*.md")],
)
REFERENCE = ROOT / "docs" / "reference"
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(
    r"\bnpsync((?:\s+(?:-C\s+\S+|-[a-z]+\b|--[a-z-]+(?:[ =][a-z]+)?))*)\s+([a-z][a-z-]+)(?=[\s`\"']|$)"
)
#: Names of functions whose argument `reason` is a row's reason.
MAKERS = {"Reject", "Skip"}


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def fences(text: str, language: str) -> list[str]:
    """Return the code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", DOCS, ids=name)
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    targets = [link.partition("#")[0] for link in LINK.findall(read(path)) if "://" not in link]

    assert [] == [target for target in targets if target and not (path.parent / target).exists()]


def test_every_page_is_in_the_table_of_contents() -> None:
    contents = read(ROOT / "docs/README.md")
    listed = {link.partition("#")[0] for link in LINK.findall(contents)}
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")} - {"README.md"}

    assert set() == {page for page in pages if page not in listed and not page.startswith("runbook/")}


def commands() -> set[str]:
    told = subprocess.run(
        [sys.executable, "-m", "sync.cli", "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    ).stdout
    return set(re.findall(r"^  ([a-z][a-z-]+) ", told.partition("Commands:")[2], re.MULTILINE))


def test_every_command_in_the_docs_exists() -> None:
    known = commands()
    unknown = {
        f"{name(path)}: npsync {found[2]}"
        for path in DOCS
        if path.name != "CHANGELOG.md"
        for code in [*re.findall(r"`([^`\n]+)`", read(path)), *fences(read(path), r"\w*")]
        for found in COMMAND.finditer(code)
        if found[2] not in known
    }
    assert "sync" in known
    assert set() == unknown


def test_every_command_in_our_messages_exists() -> None:
    """A next step that cannot be taken is worse than none."""
    known = commands()
    unknown = {
        f"{name(path)}: npsync {found[1]}"
        for path in modules()
        for text in texts(path)
        for found in re.finditer(r"`npsync ([a-z][a-z-]+)", text)
        if found[1] not in known
    }
    assert set() == unknown


def modules() -> list[Path]:
    return sorted(path for folder in ("connectors", "sync") for path in (ROOT / folder).rglob("*.py"))


def texts(path: Path) -> Iterator[str]:
    """Yield the texts of a module that are not its docstrings."""
    tree = ast.parse(read(path))
    described = ast.Module | ast.ClassDef | ast.FunctionDef
    first = (node.body[0] for node in ast.walk(tree) if isinstance(node, described) and node.body)
    docs = {id(statement.value) for statement in first if isinstance(statement, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


def explained() -> set[str]:
    return set(re.findall(r"^\| `(\w+)` \|", read(REFERENCE / "reasons.md"), re.MULTILINE))


def used() -> set[str]:
    """Return every reason that the code can give a row."""
    enums: list[type[StrEnum]] = [ScoreProblem, DateProblem]
    found = {reason.value for enum in enums for reason in enum}
    found |= {rule.reason for preset in shipped().values() for rule in preset.skip}
    found |= {reason for reasons in REASONS.values() for reason in reasons}
    for path in modules():
        for node in ast.walk(ast.parse(read(path))):
            found |= set(_reasons(node))
    return found


def _reasons(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Name(id=maker), keywords=keywords) if maker in MAKERS:
            values = [keyword.value for keyword in keywords if keyword.arg == "reason"]
        case ast.Call(func=ast.Attribute(attr="_reject" | "_skip"), args=[_, reason, *_]):
            values = [reason]
        case ast.Subscript(slice=ast.Tuple(elts=[ast.Attribute(attr="SKIPPED" | "HELD" | "REJECTED"), reason])):
            values = [reason]
        case _:
            return
    for value in values:
        yield from (
            one.value for one in ast.walk(value) if isinstance(one, ast.Constant) and isinstance(one.value, str)
        )


def test_every_reason_in_the_code_is_explained() -> None:
    assert set() == used() - explained()


def test_every_reason_explained_is_in_the_code() -> None:
    """A reason that no row can have sends the reader looking for nothing."""
    code = {text for path in modules() for text in texts(path)} | used()

    assert set() == explained() - code


def test_help_prints_every_reason() -> None:
    assert [] == [reason for reason in sorted(explained()) if reason not in page(reason)]


def test_every_preset_is_in_the_list() -> None:
    text = read(REFERENCE / "presets.md")

    assert [] == [preset for preset in shipped() if f"| `{preset}` |" not in text]


def test_every_table_and_column_of_the_ledger_is_described() -> None:
    parts = dict(
        re.findall(
            r"^### (\w+)\n(.*?)(?=^##|\Z)",
            read(REFERENCE / "ledger.md") + read(REFERENCE / "ledger-writes.md"),
            re.MULTILINE | re.DOTALL,
        )
    )
    listed = {
        table: {word for cell in re.findall(r"^\| ([\w, ]+) \|", text, re.MULTILINE) for word in cell.split(", ")}
        for table, text in parts.items()
    }
    held = {table.name: {column.name for column in table.columns} for table in METADATA.sorted_tables}

    assert set(held) == set(listed)
    assert {} == {table: columns - listed[table] for table, columns in held.items() if columns - listed[table]}
    assert {} == {
        table: listed[table] - columns - {"column"}
        for table, columns in held.items()
        if listed[table] - columns - {"column"}
    }


@pytest.mark.parametrize("query", fences(read(REFERENCE / "ledger.md"), "sql"))
def test_queries_in_the_docs_run(query: str, tmp_path: Path) -> None:
    Ledger(f"sqlite:///{tmp_path}/ledger.db").close()
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        connection.execute(query)


@pytest.mark.parametrize("place", sorted(PLACES))
def test_every_word_of_a_mapping_is_described(place: str) -> None:
    text = read(REFERENCE / "mapping.md")

    assert [] == [word for word in PLACES[place] if f"| `{word}` |" not in text]


@pytest.mark.parametrize(
    "model",
    [
        Settings,
        FileConnection,
        WarehouseConnection,
        SalesforceConnection,
        HubSpotConnection,
        SurveyConnection,
        Limits,
    ],
)
def test_every_key_of_the_config_is_described(model: type[Settings]) -> None:
    text = read(REFERENCE / "config.md")
    keys = [field.alias or key for key, field in model.model_fields.items() if key != "type"]

    assert [] == [key for key in keys if f"`{key}`" not in text]


def test_configs_in_the_docs_are_valid(tmp_path: Path) -> None:
    """Whoever copies one must not be the first to try it."""
    found = [
        (name(path), block) for path in DOCS for block in fences(read(path), "yaml") if re.match(r"version: 1\b", block)
    ]
    config = tmp_path / "config.yaml"
    assert found
    config.write_text(
        "version: 1\nconnections:\n  survey: {type: file, path: a.csv}\n"
        "  profiles: {type: warehouse, url: sqlite:///p.db}\n",
        encoding="utf-8",
    )
    settings = load_settings(config, KINDS)
    for number, (where, block) in enumerate(found):
        path = tmp_path / f"mapping_{number}.yaml"
        path.write_text(block, encoding="utf-8")
        if "connections" in yaml.safe_load(block):
            load_settings(path, KINDS)
        elif "responses" in yaml.safe_load(block) and "base" in yaml.safe_load(block):
            load_spec(path)
        else:
            load_mapping(path, settings)
        assert where


@pytest.mark.parametrize("code", sorted(path.stem for path in (ROOT / "docs/runbook").glob("E*.md")))
def test_the_table_of_exit_codes_agrees_with_the_code(code: str) -> None:
    rows = re.findall(r"^\| (E[^|]+) \| (\d+) \|$", read(REFERENCE / "exit-codes.md"), re.MULTILINE)
    told = {int(status) for cell, status in rows if _covers(cell, int(code[1:]))}

    assert {int(exit_of(code))} == told


def _covers(cell: str, number: int) -> bool:
    plain = cell.partition("(")[0]
    spans = [(int(low), int(high or low)) for low, high in re.findall(r"E(\d{3})(?:–E(\d{3}))?", plain)]
    return any(low <= number <= high for low, high in spans)
