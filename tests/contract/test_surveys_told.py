"""Responses that a service has called about: fetched by their ids, and what becomes of a call that leads nowhere."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from connectors.budget import MemoryMeter
from connectors.contract import Told as Ability
from connectors.surveys.source import SurveyService
from connectors.values import Hint
from sandbox.exchange import Reply, Request
from sandbox.limits import Limits
from sandbox.surveys import secrets, serve
from sandbox.surveys.hooks import SECRETS
from sandbox.surveys.qualtrics import Qualtrics
from sync.config.specs import load_spec, shipped
from tests.contract.survey_bench import NOW, SPEC, Bench, Secrets, row
from tests.unit.fake_time import FakeTime

if TYPE_CHECKING:
    from connectors.contract import Page

HOOKS = yaml.safe_load(
    """
    signature: {kind: path}
    id: [id]
    response: [response]
    fetch: {request: {path: "/rows/{response}"}}
    """
)


def hint(number: int, *, seconds_ago: float = 0.0, survey: str = "") -> Hint:
    at = NOW.replace(tzinfo=UTC) - timedelta(seconds=seconds_ago)
    return Hint(number=number, survey=survey, response=f"r{number}", at=at)


def told(bench: Bench, *hints: Hint, **options: Any) -> list[Page]:
    source = bench.source(webhooks="https://hooks.acme.example/webhooks/survey", **options)
    assert isinstance(source, Ability)
    assert source.hooked
    return list(source.told(hints, {}))


def settled(pages: list[Page]) -> set[int]:
    return {number for page in pages for number in page.settled}


def found(pages: list[Page]) -> list[str]:
    return [each.response_id for page in pages for each in page.responses]


def late(times: int) -> Any:
    """Answer with the row only when it was asked for so often before."""
    asked: list[str] = []

    def answer(request: Request) -> Reply:
        asked.append(request.path)
        number = int(request.path.rpartition("r")[2])
        return Reply.json(row(number)) if len(asked) > times else Reply.json({"error": "no such row"}, 404)

    return answer


@pytest.mark.parametrize(("times", "waits"), [(0, []), (1, [1.0]), (3, [1.0, 2.0, 4.0])])
def test_a_call_that_is_faster_than_the_list_is_waited_for(times: int, waits: list[float]) -> None:
    with Bench(late(times), hooks=HOOKS) as bench:
        pages = told(bench, hint(1))

        assert (["r1"], {1}, waits) == (found(pages), settled(pages), bench.clock.slept)


@pytest.mark.parametrize(
    ("seconds_ago", "asked", "done"), [(0, 4, set()), (90, 1, set()), (599, 1, set()), (601, 1, {1})]
)
def test_what_does_not_come_is_asked_for_again_and_then_left_to_polling(
    seconds_ago: float, asked: int, done: set[int]
) -> None:
    with Bench(late(99), hooks=HOOKS) as bench:
        pages = told(bench, hint(1, seconds_ago=seconds_ago))

        assert ([], done, asked) == (found(pages), settled(pages), len(bench.world.asked))


def test_a_service_that_is_down_is_asked_again_by_the_next_run() -> None:
    with Bench(lambda _request: Reply.json({}, 503), hooks=HOOKS) as bench:
        pages = told(bench, hint(1))

        assert set() == settled(pages)
        assert [True] == [page.refused is not None for page in pages]


def test_what_came_before_the_service_went_down_is_kept() -> None:
    def answer(request: Request) -> Reply:
        number = int(request.path.rpartition("r")[2])
        return Reply.json(row(number)) if number < 2 else Reply.json({}, 503)

    with Bench(answer, hooks=HOOKS) as bench:
        pages = told(bench, hint(0), hint(1), hint(2), hint(3))

        assert (["r0", "r1"], {0, 1}) == (found(pages), settled(pages))


def test_one_that_never_comes_is_given_up_while_others_go_on_coming() -> None:
    with Bench(late(0), hooks=HOOKS) as bench:
        bench.world.answer = lambda asked: (
            Reply.json({}, 404) if asked.path.endswith("r9") else Reply.json(row(int(asked.path.rpartition("r")[2])))
        )
        pages = told(bench, hint(9, seconds_ago=601), hint(1))

        assert (["r1"], {1, 9}, []) == (found(pages), settled(pages), bench.clock.slept)


def test_several_calls_about_one_response_fetch_it_once() -> None:
    with Bench(late(0), hooks=HOOKS) as bench:
        again = Hint(number=7, survey="", response="r1", at=NOW.replace(tzinfo=UTC))
        pages = told(bench, hint(1), again)

        assert (["r1"], {1, 7}, 1) == (found(pages), settled(pages), len(bench.world.asked))


def test_of_many_the_list_is_read() -> None:
    """Each would be a call, and a day may have five hundred."""
    rows = [row(number) for number in range(30)]
    with Bench(
        lambda _request: Reply.json({"rows": rows}), hooks=HOOKS, responses={"pages": {"kind": "none"}}
    ) as bench:
        pages = told(bench, *(hint(number) for number in range(25)))

        assert ({*range(25)}, 30, 1) == (settled(pages), len(found(pages)), len(bench.world.asked))


def test_a_response_that_is_no_nps_is_done_with() -> None:
    spec = {"skip": [{"reason": "partial", "field": "score", "values": ["2"]}]}
    with Bench(lambda _request: Reply.json(row(1, score=2)), hooks=HOOKS, responses=spec) as bench:
        pages = told(bench, hint(1))

        assert ([], {1}, 1) == (found(pages), settled(pages), sum(len(page.skips) for page in pages))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"signature": {"kind": "hmac"}}, "`header` belongs"),
        ({"signature": {"kind": "path", "key": "open"}}, "names a secret"),
        ({"signature": {"kind": "hmac", "header": "X", "signs": ["time"], "time": "T"}}, "names the body"),
        ({"signature": {"kind": "hmac", "header": "X", "signs": ["body", "time"]}}, "`time` names"),
        ({"survey": ["survey"]}, "belong together"),
        ({"fetch": {"request": {"path": "/rows/{respnse}"}}}, "nothing is called `respnse`"),
    ],
)
def test_a_mistake_in_hooks_is_told(change: dict[str, Any], what: str) -> None:
    from connectors.surveys.spec import Spec

    with pytest.raises(ValueError, match=what.replace("`", ".")):
        Spec.model_validate(SPEC | {"hooks": HOOKS | change})


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_what_is_fetched_by_its_id_is_what_is_polled(name: str) -> None:
    """Anything else would count as an edit, each time."""
    clock = FakeTime(NOW.timestamp())
    with serve(name, responses=6, seed=4, clock=clock, limits=Limits()) as service:
        if isinstance(service.world, Qualtrics):
            service.world.polls = 0  # nobody waits here for a job
        new = service.world.add(9, email="person2@example.com", name="Bo Lee", comment="Fine")
        survey = service.world.answers.get(new).survey  # type: ignore[union-attr] # it was just given
        source = SurveyService(
            name="survey",
            spec=load_spec(shipped()[name]),
            secrets=Secrets(**secrets(service)),
            meter=MemoryMeter(clock),
            settings=service.world.settings,
            url=service.url,
            webhooks="https://hooks.acme.example/webhooks/survey",
            clock=lambda: datetime.fromtimestamp(clock(), UTC),
            sleep=clock.sleep,
        )
        known = survey if load_spec(shipped()[name]).surveys else ""
        hints = [Hint(number=1, survey=known, response=new, at=NOW)]
        with closing(source):
            pages = list(source.told(hints, {}))
            polled = [each for page in source.pull({}) for each in page.responses if each.response_id == new]

    assert {1} == settled(pages)
    assert polled == [each for page in pages for each in page.responses if each.response_id == new]
    assert 1 == len(polled)
