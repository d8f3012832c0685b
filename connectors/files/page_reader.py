"""Rows of a page read column by column: the same result as `RowReader.read` on each, in a third of the time.

Whatever is not plain (uneven, skipped, without a sound score or date) goes to `RowReader.read`, so there is one
set of rules. A property test holds the two equal.
"""

from __future__ import annotations

from itertools import repeat
from types import MappingProxyType
from typing import TYPE_CHECKING

from connectors.drafts import PlaceDraft, ResponseDraft
from connectors.files.row_reader import RowReader, clean_column, is_shortened
from connectors.values import MAX_TEXT, Place, SurveyResponse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from connectors.values import Reject, Skip

    Found = SurveyResponse | Reject | Skip | None

_NOTHING: Mapping[str, str] = MappingProxyType({})
_TEXTS = (
    *("response_id", "comment", "email", "recipient_email", "phone", "first_name", "last_name", "full_name"),
    *("company", "account_ref", "link", "vendor_category"),
)


class PageReader:
    """Reads many rows at once; see `RowReader` for the rules."""

    def __init__(self, rows: RowReader) -> None:
        self._rows = rows

    def read(self, numbers: Sequence[int], chunk: list[list[str]]) -> list[Found]:
        """Return what each row is, in order; None for one that is blank."""
        rows = self._rows
        if not chunk:
            return []
        if rows.score_at is None or "responded_at" not in rows.fields:
            return [rows.read(number, cells) if cells else None for number, cells in zip(numbers, chunk, strict=True)]
        width = rows.width
        slow: dict[int, list[str]] = {}
        even = chunk
        if set(map(len, chunk)) != {width}:
            slow = {i: cells for i, cells in enumerate(chunk) if len(cells) != width}
            blank = [""] * width
            even = [blank if i in slow else cells for i, cells in enumerate(chunk)]
        columns = list(zip(*even, strict=True))
        for i in self._unusual(columns):
            slow.setdefault(i, chunk[i])
        return self._build(numbers, columns, slow)

    def _unusual(self, columns: list[tuple[str, ...]]) -> Iterable[int]:
        """Return the rows that a rule leaves out, or whose ids a spreadsheet may have shortened."""
        rows = self._rows
        found: set[int] = set()
        for index, wanted in rows.where:
            found.update(i for i, cell in enumerate(columns[index]) if cell.strip().casefold() != wanted)
        for index, is_left_out in rows.skip_words:
            words = {cell for cell in set(columns[index]) if is_left_out(cell)}
            if words:
                found.update(i for i, cell in enumerate(columns[index]) if cell in words)
        for _, index in rows.exact:
            if "E+" in "".join(columns[index]).upper():
                found.update(i for i, cell in enumerate(columns[index]) if is_shortened(cell))
        if any(cell[:1] == "\0" for cell in columns[0]):
            found.update(i for i, cell in enumerate(columns[0]) if cell[:1] == "\0")
        return found

    def _build(  # noqa: PLR0915 - one loop, unrolled: it is what an import's time is spent on
        self, numbers: Sequence[int], columns: list[tuple[str, ...]], slow: dict[int, list[str]]
    ) -> list[Found]:
        rows, fields = self._rows, self._rows.fields
        none = repeat(None)
        texts = {field: clean_column(columns[fields[field]]) if field in fields else none for field in _TEXTS}
        scores = rows.scores_of(columns[rows.score_at or 0])
        moments = rows.dates.read_many(columns[fields["responded_at"]])
        kinds = [(field, clean_column(columns[index])) for field, index in rows.kinds]
        extras = [(word, clean_column(columns[index])) for word, index in rows.extras]
        surveys = clean_column(columns[fields["survey"]]) if "survey" in fields else none
        later = "updated_at" in fields or "sent_at" in fields
        default_survey, survey_kind, file = rows.survey, rows.survey_kind, rows.file
        out: list[Found] = []
        columns_of_texts = [texts[field] for field in _TEXTS]
        i = -1
        for (
            number,
            score,
            moment,
            survey,
            response_id,
            comment,
            email,
            recipient_email,
            phone,
            first_name,
            last_name,
            full_name,
            company,
            account_ref,
            link,
            category,
        ) in zip(numbers, scores, moments, surveys, *columns_of_texts, strict=False):
            i += 1
            if score is None or moment is None or i in slow:
                cells = slow[i] if i in slow else [column[i] for column in columns]
                out.append(rows.read(number, cells) if cells else None)
                continue
            draft = ResponseDraft()
            draft.email = email
            draft.recipient_email = recipient_email
            draft.phone = phone
            draft.first_name = first_name
            draft.last_name = last_name
            draft.full_name = full_name
            draft.company = company
            draft.account_ref = account_ref
            draft.link = link
            draft.score = score
            draft.responded_at = moment
            draft.updated_at = None
            draft.survey = survey or default_survey
            draft.survey_kind = survey_kind
            draft.comment = comment
            draft.vendor_category = category
            draft.ids = {field: text for field, column in kinds if (text := column[i])} if kinds else _NOTHING
            draft.extra = {word: text for word, column in extras if (text := column[i])} if extras else _NOTHING
            place = PlaceDraft()
            place.file = file
            place.row = number
            place.column = None
            place.__class__ = Place  # type: ignore[assignment]
            draft.place = place  # type: ignore[assignment]
            if later or (comment is not None and len(comment) > MAX_TEXT):
                cells = [column[i] for column in columns]
                if (problem := rows.problem(number, [*cells, ""], draft)) is not None:
                    out.append(problem)
                    continue
            draft.response_id = response_id or rows.made_id(draft, columns[fields["responded_at"]][i])
            draft.__class__ = SurveyResponse  # type: ignore[assignment]
            out.append(draft)  # type: ignore[arg-type]
        return out
