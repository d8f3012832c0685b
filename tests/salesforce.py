"""What tests of the Salesforce connector share: secrets of the sandbox, a connection to it, and its NPS fields."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from connectors.budget import MemoryMeter
from connectors.errors import Refused
from connectors.retry import SERVICE, Retry
from connectors.values import Block

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connectors.salesforce.destination import Salesforce

#: When somebody answered.
AT = "2026-01-31T09:30:00.000Z"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

_SCORE: dict[str, Any] = {"precision": 18, "scale": 2}
_CATEGORY: dict[str, Any] = {"values": ("Promoter", "Passive", "Detractor"), "restricted": True}
_KEY: dict[str, Any] = {"length": 255, "external_id": True, "unique": True}
#: The fields of the ready mapping: name, describe's word for the type, and what else it needs.
PERSON: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("NPS_Score__c", "double", _SCORE),
    ("NPS_Points__c", "double", _SCORE),
    ("NPS_Category__c", "picklist", _CATEGORY),
    ("NPS_Comment__c", "textarea", {"length": 32_768}),
    ("NPS_Responded_At__c", "datetime", {}),
    ("NPS_Previous_Score__c", "double", _SCORE),
    ("NPS_Trend__c", "string", {"length": 20}),
    ("NPS_Status__c", "string", {"length": 20}),
    ("NPS_Segments__c", "string", {"length": 255}),
    ("NPS_Risk__c", "boolean", {}),
    ("NPS_Person_Id__c", "string", _KEY),
)
RESPONSE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("External_Key__c", "string", _KEY),
    ("Contact__c", "reference", {"reference_to": ("Contact",)}),
    ("Lead__c", "reference", {"reference_to": ("Lead",)}),
    ("Score__c", "double", _SCORE),
    ("Points__c", "double", _SCORE),
    ("Category__c", "string", {"length": 20}),
    ("Comment__c", "textarea", {"length": 32_768}),
    ("Responded_At__c", "datetime", {}),
    ("Survey__c", "string", {"length": 255}),
)
ROLLUP: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("NPS__c", "double", _SCORE),
    ("NPS_Low__c", "double", _SCORE),
    ("NPS_High__c", "double", _SCORE),
    ("NPS_Responses__c", "double", _SCORE),
    ("NPS_As_Of__c", "datetime", {}),
)


class Slot:
    """A secret while it is being replaced."""

    def __init__(self, held: dict[str, str], field: str) -> None:
        self._held, self._field, self.value = held, field, held[field]

    def keep(self, new: str) -> None:
        self._held[self._field] = new


class Secrets:
    """Secrets of one connection, in memory."""

    def __init__(self, **held: str) -> None:
        self.held = held

    def __call__(self, field: str) -> str:
        if field not in self.held:
            raise Refused(f"no {field}", code="E302")
        return self.held[field]

    def put(self, field: str, value: str) -> None:
        self.held[field] = value

    @contextmanager
    def rotation(self, field: str) -> Iterator[Slot]:
        yield Slot(self.held, field)


class Jobs:
    """Remembers jobs in memory, as a ledger would on disk."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    def remember(self, job: Any) -> None:
        self.kept[job.id] = job

    def running(self) -> list[Any]:
        return list(self.kept.values())

    def forget(self, id_: str) -> None:
        self.kept.pop(id_, None)


def briefly(seconds: float) -> None:
    """Wait, but not as long as in earnest."""
    time.sleep(min(seconds, 0.02))


def connected(
    service: Any,
    *,
    secrets: Secrets | None = None,
    jobs: Jobs | None = None,
    sleep: Callable[[float], None] = briefly,
    **options: Any,
) -> Salesforce:
    """Return a connection to a sandbox; waits are cut short."""
    from connectors.salesforce.destination import Salesforce
    from sandbox.salesforce import secrets as made_up

    return Salesforce(
        name="crm",
        domain="acme.my",
        url=service.url,
        secrets=secrets or Secrets(**made_up(service)),  # type: ignore[arg-type] # the same methods
        meter=options.pop("meter", None) or MemoryMeter(),
        retry=Retry(policy=SERVICE, sleep=sleep, random=lambda: 0.0),
        sleep=sleep,
        jobs=jobs,
        **options,
    )


def with_nps_fields(org: Any) -> Any:
    """Add the fields of the ready mapping to an org's people, and its object of responses."""
    from sandbox.salesforce import Field

    for kind in ("Contact", "Lead"):
        for name, type_, more in PERSON:
            org.add_field(kind, Field(name=name, type=type_, **more))
    for name, type_, more in ROLLUP:
        org.add_field("Account", Field(name=name, type=type_, **more))
    org.add_object("NPS_Response__c", fields=[Field(name=name, type=type_, **more) for name, type_, more in RESPONSE])
    return org


def contacts(org: Any, count: int, **values: Any) -> list[str]:
    return [org.insert("Contact", {"LastName": f"Lee{number}", **values}) for number in range(count)]


def block(fields: tuple[str, ...], rows: list[tuple[Any, ...]], *, key: str = "Id", object_: str = "Contact") -> Block:
    return Block(object=object_, key=(key,), fields=fields, rows=rows)


def calls(service: Any, method: str | None = None, path: str = "/services/data/") -> int:
    return sum(1 for each in service.log.entries if path in each.path and (method is None or each.method == method))
