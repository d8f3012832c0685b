"""One row becomes one response, one reject or one skip. This is the hot path of an import."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from connectors.dates import DateProblem, has_time_of_day
from connectors.drafts import ResponseDraft, finished
from connectors.files.json_items import BROKEN
from connectors.files.reasons import next_step
from connectors.files.response_id import ResponseIds
from connectors.scores import ScoreProblem, read_score
from connectors.values import MAX_TEXT, Place, Reject, Skip

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from connectors.dates import DateReader
    from connectors.files.layout import Layout
    from connectors.files.preset import SkipRule
    from connectors.files.settings import FileSettings
    from connectors.values import SurveyResponse

_IDS = ("salesforce_id", "hubspot_id", "customer_id", "external_ref")
# In these a number that Excel shortened (1.23E+15) has lost its digits for good.
_EXACT = ("response_id", *_IDS, "account_ref", "phone")
_NUMERIC = re.compile(r"\s*[+-]?[\d.,/]{1,9}\s*")
_SCIENTIFIC = re.compile(r"[+-]?\d(?:[.,]\d+)?[Ee]\+\d{1,3}")
# A link is not among them: many may answer by one.
_IDENTITY = ("email", "recipient_email", *_IDS, "phone")
# A response may carry the date its invitation was sent, in another zone: a day of slack.
_SLACK_S = 86_400
_REMEMBERED = 10_000


class RowReader:
    """Reads the rows of one file by its layout. Rows must come in the order of the file."""

    def __init__(self, layout: Layout, dates: DateReader, settings: FileSettings, *, file: str, survey: str) -> None:
        self._layout = layout
        self.dates = dates
        self._scale = settings.scale or "0-10"
        self._ids = ResponseIds()
        self._scores: dict[str, int | ScoreProblem] = {}
        self.file = file
        self.survey = survey
        self.survey_kind = settings.kind
        self.width = len(layout.header.columns)
        self.fields = layout.fields
        self.extras = list(layout.extras.items())
        self.exact = [(field, self.fields[field]) for field in _EXACT if field in self.fields]
        self.kinds = [(field, self.fields[field]) for field in _IDS if field in self.fields]
        self.score_at = layout.score.indexes[0] if layout.score and not layout.score.scores else None
        self.skip_words = [(index, partial(matches, rule)) for rule, index in layout.skips]
        self.where = [(index, text.strip().casefold()) for index, text in layout.where]
        # A field that the file lacks reads the cell after the last, which is always empty.
        self._at = {field: self.fields.get(field, self.width) for field in _ALL}

    def read(self, row: int, cells: list[str]) -> SurveyResponse | Reject | Skip | None:
        """Return what a row is; None when it is blank, which is not a row."""
        width = self.width
        if any(cell.strip() for cell in cells[width:]):
            return self._reject(row, "row_too_wide", None, f"{len(cells)} cells under {width} columns")
        cells = [*cells[:width], *[""] * (width + 1 - len(cells[:width]))]
        if not any(cell.strip() for cell in cells):
            return None
        if (left_out := self._left_out(row, cells)) is not None:
            return left_out
        score = self._score(row, cells)
        return self._dated(row, cells, score) if isinstance(score, int) else score

    def _dated(self, row: int, cells: list[str], score: int) -> SurveyResponse | Reject:
        moment = self.dates.read(cells[self._at["responded_at"]])
        if isinstance(moment, DateProblem):
            return self._reject(row, moment.value, "responded_at")
        for field, index in self.exact:
            if "+" in cells[index] and is_shortened(cells[index]):
                return self._reject(row, "id_in_scientific_notation", field)
        return self._response(row, cells, score, moment)

    def _response(self, row: int, cells: list[str], score: int, moment: datetime) -> SurveyResponse | Reject:
        texts = {field: clean(cells[index]) for field, index in self._at.items()}
        draft = ResponseDraft()
        draft.score = score
        draft.responded_at = moment
        draft.updated_at = None
        draft.survey = texts["survey"] or self.survey
        draft.survey_kind = self.survey_kind
        for field in _CLAIMS:
            setattr(draft, field, texts[field])
        draft.ids = {field: text for field, index in self.kinds if (text := clean(cells[index]))}
        draft.extra = {word: text for word, index in self.extras if (text := clean(cells[index]))}
        draft.place = Place(file=self.file, row=row)
        if (problem := self.problem(row, cells, draft)) is not None:
            return problem
        draft.response_id = texts["response_id"] or self.made_id(draft, cells[self._at["responded_at"]])
        return finished(draft)

    def made_id(self, draft: ResponseDraft, moment_text: str) -> str:
        """Return a stable id for a response that came without one."""
        claims = (draft.ids.get(field) if field in _IDS else getattr(draft, field) for field in _IDENTITY)
        names = " ".join(name for name in (draft.first_name, draft.last_name, draft.full_name) if name)
        return self._ids.of(
            survey=draft.survey,
            moment=draft.responded_at.isoformat(),
            exact=has_time_of_day(moment_text),
            identity=next((claim for claim in claims if claim), None),
            name=f"{names.casefold()}\x1f{draft.company or ''}" if names else None,
            answer=(str(draft.score), draft.comment),
        )

    def problem(self, row: int, cells: list[str], draft: ResponseDraft) -> Reject | None:
        """Fill in when the response was changed last, and return what is wrong with its texts and other dates."""
        if draft.comment is not None and len(draft.comment) > MAX_TEXT:
            return self._reject(row, "cell_too_large", "comment", f"{len(draft.comment)} characters")
        if text := cells[self._at["updated_at"]].strip():
            updated = self.dates.read(text)
            # The answer counts without the date of its last edit.
            draft.updated_at = None if isinstance(updated, DateProblem) else updated
        if text := cells[self._at["sent_at"]].strip():
            sent = self.dates.read(text)
            if not isinstance(sent, DateProblem) and (sent - draft.responded_at).total_seconds() > _SLACK_S:
                return self._reject(row, "answered_before_sent", "responded_at")
        return None

    def scores_of(self, column: Sequence[str]) -> list[int | None]:
        """Return the scores of many cells; None where `read` has to say what is wrong."""
        known = {text: self._read_score(text) for text in set(column)}
        sound = {text: score if isinstance(score, int) else None for text, score in known.items()}
        return [sound[text] for text in column]

    def _read_score(self, text: str) -> int | ScoreProblem:
        score = self._scores.get(text)
        if score is None:
            if len(self._scores) > _REMEMBERED:
                self._scores.clear()
            score = self._scores[text] = read_score(text, self._scale)
        return score

    def _left_out(self, row: int, cells: list[str]) -> Skip | Reject | None:
        if cells[0] == BROKEN:
            return self._reject(row, "row_unreadable", None)
        for index, wanted in self.where:
            if cells[index].strip().casefold() != wanted:
                return self._skip(row, "not_selected")
        for (index, is_left_out), (rule, _) in zip(self.skip_words, self._layout.skips, strict=True):
            if is_left_out(cells[index]):
                return self._skip(row, rule.reason)
        return None

    def _score(self, row: int, cells: list[str]) -> int | Reject | Skip:
        if self.score_at is None:
            return self._score_by_option(row, cells)
        text = cells[self.score_at]
        score = self._read_score(text)
        if isinstance(score, int):
            return score
        if score is ScoreProblem.NONE:
            return self._skip(row, "no_score")
        found = f"found {text.strip()}" if _NUMERIC.fullmatch(text) else "found other text"
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
        return Skip(place=Place(file=self.file, row=row), reason=reason)

    def _reject(self, row: int, reason: str, field: str | None, detail: str = "") -> Reject:
        layout = self._layout
        title = layout.score.title if field == "score" and layout.score else layout.title(field or "")
        detail = detail or (f"column `{title}`" if title else f"no column for `{field}`" if field else "")
        place = Place(file=self.file, row=row, column=title)
        return Reject(place=place, reason=reason, detail=detail, next_step=next_step(reason))


_ALL = (
    *("response_id", "survey", "comment", "responded_at", "updated_at", "sent_at", "email", "recipient_email"),
    *("phone", "first_name", "last_name", "full_name", "company", "account_ref", "link", "vendor_category"),
)
_CLAIMS = (
    *("comment", "email", "recipient_email", "phone", "first_name", "last_name", "full_name", "company"),
    *("account_ref", "link", "vendor_category"),
)


def clean(cell: str) -> str | None:
    """Trim a cell and take off what guards it in a spreadsheet: `'` before a formula, `="..."`; None when it is empty.

    >>> clean("'+49 151 23456"), clean("'0042"), clean("'s avonds"), clean('="0042"'), clean("  ")
    ('+49 151 23456', '0042', "'s avonds", '0042', None)
    """
    if not cell:
        return None
    text = cell.strip()
    if text[:1] == "'" and len(text) > 1 and (text[1] in "=+-@\t\r" or text[1].isdigit()):
        text = text[1:]
    elif text[:2] == '="' and text[-1] == '"' and text.count('"') == 2:
        text = text[2:-1].strip()
    return text or None


def clean_column(cells: Sequence[str]) -> list[str | None]:
    """Return `clean` of every cell."""
    return [(text if text[0] not in "'=" else clean(text)) if text else None for text in map(str.strip, cells)]


def is_shortened(cell: str) -> bool:
    """Tell whether a spreadsheet wrote a long number as 1.23E+15, so that its digits are lost.

    >>> is_shortened("'4.9E+11"), is_shortened("+49 151 23456")
    (True, False)
    """
    return _SCIENTIFIC.fullmatch(cell.strip(" '")) is not None


def matches(rule: SkipRule, cell: str) -> bool:
    """Tell whether *rule* leaves out a row with *cell* in its column."""
    text = cell.strip().casefold()
    if rule.below is not None:
        return text.isdigit() and int(text) < rule.below
    if rule.unless:
        return text not in rule.unless
    return text in rule.values
