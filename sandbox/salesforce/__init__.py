"""Salesforce played on 127.0.0.1: one org with a memory, its REST, Bulk and Tooling faces, its limits and faults."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sandbox.limits import Concurrent, Daily, Limits
from sandbox.salesforce.objects import Field, Kind
from sandbox.salesforce.org import Org
from sandbox.salesforce.refusal import Refusal
from sandbox.server import Service

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.exchange import Request
    from sandbox.faults import Faults

__all__ = ["Field", "Kind", "Org", "Refusal", "connection", "secrets", "serve"]

#: Production orgs allow so many calls at once that have lasted 20 s already; shorter ones are not counted.
CONCURRENT, LASTING_S = 25, 20.0


def _group(request: Request) -> str:
    """Signing in costs no API call."""
    return "api" if request.path.startswith(("/services/data/v", "/services/async/")) else "sign-in"


def serve(
    world: Org | None = None,
    *,
    seed: int = 1,
    faults: Faults | None = None,
    clock: Callable[[], float] | None = None,
    port: int = 0,
) -> Service:
    """Serve *world*, or a fresh org, under Salesforce's limits; close it, or use it in a `with` block.

    Args:
        world: What is served; by default an org made from *seed*.
        seed: See `Org`.
        faults: All off by default.
        clock: Seconds since 1970; the org's own by default.
        port: 0 takes any that is free.
    """
    org = world or Org(seed, clock=clock or time.time)
    limits = Limits(
        [Daily(org.daily_calls, group="api"), Concurrent(CONCURRENT, lasting_s=LASTING_S, group="api")], group_of=_group
    )
    return Service(org, faults=faults, limits=limits, clock=clock or org.clock, port=port)


def _org(service: Service) -> Org:
    if not isinstance(service.world, Org):
        raise TypeError("this service plays something else than Salesforce")
    return service.world


def connection(service: Service) -> dict[str, str]:
    """Return the lines under `connections:` that lead to *service*."""
    return {"type": "salesforce", "domain": "acme.my", "auth": "client_credentials", "url": service.url}


def secrets(service: Service) -> dict[str, str]:
    """Return the made-up secrets that *service* takes, by field."""
    app = _org(service).oauth.app
    return {"consumer_key": app.consumer_key, "consumer_secret": app.consumer_secret}
