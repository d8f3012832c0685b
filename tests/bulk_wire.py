"""Bulk API 2.0 spoken call by call, where a library would hide what comes over the wire; and its tests' fixtures."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Clock, Faults
from sandbox.salesforce import Field, Org, serve
from tests.contract.salesforce_client import salesforce

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests
    from simple_salesforce.api import Salesforce

    from sandbox import Service

NOON = 1_773_144_000.0
#: What every reply about a job tells.
JOB_KEYS = {
    "id",
    "operation",
    "object",
    "createdById",
    "createdDate",
    "systemModstamp",
    "state",
    "concurrencyMode",
    "contentType",
    "apiVersion",
    "lineEnding",
    "columnDelimiter",
}


class Wire:
    """The calls of one client."""

    def __init__(self, service: Service, client: Salesforce) -> None:
        self._session = client.session
        self._url = f"{service.url}/services/data/v67.0/jobs"
        self._headers = {"Authorization": client.headers["Authorization"]}

    def __call__(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = self._headers | options.pop("headers", {})
        return self._session.request(method, f"{self._url}/{path}", headers=headers, **options)

    def made(self, operation: str = "insert", **settings: str) -> str:
        settings = {"object": "Contact", "operation": operation, "contentType": "CSV", **settings}
        reply = self("POST", "ingest", json=settings)
        assert 200 == reply.status_code, reply.text
        return str(reply.json()["id"])

    def put(self, job: str, text: str) -> requests.Response:
        return self("PUT", f"ingest/{job}/batches", data=text.encode(), headers={"Content-Type": "text/csv"})

    def close(self, job: str, state: str = "UploadComplete") -> requests.Response:
        return self("PATCH", f"ingest/{job}", json={"state": state})

    def loaded(self, text: str, operation: str = "insert", **settings: str) -> dict[str, Any]:
        """Run a whole job over *text*; return what it tells at its end."""
        job = self.made(operation, **settings)
        assert 201 == self.put(job, text).status_code
        assert 200 == self.close(job).status_code
        return self.ended(job)

    def ended(self, job: str, kind: str = "ingest") -> dict[str, Any]:
        for _ in range(20):
            told: dict[str, Any] = self("GET", f"{kind}/{job}").json()
            if told["state"] in {"JobComplete", "Failed", "Aborted"}:
                return told
        raise AssertionError("the job does not end")

    def rows(self, job: str, part: str) -> list[dict[str, str]]:
        reply = self("GET", f"ingest/{job}/{part}")
        assert 200 == reply.status_code
        return list(csv.DictReader(io.StringIO(reply.content.decode(), newline="")))


@pytest.fixture
def org() -> Org:
    """An org whose clock stands, without records, with external ids and a long text."""
    org = Org(seed=None, clock=Clock.standing(NOON))
    for kind in ("Contact", "Account"):
        org.add_field(kind, Field(name="Key__c", external_id=True, unique=True, length=40))
    org.add_field("Contact", Field(name="Comment__c", type="textarea", length=32_000))
    return org


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def service(org: Org, faults: Faults) -> Iterator[Service]:
    with serve(org, clock=org.clock, faults=faults) as service:
        yield service


@pytest.fixture
def client(service: Service) -> Iterator[Salesforce]:
    client = salesforce(service)
    yield client
    client.session.close()


@pytest.fixture
def wire(service: Service, client: Salesforce) -> Wire:
    return Wire(service, client)
