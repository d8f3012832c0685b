"""Played survey services on bad days, read in pieces: in the end everything that counts has been told, as it is.

`python -m tests.contract.survey_sweep 100 [SERVICE ...]` plays a hundred accounts of each service; each is polled at
odd times while faults strike, tokens and cursors end, runs are broken off, and people answer, late ones too.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.budget import MemoryMeter
from connectors.errors import ConnectorError
from connectors.retry import SERVICE, Retry
from connectors.surveys.source import SurveyService
from sandbox.faults import Faults
from sandbox.limits import Limits
from sandbox.surveys import NAMES, connection, secrets, serve
from sandbox.surveys.qualtrics import Qualtrics
from sync.config.specs import load_spec, shipped
from tests.contract.survey_bench import Secrets
from tests.contract.survey_contract import NOW, small
from tests.unit.fake_time import FakeTime

if TYPE_CHECKING:
    from connectors.surveys.spec import Spec
    from sandbox.surveys import Survey
    from tests.contract.source_contract import Said

YEAR_S = 365 * 86_400
POLLS = 16


@dataclass(slots=True)
class Reader:
    """Polls one account and remembers what it was told."""

    service: Survey
    spec: Spec
    clock: FakeTime
    said: dict[str, Said] = field(default_factory=dict)
    cursors: dict[str, str] = field(default_factory=dict)

    def poll(self, pages: int | None = None) -> None:
        """Read what is new; *pages*: break off after so many."""
        told = connection(self.service)
        source = SurveyService(
            name="survey",
            spec=self.spec,
            secrets=Secrets(**secrets(self.service)),
            meter=MemoryMeter(self.clock),
            url=told["url"],
            settings=told.get("settings", {}),
            surveys=told.get("surveys", ()),
            retry=Retry(policy=SERVICE, sleep=self.clock.sleep, clock=self.clock, random=lambda: 0.0),
            clock=lambda: datetime.fromtimestamp(self.clock(), UTC),
            sleep=self.clock.sleep,
        )
        try:
            for number, page in enumerate(source.pull(dict(self.cursors)), start=1):
                self.said |= {each.response_id: (each.score, each.comment) for each in page.responses}
                self.cursors |= {} if page.cursor is None else {page.stream: page.cursor}
                if number == pages:
                    return
        except ConnectorError:
            return
        finally:
            source.close()


def play(name: str, seed: int) -> list[str]:
    """Play one account; return the ids of what was lost, or is held otherwise than it is."""
    draw = random.Random(f"{name} {seed}")
    clock = FakeTime(NOW.timestamp() + draw.randrange(YEAR_S))
    faults = Faults.harsh(seed) if draw.random() < 0.7 else Faults(seed)
    with serve(name, seed=seed, responses=60, limits=Limits(), faults=faults, clock=clock) as service:
        world = service.world
        if isinstance(world, Qualtrics):
            world.polls = draw.choice((0, 1, 2))
        reader = Reader(service, _spec(name, draw, clock), clock)
        for _ in range(POLLS):
            reader.poll(draw.choice((None, None, 1, 2, 5)))
            if draw.random() < 0.2:
                world.expire_tokens()
            if draw.random() < 0.2:
                world.expire_cursors()
            for _ in range(draw.choice((0, 0, 3, 12))):
                at = datetime.fromtimestamp(clock() - draw.choice((0, 0, 0, 3_600, 40_000)), UTC)
                world.add(draw.randrange(11), email="x@y.example", comment=draw.choice(("a", "b", None)), at=at)
            clock.sleep(draw.choice((60, 3_600, 6 * 3_600, 12 * 3_600)))
        faults.clear()
        for _ in range(5):
            reader.poll()
            clock.sleep(3_700)
        truth = {each.id: (each.score, (each.comment or "").strip() or None) for each in world.truth()}
        now = {id_: reader.said.get(id_) for id_ in truth}
        return [id_ for id_, said in now.items() if said != truth[id_]] + [
            id_ for id_ in reader.said if id_ not in truth and id_ not in world.answers.gone
        ]


def _spec(name: str, draw: random.Random, clock: FakeTime) -> Spec:
    """Return the service's spec with short pages, and with short windows that begin a while ago."""
    spec = small(load_spec(shipped()[name]), draw.choice((2, 3, 5, 9, 10, 48)))
    if spec.responses.cursor.step is None:
        return spec
    begins = datetime.fromtimestamp(clock() - 40 * 86_400, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    changed: dict[str, Any] = {"step": timedelta(hours=draw.choice((24, 77, 500))), "everything": begins}
    cursor = spec.responses.cursor.model_copy(update=changed)
    return spec.model_copy(update={"responses": spec.responses.model_copy(update={"cursor": cursor})})


def main(seeds: int, names: list[str]) -> int:
    """Play so many accounts of each service."""
    bad = 0
    for seed in range(seeds):
        for name in names or NAMES:
            lost = play(name, seed)
            bad += bool(lost)
            if lost:
                sys.stdout.write(f"{name} {seed}: {len(lost)} lost or wrong: {lost[:5]}\n")
    sys.stdout.write(f"{seeds * len(names or NAMES)} accounts, {bad} wrong\n")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]), sys.argv[2:]))
