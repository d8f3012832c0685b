"""Retently: feedback by when it was created, rows it calls bogus itself, and the outbox of who was asked.

Shapes from a working connector. Not verified: the words of its errors, and the name of the list within `data`.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.exchange import Reply, Request
from sandbox.limits import Window
from sandbox.surveys.world import SurveyWorld

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sandbox.limits import Limit, Verdict
    from sandbox.surveys.answers import Answer

#: How it names the kinds of questions.
METRICS = {"nps": "NPS", "csat": "CSAT", "ces": "CES", "star": "STAR"}


#: How long before an answer its invitation is sent.
AHEAD = timedelta(hours=5)


def stamp(at: datetime) -> str:
    """Write a moment as Retently does."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


class Retently(SurveyWorld):
    """One Retently account. It tells when feedback was created, never when it was changed."""

    name = "retently"
    unit = timedelta(milliseconds=1)
    named = True
    titles: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "nps": {"65a1f0": "Quarterly NPS", "65a1f1": "In-app NPS"},
        "csat": {"65a1f2": "Support CSAT"},
        "ces": {"65a1f3": "Onboarding CES"},
    }
    odd = ({"state": "bogus"}, {"kind": "csat", "score": 5}, {"score": None}, {"kind": "ces", "score": 7})

    def made_up(self, draw: random.Random) -> dict[str, str]:
        """See `SurveyWorld`."""
        return {"api_key": f"{draw.getrandbits(128):032x}"}

    def new_id(self, draw: random.Random, number: int) -> str:
        """See `SurveyWorld`."""
        return f"{draw.getrandbits(96):024x}"

    def limits(self) -> list[Limit]:
        """See `SurveyWorld`."""
        return [Window(150, 60.0)]

    def refused(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> Reply:
        """See `SurveyWorld`."""
        return Reply.json({"message": text, "code": status, "data": None}, status, headers)

    def throttled(self, verdict: Verdict) -> Reply:
        """See `SurveyWorld`: it does not say how long to wait."""
        return self.refused(429, "Too many requests")

    def answer(self, request: Request) -> Reply:
        """See `SurveyWorld`."""
        if request.headers.get("Authorization") != f"api_key={self.secrets['api_key']}":
            raise self.refuse(401, "Unauthorized")
        match request.method, request.segments:
            case "GET", ("api", "v2", "ping"):
                return Reply.json({"message": "success", "code": 200, "data": "pong"})
            case "GET", ("api", "v2", "feedback"):
                return self._paged(request, "responses", _row)
            case "GET", ("api", "v2", "outbox"):
                return self._paged(request, "surveys", _sent)
            case "GET", ("api", "v2", "campaigns"):
                return Reply.json({"campaigns": [self._campaign(key) for key in self.surveys]})
        raise self.refuse(404, "Not found")

    def _paged(self, request: Request, name: str, shown: Any) -> Reply:
        size = self.within(request.first("limit"), 1, 1_000, 20, "limit")
        page = self.within(request.first("page"), 1, 10**9, 1, "page")
        since, until = (self.moment(request.first(one), one) for one in ("startDate", "endDate"))
        sort = request.first("sort", "-createdDate")
        if sort not in ("createdDate", "-createdDate", "id", "-id"):
            raise self.refuse(400, "sort must be createdDate or -createdDate")
        if name == "surveys":  # by when they were sent
            since, until = (at and at + AHEAD for at in (since, until))
        rows: Sequence[Answer] = self.answers.between(since, until)
        if name == "surveys":
            rows = [one for one in rows if one.state != "bogus"]
        elif any(one.score is None for one in rows):
            rows = [one for one in rows if one.score is not None]
        first = (page - 1) * size
        chosen = rows[::-1][first : first + size] if sort.startswith("-") else rows[first : first + size]
        data = {
            name: [shown(self, one) for one in chosen],
            "page": page,
            "pages": math.ceil(len(rows) / size),
            "limit": size,
            "sort": sort,
            "total": len(rows),
        }
        return Reply.json({"message": "success", "code": 200, "data": data}, rows=len(chosen))

    def _campaign(self, key: str) -> dict[str, Any]:
        kind = self.kind_of(key) or ""
        return {
            "id": key,
            "name": self.titles[kind][key],
            "isActive": True,
            "templateId": f"t{key}",
            "metric": METRICS[kind],
            "type": "regular",
            "channel": "email",
        }


def _who(one: Answer) -> dict[str, Any]:
    first, _, last = (one.name or "").partition(" ")
    return {
        "customerId": f"c{(one.email or '').lower()}",
        "email": one.email or "",
        "firstName": first,
        "lastName": last,
        "companyName": "",
        "companyId": None,
    }


def _row(world: Retently, one: Answer) -> dict[str, Any]:
    kind = METRICS.get(one.kind, "NPS")
    score = one.score or 0
    return {
        "id": one.id,
        **_who(one),
        "jobTitle": None,
        "country": None,
        "tags": [],
        "customProps": [{"label": "Plan", "name": "plan", "type": "string", "value": "gold"}],
        "campaignId": one.survey,
        "campaignName": world.titles.get(world.kind_of(one.survey) or "", {}).get(one.survey, ""),
        "createdDate": stamp(one.at),
        "score": score,
        "comment": one.comment or "",
        "additionalQuestions": [],
        "feedbackTags": [],
        "feedbackTopics": [],
        "notes": [],
        "status": None,
        "assigned": None,
        "resolved": False,
        "ratingCategory": "Promoter" if score > 8 else "Passive" if score > 6 else "Detractor",
        "channel": "email",
        "metricsType": kind,
        "isBogus": one.state == "bogus",
    }


def _sent(_world: Retently, one: Answer) -> dict[str, Any]:
    """Show that somebody was asked; whoever has not answered is here only."""
    answered, bounced = one.score is not None, one.state == "bounced"
    return {
        **_who(one),
        "id": f"s{one.id}",
        "campaignId": one.survey,
        "surveyTemplateId": f"t{one.survey}",
        "subject": "How likely are you to recommend us?",
        "channel": "email",
        "sentDate": stamp(one.at - AHEAD),
        "status": "responded" if answered else "bounced" if bounced else "sent",
        "detailedStatus": {
            "isOpened": answered,
            "openedDate": stamp(one.at - timedelta(minutes=3)) if answered else None,
            "isResponded": answered,
            "respondedDate": stamp(one.at) if answered else None,
            "hasFeedback": bool(one.comment),
            "isOptedOut": False,
            "isBounced": bounced,
        },
    }
