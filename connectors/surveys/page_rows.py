"""Rows of a page read column by column: the same result as `Rows.read` on each, in a third of the time.

Whatever is not plain (skipped, or without a sound id, score or date) goes to `Rows.read`, so there is one set of
rules. A property test holds the two equal.
"""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from connectors.drafts import PlaceDraft, ResponseDraft
from connectors.surveys.paths import at, text
from connectors.surveys.rows import IDS, SLACK_S, leaves_out
from connectors.values import MAX_TEXT, Place, SurveyResponse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.dates import DateProblem
    from connectors.surveys.rows import Found, Rows

_NOTHING: Mapping[str, str] = MappingProxyType({})


class PageColumns:
    """The values of a page's rows by path; what stands before a dot is looked up once for all that is in it."""

    def __init__(self, page: Sequence[Any]) -> None:
        self._page = page
        self._values: dict[str, list[Any]] = {}

    def values(self, path: str) -> list[Any]:
        """Return what stands at *path* in each row; see `at`."""
        found = self._values.get(path)
        if found is None:
            found = self._values[path] = self._looked_up(path)
        return found

    def texts(self, paths: Sequence[str]) -> list[str | None]:
        """Return the first of *paths* that says something in each row, as trimmed text."""
        if not paths:
            return [None] * len(self._page)
        first, *others = (
            # Most are texts, or nothing; `text` says what the others are.
            [(v.strip() or None) if type(v) is str else None if v is None else text(v) for v in self.values(path)]
            for path in paths
        )
        for more in others:
            first = [one or other for one, other in zip(first, more, strict=True)]
        return first

    def _looked_up(self, path: str) -> list[Any]:
        before, _, last = path.rpartition(".")
        if last in {"", "*"} or last.isdecimal() or set(path) & {"=", "*"} or before.startswith("."):
            return [at(row, path) for row in self._page]
        inside = self.values(before) if before else self._page
        return [each.get(last) if type(each) is dict else None for each in inside]


class PageRows:
    """Reads the rows of a stream, a page at a time."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def read(self, page: Sequence[Any]) -> list[Found]:
        """Return what each row is."""
        if any(type(row) is not dict for row in page):
            return [self._rows.read(row) for row in page]
        return self._built(page, PageColumns(page))

    def _left_out(self, columns: PageColumns) -> set[int]:
        """Return the places of rows that a rule leaves out."""
        left: set[int] = set()
        for rule in self._rows.spec.skip:
            found = columns.texts([rule.field])
            wrong = {each for each in set(found) if leaves_out(rule, each)}
            left |= {number for number, each in enumerate(found) if each in wrong} if wrong else set()
        return left

    def _moments(self, columns: PageColumns) -> list[list[datetime | DateProblem]]:
        """Return when each was given, asked for and edited; many were never edited, so each text is read once."""
        read, paths = self._rows.dates.read, self._rows.paths
        told = [columns.texts(paths.get(field, ())) for field in ("responded_at", "sent_at", "updated_at")]
        known = {each: read(each or "") for each in {each for column in told for each in column}}
        return [[known[each] for each in column] for column in told]

    def _answered(
        self, page: Sequence[Any], columns: PageColumns
    ) -> tuple[list[str | None], list[str | None], list[str | None]]:
        """Return the columns of scores, comments and addresses."""
        rows, paths = self._rows, self._rows.paths
        emails = columns.texts(paths.get("email", ()))
        if not rows.asks:
            return columns.texts(paths.get("score", ())), columns.texts(paths.get("comment", ())), emails
        answers = [rows.answers(row) for row in page]
        return (
            [each.get("score") for each in answers],
            [each.get("comment") for each in answers],
            [each.get("email") or other for each, other in zip(answers, emails, strict=True)],
        )

    def _built(self, page: Sequence[Any], columns: PageColumns) -> list[Found]:
        rows, paths = self._rows, self._rows.paths
        scored, comments, emails = self._answered(page, columns)
        scores = {each: rows.score(each) for each in set(scored)}
        left_out = self._left_out(columns)
        ids = [(field, columns.texts(paths[field])) for field in IDS if field in paths]
        extras = [(word, columns.texts([path])) for word, path in rows.extra.items()]
        names = ("recipient_email", "phone", "first_name", "last_name", "full_name", "company", "account_ref")
        others = [columns.texts(paths.get(field, ())) for field in (*names, "link", "vendor_category")]
        kind, default, stream = rows.kind, rows.survey, rows.stream
        made: list[Found] = []
        number = -1
        for (
            id_,
            survey,
            scored_text,
            comment,
            email,
            moment,
            sent,
            updated,
            recipient_email,
            phone,
            first_name,
            last_name,
            full_name,
            company,
            account_ref,
            link,
            category,
        ) in zip(
            columns.texts(paths.get("response_id", ())),
            columns.texts(paths.get("survey", ())),
            scored,
            comments,
            emails,
            *self._moments(columns),
            *others,
            strict=True,
        ):
            number += 1
            score = scores[scored_text]
            if (
                id_ is None
                or type(score) is not int
                or not isinstance(moment, datetime)
                or number in left_out
                or (comment is not None and len(comment) > MAX_TEXT)
                or (isinstance(sent, datetime) and (sent - moment).total_seconds() > SLACK_S)
            ):
                made.append(rows.read(page[number]))
                continue
            draft = ResponseDraft()
            draft.response_id = id_
            draft.survey = survey or default
            draft.survey_kind = kind
            draft.score = score
            draft.comment = comment
            draft.responded_at = moment
            draft.updated_at = updated if isinstance(updated, datetime) else None
            draft.email = email
            draft.recipient_email = recipient_email
            draft.phone = phone
            draft.first_name = first_name
            draft.last_name = last_name
            draft.full_name = full_name
            draft.company = company
            draft.account_ref = account_ref
            draft.link = link
            draft.vendor_category = category
            draft.ids = {field: found for field, column in ids if (found := column[number])} if ids else _NOTHING
            draft.extra = {word: found for word, column in extras if (found := column[number])} if extras else _NOTHING
            place = PlaceDraft()
            place.file = f"{stream}/{id_}"
            place.row = place.column = None
            place.__class__ = Place  # type: ignore[assignment]
            draft.place = place  # type: ignore[assignment]
            draft.__class__ = SurveyResponse  # type: ignore[assignment]
            made.append(draft)  # type: ignore[arg-type]
        return made
