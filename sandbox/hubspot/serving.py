"""A portal on 127.0.0.1, with the limits of an account's tier."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sandbox.hubspot.oauth import SCOPES
from sandbox.hubspot.portal import Portal
from sandbox.hubspot.routes import DAILY, SECONDLY, WINDOW, group_of
from sandbox.limits import Daily, Limits, Window
from sandbox.server import Service

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.faults import Faults

SEARCHES_A_SECOND = 5  # of the whole account, whatever its tier
#: Tier → calls in ten seconds, association calls in ten seconds, calls a day (usage guidelines, read 2026-10).
TIERS = {
    "free": (100, 100, 250_000),
    "marketplace": (110, 100, 250_000),
    "professional": (190, 150, 625_000),
    "enterprise": (190, 200, 1_000_000),
}


def limits_of(
    tier: str, *, calls_per_10s: int | None = None, calls_per_day: int | None = None, ahead_s: int = 0
) -> Limits:
    """Return the limits of *tier*, some of them replaced. Searches count by the second and by the day only."""
    calls, linking, daily = TIERS[tier]
    calls = calls if calls_per_10s is None else calls_per_10s
    return Limits(
        [
            Window(calls, 10, ("api", "associations"), WINDOW),
            Window(min(linking, calls), 10, "associations", WINDOW),
            Window(SEARCHES_A_SECOND, 1, "search", SECONDLY),
            Daily(daily if calls_per_day is None else calls_per_day, ("api", "associations", "search"), DAILY, ahead_s),
        ],
        group_of,
    )


def serve(
    portal: Portal | None = None,
    *,
    seed: int = 1,
    tier: str = "free",
    calls_per_10s: int | None = None,
    calls_per_day: int | None = None,
    limits: Limits | None = None,
    faults: Faults | None = None,
    clock: Callable[[], float] = time.time,
    port: int = 0,
) -> Service:
    """Serve a portal on 127.0.0.1; a context manager, see `Service`.

    If none is given it makes one, which takes the service key of `secrets` and no other.
    """
    world = portal or _closed(Portal(seed, clock))
    chosen = limits or limits_of(tier, calls_per_10s=calls_per_10s, calls_per_day=calls_per_day, ahead_s=world.ahead_s)
    return Service(world, faults=faults, limits=chosen, clock=clock, port=port)


def connection(service: Service) -> dict[str, str]:
    """Return the lines under `connections:` that lead to *service*."""
    return {"type": "hubspot", "auth": "service_key", "url": service.url}


def secrets(service: Service) -> dict[str, str]:
    """Return the made-up secrets that *service* takes, by field."""
    if not isinstance(service.world, Portal):
        raise TypeError("this service plays something else than HubSpot")
    return {"token": _key_of(service.world)}


def _closed(portal: Portal) -> Portal:
    portal.doors.keys[_key_of(portal)] = SCOPES
    portal.doors.any_key = False
    return portal


def _key_of(portal: Portal) -> str:
    return f"pat-na1-sandbox-{portal.id}"
