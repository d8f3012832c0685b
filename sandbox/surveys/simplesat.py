"""Simplesat: searches by POST, rows that tell when they were changed and cannot be asked for by it.

Not verified: by which date a search selects. Here it is when a row was made.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.exchange import Reply, Request
from sandbox.surveys.lists import MICRO, Lists, fine

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from sandbox.surveys.answers import Answer


class Simplesat(Lists):
    """One Simplesat account."""

    name = "simplesat"
    key = ("X-Simplesat-Token", "")
    unit = MICRO
    titles: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "nps": {"11": "Relationship"},
        "csat": {"12": "Ticket closed"},
        "ces": {"13": "Onboarding"},
    }
    odd = ({"kind": "csat", "score": 1}, {"kind": "ces", "score": 6}, {"score": None})

    def new_id(self, draw: random.Random, number: int) -> str:
        """See `SurveyWorld`."""
        return str(500_000 + number * 3)

    def refused(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> Reply:
        """See `SurveyWorld`."""
        return Reply.json({"detail": text}, status, headers)

    def listed(self, request: Request) -> Reply:
        """See `Lists`."""
        match request.method, request.segments:
            case "GET", ("api", "v1", "surveys"):
                rows = [
                    {"id": int(survey), "name": title, "metric": kind.upper(), "survey_type": "email"}
                    for kind, titles in self.titles.items()
                    for survey, title in titles.items()
                ]
                return self._paged(request, "surveys", rows)
            case "POST", ("api", "v1", "responses", "search"):
                return self._paged(request, "responses", self._searched(request))
        raise self.refuse(404, "Not found.")

    def _searched(self, request: Request) -> tuple[Answer, ...]:
        try:
            body = request.json() if request.body else {}
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise self.refuse(400, "JSON parse error")
        dates = [body.get(name) for name in ("start_date", "end_date")]
        if not all(isinstance(one, str | None) for one in dates):
            raise self.refuse(400, "Datetime has wrong format.")
        since, until = (self.moment(one or "") for one in dates)
        return self.answers.between(since, until)

    def _paged(self, request: Request, name: str, rows: Any) -> Reply:
        page, number, size = self.numbered(request, rows, "page_size", 100, 100)
        pages = math.ceil(len(rows) / size)
        if number > max(1, pages):
            raise self.refuse(404, "Invalid page.")
        following = self.url(request, f"page={number + 1}&page_size={size}") if number < pages else None
        before = self.url(request, f"page={number - 1}&page_size={size}") if number > 1 else None
        told = [one if isinstance(one, dict) else self._row(one) for one in page]
        return Reply.json({name: told, "count": len(rows), "next": following, "previous": before}, rows=len(page))

    def _row(self, one: Answer) -> dict[str, Any]:
        said = {
            "id": 900_000 + one.number,
            "choice": str(one.score),
            "choice_label": str(one.score),
            "sentiment": "neutral",
            "follow_up_answer": one.comment or "",
            "follow_up_question": {"id": 2, "metric": None, "text": "Why?"},
            "question": {"id": 1, "metric": one.kind.upper(), "text": "How likely are you to recommend us?"},
        }
        return {
            "id": int(one.id),
            "created": fine(one.at),
            "modified": fine(one.modified),
            "ip_address": "192.0.2.1",
            "survey": {"id": int(one.survey), "name": self.titles.get(one.kind, {}).get(one.survey, "")},
            "customer": {
                "id": 70_000 + one.number,
                "email": one.email,
                "name": one.name,
                "tags": [],
                "custom_attributes": {},
            },
            "ticket": {"id": None, "external_id": f"T-{one.number}", "custom_attributes": {}},
            "answers": [] if one.score is None else [said],
        }
