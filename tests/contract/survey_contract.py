"""What every survey service promises besides, and the account that is played for it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from connectors.budget import MemoryMeter
from connectors.errors import ConnectorError
from connectors.retry import SERVICE, Retry
from connectors.surveys.source import SurveyService
from sandbox.faults import Faults
from sandbox.limits import Limits
from sandbox.server import Service
from sandbox.surveys import connection, secrets, serve
from sync.config.specs import load_spec, shipped
from tests.contract.source_contract import Said, SourceContract, pulled
from tests.contract.survey_bench import Secrets
from tests.unit.fake_time import FakeTime

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.contract import SurveySource
    from connectors.surveys.spec import Spec
    from sandbox.exchange import Reply, Request
    from sandbox.surveys import Survey

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROWS_A_PAGE = 5


@dataclass(slots=True)
class Account:
    """A played account, its clock, and the services that stand beside it."""

    clock: FakeTime
    service: Survey = field(init=False)
    more: list[Any] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)


class Stuck:
    """A world that answers each list of responses with its first page."""

    def __init__(self, world: Any, part: str) -> None:
        self._world = world
        self._part = part
        self._first: dict[str, Reply] = {}

    def handle(self, request: Request) -> Reply:
        reply: Reply = self._world.handle(request)
        survey, part, _ = request.path.partition(self._part)
        return self._first.setdefault(survey, reply) if part else reply

    def throttled(self, verdict: Any) -> Reply:
        reply: Reply = self._world.throttled(verdict)
        return reply


def small(spec: Spec, rows: int = ROWS_A_PAGE) -> Spec:
    """Return *spec* with so few rows a page that there are several."""
    pages = spec.responses.pages.model_copy(update={"size": rows})
    return spec.model_copy(update={"responses": spec.responses.model_copy(update={"pages": pages})})


class SurveyContract(SourceContract):
    """See `SourceContract`."""

    SERVICE: ClassVar[str]
    #: What the path of a list of responses has in it.
    PART: ClassVar[str] = "responses"
    #: What this service's connection says besides.
    OPTIONS: ClassVar[dict[str, Any]] = {}

    @pytest.fixture
    def world(self) -> Iterator[Account]:
        account = Account(FakeTime(NOW.timestamp()))
        account.service = serve(
            self.SERVICE, seed=3, responses=40, limits=Limits(), faults=Faults(3), clock=account.clock
        )
        with account.service:
            yield account
            for each in account.more:
                each.close()

    def source(self, world: Account, *, spec: Spec | None = None, url: str = "", **options: Any) -> SurveyService:
        made = SurveyService(
            name="survey",
            spec=spec or small(load_spec(shipped()[self.SERVICE])),
            secrets=Secrets(**secrets(world.service)),
            meter=MemoryMeter(world.clock),
            url=url or connection(world.service)["url"],
            retry=Retry(policy=SERVICE, sleep=lambda _seconds: None, clock=world.clock),
            clock=lambda: world.now,
            sleep=world.clock.sleep,
            **{"surveys": connection(world.service).get("surveys", ())} | self.OPTIONS | options,
        )
        world.more.append(made)
        return made

    def truth(self, world: Account) -> dict[str, Said]:
        return {
            each.id: (each.score or 0, (each.comment or "").strip() or None) for each in world.service.world.truth()
        }

    def add(self, world: Account, score: int, comment: str) -> str:
        world.clock.sleep(60.0)
        return str(world.service.world.add(score, comment=comment, email="ann@example.com"))

    def edit(self, world: Account, id_: str, score: int) -> None:
        world.clock.sleep(60.0)
        world.service.world.edit(id_, score=score)

    def in_the_future(self, cursors: Mapping[str, str]) -> dict[str, str]:
        made = {}
        for stream, text in cursors.items():
            told = json.loads(text)
            made[stream] = json.dumps(told | {"floor": (NOW + timedelta(days=20_000)).isoformat()})
        return made

    def stuck(self, world: Account) -> SurveySource | None:
        beside = Service(Stuck(world.service.world, self.PART), clock=world.clock)
        world.more.append(beside)
        return self.source(world, url=beside.url)

    def cut(self, world: Account) -> None:
        world.service.faults.set("truncated", 3)

    def test_a_late_response_is_read_all_the_same(self, world: Account) -> None:
        first = pulled(self.source(world))
        late = str(world.service.world.late(7_200, score=4, email="bo@example.com"))

        assert 1 == pulled(self.source(world), first.last).told.count(late)

    def test_polling_for_three_days_ends_with_the_truth(self, world: Account) -> None:
        said: dict[str, Said] = {}
        cursors: dict[str, str] = {}
        for _ in range(13):
            got = pulled(self.source(world), cursors)
            cursors = got.last
            said |= got.said
            world.clock.sleep(6 * 3600.0)

        truth = self.truth(world)
        assert truth == {id_: each for id_, each in said.items() if id_ in truth}
        assert {id_ for id_ in said if id_ not in truth} <= world.service.world.answers.gone

    def test_a_survey_that_is_named_is_called_what_the_list_calls_it(self, world: Account) -> None:
        answers = load_spec(shipped()[self.SERVICE]).responses.answers
        if not (answers and answers.lookup and answers.lookup.title):
            pytest.skip("its surveys have no titles of their own, or are not named")
        listed, named = self.source(world), self.source(world, surveys=world.service.world.surveys)

        told = [{each.response_id: each.survey for each in pulled(one).responses} for one in (listed, named)]

        assert told[0] == told[1]

    def test_the_key_never_stands_in_an_address_or_error(self, world: Account) -> None:
        world.service.faults.set("status_500", 50)
        held = {each for each in secrets(world.service).values() if len(each) > 8}

        error = trouble(self.source(world))

        assert "500" in str(error)
        paths = " ".join(each.path for each in world.service.log.entries)
        assert not [each for each in held if each in paths or each in repr(error) or each in error.next_step]


def trouble(source: SurveyService) -> ConnectorError:
    """Return what a pull fails with."""
    try:
        return next(page.refused for page in pulled(source).pages if page.refused)
    except ConnectorError as error:
        return error
