"""One row becomes one response, one reject or one skip. This is the hot path of an import."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.dates import DateProblem, has_time_of_day
from connectors.files.draft import ResponseDraft, finished, place_of
from connectors.files.json_items import BROKEN
from connectors.files.reasons import next_step
from connectors.files.response_id import ResponseIds
from connectors.scores import ScoreProblem, read_score
from connectors.values import Place, Reject, Skip

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.dates import DateReader
    from connectors.files.layout import Layout
    from connectors.files.preset import SkipRule
    from connectors.files.settings import FileSettings
    from connectors.values import SurveyResponse

#: Longest text of a cell that becomes a field, in characters. A comment that long is a log file.
MAX_TEXT = 1 << 17

_IDS = ("salesforce_id", "hubspot_id", "customer_id", "external_ref")
# In these a number that Excel shortened (1.23E+15) has lost its digits for good.
_EXACT = ("response_id", *_IDS, "account_ref", "phone")
_SCIENTIFIC = re.compile(r"[+-]?\d(?:[.,]\d+)?[Ee]\+\d{1,3}")
_IDENTITY = ("email", "recipient_email", *_IDS, "phone", "link")
# A response may carry the date its invitation was sent, in another zone: a day of slack.
_SLACK_S = 86_400
_REMEMBERED = 10_000


@dataclass(slots=True)
class Tally:
    """What was noticed on the way, for the notes."""

    #: Rows whose own category is not the score's. The score counts.
    disagreeing: int = 0

    def notes(self) -> tuple[str, ...]:
        if not self.disagreeing:
            return ()
        return (f"category: {self.disagreeing} rows carry a category that is not their score's; the score counts",)


class RowReader:
    """Reads the rows of one file by its layout. Rows must come in the order of the file."""

    def __init__(self, layout: Layout, dates: DateReader, settings: FileSettings, *, file: str, survey: str) -> None:
        self._layout = layout
        self._dates = dates
        self._settings = settings
        self._file = file
        self._survey = survey
        self._ids = ResponseIds(survey)
        self._width = len(layout.header.columns)
        self._scores: dict[str, int | ScoreProblem] = {}
        self._skip_words: list[tuple[int, SkipRule, dict[str, bool]]] = [(i, rule, {}) for rule, i in layout.skips]
        self._where = [(index, text.strip().casefold()) for index, text in layout.where]
        # A field that the file lacks reads the cell after the last, which is always empty.
        self._at = {field: layout.fields.get(field, self._width) for field in _ALL}
        self._exact = [(field, index) for field in _EXACT if (index := layout.fields.get(field)) is not None]
        self._kinds = [(field, index) for field in _IDS if (index := layout.fields.get(field)) is not None]
        self._extras = list(layout.extras.items())
        self._score_at = layout.score.indexes[0] if layout.score and not layout.score.scores else None
        self.tally = Tally()

    def read(self, row: int, cells: list[str]) -> SurveyResponse | Reject | Skip | None:
        """Return what a row is; None when it is blank, which is not a row."""
        if len(cells) != self._width:
            if any(cell.strip() for cell in cells[self._width :]):
                found = f"{len(cells)} cells under {self._width} columns"
                return self._reject(row, "row_too_wide", None, found)
            cells = cells[: self._width] + [""] * (self._width - len(cells))
        cells.append("")
        if not cells[0].strip() and not any(cell.strip() for cell in cells):
            return None
        if (left_out := self._left_out(row, cells)) is not None:
            return left_out
        score = self._score(row, cells)
        if not isinstance(score, int):
            return score
        at = self._at
        text = cells[at["responded_at"]]
        moment = self._dates.read(text)
        if isinstance(moment, DateProblem):
            return self._reject(row, moment.value, "responded_at")
        return self._response(row, cells, score, moment, text)

    def _response(
        self, row: int, cells: list[str], score: int, moment: datetime, moment_text: str
    ) -> SurveyResponse | Reject:
        at = self._at
        for field, index in self._exact:
            cell = cells[index]
            if "+" in cell and _SCIENTIFIC.fullmatch(cell.strip(" '")):
                return self._reject(row, "id_in_scientific_notation", field)
        draft = ResponseDraft()
        draft.survey = (clean(cells[at["survey"]]) or self._survey) if at["survey"] != self._width else self._survey
        draft.survey_kind = self._settings.kind
        draft.score = score
        draft.responded_at = moment
        draft.updated_at = None
        draft.comment = comment = clean(cells[at["comment"]])
        draft.email = clean(cells[at["email"]])
        draft.recipient_email = clean(cells[at["recipient_email"]])
        draft.phone = clean(cells[at["phone"]])
        draft.first_name = clean(cells[at["first_name"]])
        draft.last_name = clean(cells[at["last_name"]])
        draft.full_name = clean(cells[at["full_name"]])
        draft.company = clean(cells[at["company"]])
        draft.account_ref = clean(cells[at["account_ref"]])
        draft.link = clean(cells[at["link"]])
        draft.vendor_category = category = clean(cells[at["vendor_category"]])
        draft.ids = {field: text for field, index in self._kinds if (text := clean(cells[index]))}
        draft.extra = {word: text for word, index in self._extras if (text := clean(cells[index]))}
        if comment is not None and len(comment) > MAX_TEXT:
            return self._reject(row, "cell_too_large", "comment", f"{len(comment)} characters")
        if category is not None and _disagrees(category, score):
            self.tally.disagreeing += 1
        if (problem := self._other_dates(row, cells, moment, draft)) is not None:
            return problem
        draft.place = place_of(self._file, row)
        draft.response_id = clean(cells[at["response_id"]]) or self._made_id(draft, moment_text)
        return finished(draft)

    def _made_id(self, draft: ResponseDraft, moment_text: str) -> str:
        claims = (getattr(draft, field) if field not in _IDS else draft.ids.get(field) for field in _IDENTITY)
        names = " ".join(name for name in (draft.first_name, draft.last_name, draft.full_name) if name)
        return self._ids.of(
            survey=draft.survey,
            moment=draft.responded_at.isoformat(),
            exact=has_time_of_day(moment_text),
            identity=next((claim for claim in claims if claim), None),
            name=f"{names.casefold()}\x1f{draft.company or ''}" if names else None,
            answer=(str(draft.score), draft.comment),
        )

    def _other_dates(self, row: int, cells: list[str], moment: datetime, draft: ResponseDraft) -> Reject | None:
        at = self._at
        if at["updated_at"] != self._width and (text := cells[at["updated_at"]].strip()):
            updated = self._dates.read(text)
            # The answer counts without the date of its last edit.
            draft.updated_at = None if isinstance(updated, DateProblem) else updated
        if at["sent_at"] != self._width and (text := cells[at["sent_at"]].strip()):
            sent = self._dates.read(text)
            if not isinstance(sent, DateProblem) and (sent - moment).total_seconds() > _SLACK_S:
                return self._reject(row, "answered_before_sent", "responded_at")
        return None

    def _left_out(self, row: int, cells: list[str]) -> Skip | Reject | None:
        if cells[0] == BROKEN:
            return self._reject(row, "row_unreadable", None)
        for index, wanted in self._where:
            if cells[index].strip().casefold() != wanted:
                return self._skip(row, "not_selected")
        for index, rule, known in self._skip_words:
            cell = cells[index]
            hit = known.get(cell)
            if hit is None:
                if len(known) > _REMEMBERED:
                    known.clear()
                hit = known[cell] = _matches(rule, cell)
            if hit:
                return self._skip(row, rule.reason)
        return None

    def _score(self, row: int, cells: list[str]) -> int | Reject | Skip:
        if self._score_at is None:
            return self._score_by_option(row, cells)
        text = cells[self._score_at]
        score = self._scores.get(text)
        if score is None:
            if len(self._scores) > _REMEMBERED:
                self._scores.clear()
            score = self._scores[text] = read_score(text, self._settings.scale or "0-10")
        if isinstance(score, int):
            return score
        if score is ScoreProblem.NONE:
            return self._skip(row, "no_score")
        found = f"found {text.strip()}" if re.fullmatch(r"\s*[+-]?[\d.,/]{1,9}\s*", text) else "found other text"
        return self._reject(row, score.value, "score", found)

    def _score_by_option(self, row: int, cells: list[str]) -> int | Reject | Skip:
        score = self._layout.score
        if score is None:
            return self._reject(row, "no_score_column", None)
        ticked = [value for index, value in zip(score.indexes, score.scores, strict=True) if cells[index].strip()]
        if not ticked:
            return self._skip(row, "no_score")
        if len(ticked) > 1:
            return self._reject(row, ScoreProblem.NOT_A_NUMBER.value, "score", f"{len(ticked)} options are ticked")
        return ticked[0]

    def _skip(self, row: int, reason: str) -> Skip:
        return Skip(place=Place(file=self._file, row=row), reason=reason)

    def _reject(self, row: int, reason: str, field: str | None, detail: str = "") -> Reject:
        layout = self._layout
        title = layout.score.title if field == "score" and layout.score else layout.title(field or "")
        detail = detail or (f"column `{title}`" if title else f"no column for `{field}`" if field else "")
        place = Place(file=self._file, row=row, column=title)
        return Reject(place=place, reason=reason, detail=detail, next_step=next_step(reason))


_ALL = (
    *("response_id", "survey", "comment", "responded_at", "updated_at", "sent_at", "email", "recipient_email"),
    *("phone", "first_name", "last_name", "full_name", "company", "account_ref", "link", "vendor_category"),
)


def clean(cell: str) -> str | None:
    """Trim a cell and take off the apostrophe that guards a spreadsheet against formulas; None when it is empty.

    >>> clean("'+49 151 23456"), clean("'0042"), clean("'s avonds"), clean("  ")
    ('+49 151 23456', '0042', "'s avonds", None)
    """
    if not cell:
        return None
    text = cell.strip()
    if text[:1] == "'" and len(text) > 1 and (text[1] in "=+-@\t\r" or text[1].isdigit()):
        text = text[1:]
    return text or None


def _matches(rule: SkipRule, cell: str) -> bool:
    text = cell.strip().casefold()
    if rule.below is not None:
        return text.isdigit() and int(text) < rule.below
    if rule.unless:
        return text not in rule.unless
    return text in rule.values


def _disagrees(category: str, score: int) -> bool:
    word = category.casefold()
    own = "promoter" if score >= 9 else "passive" if score >= 7 else "detractor"
    return any(name in word for name in ("promoter", "passive", "detractor")) and own not in word
