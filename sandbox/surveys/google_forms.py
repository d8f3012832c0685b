"""Google Forms: whatever the question, answers are text; lists go on by tokens that belong to their filter.

Not verified: whether a filter finds what was edited. Here it does not: it looks at when a response was first given.
Forms are not listed; who reads them must be told their ids.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.exchange import Reply, Request
from sandbox.surveys.lists import Lists

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping
    from datetime import datetime

    from sandbox.surveys.answers import Answer

#: Form → its questions: id, what it is asked for, title, and how.
FORMS: Mapping[str, tuple[tuple[str, str, str, dict[str, Any]], ...]] = {
    "1FAIpQLSrecommend": (
        ("2f1a0b01", "nps", "How likely are you to recommend us?", {"scaleQuestion": {"low": 0, "high": 10}}),
        ("2f1a0b02", "why", "Why?", {"textQuestion": {"paragraph": True}}),
    ),
    "1FAIpQLSpurchase0": (
        ("2f1a0b11", "ease", "How easy was it?", {"scaleQuestion": {"low": 1, "high": 5}}),
        ("2f1a0b12", "choice", "How likely are you to recommend us?", {"choiceQuestion": {"type": "RADIO"}}),
        ("2f1a0b13", "why", "Why?", {"textQuestion": {"paragraph": True}}),
    ),
    "1FAIpQLSsupport00": (
        ("2f1a0b21", "ease", "How was the support?", {"scaleQuestion": {"low": 1, "high": 5}}),
        ("2f1a0b22", "why", "Why?", {"textQuestion": {"paragraph": True}}),
    ),
}
CHOICES = ("0 - Not at all likely", *map(str, range(1, 10)), "10 - Extremely likely")
FILTER = re.compile(r"timestamp\s*(>=|>)\s*(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)")
STATUSES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}


class GoogleForms(Lists):
    """One Google account with forms."""

    name = "google_forms"
    grants = ("/token", 3_600.0, True)
    a_minute = 180
    lists_surveys = False
    unit = timedelta(milliseconds=1)
    titles: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "nps": {"1FAIpQLSrecommend": "Recommend us", "1FAIpQLSpurchase0": "After the purchase"},
        "csat": {"1FAIpQLSsupport00": "Support"},
    }
    odd = ({"kind": "csat", "score": 4}, {"score": None})

    def new_id(self, draw: random.Random, number: int) -> str:
        """See `SurveyWorld`."""
        return f"ACYDBN{draw.getrandbits(160):040x}"

    def refused(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> Reply:
        """See `SurveyWorld`."""
        error = {"code": status, "message": text, "status": STATUSES.get(status, "INTERNAL")}
        return Reply.json({"error": error}, status, headers)

    def listed(self, request: Request) -> Reply:
        """See `Lists`."""
        match request.method, request.segments:
            case "GET", ("v1", "forms", form) if form in FORMS:
                return Reply.json(self._form(form))
            case "GET", ("v1", "forms", form, "responses") if form in FORMS:
                return self._responses(request, form)
            case "GET", ("v1", "forms", form, "responses", key) if form in FORMS:
                one = self.answers.get(key)
                if one and one.survey == form:
                    return Reply.json(_response(one), rows=1)
        raise self.refuse(404, "Requested entity was not found.")

    def _form(self, form: str) -> dict[str, Any]:
        items = [
            {
                "itemId": f"i{key}",
                "title": title,
                "questionItem": {"question": {"questionId": key, "required": False, **_how(how)}},
            }
            for key, _, title, how in FORMS[form]
        ]
        title = self.titles[self.kind_of(form) or ""][form]
        return {"formId": form, "info": {"title": title, "documentTitle": title}, "revisionId": "1", "items": items}

    def _responses(self, request: Request, form: str) -> Reply:
        size = self.within(request.first("pageSize"), 0, 5_000, 5_000, "pageSize") or 5_000
        wanted = request.first("filter")
        since = None
        if wanted:
            found = FILTER.fullmatch(wanted.strip())
            if not found:
                raise self.refuse(400, "Invalid filter")
            since = self.moment(found[2][:26].rstrip("Z") + "Z", "filter")
            if since and found[1] == ">":
                since += self.unit
        rows = self.answers.between(since, None, survey=form)
        page, token = self.placed(request, rows, size, request.first("pageToken"), (form, wanted))
        # What is empty is left out, as everywhere at Google.
        told: dict[str, Any] = {"responses": [_response(one) for one in page]} if page else {}
        return Reply.json(told | ({"nextPageToken": token} if token else {}), rows=len(page))


def _how(how: dict[str, Any]) -> dict[str, Any]:
    if "choiceQuestion" in how:
        return {"choiceQuestion": {**how["choiceQuestion"], "options": [{"value": text} for text in CHOICES]}}
    return how


def _response(one: Answer) -> dict[str, Any]:
    told = {
        "nps": one.score,
        "choice": None if one.score is None else CHOICES[one.score % len(CHOICES)],
        "ease": one.score if one.kind == "csat" else one.number % 5 + 1,
        "why": one.comment or None,
    }
    answers = {
        key: {"questionId": key, "textAnswers": {"answers": [{"value": str(told[wanted])}]}}
        for key, wanted, *_ in FORMS[one.survey]
        if told[wanted] is not None
    }
    row: dict[str, Any] = {
        "responseId": one.id,
        "createTime": _stamp(one.at),
        "lastSubmittedTime": _stamp(max(one.at, one.modified)),
        "answers": answers,
    }
    return row | ({"respondentEmail": one.email} if one.email else {})


def _stamp(at: datetime) -> str:
    """Write a moment; Google leaves out a fraction that is nothing."""
    fraction = f".{at.microsecond // 1000:03d}" if at.microsecond else ""
    return f"{at:%Y-%m-%dT%H:%M:%S}{fraction}Z"
