"""zenloop: dates count only with `date_shortcut=custom`; nothing tells how many pages there are."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.exchange import Reply, Request
from sandbox.surveys.lists import MICRO, Lists, fine

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from sandbox.surveys.answers import Answer


def group(score: int) -> str:
    """Name the category of a score."""
    return "promoter" if score > 8 else "passive" if score > 6 else "detractor"


class Zenloop(Lists):
    """One zenloop account. It asks everybody the one question."""

    name = "zenloop"
    unit = MICRO
    titles: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "nps": {"TWpkbE1EZzFNVFl0": "Website", "TWpkbE1EZzFNVFl1": "Newsletter"}
    }
    odd = ({"score": None},)

    def new_id(self, draw: random.Random, number: int) -> str:
        """See `SurveyWorld`."""
        return base64.b64encode(f"{draw.getrandbits(128):032x}"[:24].encode()).decode()

    def listed(self, request: Request) -> Reply:
        """See `Lists`."""
        if request.method != "GET":
            raise self.refuse(404, "Not found")
        match request.segments:
            case ("v1", "surveys"):
                rows = [
                    {"public_hash_id": key, "title": title, "status": "active", "inserted_at": "2026-01-05T17:40:00Z"}
                    for key, title in self.titles["nps"].items()
                ]
                page, _, _ = self.numbered(request, rows, "per_page", 50, 50)
                return Reply.json({"surveys": page})
            case ("v1", "surveys", survey, "answers") if self.kind_of(survey):
                return self._answers(request, survey)
        raise self.refuse(404, "Not found")

    def _answers(self, request: Request, survey: str) -> Reply:
        since, until = (self.moment(request.first(name), name) for name in ("date_from", "date_to"))
        if request.first("date_shortcut") != "custom":
            since = until = None
        if request.first("order_by", "inserted_at") != "inserted_at":
            raise self.refuse(400, "order_by")
        rows = self.answers.between(since, until, survey=survey)
        if request.first("order_type", "desc") == "desc":
            rows = rows[::-1]
        page, _, _ = self.numbered(request, [one for one in rows if one.score is not None], "per_page", 50, 50)
        survey_told = {"public_hash_id": survey, "title": self.titles["nps"][survey]}
        return Reply.json({"answers": [_answer(one) for one in page], "survey": survey_told}, rows=len(page))


def _answer(one: Answer) -> dict[str, Any]:
    score = one.score or 0
    return {
        "additional_answers": [],
        "additional_questions": {},
        "comment": one.comment or "",
        "email": one.email or "",
        "id": one.id,
        "identity": one.email or f"cookie-{one.number}",
        "identity_type": "email" if one.email else "cookie",
        "inserted_at": fine(one.at),
        "labels": [],
        "labels_with_keywords": {},
        "metatags": {},
        "name": one.name or "",
        "property_ids": [348043522, 348043523],
        "recipient_id": base64.b64encode(f"r{one.number}".encode()).decode(),
        "score": score,
        "score_type": group(score),
        "sentiment": "neutral",
        "sentiment_per_label_name": {},
        "translated_comment": None,
    }
