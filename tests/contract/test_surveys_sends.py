"""What every service promises that tells who was asked; the promises of `SourceContract`, for sends."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.faults import Faults
from sandbox.limits import Limits
from sandbox.server import Service
from sandbox.surveys import serve
from sandbox.surveys.distributions import contact_of, mailing_of
from sync.config.specs import load_spec, shipped
from tests.contract.source_contract import Got, pulled
from tests.contract.survey_contract import NOW, Account, Stuck, SurveyContract
from tests.unit.fake_time import FakeTime

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.sends import Send
    from connectors.surveys.source import SurveyService
    from sandbox.exchange import Reply, Request
    from sandbox.surveys.answers import Answer

TITLES = {"retently": "Retently", "asknicely": "AskNicely", "wootric": "Wootric", "qualtrics": "Qualtrics"}
#: What the path of the list of those who were asked has in it.
PARTS = {"retently": "outbox", "asknicely": "raw", "wootric": "declines", "qualtrics": "history"}
#: What one who ignored a survey is to the service.
IGNORED = {"retently": "sent", "asknicely": "sent", "wootric": "declined", "qualtrics": "sent"}
Told = dict[str, tuple[str, bool]]


class Repeating(Stuck):
    """A service whose list of those who were asked is its first page, whatever is asked for."""

    def handle(self, request: Request) -> Reply:
        if self._part not in request.path:
            reply: Reply = self._world.handle(request)
            return reply
        return self._first.setdefault(self._part, self._world.handle(request))


class Reads(SurveyContract):
    """Makes the source of one service, with few rows a page."""

    def of(self, name: str, account: Account, **options: Any) -> SurveyService:
        spec = load_spec(shipped()[name])
        assert spec.sends is not None
        pages = spec.sends.pages.model_copy(update={"size": 5})
        few = spec.model_copy(update={"sends": spec.sends.model_copy(update={"pages": pages})})
        return self.source(account, spec=few, **options)


@pytest.fixture(params=sorted(TITLES))
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def account(name: str) -> Iterator[Account]:
    made = Account(FakeTime(NOW.timestamp()))
    made.service = serve(name, seed=3, responses=24, limits=Limits(), faults=Faults(3), clock=made.clock)
    with made.service:
        yield made
        for each in made.more:
            each.close()


def read(name: str, account: Account, cursors: Mapping[str, str] | None = None) -> Got:
    return pulled(Reads().of(name, account), cursors)


def sends(got: Got) -> list[Send]:
    return [send for page in got.pages for send in page.sends]


def told(*parts: Got) -> Told:
    """Return by address and state: who was told of last, and as what."""
    found = {each.send_id: each for got in parts for each in sends(got)}
    return {id_: (each.email or "", each.state.value == "answered") for id_, each in found.items()}


def truth(name: str, account: Account) -> Told:
    """Return what a perfect reader must end with; ids as the service's rows carry them."""
    return {send_id(name, each): (each.email or "", each.score is not None) for each in account.service.world.asked()}


def send_id(name: str, each: Answer) -> str:
    match name:
        case "retently":
            return f"s{each.id}"
        case "wootric":
            return f"response-{each.id}" if each.score is not None else each.id
        case "qualtrics":
            return f"{mailing_of(each)}-{contact_of(each)}"
    return each.id


def test_everybody_who_was_asked_is_told(name: str, account: Account) -> None:
    got = read(name, account)

    assert truth(name, account) == told(got)
    assert [] == [page.refused for page in got.pages if page.refused]
    assert {page.stream for page in got.pages if page.sends} <= {TITLES[name], f"{TITLES[name]}: sends"}


def test_a_second_reading_tells_of_what_is_new_alone(name: str, account: Account) -> None:
    first = read(name, account)
    nothing = read(name, account, first.last)
    account.clock.sleep(60.0)
    account.service.world.add(None, email="new@example.com")

    second = read(name, account, nothing.last)

    assert [] == sends(nothing)
    assert [("new@example.com", IGNORED[name])] == [(each.email, each.state.value) for each in sends(second)]


def test_resuming_from_every_cursor_loses_nobody(name: str, account: Account) -> None:
    whole = read(name, account)

    for number, cursors in enumerate(whole.cursors[::3]):
        before = Got(pages=whole.pages[: number * 3])
        assert truth(name, account) == told(before, read(name, account, cursors)), f"after {number * 3} pages"


def test_whoever_answers_later_is_told_of_once_more(name: str, account: Account) -> None:
    account.clock.sleep(60.0)
    world = account.service.world
    id_ = world.add(None, email="slow@example.com")
    first = read(name, account)
    account.clock.sleep(3 * 86_400.0)
    world.edit(id_, score=9)

    second = read(name, account, first.last)
    third = read(name, account, second.last)

    assert ["answered"] == [each.state.value for each in sends(second) if each.email == "slow@example.com"]
    assert [] == sends(third)


def test_a_page_that_repeats_and_a_page_that_is_cut_lose_nothing(name: str, account: Account) -> None:
    for _ in range(12):
        account.service.world.add(None, email="late@example.com")
    beside = Service(Repeating(account.service.world, PARTS[name]), clock=account.clock)
    account.more.append(beside)
    stuck = pulled(Reads().of(name, account, url=beside.url))
    account.service.faults.set("truncated", 3)
    cut = read(name, account)

    assert [f"{TITLES[name]}: sends"] == [page.stream for page in stuck.pages if page.refused]
    assert truth(name, account) == told(cut, read(name, account, cut.last))


def test_a_cursor_in_the_far_future_tells_of_nobody(name: str, account: Account) -> None:
    made = {}
    for stream, text in read(name, account).last.items():
        made[stream] = json.dumps(json.loads(text) | {"floor": (NOW + timedelta(days=20_000)).isoformat()})

    assert [] == sends(read(name, account, made))


def test_it_can_be_left_out(name: str, account: Account) -> None:
    got = pulled(Reads().of(name, account, sends=False))

    assert [] == sends(got)
    assert 0 == account.service.log.count(path_contains=PARTS[name])
    assert got.responses
