"""Typeform: forms, responses by their tokens, refresh tokens that are good for one use.

Shapes from recordings of its API. Not verified with the vendor: the words of its errors, what a partial response
looks like, and that a token of a deleted response is refused.
"""

from __future__ import annotations

import math
import time
from bisect import bisect_left
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.exchange import Reply, Request
from sandbox.limits import Window
from sandbox.surveys.tokens import Doors
from sandbox.surveys.world import SurveyWorld

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping, Sequence

    from sandbox.limits import Limit, Verdict
    from sandbox.surveys.answers import Answer

DAY = timedelta(days=1)
COMPLETED = frozenset({"completed"})
KINDS = frozenset({"started", "partial", "completed"})
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
#: Form → its fields: ref, type, title, properties. A rating or a short scale beside the scale of 0 to 10 is no NPS.
FORMS: Mapping[str, tuple[tuple[str, str, str, dict[str, Any]], ...]] = {
    "VWO7mLtl": (
        ("stars", "rating", "How do you rate our website?", {"steps": 5, "shape": "star"}),
        ("nps", "opinion_scale", "How likely are you to recommend us?", {"steps": 11, "start_at_one": False}),
        ("why", "long_text", "Why?", {}),
        ("mail", "email", "Your e-mail", {}),
    ),
    "SdMKQYkv": (
        ("nps", "opinion_scale", "How likely are you to recommend us?", {"steps": 11, "start_at_one": False}),
        ("ease", "opinion_scale", "How easy was it?", {"steps": 5, "start_at_one": True}),
        ("why", "long_text", "Why?", {}),
    ),
    "kRt99jlK": (
        ("ease", "opinion_scale", "How easy was it?", {"steps": 5, "start_at_one": True}),
        ("why", "long_text", "Why?", {}),
    ),
}
#: Form → fields of it that stand in a group, one level down; their answers are told beside all others.
GROUPED: Mapping[str, tuple[str, ...]] = {"SdMKQYkv": ("nps", "ease")}
#: Forms that are opened with e-mail and name in the link.
HIDDEN = frozenset({"SdMKQYkv", "kRt99jlK"})


def stamp(at: datetime) -> str:
    """Write a moment as Typeform does: to the second, UTC."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class Typeform(SurveyWorld):
    """One Typeform account. Its answers cannot be changed."""

    name = "typeform"
    edits = False
    titles: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "nps": {"VWO7mLtl": "Recommend us", "SdMKQYkv": "After the purchase"},
        "ces": {"kRt99jlK": "Ease of use"},
    }
    odd = ({"state": "partial"}, {"kind": "ces", "score": 4}, {"score": None})

    def __init__(self, seed: int = 1, clock: Callable[[], float] = time.time) -> None:
        super().__init__(seed, clock)
        self.doors: Doors = Doors(
            client_id=self.secrets["client_id"],
            client_secret=self.secrets["client_secret"],
            refresh_token=self.secrets["refresh_token"],
            rotates=True,
            lasts_s=7 * 86_400,
            clock=self.clock,
        )
        self.began = self.answers.now() - 400 * DAY

    def made_up(self, draw: random.Random) -> dict[str, str]:
        """See `SurveyWorld`: a personal token, and those of an app."""
        return {
            "token": f"tfp_{draw.getrandbits(128):032x}",
            "client_id": f"{draw.getrandbits(64):016x}",
            "client_secret": f"{draw.getrandbits(128):032x}",
            "refresh_token": f"refresh-{draw.getrandbits(128):032x}",
        }

    def new_id(self, draw: random.Random, number: int) -> str:
        """See `SurveyWorld`: the token of a response."""
        return "".join(draw.choices(LETTERS, k=32))

    def limits(self) -> list[Limit]:
        """See `SurveyWorld`."""
        return [Window(2, 1.0)]

    def refused(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> Reply:
        """See `SurveyWorld`."""
        codes = {400: "VALIDATION_ERROR", 401: "AUTHENTICATION_FAILED", 404: "FORM_NOT_FOUND", 429: "TOO_MANY_REQUESTS"}
        said = {"code": codes.get(status, "SERVER_ERROR" if status >= 500 else "BAD_REQUEST"), "description": text}
        return Reply.json(said, status, headers)

    def throttled(self, verdict: Verdict) -> Reply:
        """See `SurveyWorld`."""
        wait = {"Retry-After": str(max(1, math.ceil(verdict.retry_after)))}
        return self.refused(429, "The API rate limit has been exceeded", wait)

    def answer(self, request: Request) -> Reply:
        """See `SurveyWorld`."""
        parts = request.segments
        if parts == ("oauth", "token") and request.method == "POST":
            told = self.doors.exchange(request)
            return Reply.json({"error": told}, 400) if isinstance(told, str) else Reply.json(told)
        self._enter(request)
        match request.method, parts:
            case "GET", ("me",):
                return Reply.json({"alias": "sandbox", "email": "owner@example.com", "language": "en"})
            case "GET", ("forms",):
                return self._forms(request)
            case "GET", ("forms", form) if form in FORMS:
                return Reply.json(self._form(form) | {"fields": _fields(form)})
            case "GET", ("forms", form, "responses") if form in FORMS:
                return self._responses(request, form)
            case "DELETE", ("forms", form, "responses") if form in FORMS:
                return self._deleted(request, form)
            case _, ("forms", form, *_):
                raise self.refuse(404, f"Non existing form with uid {form}")
        raise self.refuse(404, "Endpoint not found")

    def _enter(self, request: Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        ended = token in self.doors.given and request.fires("expired_token")
        if scheme.lower() != "bearer" or ended or not (token == self.secrets["token"] or self.doors.opens(token)):
            raise self.refuse(401, "Authentication credentials not found on the Request Headers")

    def _forms(self, request: Request) -> Reply:
        size = self.within(request.first("page_size"), 1, 200, 10, "page_size")
        page = self.within(request.first("page"), 1, 10**9, 1, "page")
        forms = list(FORMS)
        items = [self._form(form) for form in forms[(page - 1) * size : page * size]]
        told = {"total_items": len(forms), "page_count": math.ceil(len(forms) / size), "items": items}
        return Reply.json(told, rows=len(items))

    def _form(self, form: str) -> dict[str, Any]:
        return {
            "id": form,
            "type": "quiz",
            "title": self.titles[self.kind_of(form) or ""][form],
            "workspace": {"href": "https://api.typeform.com/workspaces/sDaAqs"},
            "theme": {"href": "https://api.typeform.com/themes/qHWOQ7"},
            "settings": {"language": "en", "is_public": True, "is_trial": False},
            "hidden": ["email", "name"] if form in HIDDEN else [],
            "created_at": stamp(self.began).replace("Z", "+00:00"),
            "last_updated_at": stamp(self.began + DAY).replace("Z", "+00:00"),
            "_links": {"display": f"https://sandbox.typeform.com/to/{form}"},
        }

    def _responses(self, request: Request, form: str) -> Reply:
        size = self.within(request.first("page_size"), 1, 1_000, 25, "page_size")
        since, until = (self.moment(request.first(name), name) for name in ("since", "until"))
        asked = frozenset(filter(None, request.first("response_type", "completed").split(",")))
        if not asked <= KINDS:
            raise self.refuse(400, "response_type must be among started, partial, completed")
        rows: Sequence[Answer] = self.answers.between(since, until, survey=form, states=asked)
        only = frozenset(filter(None, request.first("included_response_ids").split(",")))
        if only:
            rows = [one for one in rows if one.id in only]
        ascending = self._ascending(request)
        after, before = request.first("after"), request.first("before")
        if after:
            rows = rows[self._place(rows, after, 1) :]
            ascending = True
        if before:
            rows = rows[: self._place(rows, before, 0)]
        page = rows[:size] if ascending else rows[: -size - 1 : -1]
        told = {
            "total_items": len(rows),
            "page_count": math.ceil(len(rows) / size),
            "items": [_item(form, one) for one in page],
        }
        return Reply.json(told, rows=len(page))

    def _ascending(self, request: Request) -> bool:
        sort = request.first("sort")
        if sort and (request.first("after") or request.first("before")):
            raise self.refuse(400, "sort cannot be combined with after or before")
        field, _, way = (sort or "submitted_at,desc").partition(",")
        if field not in ("submitted_at", "landed_at", "staged_at") or way not in ("asc", "desc"):
            raise self.refuse(400, "sort must be a field and asc or desc")
        return way == "asc"

    def _place(self, rows: Sequence[Answer], token: str, beyond: int) -> int:
        """Find where *token* stands among *rows*, or would stand; *beyond* 1: behind it."""
        one = self.answers.get(token)
        if one is None:
            raise self.refuse(400, "before or after is not the token of a response")
        return bisect_left(rows, (one.at, one.number + beyond), key=lambda row: (row.at, row.number))

    def _deleted(self, request: Request, form: str) -> Reply:
        for key in request.first("included_response_ids").split(","):
            one = self.answers.get(key)
            if one and one.survey == form:
                self.answers.drop(key)
        return Reply.empty(200)


def _fields(form: str) -> list[dict[str, Any]]:
    grouped = GROUPED.get(form, ())
    inner = [_field(form, *field) for field in FORMS[form] if field[0] in grouped]
    outer = [_field(form, *field) for field in FORMS[form] if field[0] not in grouped]
    return [_field(form, "both", "group", "Two questions", {"fields": inner}), *outer] if inner else outer


def _field(form: str, ref: str, kind: str, title: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": _id(form, ref),
        "title": title,
        "ref": ref,
        "properties": properties,
        "validations": {"required": False},
        "type": kind,
    }


def _id(form: str, ref: str) -> str:
    return f"{form}{ref:x<4}"[:12]


def _item(form: str, one: Answer) -> dict[str, Any]:
    """Show a response; an answer that was not given is not there at all."""
    person = {"email": one.email, "name": one.name} if form in HIDDEN and one.email else {}
    item = {
        "landing_id": one.id,
        "token": one.id,
        "response_id": one.id,
        "response_type": one.state,
        "landed_at": stamp(one.at - timedelta(seconds=84)),
        "submitted_at": stamp(one.at),
        "metadata": {
            "user_agent": "Mozilla/5.0",
            "platform": "other",
            "referer": f"https://sandbox.typeform.com/to/{form}",
            "network_id": "8a0111039f",
            "browser": "default",
        },
        "hidden": person,
        "calculated": {"score": 0},
        "answers": _answers(form, one),
    }
    if one.state != "completed":
        del item["submitted_at"]
    return item


def _answers(form: str, one: Answer) -> list[dict[str, Any]]:
    scale = one.number % 5 + 1
    told: dict[str, tuple[str, Any]] = {
        "stars": ("number", scale),
        "nps": ("number", one.score),
        "ease": ("number", one.score if one.kind == "ces" else scale),
        "why": ("text", one.comment or None),
        "mail": ("email", one.email),
    }
    return [
        {"field": {"id": _id(form, ref), "type": kind, "ref": ref}, "type": told[ref][0], told[ref][0]: told[ref][1]}
        for ref, kind, _, _ in FORMS[form]
        if told[ref][1] is not None
    ]
