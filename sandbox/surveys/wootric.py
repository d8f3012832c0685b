"""Wootric: root arrays, bounds that are not included, no page after the thirtieth, times of the west coast."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.exchange import Reply, Request
from sandbox.surveys.lists import Lists

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from sandbox.surveys.answers import Answer


class Wootric(Lists):
    """One Wootric account. It asks everybody the one question."""

    name = "wootric"
    grants = ("/oauth/token", 7_200.0, False)
    titles: ClassVar[Mapping[str, Mapping[str, str]]] = {"nps": {"wootric": "NPS"}}
    odd = ({"state": "excluded"}, {"score": None}, {"state": "partial"})
    #: Pages from here on are empty, though there is more.
    last_page = 30

    def new_id(self, draw: random.Random, number: int) -> str:
        """See `SurveyWorld`."""
        return str(41_000_000 + number * 7)

    def refused(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> Reply:
        """See `SurveyWorld`."""
        return Reply.json({"type": "error_list", "errors": [{"status": str(status), "message": text}]}, status, headers)

    def listed(self, request: Request) -> Reply:
        """See `Lists`."""
        match request.method, request.segments:
            case "GET", ("v1", "responses.json" | "responses"):
                return self._rows(request, declined=False)
            case "GET", ("v1", "declines.json" | "declines"):
                return self._rows(request, declined=True)
        raise self.refuse(404, "Not found")

    def _rows(self, request: Request, *, declined: bool) -> Reply:
        second = timedelta(seconds=1)
        since, until = (self.moment(request.first(f"created[{one}]")) for one in ("gt", "lt"))
        try:
            rows = self.answers.between(since and since + second, until and until - second)
        except OverflowError:
            rows = ()
        chosen = [one for one in rows if (one.score is None) == declined]
        if request.first("sort_order", "desc") == "desc":
            chosen.reverse()
        page, number, _ = self.numbered(request, chosen, "per_page", 50, 25)
        told = [_response(one) for one in page] if number <= self.last_page else []
        return Reply.json(told, rows=len(told))


def _western(at: datetime) -> str:
    return at.astimezone(timezone(timedelta(hours=-8))).strftime("%Y-%m-%d %H:%M:%S %z")


def _response(one: Answer) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": int(one.id),
        "score": one.score,
        "text": one.comment or "",
        "origin_url": "https://www.example.com/",
        "completed": one.state != "partial",
        "excluded_from_calculations": one.state == "excluded",
        "created_at": _western(one.at),
        "updated_at": _western(one.modified),
        "end_user": {
            "id": 9_000_000 + one.number,
            "email": one.email,
            "created_at": _western(one.at),
            "updated_at": _western(one.at.astimezone(UTC)),
            "last_surveyed": _western(one.at),
            "properties": {"name": one.name or ""},
        },
    }
    if one.score is None:
        del row["score"], row["text"], row["completed"], row["excluded_from_calculations"]
    return row
