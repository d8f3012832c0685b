"""Played survey services, by the command line: three days of polling end with what they hold, and mistakes are told."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sandbox.limits import Limits
from sandbox.surveys import NAMES, connection, secrets, serve
from sync.config.specs import load_spec, shipped
from tests.flow.desk import Desk
from tests.flow.surveyed import Surveyed, differences, hourly

if TYPE_CHECKING:
    from pathlib import Path

#: Each service with one CRM, by turns; `python -m tests.flow.surveyed` runs each with both.
CHOSEN = [
    (name, "hubspot" if number % 2 or name == "hubspot_feedback" else "salesforce") for number, name in enumerate(NAMES)
]
MAPPING = """\
version: 1
from: survey
to: store
object: people
key: {customer_id: record.id}
records: {object: customers, id: customer_id, email: email}
match: [{email: person.email}]
on_none: skip
fields: {nps_score: score, nps_comment: comment, nps_responses: responses}
responses: {object: responses, key: {response_key: key}, fields: {customer_id: record.id, score: score}}
"""


def set_up(desk: Desk, survey: dict[str, Any]) -> None:
    (desk.folder / "mappings").mkdir()
    connections = {"survey": survey, "store": {"type": "warehouse", "url": "sqlite:///store.db"}}
    limits = {"stop_if_changed": "100%", "stop_if_rejected": "100%", "stop_if_cleared": "100%"}
    desk.write("config.yaml", yaml.safe_dump({"version": 1, "connections": connections, "limits": limits}))
    desk.write("mappings/crm.yaml", MAPPING)


def customers(desk: Desk, emails: set[str]) -> None:
    with closing(sqlite3.connect(desk.folder / "store.db")) as store, store:
        store.execute("CREATE TABLE customers (customer_id PRIMARY KEY, email TEXT)")
        rows = [(f"C-{number}", email) for number, email in enumerate(sorted(emails))]
        store.executemany("INSERT INTO customers VALUES (?, ?)", rows)


@pytest.mark.parametrize(("name", "vendor"), CHOSEN)
def test_three_days_of_polling_end_with_what_the_service_holds(tmp_path: Path, name: str, vendor: str) -> None:
    """In the warehouse and in a CRM, with late rows, edits and rows that were deleted after they had come."""
    with Surveyed(name, vendor, tmp_path) as played:
        polled = played.poll()
        crm, store = differences(polled, played.in_crm()), differences(polled, played.in_store())
        written = Counter(played.desk.stored("SELECT response_key, score FROM responses"))

    assert {0} == set(polled.statuses), polled.trouble
    assert polled.wanted, "nobody was matched"
    assert ([], []) == (crm, store)
    assert polled.responses == written
    assert hourly(polled, load_spec(shipped()[name]).limits.daily)


def test_signing_in_can_be_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path)
    with serve("typeform", seed=5, limits=Limits()) as service:
        set_up(desk, dict(connection(service)))
        customers(desk, {"late@example.com"})
        monkeypatch.setenv("NPSYNC_SURVEY_TOKEN", secrets(service)["token"])
        good = desk.npsync("auth", "test", "survey")
        monkeypatch.setenv("NPSYNC_SURVEY_TOKEN", "tfp_wrong")
        bad, sync = desk.npsync("auth", "test", "survey"), desk.npsync("sync")

    assert (0, 3, 3) == (good.status, bad.status, sync.status)
    assert "E301" in bad.err
    assert "tfp_wrong" not in bad.err + sync.err


MY_TOOL = """\
version: 1
title: My tool
base: https://my-tool.example
auth:
  key: {kind: header, prefix: "api_key="}
responses:
  request: {path: /api/v2/feedback, query: {page: "{page}", limit: "{size}", startDate: "{since}"}}
  pages: {kind: number, size: 7, total: data.total, count: data.pages}
  rows: data.responses
  cursor: {field: createdDate, format: unix}
  fields: {response_id: [id], score: [score], responded_at: [createdDate], email: [email]}
  skip:
    - {reason: spam, field: isBogus, values: ["true"]}
    - {reason: not_nps, field: metricsType, unless: [nps]}
"""


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ("rows: data", "row: data", "9:3", "unknown key `row`"),
        ("kind: number", "kind: numbr", "8:17", "cannot be the text `numbr`"),
        ('"{page}"', '"{pages}"', "", "nothing is called `pages`"),
        ("fields: {response_id: [id], ", "fields: {", "", "`fields` lacks `response_id`"),
        ("field: createdDate", "field: created date!", "10:19", "a path is words with dots"),
        ("https://my-tool", "http://my-tool", "3:7", "does not have the form"),
        ("key: {kind: header", "key: {kind: client_credentials", "5:8", "`token_path`"),
    ],
)
def test_a_mistake_in_a_spec_is_told_with_its_place(tmp_path: Path, old: str, new: str, where: str, what: str) -> None:
    desk = Desk(tmp_path)
    assert old in MY_TOOL
    desk.write("my-tool.yaml", MY_TOOL.replace(old, new, 1))
    set_up(desk, {"type": "survey", "spec": "my-tool.yaml"})

    said = desk.npsync("validate")

    assert 2 == said.status
    assert re.search(rf"my-tool\.yaml:{where}", said.err)
    assert what in said.err


@pytest.mark.parametrize(
    ("survey", "what"),
    [
        ({"service": "typefrom"}, "Did you mean `typeform`"),
        ({"service": "typeform", "spec": "x.yaml"}, "one of the two"),
        ({"spec": "nowhere.yaml"}, "no such file"),
        ({"service": "typeform", "auth": "oath"}, "Did you mean `oauth`"),
        ({"service": "satismeter"}, "needs the setting `project`"),
        ({"service": "asknicely"}, "needs the setting `domain`"),
        ({"service": "asknicely", "settings": {"domain": "evil.example/"}}, "is no `domain` of AskNicely"),
        ({"service": "typeform", "settings": {"host": "evil.example"}}, "is no `host` of Typeform"),
        ({"service": "retently", "surveys": ["1"]}, "one list of responses"),
        ({"service": "google_forms"}, "does not tell which surveys there are"),
        ({"service": "typeform", "url": "https://evil.example"}, "not on this machine"),
        ({"service": "typeform", "token": "tfp_abc"}, "secrets do not stand in YAML"),
    ],
)
def test_a_mistake_in_the_connection_is_told(tmp_path: Path, survey: dict[str, Any], what: str) -> None:
    desk = Desk(tmp_path)
    set_up(desk, {"type": "survey"} | survey)

    said = desk.npsync("validate")

    assert 2 == said.status
    assert what in said.err
    assert "tfp_abc" not in said.err
