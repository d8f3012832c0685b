"""SOQL in the sandbox against what real orgs answered when CumulusCI recorded them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from sandbox.salesforce import Org, serve
from tests.contract.salesforce_client import salesforce

RECORDED = Path(__file__).parents[3] / "shared" / "fixtures" / "salesforce-cumulusci-cassettes"


def recorded() -> list[tuple[str, int, str]]:
    """Return (query, status, body) of every query that was recorded."""
    found = []
    for path in sorted(RECORDED.glob("*.yaml")) if RECORDED.is_dir() else []:
        for exchange in yaml.safe_load(path.read_text()).get("interactions", []):
            request, reply = exchange.get("request", {}), exchange.get("response", {})
            query = parse_qs(urlsplit(request.get("uri", "")).query).get("q")
            body = (reply.get("body") or {}).get("string")
            if query and isinstance(body, str):
                found.append((query[0], reply["status"]["code"], body))
    return found


def asked(org: Org, soql: str) -> tuple[int, Any]:
    """Return the status and the body of the answer that *org* gives."""
    with serve(org) as service:
        client = salesforce(service)
        reply = client.session.get(
            f"{service.url}/services/data/v62.0/query/",
            params={"q": soql},
            headers={"Authorization": client.headers["Authorization"]},
        )
        client.session.close()
    assert "application/json;charset=UTF-8" == reply.headers["Content-Type"]
    return reply.status_code, reply.json()


def told(value: object) -> object:
    """Reduce an answer to what is promised: its keys in their order, and the types of its values."""
    match value:
        case dict():
            return [(name, told(held)) for name, held in value.items()]
        case list():
            return [told(held) for held in value]
        case _:
            return type(value).__name__


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the shared fixtures are not here")
@pytest.mark.parametrize(("soql", "status", "body"), recorded())
def test_a_recorded_query_gets_the_recorded_answer(soql, status, body):
    org = Org(seed=None)
    answer = json.loads(body)
    for record in answer["records"]:
        _insert_recorded(org, record)
    found_status, found = asked(org, soql)

    assert status == found_status
    if "LIMIT 5" not in soql:  # there, the recording was shortened by hand
        assert told(answer) == told(found)


def _insert_recorded(org: Org, record: dict[str, Any]) -> None:
    """Store what a recorded record must have held."""
    needed = {
        "Account": {"Name": "A", "AccountNumber": "420"},
        "Contact": {"LastName": "L", "FirstName": "F"},
        "Opportunity": {"Name": "O", "StageName": "In Progress", "CloseDate": "2021-10-03"},
    }
    kind = record["attributes"]["type"]
    values = {name: held for name, held in record.items() if isinstance(held, str) and name != "Id"}
    made = org.insert(kind, needed[kind] | values)
    for child in (record.get("Opportunities") or {}).get("records", []):
        _ = org.insert("Opportunity", needed["Opportunity"] | {"Name": child["Name"], "ContactId": made})


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the shared fixtures are not here")
def test_a_recorded_refusal_is_told_in_the_recorded_words():
    path = RECORDED / "TestCountSObjects.test_count_sobjects__errors.yaml"
    [exchange] = yaml.safe_load(path.read_text())["interactions"]
    composite = json.loads(exchange["response"]["body"]["string"])["compositeResponse"]
    [error] = composite[1]["body"]

    assert (400, [error]) == asked(Org(seed=None), "select count() from XYZZY")
