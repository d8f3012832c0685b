"""Mappings: what is read, what is refused, and in which words."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import jsonschema  # type: ignore[import-untyped] # its types are another package
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sync.config.descriptions import descriptions, models_in
from sync.config.json_schema import schemas
from sync.config.load import load_settings
from sync.config.schema import Settings
from sync.errors import UserError
from sync.mapping.load import load_mapping, load_mappings
from sync.mapping.schema import Mapping, record_columns, rules
from sync.mapping.vocabulary import MATCH, PLACES, lookup
from tests.unit.mapping_messages import GOLDEN, GOOD

ROOT = Path(__file__).parents[2]
SETTINGS = Settings.model_validate(
    {
        "version": 1,
        "connections": {
            "survey": {"type": "file", "path": "in.csv"},
            "profiles": {"type": "warehouse", "url": "sqlite:///p.db"},
            "crm": {"type": "acme"},
        },
    },
    context={"kinds": ("file", "warehouse", "acme")},
)


def load(folder: Path, text: str) -> Mapping:
    path = folder / "to-profiles.yaml"
    path.write_text(text, encoding="utf-8")
    return load_mapping(path, SETTINGS)


def refusal(folder: Path, text: str) -> tuple[str, list[str]]:
    """Return the code and each problem as a person reads it, with the folder left out."""
    with pytest.raises(UserError) as caught:
        load(folder, text)
    return caught.value.code, [
        str(problem).replace(f"{folder}/to-profiles.yaml:", "") for problem in caught.value.problems
    ]


def test_a_mapping_is_named_by_its_file_and_holds_when_in_doubt(tmp_path: Path) -> None:
    mapping = load(tmp_path, GOOD)

    assert mapping.name == "to-profiles"
    assert (mapping.on_none, mapping.on_many) == ("hold", "hold")


def test_the_key_of_a_profile_is_the_records_own_id_unless_the_mapping_says_otherwise(tmp_path: Path) -> None:
    assert {"customer_id": "record.id"} == load(tmp_path, GOOD).key
    assert {"pid": "person.id"} == load(tmp_path, GOOD + "key: {pid: person.id}\n").key


def test_short_and_long_lines_mean_the_same(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD).fields == load(tmp_path, GOOD.replace(": score", ": {from: score}")).fields


def test_rules_keep_their_order_and_tell_their_kind(tmp_path: Path) -> None:
    assert ["customer_id", "email", "phone"] == [rule.kind for rule in rules(load(tmp_path, GOOD))]


def test_the_directory_learns_every_column_that_is_matched_by(tmp_path: Path) -> None:
    (columns,) = record_columns(load(tmp_path, GOOD))

    assert (columns.object, columns.id, columns.account) == ("customers", "customer_id", "account_id")
    assert columns.emails == ("email", "work_email")
    assert columns.phones == ("mobile",)
    assert columns.ids == {"customer_id": ("customer_id",)}


def test_without_records_the_object_itself_is_searched(tmp_path: Path) -> None:
    text = GOOD.replace("to: profiles", "to: crm").replace(GOOD.splitlines()[4] + "\n", "key: {Id: record.id}\n")
    (columns,) = record_columns(load(tmp_path, text))

    assert (columns.object, columns.id, columns.emails) == ("people", "Id", ("email",))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("key: {NPS_Person_Id__c: person.id}", "records of a salesforce are written by `Id`"),
        ("on_none: create", "records of a salesforce are made by one field with our id of the person"),
        ("{on_none: create, fields: {A__c: person.id, B__c: person.id}}", "and `fields` has 2"),
        (
            "{on_none: create, match: [{X__c: person.id}], fields: {A__c: person.id}}",
            "persons are found by `X__c` and made by `A__c`",
        ),
        ("fields: {LastName: {from: person.last_name, write: on_create}}", "this mapping makes none"),
        (
            "{on_none: create, fields: {A__c: {from: person.id, write: on_create}}}",
            "`A__c` is how a new record is found again",
        ),
    ],
)
def test_records_of_a_crm_are_written_by_their_own_ids_only(line: str, told: str) -> None:
    crm = {"type": "salesforce", "domain": "acme.my"}
    settings = Settings.model_validate(
        {"version": 1, "connections": {"survey": {"type": "file", "path": "in.csv"}, "crm": crm}}
    )
    text = (
        "version: 1\nfrom: survey\nto: crm\nobject: Contact\nmatch: [{Email: person.email}]\nfields: {NPS__c: score}\n"
    )
    good = yaml.safe_load(text) | {"name": "crm"}

    assert Mapping.model_validate(good, context={"settings": settings}).object == "Contact"
    with pytest.raises(ValueError, match=told):
        Mapping.model_validate(good | yaml.safe_load(line), context={"settings": settings})


def test_a_rule_may_look_in_a_second_object_which_then_has_rules_of_its_own(tmp_path: Path) -> None:
    text = GOOD.replace("to: profiles", "to: crm").replace(GOOD.splitlines()[4] + "\n", "key: {Id: record.id}\n")
    text = text.replace("match:", "match:\n  - {object: Lead, where: not_converted, Email: person.email}", 1)
    mapping = load(tmp_path, text)
    home, lead = record_columns(mapping)

    assert ("people", "Lead") == (home.object, lead.object)
    assert (("email",), ("Email",)) == (home.emails, lead.emails)
    assert {"Lead", "people"} == {rule.object for rule in rules(mapping)}


@pytest.mark.parametrize(("text", "code", "message"), GOLDEN.values(), ids=GOLDEN)
def test_a_mistake_is_told_with_its_place_and_the_next_step(tmp_path: Path, text: str, code: str, message: str) -> None:
    found, [told] = refusal(tmp_path, text)

    assert (code, message) == (found, told[: len(message)])
    assert len(told.splitlines()) == 4


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("two_way: {f: {with: person.follow_up, owner: crm}}\n", "`two_way` is not supported yet"),
        ("back: {person.plan: plan}\n", "`back` is not supported yet"),
    ],
)
def test_what_this_version_cannot_do_is_refused_rather_than_passed_over(tmp_path: Path, text: str, told: str) -> None:
    _, [message] = refusal(tmp_path, GOOD + text)

    assert told in message
    assert "12:1" in message


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("{object: Lead, email: person.email}", "a second table (`Lead`) cannot be matched against"),
        ("{object: customers, where: active, email: person.email}", "`where` can only be `not_converted`"),
    ],
)
def test_a_rule_that_this_version_cannot_follow_is_refused(tmp_path: Path, rule: str, told: str) -> None:
    _, [message] = refusal(tmp_path, GOOD.replace("{mobile: person.phone}", rule))

    assert told in message


def test_a_column_may_be_called_like_an_option(tmp_path: Path) -> None:
    mapping = load(tmp_path, GOOD.replace("mobile: person.phone", "where: person.phone"))

    assert mapping.match[2].field == "where"


def test_all_problems_of_a_mapping_come_at_once(tmp_path: Path) -> None:
    text = GOOD.replace(": score", ": skore").replace("from: survey", "from: servey") + "on_many: guess\nback: {}\n"
    code, messages = refusal(tmp_path, text)

    assert code == "E103"
    assert ["2", "11", "12", "13"] == [message.split(":")[0] for message in messages]


def test_all_files_of_a_folder_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    for name in ("a", "b"):
        (tmp_path / "mappings" / f"{name}.yaml").write_text(GOOD.replace("score", name), encoding="utf-8")

    with pytest.raises(UserError) as caught:
        load_mappings(tmp_path / "config.yaml", SETTINGS)
    assert ["a.yaml", "b.yaml"] == [problem.where.split("/")[-1].split(":")[0] for problem in caught.value.problems]


def test_a_folder_without_mappings_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no mapping") as caught:
        load_mappings(tmp_path / "config.yaml", SETTINGS)
    assert caught.value.code == "E110"


@pytest.mark.parametrize("name", ["1.yaml", "a b.yaml", ".yaml"])
def test_a_file_that_cannot_name_a_mapping_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(GOOD, encoding="utf-8")

    with pytest.raises(UserError, match="cannot name a mapping"):
        load_mapping(tmp_path / name, SETTINGS)


def test_a_mapping_that_is_not_there_has_its_code(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        load_mapping(tmp_path / "none.yaml", SETTINGS)
    assert caught.value.code == "E110"


class TestReady:
    @pytest.mark.parametrize("name", ["mappings/warehouse.yaml", "examples/mappings/warehouse.yaml"])
    def test_it_loads_and_editors_agree(self, name: str) -> None:
        settings = load_settings(ROOT / "config.example.yaml", ("file", "warehouse"))
        load_mapping(ROOT / name, settings)
        data = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))

        assert [] == list(jsonschema.Draft7Validator(schemas()["mapping.schema.json"]).iter_errors(data))

    @pytest.mark.parametrize("name", ["hubspot", "salesforce"])
    def test_editors_take_the_ones_for_crms_as_they_are(self, name: str) -> None:
        data = yaml.safe_load((ROOT / "mappings" / f"{name}.yaml").read_text(encoding="utf-8"))

        assert [] == list(jsonschema.Draft7Validator(schemas()["mapping.schema.json"]).iter_errors(data))

    def test_the_warehouse_shows_every_word_of_accounts(self) -> None:
        settings = load_settings(ROOT / "config.example.yaml", ("file", "warehouse"))
        rollup = load_mapping(ROOT / "mappings" / "warehouse.yaml", settings).rollup

        assert rollup is not None
        assert set(PLACES["rollup"]) == {rule.from_ for rule in rollup.fields.values()} | set(rollup.key.values())


class TestVocabulary:
    @pytest.mark.parametrize("place", PLACES)
    def test_every_word_has_a_meaning(self, place: str) -> None:
        assert all(word.meaning for word in PLACES[place].values())

    def test_further_columns_belong_to_responses_only(self) -> None:
        assert lookup("response", "extra.plan") is not None
        assert lookup("response", "extra.") is None
        assert lookup("profile", "extra.plan") is None

    def test_a_match_word_is_something_identity_can_compare(self) -> None:
        from sync.identity.settings import KINDS

        ours = {"person.id"}  # not compared: looked for where identity finds nobody
        assert set(KINDS) == {word.removeprefix("person.") for word in MATCH.keys() - ours}

    def test_enumerations_are_those_of_the_rooms_that_decide_them(self) -> None:
        from connectors.values import SurveyKind
        from sync.nps.category import Category
        from sync.nps.freshness import Freshness
        from sync.nps.settings import RiskReason
        from sync.nps.trend import Direction

        owners = {"category": Category, "trend": Direction, "status": Freshness, "survey_kind": SurveyKind}
        profile = PLACES["profile"]
        assert {word: set(owner) for word, owner in owners.items()} == {
            word: set(profile[word].values) for word in owners
        }
        assert set(RiskReason) == set(profile["risk_reasons"].values)

    def test_every_key_of_a_mapping_is_described(self) -> None:
        for model in models_in(Mapping).values():
            derived = {"name", "creates_by"}
            assert set(model.model_fields) - derived <= set(descriptions(model)) | {"field", "word"}, model


WORDS = st.sampled_from([*PLACES["profile"], *PLACES["response"], "records", "x", "hold", "survey", "profiles", "1"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            WORDS | st.sampled_from(["from", "values", "key", "object", "fields", "id"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from([*yaml.safe_load(GOOD), "key", "responses", "rollup", "segments", "back"]), VALUES)
)
def test_whatever_a_mapping_holds_only_a_user_error_is_raised(
    tmp_path_factory: pytest.TempPathFactory, changes: dict[str, object]
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(GOOD) | changes), encoding="utf-8")

    with suppress(UserError):
        load_mapping(path, SETTINGS)
