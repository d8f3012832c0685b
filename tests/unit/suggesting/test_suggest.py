"""Which field a word belongs into: never a wrong one, and few that are missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from connectors.values import Field
from sync.suggest.choosing import Origin, suggest
from sync.suggest.draft import READY, Draft
from tests.unit.suggesting.harder import HARDER
from tests.unit.suggesting.held_back import HELD_BACK
from tests.unit.suggesting.orgs import field
from tests.unit.suggesting.tuned import TUNED

if TYPE_CHECKING:
    from sync.suggest.choosing import Suggested
    from tests.unit.suggesting.orgs import Case

CASES = (*TUNED, *HELD_BACK, *HARDER)


def told(case: Case) -> Suggested:
    return suggest(case.object, case.fields, Origin(tool=case.tool, kind=case.kind))


@pytest.mark.parametrize("cases", [TUNED, HELD_BACK, HARDER], ids=["tuned", "held back", "harder"])
def test_no_field_is_proposed_that_is_another_s_and_few_are_missed(cases: tuple[Case, ...]) -> None:
    """A wrong proposal overwrites data of the CRM; a missed one costs a line."""
    proposed = {(case.name, each.word, each.field.name) for case in cases for each in told(case).proposals}
    meant = {(case.name, word, name) for case in cases for word, name in case.truth.items()}

    assert set() == proposed - meant
    assert len(meant - proposed) <= len(meant) * 5 // 100


def test_there_are_enough_objects_and_pairs_to_tell() -> None:
    assert len(CASES) >= 12
    assert sum(len(case.truth) for case in CASES) >= 60
    assert sum(len(case.fields) for case in CASES) >= 200


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_order_of_fields_decides_nothing(case: Case) -> None:
    turned = suggest(case.object, case.fields[::-1], Origin(tool=case.tool, kind=case.kind))

    assert {(each.word, each.field.name) for each in told(case).proposals} == {
        (each.word, each.field.name) for each in turned.proposals
    }


def test_every_proposal_and_every_field_left_alone_says_why_in_a_line() -> None:
    for case in CASES:
        found = told(case)
        for why in (*(each.why for each in found.proposals), *(each.why for each in found.passed)):
            assert why
            assert "\n" not in why


def test_what_we_may_not_write_is_listed_as_such_and_never_proposed() -> None:
    found = suggest("Contact", [field("NPS_Score__c", "NPS Score", "!whole"), field("NPS_Date__c", "", "=date")])

    assert [] == list(found.proposals)
    assert ["read-only: we may not edit it", "a formula: the system fills it"] == [each.why for each in found.passed]


def test_of_two_that_could_be_meant_none_is_proposed_and_both_are_named() -> None:
    found = suggest("Contact", [field("NPS_Score__c", "NPS Score", "whole"), field("NPS_Rating__c", "", "number")])

    assert [] == list(found.proposals)
    assert ["NPS_Score__c", "NPS_Rating__c"] == [each.field.name for each in found.passed]
    assert all(each.ambiguous and "name one" in each.why for each in found.passed)


@pytest.mark.parametrize("sign", ["csat", "lead", "health", "average", "target", "sent", "delighted", "old", "support"])
def test_one_word_that_says_something_else_is_enough(sign: str) -> None:
    for name, label in ((f"NPS_{sign}_Score__c", "NPS Score"), ("NPS_Score__c", f"NPS Score ({sign})")):
        assert [] == list(suggest("Contact", [field(name, label, "whole")]).proposals)


@pytest.mark.parametrize("type_", ["currency", "percent", "text 255", "date", "yes", "id Survey", "pick 1;2;3"])
def test_a_field_that_cannot_hold_a_score_is_none_for_it(type_: str) -> None:
    assert [] == list(suggest("Contact", [field("NPS_Score__c", "NPS Score", type_)]).proposals)


@pytest.mark.parametrize("name", ["NPS Survey", "NPS Contact", "NPS Response", "NPS Promoters", "Survey Score", "eNPS"])
def test_a_number_of_something_else_is_no_score(name: str) -> None:
    assert [] == list(suggest("Contact", [field(f"{name.replace(' ', '_')}__c", name, "whole")]).proposals)


def test_a_choice_gets_its_own_words_and_a_short_text_is_cut() -> None:
    fields = [
        field("NPS_Type__c", "NPS Type", "pick Promoteur;Passif;Détracteur"),
        field("NPS_Comment__c", "NPS Comment", "text 255"),
    ]
    found = suggest("Contact", fields)

    category, comment = found.of("category"), found.of("comment")
    assert category is not None
    assert comment is not None
    assert {"promoter": "Promoteur", "passive": "Passif", "detractor": "Détracteur"} == category.values
    assert 255 == comment.truncate


def test_a_draft_is_the_mapping_that_was_proposed() -> None:
    fields = [
        field("NPS_Score__c", "NPS Score", "whole"),
        field("NPS_Group__c", "NPS Group", "pick Promoter;Neutral;Detractor"),
        field("NPS_Target__c", "NPS Target", "whole"),
    ]
    found = suggest("Contact", fields)
    draft = Draft(source="survey", destination="crm", system="salesforce", suggested=found)
    values = {"promoter": "Promoter", "passive": "Neutral", "detractor": "Detractor"}

    assert {"NPS_Score__c": "score", "NPS_Group__c": {"from": "category", "values": values}} == yaml.safe_load(
        draft.text()
    )["fields"]
    assert "NPS_Target__c: says `target`" in draft.text()
    whole = Draft(source="survey", destination="crm", system="salesforce", suggested=found, make=draft.missing())
    assert len(READY) == len(yaml.safe_load(whole.text())["fields"])


def test_a_field_that_is_there_and_was_left_alone_is_not_said_to_be_missing() -> None:
    found = suggest(
        "Contact", [field("NPS_Score__c", "NPS Score", "whole"), field("NPS_Status__c", "NPS Status", "text 255")]
    )
    draft = Draft(source="survey", destination="crm", system="salesforce", suggested=found).text().splitlines()

    (status,) = (line for line in draft if line.startswith("  # NPS_Status__c: status"))
    assert "left alone, see below" in status
    assert any("NPS_Trend__c" in line and "no field was found" in line for line in draft)


def test_values_of_a_choice_stay_themselves_in_a_draft() -> None:
    odd = Field(name="nps_type", type="text", values=('Promoter: "9"', "- passive", "# Detractor\\"), restricted=True)
    found = suggest("contacts", [odd])
    draft = Draft(source="survey", destination="crm", system="hubspot", suggested=found)

    [line] = yaml.safe_load(draft.text())["fields"].values()
    assert set(odd.values) == set(line["values"].values())
