"""The config file is found, the example is complete, and the schemas that ship are the models."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped] # its types are another package
import pytest
import yaml

from sync.config.descriptions import models_in
from sync.config.json_schema import as_text, schemas
from sync.config.load import find_config, load_settings
from sync.config.schema import Settings
from sync.errors import UserError
from sync.segments import Predicate
from tests.unit.config_messages import GOOD

ROOT = Path(__file__).parents[2]
KINDS = ("file", "hubspot", "salesforce", "warehouse")


def write(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, text: str) -> tuple[str, list[str]]:
    """Return the code and each problem as a person reads it, with the folder left out."""
    with pytest.raises(UserError) as caught:
        load_settings(write(folder, text), KINDS)
    return caught.value.code, [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


class TestFinding:
    def test_the_config_is_looked_for_upwards(self, tmp_path: Path) -> None:
        path = write(tmp_path, GOOD)
        (tmp_path / "a" / "b").mkdir(parents=True)

        assert path == find_config(tmp_path / "a" / "b", {})

    def test_the_environment_names_it_outright(self, tmp_path: Path) -> None:
        write(tmp_path, GOOD)

        assert Path("/else/where.yaml") == find_config(tmp_path, {"NPSYNC_CONFIG": "/else/where.yaml"})

    def test_none_is_a_problem_with_a_next_step(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match=r"no config.yaml here or in a folder above") as caught:
            find_config(tmp_path, {})
        assert caught.value.code == "E101"
        assert "config.example.yaml" in caught.value.problems[0].hint

    @pytest.mark.parametrize(
        ("name", "code"), [("none.yaml", "E101"), (".", "E101"), ("config.yaml/x", "E101"), ("a\0b", "E111")]
    )
    def test_a_file_that_is_not_there_has_its_code(self, tmp_path: Path, name: str, code: str) -> None:
        write(tmp_path, GOOD)
        with pytest.raises(UserError) as caught:
            load_settings(tmp_path / name, KINDS)
        assert code == caught.value.code


class TestExample:
    def test_it_loads_and_shows_the_true_defaults(self) -> None:
        settings = load_settings(ROOT / "config.example.yaml", KINDS)
        bare = Settings(version=1, connections=settings.connections)

        shown = settings.model_dump(exclude={"ledger", "connections", "segments"})
        assert bare.model_dump(exclude={"ledger", "connections", "segments"}) == shown

    def test_every_key_is_in_it(self) -> None:
        text = (ROOT / "config.example.yaml").read_text(encoding="utf-8")
        missing = [
            f"{name}.{key}"
            for name, model in models_in(Settings).items()
            for key in (field.alias or field_name for field_name, field in model.model_fields.items())
            if not re.search(rf"\b{key}\b" if model is Predicate else rf"\b{key}:", text)
        ]
        assert missing == []

    def test_every_line_with_a_key_has_a_comment_or_stands_in_a_block_that_has(self) -> None:
        """A reader who finds a key finds its meaning without leaving the file."""
        text = (ROOT / "config.example.yaml").read_text(encoding="utf-8")
        blocks = re.split(r"\n(?=[a-z])", text)

        assert all("#" in block for block in blocks[1:] if not block.startswith("version"))


class TestJsonSchemas:
    @pytest.mark.parametrize("name", schemas())
    def test_the_shipped_file_is_what_the_models_say(self, name: str) -> None:
        """After a change of a model: `npsync json-schema --into mappings`."""
        assert as_text(schemas()[name]) == (ROOT / "mappings" / name).read_text(encoding="utf-8")

    @pytest.mark.parametrize("name", schemas())
    def test_it_is_a_draft_7_schema_and_every_reference_in_it_leads_somewhere(self, name: str) -> None:
        schema = schemas()[name]
        jsonschema.Draft7Validator.check_schema(schema)

        used = set(re.findall(r"#/\$defs/(\w+)", json.dumps(schema)))
        assert used <= set(schema["$defs"])

    @pytest.mark.parametrize("name", ["config.example.yaml", "examples/config.yaml"])
    def test_an_editor_finds_no_fault_with_a_config_that_loads(self, name: str) -> None:
        load_settings(ROOT / name, KINDS)
        data = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))

        assert [] == list(jsonschema.Draft7Validator(schemas()["config.schema.json"]).iter_errors(data))

    @pytest.mark.parametrize(
        "change",
        [
            {"limts": {}},
            {"limits": {"stop_if_changed": 10}},
            {"connections": {"s": {"type": "file", "path": "a", "prest": "auto"}}},
            {"segments": {"At Risk": {"category": "detractor"}}},
            {"version": 2},
        ],
    )
    def test_an_editor_sees_what_the_program_refuses(self, change: dict[str, Any]) -> None:
        data = yaml.safe_load(GOOD) | change
        validator = jsonschema.Draft7Validator(schemas()["config.schema.json"])

        assert list(validator.iter_errors(data))

    @pytest.mark.parametrize("name", schemas())
    def test_editors_can_explain_every_key(self, name: str) -> None:
        schema = schemas()[name]
        nodes = {"": schema} | schema["$defs"]
        bare = [
            f"{block}.{key}"
            for block, node in nodes.items()
            for key, child in node.get("properties", {}).items()
            if not child.get("description")
        ]

        assert [] == bare
