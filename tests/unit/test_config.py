"""The config: what is read, what is refused, and in which words."""

from __future__ import annotations

import inspect
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from connectors.files.settings import FIELDS, checked_delimiter
from connectors.files.source import FileSource
from connectors.warehouse.store import Warehouse
from sync.config.columns import RESPONSE_FIELDS
from sync.config.connections import FileConnection, WarehouseConnection
from sync.config.load import load_settings
from sync.config.schema import Settings
from sync.errors import UserError
from tests.unit.config_messages import GOLDEN, GOOD

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

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
        ("delimiter: tabs", "`tabs` is not one character"),
        ("columns: {emial: E-mail}", "looks like `email`"),
        ("columns: {Score: Q1}", "looks like `score`"),
    ],
)
def test_a_slip_that_would_only_show_later_is_told_now(tmp_path: Path, option: str, told: str) -> None:
    _, [message] = refusal(tmp_path, f"version: 1\nconnections:\n  s: {{type: file, path: a, {option}}}\n")

    assert told in message


@pytest.mark.parametrize(
    ("word", "meant"), [("tab", "\t"), ("\\t", "\t"), ('"\\t"', "\t"), ("semicolon", ";"), ('"|"', "|"), ("'#'", "#")]
)
def test_a_delimiter_is_a_character_or_its_name(tmp_path: Path, word: str, meant: str) -> None:
    text = f"version: 1\nconnections:\n  s: {{type: file, path: a, delimiter: {word}}}\n"

    told = load_settings(write(tmp_path, text), KINDS).connections["s"].options()["delimiter"]

    assert meant == checked_delimiter(told)


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
