"""Survicate's data export, version 2: the newest first, onward by a whole URL.

Not verified: which way `start` and `end` run. Here it is as the vendor's page says: `start` is the later one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.exchange import Reply, Request
from sandbox.surveys.lists import MICRO, Lists, fine

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from sandbox.surveys.answers import Answer


class Survicate(Lists):
    """One Survicate workspace."""

    name = "survicate"
    key = ("Authorization", "Basic ")
    unit = MICRO
    edits = False
    titles: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "nps": {"a1b2c3d4e5f60718": "Recommend us", "a1b2c3d4e5f60719": "In the app"},
        "csat": {"a1b2c3d4e5f60720": "Support"},
    }
    odd = ({"kind": "csat", "score": 4}, {"score": None})

    def new_id(self, draw: random.Random, number: int) -> str:
        """See `SurveyWorld`."""
        digits = f"{draw.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def listed(self, request: Request) -> Reply:
        """See `Lists`."""
        match request.method, request.segments:
            case "GET", ("v2", "surveys"):
                rows = [
                    {
                        "id": survey,
                        "type": "web",
                        "name": title,
                        "created_at": "2026-01-05T17:40:00.000000Z",
                        "enabled": True,
                        "launch": {"responses_limit": None},
                        "responses": len(self.answers.listed(survey=survey)),
                    }
                    for titles in self.titles.values()
                    for survey, title in titles.items()
                ]
                return Reply.json({"data": rows, "pagination": {"next_url": None, "has_more": False}})
            case "GET", ("v2", "surveys", survey, "questions") if self.kind_of(survey):
                questions = [
                    {"id": number, "type": kind, "question": kind, "introduction": "", "answer_choices": []}
                    for number, kind in self._questions(survey)
                ]
                return Reply.json({"data": questions, "pagination": {"next_url": None, "has_more": False}})
            case "GET", ("v2", "surveys", survey, "responses") if self.kind_of(survey):
                return self._responses(request, survey)
        raise self.refuse(404, "Not found")

    def _questions(self, survey: str) -> list[tuple[int, str]]:
        first = 7_000 + self.surveys.index(survey) * 10
        kinds = ("csat", "text") if self.kind_of(survey) == "csat" else ("rating", "nps", "text")
        return [(first + place, kind) for place, kind in enumerate(kinds)]

    def _responses(self, request: Request, survey: str) -> Reply:
        size = self.within(request.first("items_per_page"), 1, 100, 20, "items_per_page")
        later, earlier = (self.moment(request.first(name), name) for name in ("start", "end"))
        rows = self.answers.between(earlier, later, survey=survey)[::-1]
        asked = (survey, later, earlier)
        page, token = self.placed(request, rows, size, request.first("page_token"), asked)
        following = None
        if token:
            kept = "".join(f"&{name}={request.first(name)}" for name in ("start", "end") if request.first(name))
            following = self.url(request, f"items_per_page={size}&page_token={token}{kept}")
        told = {
            "data": [self._row(one) for one in page],
            "pagination": {"next_url": following, "has_more": bool(token)},
        }
        return Reply.json(told, rows=len(page))

    def _row(self, one: Answer) -> dict[str, Any]:
        answers: dict[str, dict[str, Any]] = {
            "rating": {"id": None, "content": None, "rating": one.number % 5 + 1},
            "nps": {"id": None, "content": None, "rating": one.score},
            "csat": {"id": None, "content": None, "rating": one.score},
            "text": {"id": None, "content": one.comment, "rating": None},
        }
        known = {"email": one.email, "first_name": (one.name or "").partition(" ")[0]} if one.email else {}
        return {
            "uuid": one.id,
            "collected_at": fine(one.at),
            "respondent": {
                "uuid": f"r-{one.number}",
                "attributes": [{"name": name, "value": value} for name, value in known.items()],
            },
            "answers": [
                {"question_id": number, "question_type": kind, "action_performed": False, "answer": answers[kind]}
                for number, kind in self._questions(one.survey)
                if answers[kind]["rating"] is not None or answers[kind]["content"]
            ],
            "url": "https://www.example.com/",
            "language": "en",
            "device_type": "desktop",
            "operating_system": "Linux",
        }
