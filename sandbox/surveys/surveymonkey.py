"""SurveyMonkey: surveys with their questions, responses in bulk, two budgets told in headers of its own.

Shapes from recordings and the vendor's documentation. Not verified: whether a survey's own date moves when people
answer it (here it does not: who asks for changed surveys only misses responses).
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.exchange import Reply, Request
from sandbox.limits import DAY_S, Daily, Window
from sandbox.surveys.questions import SURVEYS, asked, details
from sandbox.surveys.world import SurveyWorld

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

    from sandbox.limits import Limit, Verdict
    from sandbox.surveys.answers import Answer

STATES = frozenset({"completed", "partial", "overquota", "disqualified"})
#: Status → number and name of its error.
ERRORS = {
    400: ("1001", "Bad Request"),
    401: ("1010", "Authorization Error"),
    404: ("1020", "Resource Not Found"),
    429: ("1040", "Rate limit reached"),
}


def stamp(at: datetime) -> str:
    """Write a moment as rows of responses have it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S+00:00")


class SurveyMonkey(SurveyWorld):
    """One account with a private app."""

    name = "surveymonkey"
    titles: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "nps": {"318754279": "Recommend us", "318754301": "Nach dem Kauf"},
        "csat": {"318754333": "How did we do?"},
    }
    odd = (
        {"state": "partial"},
        {"state": "preview"},
        {"kind": "csat", "score": 4},
        {"state": "disqualified"},
        {"score": None},
        {"state": "overquota"},
    )

    def made_up(self, draw: random.Random) -> dict[str, str]:
        """See `SurveyWorld`."""
        return {"token": f"sm.{draw.getrandbits(256):064x}"}

    def new_id(self, draw: random.Random, number: int) -> str:
        """See `SurveyWorld`: not in the order in which they come."""
        return str(13_376_000_000 + number * 1_000 - draw.randrange(900_000))

    def limits(self) -> list[Limit]:
        """See `SurveyWorld`: those of a private app."""
        return [Window(120, 60.0, name="Minute"), Daily(500, name="Day")]

    def refused(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> Reply:
        """See `SurveyWorld`."""
        number, name = ERRORS.get(status, ("1050", "Internal Server Error"))
        error = {
            "docs": "https://developer.surveymonkey.com/api/v3/#error-codes",
            "message": text,
            "id": number,
            "name": name,
            "http_status_code": status,
        }
        return Reply.json({"error": error}, status, headers)

    def throttled(self, verdict: Verdict) -> Reply:
        """See `SurveyWorld`: no Retry-After, but its own headers."""
        span = verdict.name if verdict.name in ("Minute", "Day") else "Minute"
        most = 500 if span == "Day" else 120
        headers = _headers(span, most, 0, math.ceil(verdict.retry_after))
        return self.refused(429, "Too many requests were made, try again later.", headers)

    def handle(self, request: Request) -> Reply:
        """See `SurveyWorld`: every reply tells the budgets."""
        reply = super().handle(request)
        resets = {"Minute": 60, "Day": math.ceil(DAY_S - request.arrived % DAY_S)}
        for one in request.allowances:
            reply.headers.update(_headers(one.name, one.most, one.left, resets.get(one.name, 60)))
        return reply

    def answer(self, request: Request) -> Reply:
        """See `SurveyWorld`."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or token != self.secrets["token"]:
            raise self.refuse(401, "The authorization token provided was invalid.")
        if request.method != "GET":
            raise self.refuse(404, "There was an error retrieving the requested resource.")
        match request.segments:
            case ("v3", "users", "me"):
                return Reply.json({"id": "1", "username": "sandbox", "email": "owner@example.com"})
            case ("v3", "surveys"):
                return self._surveys(request)
            case ("v3", "surveys", survey) if survey in SURVEYS:
                return Reply.json(details(survey, self._title(survey), short=True))
            case ("v3", "surveys", survey, "details") if survey in SURVEYS:
                return Reply.json(details(survey, self._title(survey)))
            case ("v3", "surveys", survey, "responses", "bulk") if survey in SURVEYS:
                return self._bulk(request, survey)
            case ("v3", "surveys", survey, "responses", key, *rest) if rest in ([], ["details"]):
                one = self.answers.get(key)
                if one and one.survey == survey:
                    return Reply.json(self._row(one, simple=False), rows=1)
        raise self.refuse(404, "There was an error retrieving the requested resource.")

    def _title(self, survey: str) -> str:
        return self.titles[self.kind_of(survey) or ""][survey]

    def _surveys(self, request: Request) -> Reply:
        changed = datetime.fromisoformat("2026-01-05T17:45:00+00:00")
        since = self.moment(request.first("start_modified_at"), "start_modified_at")
        found = [] if since and since > changed else list(SURVEYS)
        page, size = self._page(request)
        rows = [
            {
                "id": survey,
                "title": self._title(survey),
                "nickname": "",
                "href": f"https://api.surveymonkey.com/v3/surveys/{survey}",
            }
            for survey in found[(page - 1) * size : page * size]
        ]
        return self._enveloped(request, rows, len(found), page, size)

    def _bulk(self, request: Request, survey: str) -> Reply:
        """Give responses, by default of every state; changes while somebody pages move rows between pages."""
        order = {"date_modified": "modified", "": "modified", "id": "id"}.get(request.first("sort_by"))
        way = request.first("sort_order", "DESC")
        if order is None or way not in ("ASC", "DESC"):
            raise self.refuse(400, "Invalid sort.")
        states = frozenset(filter(None, request.first("status").split(",")))
        if not states <= STATES:
            raise self.refuse(400, "Invalid status.")
        since, until, made, made_until = (
            self.moment(request.first(name), name)
            for name in ("start_modified_at", "end_modified_at", "start_created_at", "end_created_at")
        )
        rows: Sequence[Answer] = self.answers.between(since, until, "modified", survey)
        if made or made_until or states:
            rows = [
                one
                for one in rows
                if (not made or one.at >= made)
                and (not made_until or one.at <= made_until)
                and (not states or _state(one) in states)
            ]
        if order == "id":
            rows = sorted(rows, key=lambda one: one.id)
        page, size = self._page(request)
        first = (page - 1) * size
        chosen = rows[first : first + size] if way == "ASC" else rows[::-1][first : first + size]
        simple = request.first("simple").lower() == "true"
        return self._enveloped(request, [self._row(one, simple=simple) for one in chosen], len(rows), page, size)

    def _page(self, request: Request) -> tuple[int, int]:
        page = self.within(request.first("page"), 1, 10**9, 1, "page")
        return page, self.within(request.first("per_page"), 1, 100, 50, "per_page")

    def _enveloped(self, request: Request, rows: list[dict[str, Any]], total: int, page: int, size: int) -> Reply:
        base = f"http://{request.headers.get('Host', '127.0.0.1')}{request.path}"
        kept = "".join(
            f"&{name}={value.replace('+', '%2B').replace(' ', '%20')}"
            for name, values in request.query.items()
            if name not in ("page", "per_page")
            for value in values
        )
        pages = math.ceil(total / size)
        links = {"self": f"{base}?page={page}&per_page={size}{kept}"}
        if page > 1:
            links["prev"] = f"{base}?page={page - 1}&per_page={size}{kept}"
            links["first"] = f"{base}?page=1&per_page={size}{kept}"
        if page < pages:
            links["next"] = f"{base}?page={page + 1}&per_page={size}{kept}"
            links["last"] = f"{base}?page={pages}&per_page={size}{kept}"
        envelope = {"data": rows, "per_page": size, "page": page, "total": total, "links": links}
        return Reply.json(envelope, rows=len(rows))

    def _row(self, one: Answer, *, simple: bool) -> dict[str, Any]:
        first, _, last = (one.name or "").partition(" ")
        known = {"first_name": first, "last_name": last, "email": one.email or ""} if one.email else {}
        return {
            "id": one.id,
            "recipient_id": str(7_000_000 + one.number) if known else "",
            "collection_mode": "preview" if one.state == "preview" else "default",
            "response_status": _state(one),
            "custom_value": "",
            "first_name": first if known else "",
            "last_name": last if known else "",
            "email_address": one.email or "",
            "ip_address": "192.0.2.1",
            "logic_path": {},
            "metadata": {"contact": {key: {"type": "string", "value": value} for key, value in known.items()}},
            "page_path": [],
            "collector_id": "415838011",
            "survey_id": one.survey,
            "custom_variables": {},
            "edit_url": f"https://www.surveymonkey.com/r/?sm={one.id}",
            "analyze_url": f"https://www.surveymonkey.com/analyze/browse/x?respondent_id={one.id}",
            "total_time": 10,
            "date_modified": stamp(one.modified),
            "date_created": stamp(one.at),
            "href": f"https://api.surveymonkey.net/v3/surveys/{one.survey}/responses/{one.id}",
            "pages": asked(one, simple=simple),
        }


def _state(one: Answer) -> str:
    """Return what the row says of a response: somebody who only tries a survey out completes it."""
    return "completed" if one.state == "preview" else one.state


def _headers(span: str, most: int, left: int, reset: int) -> dict[str, str]:
    stem = f"X-Ratelimit-App-Global-{span}"
    return {f"{stem}-Limit": str(most), f"{stem}-Remaining": str(left), f"{stem}-Reset": str(reset)}
