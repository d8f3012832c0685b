"""Surveys whose questions are edited while their answers are polled."""

from __future__ import annotations

from typing import Any

from sandbox.exchange import Reply, Request
from tests.contract.survey_bench import Bench, refused, row

SURVEYS = {"request": {"path": "/surveys"}, "rows": "surveys", "id": "id", "title": "title"}
LOOKUP = {
    "request": {"path": "/surveys/{survey}"},
    "rows": "questions",
    "id": "id",
    "names": ["title"],
    "score": {"where": {"type": "nps"}},
}
RESPONSES: dict[str, Any] = {
    "request": {"path": "/surveys/{survey}/rows"},
    "pages": {},
    "fields": {"response_id": ["id"], "responded_at": ["at"]},
    "answers": {"rows": "answers", "question": "q", "score": ["v"], "lookup": LOOKUP},
}


class Edited:
    """One survey, whose questions and rows a test changes."""

    def __init__(self) -> None:
        self.title = "Loyalty"
        self.questions = [{"id": "q1", "type": "nps", "title": "Recommend?"}]
        self.rows = [_said(1, q1=9), _said(2, q1="3"), _said(3, q1=0)]

    def __call__(self, request: Request) -> Reply:
        match request.segments:
            case ("surveys",):
                return Reply.json({"surveys": [{"id": "s", "title": self.title}]})
            case ("surveys", "s"):
                return Reply.json({"questions": self.questions})
        return Reply.json({"rows": self.rows})


def _said(number: int, **answers: int | str) -> dict[str, Any]:
    return {**row(number), "answers": [{"q": question, "v": value} for question, value in answers.items()]}


def test_a_question_that_takes_the_place_of_another_takes_no_old_answer_with_it() -> None:
    survey = Edited()
    with Bench(survey, surveys=SURVEYS, responses=RESPONSES) as bench:
        first = bench.read()
        survey.questions = [{"id": "q2", "type": "nps", "title": "Recommend?"}]
        survey.rows.append(_said(4, q2=7))
        second = bench.read(first.last)
        third = bench.read(second.last)

    assert {"r1": 9, "r2": 3, "r3": 0} == {each.response_id: each.score for each in first.responses}
    assert [("r4", 7)] == [(each.response_id, each.score) for each in second.responses]
    assert {"no_score"} == {skip.reason for page in second.pages for skip in page.skips}
    assert [] == third.told


def test_a_second_such_question_stops_the_survey_until_one_is_named() -> None:
    survey = Edited()
    with Bench(survey, surveys=SURVEYS, responses=RESPONSES) as bench:
        first = bench.read()
        survey.questions.append({"id": "q2", "type": "nps", "title": "Recommend our support?"})
        survey.rows += [_said(4, q1=7, q2=1), _said(5, q2=2)]
        stopped = bench.read(first.last)
        named = bench.read(stopped.last, questions=["Recommend?"])

    assert "E113" == refused(stopped).code
    assert "`q1`, `q2`" in str(refused(stopped))
    assert first.last == stopped.last, "its cursor stays"
    assert [("r4", 7)] == [(each.response_id, each.score) for each in named.responses]


def test_a_new_title_is_no_edit_of_what_was_answered_under_the_old_one() -> None:
    survey = Edited()
    with Bench(survey, surveys=SURVEYS, responses=RESPONSES) as bench:
        first = bench.read()
        survey.title = "Loyalty 2026"
        survey.rows.append(_said(4, q1=5))
        second = bench.read(first.last)

    assert [("r4", "Loyalty 2026")] == [(each.response_id, each.survey) for each in second.responses]


def test_an_answer_that_is_completed_later_comes_when_it_is() -> None:
    survey = Edited()
    survey.rows.append({**_said(4), "state": "partial"})
    skip = [{"reason": "partial", "field": "state", "values": ["partial"]}]
    with Bench(survey, surveys=SURVEYS, responses=RESPONSES | {"skip": skip}) as bench:
        first = bench.read()
        survey.rows[-1] = {**_said(4, q1=10), "state": "completed"}
        second = bench.read(first.last)

    assert ["r1", "r2", "r3"] == first.told
    assert [("r4", 10)] == [(each.response_id, each.score) for each in second.responses]
