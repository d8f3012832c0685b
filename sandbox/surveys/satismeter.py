"""SatisMeter's export: no pages, times in windows, newest first; surveys of other kinds have rows without a rating.

Not verified: whether the bounds of a window belong to it. Here neither does.
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.exchange import Reply, Request
from sandbox.surveys.lists import Lists
from sandbox.surveys.zenloop import group

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from sandbox.surveys.answers import Answer

PROJECT = "61fce0adea447e24ec27d606"


class SatisMeter(Lists):
    """One SatisMeter project."""

    name = "satismeter"
    a_minute = 600
    unit = timedelta(milliseconds=1)
    settings: ClassVar[Mapping[str, str]] = {"project": PROJECT}
    titles: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "nps": {"61fce0adea447e24ec27d609": "In the app"},
        "csat": {"61fce0adea447e24ec27d60a": "Support"},
    }
    odd = ({"kind": "csat", "score": 4}, {"score": None})

    def new_id(self, draw: random.Random, number: int) -> str:
        """See `SurveyWorld`."""
        return f"{draw.getrandbits(96):024x}"

    def listed(self, request: Request) -> Reply:
        """See `Lists`."""
        if (request.method, request.path) != ("GET", "/api/responses") or request.first("format") != "json":
            raise self.refuse(404, "Not found")
        if request.first("project") != PROJECT:
            raise self.refuse(403, "Forbidden")
        until = self.moment(request.first("endDate"), "endDate") or self.answers.now() + self.unit
        since = self.moment(request.first("startDate"), "startDate") or until - timedelta(days=30)
        rows = self.answers.between(since + self.unit, until - self.unit)[::-1]
        return Reply.json({"responses": [_row(one) for one in rows]}, rows=len(rows))

    def _enter(self, request: Request) -> None:
        key = base64.b64encode(f"{self.secrets['api_key']}:".encode()).decode()
        if request.headers.get("Authorization", "") != f"Basic {key}":
            raise self.refuse(401, "Unauthorized")


def _row(one: Answer) -> dict[str, Any]:
    is_nps = one.kind == "nps"
    user = {"id": f"u{one.number}", "deleted": False, "name": one.name, "email": one.email, "traits": {}}
    return {
        "id": one.id,
        "project": PROJECT,
        "campaign": one.survey,
        "created": f"{one.at:%Y-%m-%dT%H:%M:%S}.{one.at.microsecond // 1000:03d}Z",
        "method": "In-app",
        "dismissed": one.score is None,
        "pending": False,
        "rating": one.score if is_nps else None,
        "category": group(one.score) if is_nps and one.score is not None else None,
        "feedback": one.comment if is_nps else None,
        "answers": [] if is_nps else [{"id": "q1", "label": "How was it?", "value": one.score}],
        "user": user if one.email else {"id": f"u{one.number}", "deleted": False},
    }
