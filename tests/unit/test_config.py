"""The config: what is read, what is refused, and in which words."""

from __future__ import annotations

import inspect
import json
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped] # its types are another package
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from connectors.files.settings import FIELDS
from connectors.files.source import FileSource
from connectors.warehouse.store import Warehouse
from sync.config.connections import RESPONSE_FIELDS, FileConnection, WarehouseConnection
from sync.config.descriptions import models_in
from sync.config.json_schema import as_text, schemas
from sync.config.load import find_config, load_settings
from sync.config.schema import Settings
from sync.errors import UserError
from sync.segments import Predicate

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

ROOT = Path(__file__).parents[2]
KINDS = ("file", "warehouse")

GOOD = """\
version: 1
connections:
  survey: {type: file, path: in.csv}
  profiles: {type: warehouse, url: sqlite:///.npsync/profiles.db}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, text: str) -> tuple[str, list[str]]:
    """Return the code and each problem as a person reads it, with the folder left out."""
    with pytest.raises(UserError) as caught:
        load_settings(write(folder, text), KINDS)
    return caught.value.code, [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def test_a_small_config_gets_the_careful_defaults(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, GOOD), KINDS)

    assert settings.limits.stop_if_changed == 0.1
    assert settings.limits.creates == 0
    assert settings.segments == {}
    assert settings.schedule.every.total_seconds() == 900


def test_relative_databases_stand_beside_the_config_wherever_it_is_run_from(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, GOOD), KINDS)

    assert f"sqlite:///{tmp_path}/.npsync/ledger.db" == settings.ledger
    assert f"sqlite:///{tmp_path}/.npsync/profiles.db" == settings.connections["profiles"].options()["url"]


def test_the_options_of_a_connection_are_its_connectors_arguments(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, GOOD), KINDS)

    assert {"url", "schema", "index"} == set(settings.connections["profiles"].options())
    assert "in.csv" == settings.connections["survey"].options()["path"]


def test_a_type_of_another_package_keeps_its_own_options(tmp_path: Path) -> None:
    text = GOOD + "  crm: {type: acme, region: eu, pages: 3}\n"
    settings = load_settings(write(tmp_path, text), (*KINDS, "acme"))

    assert {"region": "eu", "pages": 3} == settings.connections["crm"].options()


GOLDEN = {
    "misspelt key": (
        GOOD + "limts: {creates: 1}\n",
        "E103",
        [
            (
                "config.yaml:5:1: unknown key `limts`\n"
                "    limts: {creates: 1}\n"
                "    ^\n"
                "    Did you mean `limits`? Keys here: connections, identity, ledger, limits, mappings, nps, schedule,"
                " segments, version."
            )
        ],
    ),
    "misspelt key of a connection": (
        "version: 1\nconnections:\n  survey: {type: file, path: a, prest: auto}\n",
        "E103",
        [
            (
                "config.yaml:3:33: unknown key `prest`\n"
                "      survey: {type: file, path: a, prest: auto}\n"
                "                                    ^\n"
                "    Did you mean `preset`? Keys here: columns, date_order, delimiter, encoding, kind, path,"
                " preset, scale,"
                " sheet, survey, time_zone, type, where."
            )
        ],
    ),
    "wrong type": (
        GOOD + "limits:\n  creates: many\n",
        "E103",
        [
            (
                "config.yaml:6:12: `limits.creates` should be a whole number, not the text `many`\n"
                "      creates: many\n"
                "               ^\n"
                "    How many new customer records a run may create; 0 creates none."
            )
        ],
    ),
    "no for false": (
        "version: 1\nconnections:\n  p: {type: warehouse, url: sqlite:///p.db, index: no}\n",
        "E103",
        [
            (
                "config.yaml:3:52: `connections.p.index` should be `true` or `false`, not the text `no`\n"
                "      p: {type: warehouse, url: sqlite:///p.db, index: no}\n"
                "                                                       ^\n"
                "    Write `false`."
            )
        ],
    ),
    "a number for a text": (
        "version: 1\nconnections:\n  s: {type: file, path: 2026}\n",
        "E103",
        [
            (
                "config.yaml:3:25: `connections.s.path` should be a text, not the number 2026\n"
                "      s: {type: file, path: 2026}\n"
                "                            ^\n"
                "    Put it in quotes if you mean the text."
            )
        ],
    ),
    "wrong word": (
        "version: 1\nconnections:\n  s: {type: file, path: a, date_order: dmyy}\n",
        "E103",
        [
            (
                "config.yaml:3:40: `connections.s.date_order` cannot be the text `dmyy`\n"
                "      s: {type: file, path: a, date_order: dmyy}\n"
                "                                           ^\n"
                "    Did you mean `dmy`? It can be: auto, dmy, mdy, ymd."
            )
        ],
    ),
    "missing key": (
        "version: 1\nconnections:\n  s: {type: file}\n",
        "E103",
        [
            (
                "config.yaml:3:3: `path` is missing in `connections.s`\n"
                "      s: {type: file}\n"
                "      ^\n"
                "    A file, a folder or a pattern such as `exports/*.csv`; relative to this file."
            )
        ],
    ),
    "percent out of range": (
        GOOD + "limits: {stop_if_changed: 110%}\n",
        "E103",
        [
            (
                "config.yaml:5:27: `limits.stop_if_changed`: a percentage is a number from 0 to 100 and a percent sign,"
                " such as `10%`\n"
                "    limits: {stop_if_changed: 110%}\n"
                "                              ^\n"
                "    Stop when a run would change a larger share of the records it has written before."
            )
        ],
    ),
    "unknown type": (
        GOOD + "  crm: {type: salesforse}\n",
        "E104",
        [
            (
                "config.yaml:5:15: there is no connection type `salesforse`\n"
                "      crm: {type: salesforse}\n"
                "                  ^\n"
                "    Known types: file, warehouse."
            )
        ],
    ),
    "password in an address": (
        "version: 1\nconnections:\n  p: {type: warehouse, url: 'postgresql://me:hunter2@h/d'}\n",
        "E103",
        [
            (
                "config.yaml:3:24: a password stands in this address\n"
                "      p: {type: warehouse, url: 'postgresql://me:*******@h/d'}\n"
                "                           ^\n"
                "    Delete it here and set NPSYNC_P_PASSWORD in the environment, or keep it in the system's keyring"
                " (service `npsync`, name `p.password`). Change the password if this file was ever shared."
            )
        ],
    ),
    "a segment's field": (
        GOOD + "segments:\n  angry: {categry: detractor}\n",
        "E103",
        [
            (
                "config.yaml:6:11: unknown key `categry`\n"
                "      angry: {categry: detractor}\n"
                "              ^\n"
                "    Did you mean `category`? Keys here: age, all, any, category, not, responses, risk,"
                " risk_reasons, score,"
                " source,"
                " status, survey, survey_kind, surveyed, trend."
            )
        ],
    ),
    "a newer file": (
        GOOD.replace("1", "2", 1),
        "E103",
        [
            (
                "config.yaml:1:10: `version` should be 1, not the number 2\n"
                "    version: 2\n"
                "             ^\n"
                "    This npsync reads version 1; a newer file needs a newer npsync."
            )
        ],
    ),
    "duplicate key": (
        GOOD + "version: 1\n",
        "E102",
        ["config.yaml:5:1: `version` is here twice (first on line 1)\n    version: 1\n    ^\n    Keep one of the two."],
    ),
    "empty file": ("# nothing yet\n", "E102", ["config.yaml: this file is empty\n    Start with `version: 1`."]),
    "a list": (
        "- version\n",
        "E103",
        ["config.yaml:1:1: the file should be a block of `key: value` lines, not a list\n    - version\n    ^"],
    ),
}


@pytest.mark.parametrize(("text", "code", "messages"), GOLDEN.values(), ids=GOLDEN)
def test_a_mistake_is_told_with_its_place_and_the_next_step(
    tmp_path: Path, text: str, code: str, messages: list[str]
) -> None:
    assert (code, messages) == refusal(tmp_path, text)


def test_all_problems_are_told_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        "version: 1\nledgr: x\nconnections:\n  a: {type: file, path: x, path: y, pth: 1}\n"
        "  b: {type: warehouse, password: hunter2}\nlimits: 3\n"
    )
    code, messages = refusal(tmp_path, text)

    assert code == "E102"
    assert ["2:1", "4:28", "4:37", "5:3", "5:24", "6:9"] == [message.split(": ")[0][12:] for message in messages]
    assert "hunter2" not in "\n".join(messages)


@pytest.mark.parametrize("ledger", ["postgresql+psycopg://me:hunter2@h/d", "postgresql://h/d?password=hunter2"])
def test_the_ledgers_password_is_refused_and_never_shown(tmp_path: Path, ledger: str) -> None:
    code, [message] = refusal(tmp_path, f"{GOOD}ledger: {ledger}\n")

    assert code == "E103"
    assert "NPSYNC_LEDGER_PASSWORD" in message
    assert "hunter2" not in message


@pytest.mark.parametrize("url", ["profiles.db", "sqlite:profiles.db", "mysql://h/d", "http://h/d", ""])
def test_only_the_databases_we_know_are_taken(tmp_path: Path, url: str) -> None:
    _, [message] = refusal(tmp_path, f"version: 1\nconnections:\n  p: {{type: warehouse, url: '{url}'}}\n")

    assert "this is not a database address" in message
    assert "sqlite:///" in message


@pytest.mark.parametrize("name", ["1st", "a b", "a.b", "é", "x" * 70])
def test_a_connection_is_named_so_that_its_secret_can_be(tmp_path: Path, name: str) -> None:
    _, [message] = refusal(tmp_path, f"version: 1\nconnections:\n  '{name}': {{type: file, path: a}}\n")

    assert "config.yaml:3:3: " in message
    assert "cannot name a connection" in message


def test_two_connections_never_share_a_secret(tmp_path: Path) -> None:
    text = "version: 1\nconnections:\n  my-crm: {type: file, path: a}\n  my_crm: {type: file, path: a}\n"
    _, [message] = refusal(tmp_path, text)

    assert "`my_crm` and `my-crm` would share the secret NPSYNC_MY_CRM_PASSWORD" in message


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("time_zone: Europe/Pari", "there is no time zone `Europe/Pari`"),
        ("time_zone: ../etc/passwd", "there is no time zone"),
        ("encoding: cp12522", "there is no encoding `cp12522`"),
        ("columns: {emial: E-mail}", "looks like `email`"),
        ("columns: {Score: Q1}", "looks like `score`"),
    ],
)
def test_a_slip_that_would_only_show_later_is_told_now(tmp_path: Path, option: str, told: str) -> None:
    _, [message] = refusal(tmp_path, f"version: 1\nconnections:\n  s: {{type: file, path: a, {option}}}\n")

    assert told in message


def test_further_columns_are_carried_under_any_other_name(tmp_path: Path) -> None:
    text = "version: 1\nconnections:\n  s: {type: file, path: a, columns: {plan: Plan, phone2: Tel, survey_id: S}}\n"

    assert 3 == len(load_settings(write(tmp_path, text), KINDS).connections["s"].options()["columns"])


@pytest.mark.parametrize(("model", "connector"), [(FileConnection, FileSource), (WarehouseConnection, Warehouse)])
def test_the_keys_of_a_connection_are_the_options_of_its_connector(
    model: type[BaseModel], connector: Callable[..., object]
) -> None:
    ours = {field.alias or name for name, field in model.model_fields.items()} - {"type"}
    theirs = set(inspect.signature(connector).parameters)

    assert ours == theirs - {"name", "root", "now", "password", "retry", "lock_wait_s"}


def test_our_fields_are_those_that_files_fill() -> None:
    assert set(FIELDS) == set(RESPONSE_FIELDS)


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


YAML_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["10%", "90d", "file"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*Settings.model_fields, "type", "path", "url", "all", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(YAML_VALUES)
def test_whatever_the_config_holds_only_a_user_error_is_raised(
    tmp_path_factory: pytest.TempPathFactory, data: object
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8", errors="replace")
    _load_or_refuse(path)


@given(st.binary(max_size=120))
def test_whatever_the_bytes_only_a_user_error_is_raised(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(raw)
    _load_or_refuse(path)


def _load_or_refuse(path: Path) -> None:
    with suppress(UserError):
        load_settings(path, KINDS)
