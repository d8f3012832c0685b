"""A survey service on 127.0.0.1, with its vendor's limits and a population of its own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sandbox.limits import Limits
from sandbox.server import Service
from sandbox.surveys.asknicely import AskNicely
from sandbox.surveys.google_forms import GoogleForms
from sandbox.surveys.hubspot_feedback import HubSpotFeedback
from sandbox.surveys.population import fill
from sandbox.surveys.qualtrics import Qualtrics
from sandbox.surveys.retently import Retently
from sandbox.surveys.satismeter import SatisMeter
from sandbox.surveys.simplesat import Simplesat
from sandbox.surveys.surveymonkey import SurveyMonkey
from sandbox.surveys.survicate import Survicate
from sandbox.surveys.typeform import Typeform
from sandbox.surveys.wootric import Wootric
from sandbox.surveys.zenloop import Zenloop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.faults import Faults
    from sandbox.surveys.world import SurveyWorld

WORLDS: dict[str, type[SurveyWorld]] = {
    one.name: one
    for one in (
        *(Typeform, SurveyMonkey, Retently, AskNicely, Qualtrics, HubSpotFeedback),
        *(Survicate, Simplesat, Zenloop, Wootric, GoogleForms, SatisMeter),
    )
}
#: The services that are played.
NAMES = tuple(WORLDS)


class Survey(Service):
    """A service whose world's other hosts, where it sends its callers, end with it."""

    world: SurveyWorld

    def close(self) -> None:
        """See `Service.close`."""
        super().close()
        for other in self.world.others:
            other.close()


def serve(
    name: str = "",
    *,
    world: SurveyWorld | None = None,
    seed: int = 1,
    responses: int = 40,
    residents: Sequence[tuple[str, str]] | None = None,
    limits: Limits | None = None,
    faults: Faults | None = None,
    clock: Callable[[], float] = time.time,
    port: int = 0,
) -> Survey:
    """Serve *world*, or a new one of the service *name* with a population of *responses* (0: none).

    *residents*: e-mail and name of those who answer. A context manager, see `Service`.

    Raises:
        KeyError: Nobody plays that service.
    """
    if world is None:
        world = WORLDS[name](seed, clock)
        if responses:
            fill(world, responses, residents)
    return Survey(world, faults=faults, limits=limits or Limits(world.limits(), world.group_of), clock=clock, port=port)


def connection(service: Survey) -> dict[str, Any]:
    """Return the lines under `connections:` that lead to *service*."""
    settings = {"settings": dict(service.world.settings)} if service.world.settings else {}
    named = {} if service.world.lists_surveys else {"surveys": list(service.world.surveys)}
    return {"type": "survey", "service": service.world.name, **settings, **named, "url": service.url}


def secrets(service: Survey) -> dict[str, str]:
    """Return the made-up secrets that *service* takes, by field."""
    return service.world.secrets
