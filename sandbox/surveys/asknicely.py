"""AskNicely: everything in the path, everything a string, large pages by way of another host.

Shapes from the vendor's own examples. Not verified: what `since` is compared with when nothing is said of it. Here it
is when the survey was sent, so that people who take days to answer are missed unless `responded` is asked for.
"""

from __future__ import annotations

import csv
import io
import math
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.exchange import Reply, Request
from sandbox.limits import Window
from sandbox.server import Service
from sandbox.surveys.store import Store
from sandbox.surveys.world import SurveyWorld

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from sandbox.limits import Limit, Verdict
    from sandbox.surveys.answers import Answer

SPANS = {"req-10s": (200, "Req10s"), "req-60s": (1_000, "Req60s")}
MOST = 50_000


class AskNicely(SurveyWorld):
    """One AskNicely account. It tells nothing of edits."""

    name = "asknicely"
    settings: ClassVar[Mapping[str, str]] = {"domain": "acme"}
    named = True
    titles: ClassVar[Mapping[str, Mapping[str, str]]] = {"nps": {"Default": "Default"}}
    odd = ({"kind": "csat", "score": 4}, {"score": None}, {"kind": "fivestar", "score": 5})
    #: Rows from which on a reply is a file at another host; 999 at the vendor's, "may change again".
    redirect_at = 100

    def __init__(self, seed: int = 1, clock: Callable[[], float] = time.time) -> None:
        super().__init__(seed, clock)
        #: The other host, where files lie for a few minutes; it must get no key.
        self.store = Store(seed, clock)
        self._host: Service | None = None

    def made_up(self, draw: random.Random) -> dict[str, str]:
        """See `SurveyWorld`."""
        return {"api_key": f"{draw.getrandbits(160):040x}"}

    def new_id(self, draw: random.Random, number: int) -> str:
        """See `SurveyWorld`."""
        return str(54_000 + number)

    def limits(self) -> list[Limit]:
        """See `SurveyWorld`."""
        return [Window(200, 10.0, name="req-10s"), Window(1_000, 60.0, name="req-60s")]

    def refused(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> Reply:
        """See `SurveyWorld`."""
        return Reply.json({"success": False, "msg": text}, status, headers)

    def throttled(self, verdict: Verdict) -> Reply:
        """See `SurveyWorld`."""
        kind = verdict.name if verdict.name in SPANS else "req-10s"
        most, span = SPANS[kind]
        text = "Rate limit hit: reduce the rate of requests and retry"
        said = {"success": False, "msg": text, "type": kind, "count": most + 1, "limit": most}
        wait = {"Retry-After": str(math.ceil(verdict.retry_after))}
        return Reply.json(said, 429, {f"RateLimit-{span}-Limit": str(most), f"RateLimit-{span}-Remaining": "0", **wait})

    def handle(self, request: Request) -> Reply:
        """See `SurveyWorld`: every reply tells the limits."""
        reply = super().handle(request)
        for one in request.allowances:
            if one.name in SPANS:
                stem = f"RateLimit-{SPANS[one.name][1]}"
                reply.headers.update({f"{stem}-Limit": str(one.most), f"{stem}-Remaining": str(one.left)})
        return reply

    def answer(self, request: Request) -> Reply:
        """See `SurveyWorld`."""
        if request.headers.get("X-apikey", request.first("X-apikey")) != self.secrets["api_key"]:
            raise self.refuse(401, "We could not find the api key, or it was not set []")
        match request.method, request.segments:
            case "GET", ("api", "v1", "responses", way, size, page, since, form, *more) if len(more) <= 3:
                return self._responses(request, way, size, page, since, form, more)
            case "GET", ("api", "v1", "getnps", _):
                return Reply.json({"NPS": "64.5"})
        raise self.refuse(404, "Not found")

    def _responses(
        self, request: Request, way: str, size: str, page: str, since: str, form: str, more: list[str]
    ) -> Reply:
        chosen, by, end = [*more, *("raw", "sent", "")[len(more) :]]
        if way not in ("asc", "desc") or form not in ("json", "csv"):
            raise self.refuse(400, "Invalid request")
        if chosen not in ("answered", "raw", "published") or by not in ("sent", "responded"):
            raise self.refuse(400, "Invalid request")
        least = self.within(since, 0, 10**11, 0, "since_time")
        most = self.within(end, 0, 10**11, int(self.clock()), "end_time")
        rows = [
            one
            for one in self.answers.listed()
            if (chosen == "raw" or one.score is not None)
            and chosen != "published"
            and least <= (_sent(one) if by == "sent" else _responded(one)) <= most
            and self._wanted(request, one)
        ]
        rows.sort(key=_sent if by == "sent" else _responded, reverse=way == "desc")
        per = self.within(size, 1, MOST, MOST, "pagesize")
        number = self.within(page, 1, 10**9, 1, "pagenumber")
        told = [self._row(one, request) for one in rows[(number - 1) * per : number * per]]
        if form == "csv":
            reply = Reply.text(_csv(told), kind="text/csv", rows=len(told))
        else:
            envelope = {
                "success": True,
                "total": str(len(rows)),
                "totalpages": str(math.ceil(len(rows) / per)),
                "pagenumber": str(number),
                "pagesize": str(per),
                "since_time": str(least),
                "end_time": str(most),
                "data": told,
            }
            reply = Reply.json(envelope, rows=len(told))
        return self._elsewhere(reply) if len(told) >= self.redirect_at else reply

    def _wanted(self, request: Request, one: Answer) -> bool:
        """Whether the filters want a row; as many values as filters, or nothing is found."""
        names, values = request.query.get("filters[]", []), request.query.get("values[]", [])
        row = self._row(one, request) if names else {}
        return len(names) == len(values) and all(
            row.get(name) == value for name, value in zip(names, values, strict=True)
        )

    def _elsewhere(self, reply: Reply) -> Reply:
        """Lay *reply* down at the other host and send the caller there."""
        if self._host is None:
            self._host = Service(self.store, clock=self.clock)
            self.others.append(self._host)
        return Reply.empty(302, {"Location": f"http://localhost:{self._host.port}{self.store.lay(reply)}"})

    def _row(self, one: Answer, request: Request) -> dict[str, Any]:
        answered = one.score is not None
        said = str(one.score) if answered else ""
        row = {
            "response_id": one.id,
            "person_id": str(900_000 + one.number),
            "contact_id": str(900_000 + one.number),
            "name": one.name,
            "email": one.email,
            "answer": said,
            "answerlabel": said,
            "data": None,
            "comment": one.comment or "",
            "note": None,
            "status": "",
            "dontcontact": None,
            "sent": str(_sent(one)),
            "opened": str(_sent(one) + 60) if answered else "0",
            "responded": str(_responded(one)) if answered else "0",
            "lastemailed": str(_sent(one)),
            "created": str(_sent(one)),
            "segment": None,
            "question_type": one.kind,
            "published": "",
            "publishedname": "",
            "deliverymethod": "email",
            "survey_template": one.survey,
            "theme": "",
            "life_cycle": "",
            "dashboard": "",
            "city_c": "Riga",
            "sfcontactid": "",
        }
        return row | ({"case_closed_time": None} if request.first("includestatustime") == "yes" else {})


def _responded(one: Answer) -> int:
    return int(one.at.timestamp()) if one.score is not None else 0


def _sent(one: Answer) -> int:
    """Return when somebody was asked: up to six days before the answer."""
    return int((one.at - timedelta(hours=one.number * 37 % 144)).timestamp())


def _csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return text.getvalue()
