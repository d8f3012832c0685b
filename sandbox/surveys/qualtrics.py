"""Qualtrics: responses by export jobs, made, asked about and fetched; a continuation tells what changed since.

Who was asked stands in `sandbox.surveys.distributions`.

Shapes from working clients and real exports. Not verified: the words of most errors, how long a continuation is kept,
and that it may be combined with dates.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.exchange import Reply, Request
from sandbox.limits import Window
from sandbox.surveys import distributions as mailed
from sandbox.surveys.exports import QUESTIONS, Export, packed, shown
from sandbox.surveys.tokens import Doors
from sandbox.surveys.world import SurveyWorld

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from sandbox.limits import Limit, Verdict
    from sandbox.surveys.answers import Answer

FORMATS = frozenset({"csv", "json", "ndjson", "tsv"})
#: What the body of an export may hold; other spellings are refused.
WORDS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("format", "startDate", "endDate", "filterId", "newlineReplacement", "timeZone"), str),
    **dict.fromkeys(("continuationToken", "breakoutSets"), (str, bool)),
    **dict.fromkeys(("useLabels", "includeLabelColumns", "formatDecimalAsComma", "exportResponsesInProgress"), bool),
    **dict.fromkeys(("allowContinuation", "sortByLastModifiedDate", "compress"), bool),
    **dict.fromkeys(("limit", "seenUnansweredRecode", "multiselectSeenUnansweredRecode"), int),
    **dict.fromkeys(("questionIds", "embeddedDataIds", "surveyMetadataIds"), list),
}
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}
CODES = {400: "RDX_4", 401: "AUTH_6.0", 404: "SURVEY_0", 429: "RTL_1"}


class Qualtrics(SurveyWorld):
    """One brand at Qualtrics."""

    name = "qualtrics"
    settings: ClassVar[Mapping[str, str]] = {"datacenter": "fra1"}
    titles: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "nps": {"SV_0aRecommend00001": "Recommend us", "SV_0bPurchase000002": "After the purchase"},
        "csat": {"SV_0cSupport0000003": "Support"},
    }
    odd = (
        {"state": "preview"},
        {"state": "partial"},
        {"state": "spam"},
        {"kind": "csat", "score": 4},
        {"score": None},
        {"state": "test"},
    )
    #: Questions about a job until it is done.
    polls = 2
    #: Surveys on one page of their list.
    listed = 2

    def __init__(self, seed: int = 1, clock: Callable[[], float] = time.time) -> None:
        super().__init__(seed, clock)
        client = (self.secrets["client_id"], self.secrets["client_secret"])
        self.doors: Doors = Doors(client_id=client[0], client_secret=client[1], lasts_s=3_600, clock=clock)
        self.places.lasts_s = 14 * 86_400
        #: Addresses that were taken off every mailing list.
        self.off_lists: set[str] = set()
        self._jobs: dict[str, Export] = {}
        self._made = 0

    def made_up(self, draw: random.Random) -> dict[str, str]:
        """See `SurveyWorld`."""
        return {
            "token": f"{draw.getrandbits(160):040x}",
            "client_id": f"{draw.getrandbits(128):032x}",
            "client_secret": f"{draw.getrandbits(256):064x}",
        }

    def new_id(self, draw: random.Random, number: int) -> str:
        """See `SurveyWorld`."""
        return f"R_{draw.getrandbits(60):015x}"

    def limits(self) -> list[Limit]:
        """See `SurveyWorld`."""
        return [Window(15, 60.0, "export"), Window(3_000, 60.0)]

    def group_of(self, request: Request) -> str:
        """See `SurveyWorld`: making exports is limited by itself."""
        return "export" if request.method == "POST" and request.path.endswith("/export-responses") else ""

    def refused(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> Reply:
        """See `SurveyWorld`."""
        error = {"errorMessage": text, "errorCode": CODES.get(status, "ISE_1")}
        said = f"{status} - {REASONS.get(status, 'Internal Server Error')}"
        return Reply.json({"meta": {"httpStatus": said, "error": error, "requestId": "sandbox"}}, status, headers)

    def throttled(self, verdict: Verdict) -> Reply:
        """See `SurveyWorld`: it does not say how long to wait."""
        return self.refused(429, "You have exceeded the allowed number of requests")

    def answer(self, request: Request) -> Reply:
        """See `SurveyWorld`."""
        if request.method == "POST" and request.segments == ("oauth2", "token"):
            told = self.doors.exchange(request)
            return Reply.json({"error": told}, 400) if isinstance(told, str) else Reply.json(told)
        self._enter(request)
        match request.method, request.segments:
            case "GET", ("API", "v3", "whoami"):
                return _told({"brandId": "sandbox", "userId": "UR_1", "datacenter": "fra1"})
            case "GET", ("API", "v3", "surveys") | ("API", "v3", "distributions" | "directories", *_):
                return self._listed(request)
            case "GET", ("API", "v3", "survey-definitions", survey) if survey in QUESTIONS:
                return _told(self._definition(survey))
            case "GET", ("API", "v3", "surveys", survey, "responses", key) if survey in QUESTIONS:
                one = self.answers.get(key)
                if one and one.survey == survey:
                    return _told(shown(one))
            case _, ("API", "v3", "surveys", survey, "export-responses", *rest) if survey in QUESTIONS:
                return self._exported(request, survey, rest)
        raise self.refuse(404, "The requested resource does not exist.")

    def _listed(self, request: Request) -> Reply:
        match request.segments[2:]:
            case ("surveys",):
                return self._surveys(request)
            case ("distributions",):
                rows = mailed.distributions(self.asked(), request.first("surveyId"))
                return self._paged(request, rows, mailed.DISTRIBUTIONS)
            case "distributions", mailing, "history":
                return self._paged(request, mailed.history(self.asked(), mailing), mailed.HISTORY)
            case ("directories",):
                return self._paged(request, [{"directoryId": each} for each in mailed.POOLS], len(mailed.POOLS))
            case "directories", pool, "mailinglists", list_, "contacts" if pool == mailed.POOLS[1]:
                self.within(request.first("pageSize"), 1, 50, 50, "pageSize")
                listed = [one for one in self.asked() if one.email not in self.off_lists]
                return self._paged(request, mailed.contacts(listed, list_), mailed.CONTACTS)
        raise self.refuse(404, "The requested resource does not exist.")

    def _exported(self, request: Request, survey: str, rest: list[str]) -> Reply:
        match request.method, rest:
            case "POST", []:
                return self._begun(request, survey)
            case "GET", [job]:
                return self._progress(request, survey, job)
            case "GET", [file, "file"]:
                return self._file(survey, file)
        raise self.refuse(404, "The requested resource does not exist.")

    def _enter(self, request: Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        ended = token in self.doors.given and request.fires("expired_token")
        signed_in = scheme.lower() == "bearer" and self.doors.opens(token) and not ended
        if not signed_in and request.headers.get("X-API-TOKEN") != self.secrets["token"]:
            raise self.refuse(401, "Unrecognized X-API-TOKEN.")

    def asked(self) -> list[Answer]:
        """See `SurveyWorld`: whoever is anonymous came by a link that was mailed to nobody."""
        return [one for one in super().asked() if one.email]

    def _surveys(self, request: Request) -> Reply:
        elements = [
            {
                "id": survey,
                "name": self.titles[self.kind_of(survey) or ""][survey],
                "ownerId": "UR_1",
                "lastModified": "2026-01-05T17:45:00Z",
                "creationDate": "2026-01-05T17:40:00Z",
                "isActive": True,
            }
            for survey in self.surveys
        ]
        return self._paged(request, elements, self.listed)

    def _paged(self, request: Request, rows: list[dict[str, Any]], size: int) -> Reply:
        first = self.within(request.first("offset"), 0, 10**9, 0, "offset")
        asked = "".join(f"{name}={request.first(name)}&" for name in ("surveyId", "pageSize") if request.first(name))
        url = f"http://{request.headers.get('Host', '127.0.0.1')}{request.path}?{asked}offset={first + size}"
        goes_on = first + size < len(rows)
        return _told({"elements": rows[first : first + size], "nextPage": url if goes_on else None})

    def _definition(self, survey: str) -> dict[str, Any]:
        questions = {
            key: {
                "QuestionID": key,
                "QuestionText": text,
                "DataExportTag": tag,
                "QuestionType": kind,
                "Selector": selector,
            }
            for key, tag, kind, selector, text in QUESTIONS[survey]
        }
        return {
            "SurveyID": survey,
            "SurveyName": self.titles[self.kind_of(survey) or ""][survey],
            "SurveyStatus": "Active",
            "Questions": questions,
        }

    def _begun(self, request: Request, survey: str) -> Reply:
        wanted = self._wanted(request)
        since, until = (self.moment(wanted.get(name, ""), name) for name in ("startDate", "endDate"))
        modified = wanted.get("sortByLastModifiedDate", False)
        rows = list(self.answers.between(since, None, "modified" if modified else "at", survey))
        rows = [one for one in rows if one.state != "bounced"]
        if until:  # the end is not included
            rows = [one for one in rows if (one.modified if modified else one.at) < until]
        place = wanted.get("continuationToken")
        if place:
            before = self.places.find(str(place))
            if before is None or before[0] != survey:
                raise self.refuse(400, "The continuationToken is invalid or has expired.")
            _, taken, moment = before
            rows = [one for one in rows if one.number > taken or one.modified >= moment]
        if "limit" in wanted:
            rows = rows[: max(0, wanted["limit"])]
        self._made += 1
        goes_on = None
        if wanted.get("allowContinuation") or place:
            goes_on = self.places.keep((survey, self.answers.taken, self.answers.now()))
        job = Export(survey=survey, rows=rows, wanted=wanted, continuation=goes_on, number=self._made)
        job.left = 6 if request.fires("slow_job") else self.polls
        self._jobs[job.progress] = job
        told = {"progressId": job.progress, "percentComplete": 0.0, "status": "inProgress"}
        return _told(told)

    def _wanted(self, request: Request) -> dict[str, Any]:
        try:
            wanted = request.json()
        except ValueError:
            wanted = None
        if not isinstance(wanted, dict):
            raise self.refuse(400, "The request body is not valid JSON.")
        for name, value in wanted.items():
            if name not in WORDS or not isinstance(value, WORDS[name]):
                raise self.refuse(400, f"Unexpected json key or value provided: {str(name)[:50]}")
        if wanted.get("format") not in FORMATS:
            raise self.refuse(400, "format must be one of csv, json, ndjson, tsv")
        return wanted

    def _progress(self, request: Request, survey: str, job: str) -> Reply:
        one = self._jobs.get(job)
        if one is None or one.survey != survey:
            raise self.refuse(404, "The requested resource does not exist.")
        if one.left > 0:
            one.left -= 1
            if request.fires("job_failed"):
                one.failed = True
        if one.failed:
            return _told({"fileId": None, "percentComplete": 0.0, "status": "failed"})
        if one.left > 0:
            return _told({"percentComplete": 100.0 / (one.left + 1), "status": "inProgress"})
        told = {"fileId": one.file, "percentComplete": 100.0, "status": "complete"}
        return _told(told | ({"continuationToken": one.continuation} if one.continuation else {}))

    def _file(self, survey: str, file: str) -> Reply:
        for one in self._jobs.values():
            if one.file == file and one.survey == survey and one.left <= 0 and not one.failed:
                return packed(one, self.titles[self.kind_of(survey) or ""][survey])
        raise self.refuse(404, "The requested file does not exist.")


def _told(result: dict[str, Any]) -> Reply:
    elements = result.get("elements", ())
    meta = {"httpStatus": "200 - OK", "requestId": "sandbox"}
    return Reply.json({"result": result, "meta": meta}, rows=len(elements))
