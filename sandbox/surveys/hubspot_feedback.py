"""HubSpot's own surveys: answers that come up as feedback submissions in a portal, with the contacts who gave them.

CSAT (0 to 2) and CES (1 to 7) are labelled promoter, passive and detractor there as well.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.hubspot.portal import Portal
from sandbox.hubspot.routes import group_of, throttled
from sandbox.hubspot.serving import limits_of
from sandbox.hubspot.values import stamp
from sandbox.surveys.world import SurveyWorld

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from sandbox.exchange import Reply, Request
    from sandbox.limits import Limit, Verdict
    from sandbox.surveys.answers import Answer

KIND = "feedback_submissions"


class HubSpotFeedback(SurveyWorld):
    """One portal whose surveys people answer; all else of HubSpot is there as well."""

    name = "hubspot_feedback"
    titles: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "nps": {"101": "Loyalty survey", "102": "Loyalty after purchase"},
        "csat": {"103": "Satisfaction"},
        "ces": {"104": "Support"},
    }
    odd = ({"kind": "csat", "score": 2}, {"kind": "ces", "score": 6}, {"kind": "csat", "score": 0})

    def __init__(self, seed: int = 1, clock: Callable[[], float] = time.time, *, portal: Portal | None = None) -> None:
        self.portal = portal or Portal(seed, clock)
        super().__init__(seed, clock)
        self.lock = self.portal.lock
        #: Answers as the portal shows them now.
        self._shown: dict[str, Answer] = {}
        self._revision = -1

    def made_up(self, draw: random.Random) -> dict[str, str]:
        """See `SurveyWorld`."""
        return {"token": f"pat-na1-sandbox-{self.portal.id}"}

    def new_id(self, draw: random.Random, number: int) -> str:
        """See `SurveyWorld`."""
        return self.portal.store(KIND).new_id()

    def limits(self) -> list[Limit]:
        """See `SurveyWorld`."""
        return [counter.limit for counter in limits_of("professional")._counters]  # noqa: SLF001 - to serve the same

    def group_of(self, request: Request) -> str:
        """See `SurveyWorld`."""
        return group_of(request)

    def refused(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> Reply:
        """See `SurveyWorld`."""
        return self.portal.troubled(status)

    def throttled(self, verdict: Verdict) -> Reply:
        """See `SurveyWorld`."""
        return throttled(self.portal, verdict)

    def answer(self, request: Request) -> Reply:
        """See `SurveyWorld`."""
        self._show()
        return self.portal.handle(request)

    def _show(self) -> None:
        """Have the portal hold what people have answered by now."""
        if self._revision == self.answers.revision:
            return
        self._revision = self.answers.revision
        store = self.portal.store(KIND)
        for one in self.answers:
            before = self._shown.get(one.id)
            if before == one:
                continue
            self._shown[one.id] = one
            at = one.modified.timestamp()
            if before is None:
                store.keep(one.id, self._values(one), one.at.timestamp(), at)
                self._link(one)
            else:
                store.update(store.records[one.id], self._values(one), at)
        for key in self._shown.keys() & self.answers.gone:
            store.archive(store.records[key], self.clock())
            del self._shown[key]

    def _values(self, one: Answer) -> dict[str, str]:
        top, low = {"nps": (9, 6), "csat": (2, 0), "ces": (6, 3)}.get(one.kind, (9, 6))
        score = one.score
        group = "" if score is None else "PROMOTER" if score >= top else "DETRACTOR" if score <= low else "PASSIVE"
        values: dict[str, Any] = {
            "hs_survey_id": one.survey,
            "hs_survey_name": self.titles.get(one.kind, {}).get(one.survey, ""),
            "hs_survey_type": one.kind.upper(),
            "hs_survey_channel": "EMAIL",
            "hs_submission_name": one.name or "",
            "hs_submission_timestamp": stamp(one.at.timestamp()),
            "hs_value": "" if score is None else str(score),
            "hs_response_group": group,
            "hs_sentiment": "",
            "hs_content": one.comment or "",
            "hs_contact_id": self._contact(one),
        }
        return values

    def _contact(self, one: Answer) -> str:
        """Return the id of the contact who answered, who is made if need be; "": nobody is known."""
        if not one.email:
            return ""
        found = self.portal.store("contacts").find("email", one.email)
        if found is not None:
            return found.id
        first, _, last = (one.name or "").partition(" ")
        return self.portal.create("contacts", {"email": one.email, "firstname": first, "lastname": last})

    def _link(self, one: Answer) -> None:
        contact = self._contact(one)
        if contact:
            store, contacts = self.portal.store(KIND), self.portal.store("contacts")
            (link, *_) = self.portal.links.between(store.kind.id, contacts.kind.id)
            self.portal.links.add(link, one.id, contact)
