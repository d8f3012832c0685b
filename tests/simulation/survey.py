"""A survey service with ties, late rows, edits and several versions, and the source that reads it.

A cursor is the newest change that was read. Reading goes on from that, less a look-back, and takes ties along; so a row
that becomes visible late is read as long as it is no later than the look-back.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from connectors.contract import Page
from connectors.errors import Deferred
from connectors.values import Place, Reject, Skip, SurveyResponse
from tests.simulation.passing import EPOCH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.simulation.remote import Remote

SOURCE = "survey"
#: A comment holds it, and an address: whatever else does is a leak.
CANARY = "c4n4ry"
#: Seconds that a source reads again; no row becomes visible later than this after its change.
LOOK_BACK_S = 600.0


def mail(person: int) -> str:
    return f"{CANARY}{person}@acme.test"


@dataclass(frozen=True, slots=True)
class Row:
    """One version of a response."""

    number: int
    person: int
    score: int
    #: Seconds since the start, all three.
    answered_s: float
    changed_s: float
    visible_s: float

    @property
    def key(self) -> str:
        return f"{SOURCE}:r{self.number}"

    def response(self) -> SurveyResponse:
        return SurveyResponse(
            response_id=f"r{self.number}",
            survey="nps",
            score=self.score,
            comment=f"{CANARY} says {self.score}",
            responded_at=EPOCH + timedelta(seconds=self.answered_s),
            updated_at=EPOCH + timedelta(seconds=self.changed_s),
            email=mail(self.person),
            place=Place(file="survey", row=self.number + 1),
        )


@dataclass(slots=True)
class Survey:
    """The service."""

    rows: dict[int, Row] = field(default_factory=dict)
    #: Rows that no longer are what they were.
    earlier: list[Row] = field(default_factory=list)
    #: Rows that are not there any longer; what was read of them stays read.
    withdrawn: set[int] = field(default_factory=set)
    #: Cursor → the rows that it covers, by number: those changed before its look-back; the others are read again.
    covers: dict[str, dict[int, Row]] = field(default_factory=dict)
    #: What the next page says of rows beside its responses.
    rejects: int = 0
    skips: int = 0

    def visible(self, now_s: float) -> list[Row]:
        return [row for row in self.rows.values() if row.visible_s <= now_s and row.number not in self.withdrawn]


@dataclass(slots=True)
class Source:
    """See `SurveySource`."""

    survey: Survey
    remote: Remote
    page: int
    look_back_s: float
    #: Tell the version before the last one as well.
    echo: bool

    def pull(self, cursors: Mapping[str, str]) -> Iterator[Page]:
        """See `SurveySource.pull`."""
        start = float(cursors.get("responses", "-inf"))
        now_s = self.remote.time.passed_s
        rows = [row for row in self.survey.visible(now_s) if row.changed_s >= start - self.look_back_s]
        rows.sort(key=lambda row: (row.changed_s, row.number))
        # Of one page more at least, so that a source without rows is asked and may fail, too.
        for first in range(0, max(1, len(rows)), self.page):
            try:
                yield self.remote.read("pull", partial(self._page, rows, first, start))
            except Deferred as error:
                if not first:
                    raise
                yield Page(stream="responses", cursor=None, refused=error)
                return

    def _page(self, rows: list[Row], first: int, start: float) -> Page:
        taken = rows[first : first + self.page]
        told: list[Any] = [row.response() for row in taken]
        if self.echo:
            numbers = {row.number for row in taken}
            told += [row.response() for row in self.survey.earlier if row.number in numbers]
        newest = max([start, *(row.changed_s for row in taken)])
        cursor = repr(newest) if taken else None
        if cursor is not None:
            # As this read found them: what an earlier one that died found may have been edited, and comes later.
            self.survey.covers[cursor] = {
                row.number: row for row in rows[: first + self.page] if row.changed_s < newest - self.look_back_s
            }
        rejects, skips = self.survey.rejects, self.survey.skips
        self.survey.rejects = self.survey.skips = 0
        return Page(
            stream="responses",
            responses=told,
            rejects=[_REJECT] * rejects,
            skips=[Skip(place=Place(file="survey", row=901), reason="preview")] * skips,
            cursor=cursor,
        )


_REJECT = Reject(
    place=Place(file="survey", row=900, column="score"),
    reason="score_out_of_range",
    detail="the score is 11",
    next_step="Correct it.",
)


def edited(row: Row, score: int, now_s: float) -> Row:
    """Return the version of *row* that replaces it."""
    return replace(row, score=score, changed_s=now_s, visible_s=now_s)
