"""A bare HTTP caller for the HubSpot sandbox, which thinks nothing of what is answered; and its tests' fixtures."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

import pytest

from sandbox import Clock, Faults, Limits
from sandbox.hubspot import Portal, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox import Service

KEY = "pat-na1-sandbox"
START = 1_769_851_800.0  # 2026-01-31T09:30:00Z


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any


def surveyed(clock: Callable[[], float]) -> Portal:
    """Return a portal with properties for survey results, one of each type."""
    made = Portal(seed=7, clock=clock)
    made.add_property("contacts", "nps_id", hasUniqueValue=True)
    made.add_property("contacts", "nps_score", "number", "number")
    made.add_property("contacts", "nps_at", "datetime", "date")
    made.add_property("contacts", "nps_day", "date", "date")
    made.add_property("contacts", "nps_current", "bool", "booleancheckbox")
    for name, field_type in (("nps_category", "select"), ("nps_segments", "checkbox")):
        options = [{"label": value.capitalize(), "value": value} for value in ("promoter", "passive", "detractor")]
        made.add_property("contacts", name, "enumeration", field_type, options=options)
    return made


def row(id_: str, trace: str | None = None, **values: Any) -> dict[str, Any]:
    """Return a row of a batch."""
    return {"id": id_, "properties": values} | ({"objectWriteTraceId": trace} if trace else {})


class Wire:
    """One connection. Paths are those below /crm/objects/2026-09 unless they begin with a slash."""

    def __init__(self, service: Service, token: str = KEY) -> None:
        self.token = token
        self._connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def __call__(self, method: str, path: str, body: Any = None, **query: str) -> Answer:
        if not path.startswith("/"):
            path = f"/crm/objects/2026-09/{path}"
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        target = f"{path}?{urlencode(query)}" if query else path
        self._connection.request(method, target, sent, headers)
        reply = self._connection.getresponse()
        text = reply.read()
        found = {name.lower(): value for name, value in reply.getheaders()}
        return Answer(reply.status, found, json.loads(text) if text else None)

    def batch(self, verb: str, rows: list[Any], kind: str = "contacts", **more: Any) -> Answer:
        return self("POST", f"{kind}/batch/{verb}", {"inputs": rows, **more})

    def search(self, *filters: dict[str, Any], kind: str = "contacts", **more: Any) -> Answer:
        return self("POST", f"{kind}/search", {"filterGroups": [{"filters": list(filters)}], **more})


def found(answer: Answer) -> list[str]:
    """Return the ids of an answer's results, in order of size: HubSpot promises no order."""
    return sorted((one["id"] for one in answer.body["results"]), key=int)


@pytest.fixture
def clock() -> Clock:
    """One that stands."""
    return Clock.standing(START)


@pytest.fixture
def portal(clock: Clock) -> Portal:
    return surveyed(clock)


@pytest.fixture
def service(portal: Portal, clock: Clock) -> Iterator[Service]:
    """Without limits; all faults are off."""
    with serve(portal, faults=Faults(seed=1), limits=Limits(), clock=clock) as service:
        yield service


@pytest.fixture
def wire(service: Service) -> Iterator[Wire]:
    with Wire(service) as wire:
        yield wire
