"""The blocks `segments` and `follow_up`: keys that translate, tasks, and what is refused of them."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped] # its types are another package
import pytest
import yaml

from sync.config.json_schema import schemas
from sync.config.schema import Settings
from sync.errors import UserError
from sync.mapping.load import load_mapping
from sync.mapping.schema import Mapping
from sync.segments import Predicate
from sync.shapes import Shapes

ROOT = Path(__file__).parents[2]
SETTINGS = Settings.model_validate(
    {
        "version": 1,
        "connections": {
            "survey": {"type": "file", "path": "in.csv"},
            "salesforce": {"type": "salesforce", "domain": "acme.my"},
            "hubspot": {"type": "hubspot"},
        },
        "segments": {"at_risk": {"category": "detractor"}, "advocates": {"category": "promoter"}},
    }
)
GOOD = """\
version: 1
from: survey
to: salesforce
object: Contact
match:
  - {Email: person.email}
  - {object: Lead, where: not_converted, Email: person.email}
fields:
  NPS_Score__c: score
"""
CAMPAIGNS = GOOD + (
    """\
segments:
  object: CampaignMember
  key:
    ContactId: {from: record.id, object: Contact}
    LeadId: {from: record.id, object: Lead}
    CampaignId: {from: segment, values: {at_risk: 701A, advocates: 42}}
"""
)
TASKS = GOOD + (
    """\
follow_up:
  object: Task
  when: {category: detractor}
  within: 14d
  due: 48h
  subject: Call back
  owner: Account.OwnerId
  key: {NPS_Response_Key__c: key}
  fields: {WhoId: record.id, OwnerId: owner, Subject: subject, ActivityDate: due_at, Plan__c: extra.plan}
"""
)


def load(folder: Path, text: str) -> Mapping:
    path = folder / "salesforce.yaml"
    path.write_text(text, encoding="utf-8")
    return load_mapping(path, SETTINGS)


def told(folder: Path, text: str) -> str:
    """Return the one problem, with the folder left out."""
    with pytest.raises(UserError) as caught:
        load(folder, text)
    [problem] = caught.value.problems
    assert "E103" == caught.value.code
    return str(problem).replace(f"{folder}/salesforce.yaml:", "")


@pytest.mark.parametrize("text", [CAMPAIGNS, TASKS, TASKS.replace("Account.OwnerId", "{Contact: A.B, Lead: OwnerId}")])
def test_editors_take_what_npsync_takes(tmp_path: Path, text: str) -> None:
    load(tmp_path, text)

    assert [] == list(jsonschema.Draft7Validator(schemas()["mapping.schema.json"]).iter_errors(yaml.safe_load(text)))


@pytest.mark.parametrize("vendor", ["salesforce", "hubspot"])
def test_the_blocks_that_ready_mappings_show_as_comments_are_right(vendor: str) -> None:
    ready = (ROOT / "mappings" / f"{vendor}.yaml").read_text(encoding="utf-8")
    shown = re.findall(r"^# (?:segments|follow_up):\n(?:# +.*\n)+", ready, re.MULTILINE)
    blocks = yaml.safe_load("".join(line.removeprefix("# ") for block in shown for line in block.splitlines(True)))
    data = yaml.safe_load(ready) | blocks

    assert {"segments", "follow_up"} == set(blocks)
    Mapping.model_validate(data | {"name": vendor}, context={"settings": SETTINGS})
    assert [] == list(jsonschema.Draft7Validator(schemas()["mapping.schema.json"]).iter_errors(data))


class TestMemberships:
    def shape(self, folder: Path, object_: str) -> Any:
        return Shapes(load(folder, CAMPAIGNS)).memberships_of(object_)

    def test_records_of_each_object_are_keyed_by_their_own_column(self, tmp_path: Path) -> None:
        values = {"record.id": "003", "segment": "at_risk"}

        assert {"ContactId": "003", "CampaignId": "701A"} == self.shape(tmp_path, "Contact").keys(values)
        assert {"LeadId": "003", "CampaignId": "701A"} == self.shape(tmp_path, "Lead").keys(values)

    def test_an_id_is_a_text_whatever_yaml_made_of_it(self, tmp_path: Path) -> None:
        assert "003\x1f42" == self.shape(tmp_path, "Contact").id({"record.id": "003", "segment": "advocates"})

    def test_a_segment_without_a_translation_is_not_written(self, tmp_path: Path) -> None:
        shape = self.shape(tmp_path, "Contact")

        assert (True, False) == (shape.covers("at_risk"), shape.covers("silent"))

    def test_records_of_an_object_without_a_column_are_not_written(self, tmp_path: Path) -> None:
        text = CAMPAIGNS.replace("    LeadId: {from: record.id, object: Lead}\n", "")

        assert Shapes(load(tmp_path, text)).memberships_of("Lead") is None

    def test_every_form_of_membership_is_made_sure_of(self, tmp_path: Path) -> None:
        shapes = [shape for shape in Shapes(load(tmp_path, CAMPAIGNS)).all() if shape.place == "segment"]

        assert [["ContactId", "CampaignId"], ["LeadId", "CampaignId"]] == [list(shape.key) for shape in shapes]
        assert [((), ("42", "701A")), ((), ("42", "701A"))] == [
            tuple(each.values for each in shape.fields()) for shape in shapes
        ]

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            (
                "object: Lead}",
                "object: Laed}",
                (
                    "14:31: no rule looks in `Laed`\n"
                    "        LeadId: {from: record.id, object: Laed}\n"
                    "                                  ^\n"
                    "    Did you mean `Lead`? Rules look in: Contact, Lead."
                ),
            ),
            (
                "ContactId: {from: record.id, object: Contact}",
                "ContactId: record.id",
                (
                    "13:5: `ContactId` would hold ids of Contact and of Lead\n"
                    "        ContactId: record.id\n"
                    "        ^\n"
                    "    Write `ContactId: {from: record.id, object: Contact}`, and a column for the others."
                ),
            ),
            (
                "advocates: 42",
                "advocate: 42",
                (
                    "15:57: there is no segment `advocate`\n"
                    "        CampaignId: {from: segment, values: {at_risk: 701A, advocate: 42}}\n"
                    "                                                            ^\n"
                    "    Did you mean `advocates`? Segments of the config: advocates, at_risk."
                ),
            ),
            (
                "advocates: 42",
                "advocates: 701A",
                "15:57: `at_risk` and `advocates` are written as the same: who leaves one would be taken out of both\n",
            ),
            (
                "from: segment, values: {at_risk: 701A, advocates: 42}",
                "from: since",
                "12:3: `key` does not hold `segment`\n",
            ),
            (
                "{from: record.id, object: Lead}",
                "{from: record.id, values: {a: b}}",
                "14:31: `record.id` has no fixed values to translate\n",
            ),
            (
                "{from: record.id, object: Lead}",
                "{from: record.id, truncate: 2}",
                "14:31: unknown key `truncate`\n",
            ),
        ],
    )
    def test_a_mistake_is_told_with_its_place(self, tmp_path: Path, old: str, new: str, message: str) -> None:
        assert told(tmp_path, CAMPAIGNS.replace(old, new))[: len(message)] == message


class TestFollowUp:
    def test_it_is_read_as_it_is_written(self, tmp_path: Path) -> None:
        block = load(tmp_path, TASKS).follow_up

        assert block is not None
        assert (timedelta(days=14), timedelta(hours=48)) == (block.within, block.due)
        assert Predicate.model_validate({"category": "detractor"}) == block.when
        assert "Account.OwnerId" == block.owner_of("Contact") == block.owner_of("Lead")

    def test_owners_may_stand_in_another_field_of_each_object(self, tmp_path: Path) -> None:
        block = load(tmp_path, TASKS.replace("Account.OwnerId", "{Lead: OwnerId}")).follow_up

        assert block is not None
        assert (None, "OwnerId") == (block.owner_of("Contact"), block.owner_of("Lead"))

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            (
                "detractor}",
                "detractr}",
                (
                    "12:20: `follow_up.when.category` cannot be the text `detractr`\n"
                    "      when: {category: detractr}\n"
                    "                       ^\n"
                    "    Did you mean `detractor`? It can be: detractor, passive, promoter."
                ),
            ),
            (
                "within: 14d",
                "within: 0d",
                "13:11: no response is that young\n      within: 0d\n              ^\n    Give it days, such as `14d`.",
            ),
            ("due: 48h", "due: soon", "14:8: `follow_up.due`: a duration is a whole number and one of s, m, h, d, w"),
            (
                "  owner: Account.OwnerId\n",
                "",
                "17:39: nothing says what `owner` is\n",
            ),
            (
                "OwnerId: owner, ",
                "",
                (
                    "16:3: `owner` is written to no field\n"
                    "      owner: Account.OwnerId\n"
                    "      ^\n"
                    "    Add `FIELD: owner` to `fields`, or delete the line."
                ),
            ),
            ("Account.OwnerId", "{Laed: OwnerId}", "16:11: no rule looks in `Laed`\n"),
            ("key: {NPS_Response_Key__c: key}", "key: {X: record.id}", "17:3: `key` does not hold `key`"),
            ("{NPS_Response_Key__c: key}", "{K: key, D: due_at}", "17:17: `due_at` cannot tell tasks apart\n"),
            ("due_at", "due_art", "18:78: unknown word `due_art`\n"),
            ("object: Task", "object: Contact", "11:3: `Contact` is written by `object` too\n"),
            ("  subject: Call back\n", "  subjekt: Call back\n", "15:3: unknown key `subjekt`\n"),
        ],
    )
    def test_a_mistake_is_told_with_its_place(self, tmp_path: Path, old: str, new: str, message: str) -> None:
        assert told(tmp_path, TASKS.replace(old, new))[: len(message)] == message
