"""Calls of the sandbox's org that hold other calls: trees of records, and parts that build on each other."""

from __future__ import annotations

from typing import Any

import pytest
from simple_salesforce.exceptions import SalesforceMalformedRequest

from sandbox.salesforce import Org, serve
from tests.contract.salesforce_client import salesforce


@pytest.fixture
def org():
    return Org(seed=1)


@pytest.fixture
def sf(org):
    with serve(org) as service:
        client = salesforce(service)
        with client.session:
            yield client


def test_a_tree_of_records_is_planted_whole_or_not_at_all(sf, org):
    def tree(last_name):
        people = {"records": [{"attributes": {"type": "Contact", "referenceId": "b"}, "LastName": last_name}]}
        return {
            "records": [{"attributes": {"type": "Account", "referenceId": "a"}, "Name": "Tree", "Contacts": people}]
        }

    with pytest.raises(SalesforceMalformedRequest, match="REQUIRED_FIELD_MISSING"):
        sf.restful("composite/tree/Account", method="POST", json=tree(""))
    assert 60 == len(org.records("Account"))
    account, person = (
        each["id"] for each in sf.restful("composite/tree/Account", method="POST", json=tree("Ay"))["results"]
    )
    assert account == org.get("Contact", person)["AccountId"]


def test_parts_of_a_composite_call_build_on_each_other(sf, org):
    parts: list[dict[str, Any]] = [
        {
            "method": "POST",
            "url": "/services/data/v67.0/sobjects/Account",
            "referenceId": "a",
            "body": {"Name": "Part"},
        },
        {
            "method": "POST",
            "url": "/services/data/v67.0/sobjects/Contact",
            "referenceId": "b",
            "body": {"LastName": "Ay", "AccountId": "@{a.id}"},
        },
        {
            "method": "GET",
            "url": "/services/data/v67.0/sobjects/Contact/@{b.id}/Account?fields=Name",
            "referenceId": "c",
        },
    ]
    replies = sf.restful("composite", method="POST", json={"compositeRequest": parts})["compositeResponse"]

    assert [201, 201, 200] == [each["httpStatusCode"] for each in replies]
    assert "Part" == replies[2]["body"]["Name"]
    parts[1]["body"]["LastName"] = ""
    sf.restful("composite", method="POST", json={"compositeRequest": parts[:2], "allOrNone": True})
    assert 61 == len(org.records("Account"))


def test_a_part_that_fails_does_not_stop_the_others(sf):
    parts = [
        {"method": "GET", "url": f"/services/data/v67.0/{path}", "referenceId": f"r{number}"}
        for number, path in enumerate(("sobjects/Nothing", "query?q=SELECT+COUNT()+FROM+Contact", "composite"))
    ]
    replies = sf.restful("composite", method="POST", json={"compositeRequest": parts})["compositeResponse"]
    batch = {"batchRequests": [{"method": "GET", "url": "v67.0/limits"}, parts[0], parts[1]]}
    batched = sf.restful("composite/batch", method="POST", json=batch)
    halted = sf.restful("composite/batch", method="POST", json={**batch, "haltOnError": True})

    assert [404, 200, 404] == [each["httpStatusCode"] for each in replies]
    assert (True, [200, 404, 200]) == (batched["hasErrors"], [each["statusCode"] for each in batched["results"]])
    assert [200, 404, 412] == [each["statusCode"] for each in halted["results"]]


def test_a_part_that_builds_on_one_that_failed_fails_too(sf, org):
    parts = [
        {"method": "POST", "url": "/services/data/v67.0/sobjects/Account", "referenceId": "a", "body": {}},
        {"method": "GET", "url": "/services/data/v67.0/sobjects/Account/@{a.id}", "referenceId": "b"},
    ]
    replies = sf.restful("composite", method="POST", json={"compositeRequest": parts})["compositeResponse"]

    assert ["REQUIRED_FIELD_MISSING", "PROCESSING_HALTED"] == [each["body"][0]["errorCode"] for each in replies]
    assert 60 == len(org.records("Account"))
