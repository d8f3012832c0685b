"""`npsync sandbox` as a person runs it: in one shell, until Ctrl-C, while something else uses what it prints."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
import yaml

from tests.flow.desk import Desk

ROOT = Path(__file__).parents[2]
#: What nobody may read without a token.
PRIVATE = {"salesforce": "/services/data/v67.0/limits", "hubspot": "/crm/objects/2026-09/contacts"}
ANY_PORT = ["--salesforce-port", "0", "--hubspot-port", "0", "--gateway-port", "0"]


@contextmanager
def sandbox(folder, *options, stop=signal.SIGINT):
    """Run it; yield the process and the lines up to the last that it prints before it waits."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sync.cli", "sandbox", *ANY_PORT, *options],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(stop)
        process.wait(20)
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        process.stderr.close()


def told(process):
    """Read the one object of `--output json`."""
    text = ""
    for line in process.stdout:
        text += line
        if line == "}\n" and "services" in (answer := json.loads(text)):
            return answer
    pytest.fail(process.stderr.read())


def test_it_plays_both_vendors_until_it_is_stopped(tmp_path):
    with sandbox(tmp_path, "--output", "json", "--calm") as process:
        services = told(process)["services"]
        for service in services.values():
            reply = requests.get(service["url"] + PRIVATE[service["connection"]["type"]], timeout=10)
            assert 401 == reply.status_code
            assert service["environment"]

    assert 0 == process.returncode
    assert {"salesforce", "hubspot"} == set(services)
    for service in services.values():
        assert 1 == len((tmp_path / service["log"]).read_text().splitlines())


def test_survey_services_are_played_with_answers_of_the_customers(tmp_path):
    with sandbox(tmp_path, "--output", "json", "--calm", "surveys", "--survey-port", "0") as process:
        services = told(process)["services"]
        key = services["retently"]["environment"]["NPSYNC_RETENTLY_API_KEY"]
        url = services["retently"]["url"] + "/api/v2/outbox?limit=1000"
        rows = requests.get(url, headers={"Authorization": f"api_key={key}"}, timeout=10).json()["data"]["surveys"]
        unknown = requests.get(services["typeform"]["url"] + "/forms", timeout=10)

    listed = (ROOT / "examples/customers.csv").read_text(encoding="utf-8-sig")
    known = {row["e_mail"] for row in csv.DictReader(listed.splitlines())}
    assert {row["email"] for row in rows} <= known
    assert len(rows) > 150
    assert 401 == unknown.status_code
    assert {"typeform", "surveymonkey", "retently", "asknicely", "qualtrics"} <= set(services)
    assert {"type", "service", "url"} <= set(services["typeform"]["connection"])


def test_an_end_asked_for_by_the_system_is_no_failure(tmp_path):
    with sandbox(tmp_path, "--output", "json", stop=signal.SIGTERM) as process:
        told(process)

    assert 0 == process.returncode


def test_what_it_prints_fits_into_a_config(tmp_path):
    with sandbox(tmp_path) as process:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "NPSYNC_HUBSPOT" in line:
                break
    text = "".join(lines)

    connections = yaml.safe_load(text.partition("\n\n")[0])["connections"]
    assert {"salesforce": "salesforce", "hubspot": "hubspot"} == {
        name: one["type"] for name, one in connections.items()
    }
    assert "export NPSYNC_SALESFORCE_CONSUMER_KEY=" in text


PEOPLE = """\
cust_no,given_name,family_name,e_mail,phone_no,acct,acct_name,ctry,merged_into
C-1,Ada,Hale,ada@acme.example,,A-1,Acme,GB,
C-2,Bob,Iles,bob@acme.example,,A-1,Acme,GB,
C-3,Adah,Hale,adah@acme.example,,A-1,Acme,GB,C-1
"""
ANSWERS = """\
Response ID,Score,Date,Email,Comment
r1,9,2026-10-01 10:00:00,ada@acme.example,Swift
r2,3,2026-10-02 10:00:00,bob@acme.example,Slow
"""
SURVEY = {"type": "file", "path": "responses.csv", "date_order": "ymd"}


def test_the_ready_mappings_sync_into_what_it_plays(tmp_path, monkeypatch):
    """As the how-to has it: its lines into the config, its secrets into the shell, then sync twice."""
    desk = Desk(tmp_path)
    desk.write("people.csv", PEOPLE)
    desk.write("responses.csv", ANSWERS)
    (tmp_path / "mappings").mkdir()
    with sandbox(tmp_path, "--output", "json", "--calm", "--people", "people.csv") as process:
        services = told(process)["services"]
        connections = {"survey": SURVEY} | {name: one["connection"] for name, one in services.items()}
        limits = {"stop_if_changed": "100%"}
        desk.write("config.yaml", yaml.safe_dump({"version": 1, "connections": connections, "limits": limits}))
        for name, service in services.items():
            ready = (ROOT / "mappings" / f"{name}.yaml").read_text(encoding="utf-8")
            desk.write(f"mappings/{name}.yaml", re.sub(r"^to: \w+", f"to: {name}", ready, flags=re.MULTILINE))
            for variable, value in service["environment"].items():
                monkeypatch.setenv(variable, value)
        first, again = desk.npsync("sync"), desk.npsync("sync")

    assert (0, 0) == (first.status, again.status), first.err + again.err
    wrote = [set(line.split(", ")) for line in re.findall(r"wrote +(.+)", first.out)]
    assert [{"contacts 2", "companies 1"}, {"Contact 2", "NPS_Response__c 2", "Account 1"}] == wrote
    assert "wrote" not in again.out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--fault", "cut_aftr=1"], "cut_after"),
        (["--fault", "cut_after=often"], "NAME=RATE"),
        (["siebel"], "salesforce, hubspot"),
        (["--people", "people.csv"], "cust_no"),
        (["--mapping", "people.csv"], "sandbox VENDOR --mapping"),
        (["hubspot", "--mapping", "people.csv"], "no mapping"),
    ],
)
def test_what_it_cannot_do_is_said_before_anything_starts(tmp_path, options, said):
    desk = Desk(tmp_path)
    desk.write("people.csv", "id,name\n")

    answer = desk.npsync("sandbox", *options)

    assert 2 == answer.status
    assert said in answer.err


def test_a_port_that_is_taken_is_named(tmp_path):
    with sandbox(tmp_path, "--output", "json") as process:
        port = told(process)["services"]["hubspot"]["url"].rpartition(":")[2]
        answer = Desk(tmp_path).npsync("sandbox", "hubspot", "--hubspot-port", port)

    assert 2 == answer.status
    assert f"port {port}" in answer.err
