"""Services that are a YAML file and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from connectors.surveys.questions import questions_of
from sandbox.surveys.satismeter import PROJECT
from sandbox.surveys.wootric import Wootric
from sync.config.specs import load_spec, shipped
from tests.contract.source_contract import pulled
from tests.contract.survey_contract import NOW, Account, SurveyContract

if TYPE_CHECKING:
    from connectors.surveys.source import SurveyService
    from connectors.surveys.spec import Spec


class TestZenloop(SurveyContract):
    """See `SurveyContract`."""

    SERVICE = "zenloop"
    PART = "answers"


class TestSimplesat(SurveyContract):
    """See `SurveyContract`."""

    SERVICE = "simplesat"


class TestSurvicate(SurveyContract):
    """See `SurveyContract`."""

    SERVICE = "survicate"
    EDITS = False

    def test_a_poll_reads_no_further_back_than_it_must(self, world: Account) -> None:
        """The service cannot be asked from a moment on; its newest first are enough."""
        first = pulled(self.source(world))
        world.clock.sleep(20 * 86_400.0)
        for _ in range(2):
            for _ in range(8):
                self.add(world, 8, "later")
            first = pulled(self.source(world), first.last)
            world.clock.sleep(20 * 86_400.0)
        before = len(world.service.log.entries)

        assert [] == pulled(self.source(world), first.last).told
        assert len(world.service.log.entries) - before < 12


class TestWootric(SurveyContract):
    """See `SurveyContract`."""

    SERVICE = "wootric"

    def test_more_than_thirty_pages_are_read(self, world: Account) -> None:
        """The service gives nothing after a certain page, and does not say that there is more."""
        played = world.service.world
        assert isinstance(played, Wootric)
        played.last_page = 2

        assert self.truth(world) == pulled(self.source(world)).said


class TestGoogleForms(SurveyContract):
    """See `SurveyContract`. Its forms are named, its tokens are fetched, its scores are texts."""

    SERVICE = "google_forms"

    def test_a_survey_that_is_named_has_its_title(self, world: Account) -> None:
        titles = {each.survey for each in pulled(self.source(world)).responses}

        assert {"Recommend us", "After the purchase"} == titles


class TestSatisMeter(SurveyContract):
    """See `SurveyContract`. Time is asked for in windows, each without pages."""

    SERVICE = "satismeter"
    OPTIONS: ClassVar = {"settings": {"project": PROJECT}}

    def source(self, world: Account, *, spec: Spec | None = None, url: str = "", **options: Any) -> SurveyService:
        whole = load_spec(shipped()[self.SERVICE])
        begins = (NOW - timedelta(days=31)).strftime("%Y-%m-%dT%H:%M:%SZ")
        cursor = whole.responses.cursor.model_copy(update={"step": timedelta(days=6), "everything": begins})
        responses = whole.responses.model_copy(update={"cursor": cursor})
        return super().source(world, spec=spec or whole.model_copy(update={"responses": responses}), url=url, **options)

    def test_a_poll_asks_for_its_look_back_and_no_more(self, world: Account) -> None:
        last = pulled(self.source(world)).last
        before = len(world.service.log.entries)
        pulled(super().source(world, spec=load_spec(shipped()[self.SERVICE])), last)

        assert len(world.service.log.entries) - before > 50, "another spec reads everything again"
        before = len(world.service.log.entries)
        pulled(self.source(world), last)
        assert 6 == len(world.service.log.entries) - before


TEXTS = ("0 - Not at all likely", *map(str, range(1, 10)), "10 - Extremely likely")


@pytest.mark.parametrize(
    ("asked", "is_nps"),
    [
        ({"scaleQuestion": {"high": 10}}, True),  # Google leaves out what is 0
        ({"scaleQuestion": {"low": 0, "high": 10}}, True),
        ({"scaleQuestion": {"low": 1, "high": 10}}, False),
        ({"choiceQuestion": {"type": "RADIO", "options": [{"value": each} for each in TEXTS]}}, True),
        ({"choiceQuestion": {"options": [{"value": each} for each in TEXTS[::-1]] + [{"isOther": True}]}}, True),
        ({"choiceQuestion": {"options": [{"value": each} for each in TEXTS[1:]]}}, False),
        ({"choiceQuestion": {"options": [{"value": each} for each in (*TEXTS[:10], "9")]}}, False),
    ],
)
def test_a_question_of_google_is_nps_by_its_scale_or_by_what_can_be_chosen(asked: dict[str, Any], is_nps: bool) -> None:
    answers = load_spec(shipped()["google_forms"]).responses.answers
    assert answers is not None
    assert answers.lookup is not None
    told = {"items": [{"itemId": "i", "questionItem": {"question": {"questionId": "q", **asked}}}]}

    assert is_nps == (questions_of(told, answers, answers.lookup, named=(), survey="f") is not None)
