"""An account of the sandbox with NPS properties, and our connection to it; used by the tests of the connector."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from connectors.budget import MemoryMeter
from connectors.errors import Refused
from connectors.hubspot.destination import HubSpot
from connectors.retry import SERVICE, Retry
from connectors.values import Block
from sandbox.hubspot import Portal, serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.values import FieldValue
    from sandbox.server import Service

ID = "hs_object_id"
#: So much faster does time pass for the sandbox and for the connection: waiting for a window takes no ten seconds.
FASTER = 20.0
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


class FastTime:
    """A clock that runs faster than ours, and sleeps that are as much shorter."""

    def __init__(self, faster: float = FASTER) -> None:
        self._began = time.time()
        self._faster = faster
        self.ahead = 0.0

    def __call__(self) -> float:
        return self._began + (time.time() - self._began) * self._faster + self.ahead

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self._faster)


@dataclass
class Account:
    """A portal, served, and the connection `crm` to it."""

    portal: Portal
    service: Service
    crm: HubSpot
    keys: Keys
    clock: FastTime

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
        sleep = self.clock.sleep
        given: dict[str, Any] = {
            "name": "crm",
            "auth": "service_key",
            "secrets": self.keys,
            "meter": MemoryMeter(self.clock),
            "url": self.service.url,
            "retry": Retry(policy=SERVICE, sleep=sleep, random=lambda: 0.5, clock=self.clock),
            "clock": lambda: datetime.fromtimestamp(self.clock(), tz=UTC),
            "sleep": sleep,
        }
        return HubSpot(**given | options)

    def connection_by(self, key: str, object_: str = "notes") -> HubSpot:
        """Return another connection, which knows records of an object by *key*."""
        made = self.connection()
        made.ensure(object_, [key], [])
        return made


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
def opened(
    portal: Portal | None = None,
    *,
    options: dict[str, Any] | None = None,
    faster: float = FASTER,
    **serving: Any,
) -> Iterator[Account]:
    """Serve an account and connect to it."""
    clock = FastTime(faster)
    made = portal or Portal(seed=1)
    made.clock = clock
    for kind in ("contacts", "companies"):
        add_properties(made, kind)
    with serve(made, clock=clock, **serving) as service:
        account = Account(made, service, None, Keys({"token": "pat-na1-test"}), clock)  # type: ignore[arg-type]
        account.crm = account.connection(**options or {})
        yield account
        account.crm.close()
