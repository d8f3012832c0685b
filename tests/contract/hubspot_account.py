"""An account of the sandbox with NPS properties, and our connection to it; used by the tests of the connector."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from connectors.budget import MemoryMeter
from connectors.errors import Refused
from connectors.hubspot.destination import HubSpot
from connectors.retry import Policy, Retry
from connectors.values import Block
from sandbox.hubspot import Portal, serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.values import FieldValue
    from sandbox.server import Service

ID = "hs_object_id"
#: A second of the sandbox lasts so much shorter here.
FASTER = 50.0
_OPTIONS = [{"label": each, "value": each} for each in ("promoter", "passive", "detractor")]
_SEGMENTS = [{"label": each, "value": each} for each in ("at_risk", "advocates", "silent")]


@dataclass
class Slot:
    value: str
    kept: list[str]

    def keep(self, value: str) -> None:
        self.kept.append(value)


@dataclass
class Keys:
    """The secrets of a connection, in memory."""

    values: dict[str, str]
    kept: list[str] = field(default_factory=list)

    def __call__(self, name: str) -> str:
        if name not in self.values:
            raise Refused(f"connection `crm` has no {name}", code="E302")
        return self.values[name]

    @contextmanager
    def rotation(self, name: str) -> Iterator[Slot]:
        yield Slot(self.values[name], self.kept)
        if self.kept:
            self.values[name] = self.kept[-1]


@dataclass
class Account:
    """A portal, served, and the connection `crm` to it."""

    portal: Portal
    service: Service
    crm: HubSpot
    keys: Keys
    #: Seconds that the connection wanted to sleep.
    slept: list[float]

    def contacts(self, count: int) -> list[str]:
        """Make so many contacts and return their ids."""
        return [self.portal.create("contacts", {"email": f"person{n}@example.com"}) for n in range(count)]

    def held(self, id_: str, *names: str) -> tuple[str | None, ...]:
        """Return what HubSpot holds of a contact."""
        values = self.portal.get("contacts", id_)
        return tuple(values.get(name) for name in names)

    def writes(self) -> int:
        """Return how many write calls arrived."""
        return sum(self.service.log.count(path_contains=f"/batch/{verb}") for verb in ("update", "upsert", "create"))

    def connection(self, **options: Any) -> HubSpot:
        """Return another connection to the same account."""
        given: dict[str, Any] = {"name": "crm", "auth": "service_key", "secrets": self.keys, "meter": MemoryMeter()}
        retry = Retry(policy=Policy(), sleep=self.slept.append, random=lambda: 0.5)
        return HubSpot(**given | {"url": self.service.url, "retry": retry, "sleep": self.slept.append} | options)


def block(rows: Sequence[tuple[FieldValue, ...]], *fields: str, key: str = ID, object_: str = "contacts") -> Block:
    return Block(object=object_, key=(key,), fields=fields, rows=rows)


def add_properties(portal: Portal, kind: str) -> None:
    """Make the properties that the tests write."""
    portal.add_property(kind, "nps_score", "number", "number")
    portal.add_property(kind, "nps_category", "enumeration", "select", options=_OPTIONS)
    portal.add_property(kind, "nps_segments", "enumeration", "checkbox", options=_SEGMENTS)
    portal.add_property(kind, "nps_comment", "string", "textarea")
    portal.add_property(kind, "nps_responded_at", "datetime", "date")
    portal.add_property(kind, "nps_day", "date", "date")
    portal.add_property(kind, "nps_risk", "bool", "booleancheckbox")
    portal.add_property(kind, "nps_person", hasUniqueValue=True)


@contextmanager
def opened(portal: Portal | None = None, *, options: dict[str, Any] | None = None, **serving: Any) -> Iterator[Account]:
    """Serve an account and connect to it."""
    made = portal or Portal(seed=1)
    for kind in ("contacts", "companies"):
        add_properties(made, kind)
    keys = Keys({"token": "pat-na1-test"})
    with serve(made, **serving) as service:
        account = Account(made, service, None, keys, [])  # type: ignore[arg-type]
        account.crm = account.connection(**options or {})
        yield account
        account.crm.close()


def utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
