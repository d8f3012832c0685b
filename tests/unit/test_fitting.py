"""What stands against a mapping's fields: each pair of what is written and what is there gets one judgement."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.shaping import Wanted
from connectors.values import Field
from sync.config.load import load_settings
from sync.fitting import findings, one_of
from sync.mapping.load import load_mapping
from sync.needs import Need, ObjectNeeds, needs_of

CONFIG = """\
version: 1
connections:
  survey: {type: file, path: responses.csv}
  salesforce: {type: salesforce, domain: acme.my}
  hubspot: {type: hubspot}
segments:
  at_risk: {any: [{category: detractor}]}
"""
READY = Path(__file__).parents[2] / "mappings"
OUR_CATEGORIES = ("promoter", "passive", "detractor")


def needed(word: str, type_: str, *, key: bool = False, creates: bool = False, **more: Any) -> ObjectNeeds:
    """Return the need for one field `F` of an object."""
    parts = {name: more.pop(name) for name in ("possible", "is_cut") if name in more}
    field = Field(name="F", type=type_, **more)
    need = Need(field=field, place="profile", word=word, is_key=key, **parts)
    wanted = Wanted(object="Contact", fields=[field], key=("F",) if key else ("Id",), creates=creates)
    return ObjectNeeds(wanted=wanted, needs={"F": need})


def judged(needs: ObjectNeeds, **there: Any) -> list[tuple[str, bool]]:
    """Return what stands against a field, and whether it is an error."""
    return [(each.trouble.value, each.is_error) for each in findings(needs, [Field(name="F", **there)])]


SCORE = needed("score", "number", decimals=0, possible=tuple(map(str, range(11))))
WHEN = needed("responded_at", "datetime")
RISK = needed("risk", "boolean", possible=("true", "false"))
COMMENT = needed("comment", "text", length=32_000)
CATEGORY = needed("category", "text", length=255, possible=OUR_CATEGORIES)


@pytest.mark.parametrize(
    ("needs", "there", "expected"),
    [
        (SCORE, {"type": "number"}, []),
        (SCORE, {"type": "text", "length": 255}, [("wrong_type", False)]),
        (SCORE, {"type": "boolean"}, [("wrong_type", True)]),
        (SCORE, {"type": "datetime"}, [("wrong_type", True)]),
        (SCORE, {"type": "other"}, [("wrong_type", True)]),
        (SCORE, {"type": "text", "values": tuple(map(str, range(11))), "restricted": True}, []),
        (SCORE, {"type": "text", "values": ("1", "2"), "restricted": True}, [("values_missing", True)]),
        (SCORE, {"type": "text", "refers_to": ("User",), "length": 18}, [("wrong_type", True)]),
        (SCORE, {"type": "number", "writable": False}, [("read_only", True)]),
        (WHEN, {"type": "datetime"}, []),
        (WHEN, {"type": "date"}, [("rounded", False)]),
        (WHEN, {"type": "text", "length": 40}, [("wrong_type", False)]),
        (WHEN, {"type": "number"}, [("wrong_type", True)]),
        (RISK, {"type": "boolean"}, []),
        (RISK, {"type": "number"}, [("wrong_type", False)]),
        (RISK, {"type": "date"}, [("wrong_type", True)]),
        (COMMENT, {"type": "text", "length": 32_768}, []),
        (COMMENT, {"type": "text"}, []),
        (COMMENT, {"type": "text", "length": 255}, [("too_short", False)]),
        (COMMENT, {"type": "number"}, [("wrong_type", True)]),
        (COMMENT, {"type": "text", "values": ("a", "b"), "restricted": True}, [("values_missing", True)]),
        (COMMENT, {"type": "text", "values": ("a", "b")}, []),
        (CATEGORY, {"type": "text", "length": 255}, []),
        (CATEGORY, {"type": "text", "length": 8}, [("too_short", True)]),
        (CATEGORY, {"type": "text", "values": OUR_CATEGORIES, "restricted": True}, []),
        (CATEGORY, {"type": "text", "values": ("Promoter",), "restricted": True}, [("values_missing", True)]),
    ],
)
def test_each_pair_of_written_and_held_is_judged(
    needs: ObjectNeeds, there: dict[str, Any], expected: list[tuple[str, bool]]
) -> None:
    assert expected == judged(needs, **there)


def test_what_is_cut_must_fit_and_what_is_not_cut_may_be_too_long() -> None:
    cut = needed("comment", "text", length=1000, is_cut=True)

    assert [("too_short", True)] == judged(cut, type="text", length=255)
    assert [] == judged(cut, type="text", length=1000)


def test_digits_are_counted_where_they_matter() -> None:
    nps = needed("nps", "number", decimals=1)

    assert [("rounded", False)] == judged(nps, type="number", decimals=0)
    assert [] == judged(nps, type="number", decimals=1)
    assert [] == judged(SCORE, type="number", decimals=0)


def test_a_lookup_takes_records_of_its_own_object() -> None:
    contact = needed("record.id", "text", length=255, refers_to=("Contact",))

    assert [] == judged(contact, type="text", length=18, refers_to=("Contact", "Lead"))
    assert [("wrong_type", False)] == judged(contact, type="text", length=18, refers_to=("Account",))
    assert [] == judged(contact, type="text", length=18)
    campaign = needed("segment", "text", values=("701Hn00000Ab1CdIAJ",), possible=("701Hn00000Ab1CdIAJ",))
    assert [] == judged(campaign, type="text", length=18, refers_to=("Campaign",))


def test_a_key_that_may_occur_twice_is_a_note_and_with_new_records_an_error() -> None:
    key = needed("key", "text", length=255, key=True)
    assert [("key_not_unique", False)] == judged(key, type="text", length=255)
    assert [] == judged(key, type="text", length=255, unique=True)
    assert [] == judged(key, type="text", length=255, key=True)

    ours = needed("person.id", "text", length=255, unique=True, creates=True)
    assert [("key_not_unique", True)] == judged(ours, type="text", length=255)
    assert [] == judged(replace(ours, wanted=replace(ours.wanted, creates=False)), type="text", length=255)


def test_the_own_id_need_not_be_writable() -> None:
    own = needed("record.id", "text", key=True)

    assert [] == judged(own, type="number", unique=True, writable=False)


def test_a_new_record_needs_what_the_system_asks_for() -> None:
    there = [Field(name="F", type="number"), Field(name="Region", type="text", required=True)]

    assert [] == findings(SCORE, there)
    made = replace(SCORE, wanted=replace(SCORE.wanted, creates=True))
    [told] = findings(made, there)
    assert ("Region", "needed") == (told.field, told.trouble)


def test_a_missing_object_is_one_finding_and_a_missing_field_names_its_like() -> None:
    [gone] = findings(SCORE, [])
    assert (None, "object_missing") == (gone.field, gone.trouble)

    needs = ObjectNeeds(
        wanted=replace(SCORE.wanted, reads=("Emial",)), needs={"NPS_Scoer": replace_name(SCORE.needs["F"], "NPS_Scoer")}
    )
    told = findings(needs, [Field(name="NPS_Score", type="number"), Field(name="Email", type="text")])
    assert ["NPS_Scoer", "Emial"] == [each.field for each in told]
    assert ["Did you mean `NPS_Score`?", "Did you mean `Email`?"] == [
        each.next_step[-len(hint) :]
        for each, hint in zip(told, ["Did you mean `NPS_Score`?", "Did you mean `Email`?"], strict=True)
    ]


def replace_name(need: Need, name: str) -> Need:
    return replace(need, field=replace(need.field, name=name))


def test_every_finding_says_what_would_happen_and_what_to_do() -> None:
    there = Field(name="F", type="other", writable=False)
    for needs in (SCORE, WHEN, RISK, COMMENT, CATEGORY):
        told = findings(needs, [there])
        assert told
        assert all(each.what and each.next_step.endswith((".", "?")) for each in told)


def test_a_name_in_another_case_is_the_same_where_it_leaves_one() -> None:
    upper, lower = Field(name="NAME", type="text"), Field(name="name", type="number")

    assert one_of([upper], "name") is upper
    assert one_of([upper, lower], "name") is lower
    assert one_of([upper, lower], "Name") is None


@pytest.mark.parametrize("name", ["salesforce", "hubspot"])
def test_ready_mappings_fit_what_would_be_made_of_them(tmp_path: Path, name: str) -> None:
    """A field made as it is wanted raises no finding: plan and making agree."""
    mapping = ready(tmp_path, name)
    for each in needs_of(mapping, ["at_risk"]):
        made = [
            replace(field, unique=field.unique or field.name in each.wanted.key, writable=True)
            for field in each.wanted.fields
        ]
        read = [Field(name=one, type="text") for one in each.wanted.reads]
        assert [] == findings(each, [*made, *read])


def test_needs_tell_choices_lookups_and_what_is_made(tmp_path: Path) -> None:
    found = {each.wanted.object: each for each in needs_of(ready(tmp_path, "salesforce"), ["at_risk"])}

    contact = {name: need.field for name, need in found["Contact"].needs.items()}
    assert ("Promoter", "Passive", "Detractor") == contact["NPS_Category__c"].values
    assert (("at_risk",), True, False) == (
        contact["NPS_Segments__c"].values,
        contact["NPS_Segments__c"].several,
        contact["NPS_Segments__c"].restricted,
    )
    assert (32_000, 0, 255) == (
        contact["NPS_Comment__c"].length,
        contact["NPS_Score__c"].decimals,
        contact["NPS_Trend__c"].length,
    )
    assert contact["NPS_Person_Id__c"].unique
    response = {name: need.field for name, need in found["NPS_Response__c"].needs.items()}
    assert (("Contact",), ("Lead",)) == (response["Contact__c"].refers_to, response["Lead__c"].refers_to)
    assert [True, False] == [found[name].wanted.creates for name in ("NPS_Response__c", "Contact")]
    assert {"Email", "AccountId"} <= set(found["Contact"].wanted.reads)


def ready(folder: Path, name: str) -> Any:
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    settings = load_settings(folder / "config.yaml", ("file", "salesforce", "hubspot"))
    return load_mapping(READY / f"{name}.yaml", settings)
