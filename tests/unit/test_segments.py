"""Segments: the grammar and what it refuses. That SQL and Python agree is held by `test_nps_kernel`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from sync.segments import Predicate, Segments, holds, segments_of, turns
from sync.segments_sql import predicate_sql, segments_sql

DAY_MS = 86_400_000
REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "segments.md"
PROFILE: dict[str, Any] = {
    "category": "detractor",
    "trend": None,
    "status": "current",
    "survey": "It's",
    "survey_kind": "relational",
    "source": "survey",
    "score": 0,
    "responses": 1,
    "surveyed": 1,
    "responded_at": 0,
    "risk": True,
    "risk_reasons": ["detractor"],
}


def rule(text: dict[str, Any]) -> Predicate:
    return Predicate.model_validate(text)


def problems(text: dict[str, Any]) -> list[tuple[tuple[int | str, ...], str]]:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Segments).validate_python(text)
    return [(one["loc"], one["msg"]) for one in caught.value.errors()]


@pytest.mark.parametrize(
    "text",
    [
        {"category": "detractor"},
        {"category": ["passive", "detractor"]},
        {"score": {"max": 0}},
        {"score": {"min": 0, "max": 0}},
        {"survey": "It's"},
        {"risk": True},
        {"risk_reasons": ["stale", "detractor"]},
        {"not": {"trend": "declining"}},
        {"any": [{"category": "promoter"}, {"status": "current"}]},
        {"all": [{"category": "detractor"}], "status": "current"},
        {"age": {"min": "0s"}},
    ],
)
def test_what_is_true_holds_and_its_opposite_does_not(text: dict[str, Any]) -> None:
    assert holds(rule(text), PROFILE, 0)
    assert not holds(rule({"not": text}), PROFILE, 0)


def test_every_key_of_one_mapping_must_hold() -> None:
    assert not holds(rule({"category": "detractor", "status": "stale"}), PROFILE, 0)


def test_both_ends_of_an_age_belong_to_it() -> None:
    bounds = rule({"age": {"min": "1d", "max": "90d"}})
    ages = [DAY_MS - 1, DAY_MS, 90 * DAY_MS, 90 * DAY_MS + 1]

    assert [False, True, True, False] == [holds(bounds, PROFILE, age) for age in ages]
    assert [DAY_MS, 90 * DAY_MS + 1] == turns({"one": bounds})


def test_segments_come_sorted_by_name() -> None:
    both = {"zeta": rule({"risk": True}), "alpha": rule({"score": {"max": 6}}), "none": rule({"risk": False})}

    assert ["alpha", "zeta"] == segments_of(both, PROFILE, 0)


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ({"s": {}}, ("s",), "would hold of everybody"),
        ({"s": {"categry": "promoter"}}, ("s", "categry"), "Extra inputs"),
        ({"s": {"category": "promotor"}}, ("s", "category", 0), "'promoter', 'passive' or 'detractor'"),
        ({"s": {"any": [{"status": "current"}, {"age": {"max": "90"}}]}}, ("s", "any", 1, "age", "max"), "`90d`"),
        ({"s": {"not": {"score": {"min": 3, "max": 2}}}}, ("s", "not", "score"), "nothing can hold"),
        ({"s": {"score": {}}}, ("s", "score"), "give `min`, `max` or both"),
        ({"s": {"score": {"max": "6"}}}, ("s", "score", "max"), "valid integer"),
        ({"s": {"risk": "yes"}}, ("s", "risk"), "valid boolean"),
        ({"s": {"all": []}}, ("s", "all"), "at least 1 item"),
        ({"s": {"category": []}}, ("s", "category"), "one word or a list"),
        ({"At Risk": {"risk": True}}, ("At Risk", "[key]"), "match pattern"),
    ],
)
def test_a_mistake_is_told_where_it_stands(text: dict[str, Any], where: tuple[Any, ...], words: str) -> None:
    ((found, message),) = problems(text)

    assert where == found
    assert words in message


def test_words_reach_sql_as_quoted_text_only() -> None:
    assert "(coalesce(p.survey IN ('a'') OR true --'), false))" == predicate_sql(rule({"survey": "a') OR true --"}))


def test_without_segments_the_list_is_empty_and_the_due_moment_the_profiles_own() -> None:
    assert segments_sql({}).startswith("SELECT p.subject, []::VARCHAR[] AS segments, p.due_at AS due_at ")


def test_the_schema_for_editors_takes_a_word_or_a_list() -> None:
    schema = Predicate.model_json_schema()

    found = schema["$defs"]["Predicate"]["properties"]["category"]["anyOf"]

    assert {"$ref": "#/$defs/Category"} in found
    assert {"items": {"$ref": "#/$defs/Category"}, "type": "array"} in found


def test_every_example_of_the_reference_is_a_condition_on_its_field() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    examples = re.findall(r"^\| `(\w+)` \|.*\| `(\{.*\})` \|$", text, re.MULTILINE)

    assert examples
    for field, example in examples:
        assert (field,) == rule(yaml.safe_load(example)).fields()


def test_the_reference_describes_every_field() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))

    assert {field.alias or name for name, field in Predicate.model_fields.items()} == told | {"all", "any", "not"}


def test_a_person_of_the_reference_is_where_it_says() -> None:
    """The examples, worked through for one detractor of an hour ago."""
    text = REFERENCE.read_text(encoding="utf-8")
    (block,) = re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    segments = TypeAdapter(Segments).validate_python(yaml.safe_load(block)["segments"])

    assert ["at_risk", "enraged"] == segments_of(segments, PROFILE, 3_600_000)
    assert ["win_back"] == segments_of(segments, PROFILE | {"status": "stale"}, 91 * DAY_MS)
