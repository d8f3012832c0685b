"""One row of a service becomes one response, one reject or one skip, cleaned as the rows of files are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.dates import DateProblem
from connectors.scores import ScoreProblem, read_score
from connectors.surveys.paths import at, every, getter, text
from connectors.values import MAX_TEXT, Place, Reject, Skip, SurveyKind, SurveyResponse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.dates import DateReader
    from connectors.surveys.asked import Answers
    from connectors.surveys.questions import Questions
    from connectors.surveys.spec import Responses, SkipRule

    Found = SurveyResponse | Reject | Skip

IDS = ("salesforce_id", "hubspot_id", "customer_id", "external_ref")
_TEXTS = (
    *("email", "recipient_email", "phone", "first_name", "last_name", "full_name", "company", "account_ref"),
    *("link", "vendor_category"),
)
#: Seconds; a response may carry the date its invitation was sent, in another zone: a day of slack.
SLACK_S = 86_400

#: Texts of scores that are remembered.
_REMEMBERED = 10_000

_NEXT_STEPS = {
    "row_unreadable": "Look this response up in the service; its row is no JSON object, or has no id.",
    "score_not_a_number": "Look this answer up in the service, or name the NPS question: `questions: [ID]`.",
    "score_out_of_range": "NPS runs from 0 to 10: name the NPS question of this survey: `questions: [ID]`.",
    "score_not_whole": "NPS is a whole number: name the NPS question of this survey: `questions: [ID]`.",
    "wrong_scale": "Only answers from 0 to 10 are NPS: name the NPS question of this survey: `questions: [ID]`.",
    "date_missing": "Look this response up in the service; it has no date.",
    "date_unreadable": "Look this response up in the service; its date cannot be read.",
    "date_ambiguous": "Look this response up in the service; its date cannot be read.",
    "date_in_future": "Check the clock of this computer.",
    "answered_before_sent": "Look this response up in the service; it is dated before its invitation.",
    "cell_too_large": "Shorten the text of this answer.",
}


class Rows:
    """Reads the rows of one stream.

    Args:
        spec: The service's responses.
        dates: Reads moments.
        fields: Our field → the paths that may hold it; the spec's, and what the user added.
        stream: The stream's name, for places.
        survey: The survey's name.
        kind: What sort of survey it is.
        questions: Those that count, where answers stand in a list.
        extra: The user's own words → paths.
    """

    def __init__(  # noqa: PLR0913 - what a row is read by
        self,
        spec: Responses,
        dates: DateReader,
        *,
        fields: Mapping[str, Sequence[str]],
        stream: str,
        survey: str,
        kind: SurveyKind,
        questions: Questions | None,
        extra: Mapping[str, str],
    ) -> None:
        self.spec = spec
        self.dates = dates
        self.paths = fields
        self._read = {field: tuple(map(getter, paths)) for field, paths in fields.items()}
        self._texts = [field for field in _TEXTS if field in fields]
        self._ids = [field for field in IDS if field in fields]
        self.stream = stream
        self.survey = survey
        self.kind = kind
        self._questions = questions
        self.extra = extra
        self._scores: dict[str, int | ScoreProblem] = {}

    def read(self, row: Any) -> SurveyResponse | Reject | Skip:  # noqa: ANN401 - JSON
        """Return what a row is."""
        id_ = self._text(row, "response_id")
        if not isinstance(row, dict) or id_ is None:
            return self._reject("", "row_unreadable", "response_id")
        place = Place(file=f"{self.stream}/{id_}")
        for rule in self.spec.skip:
            if leaves_out(rule, text(at(row, rule.field))):
                return Skip(place=place, reason=rule.reason)
        answers = self.answers(row)
        score = self.score(answers.get("score"))
        if score is ScoreProblem.NONE:
            return Skip(place=place, reason="no_score")
        if isinstance(score, ScoreProblem):
            return self._reject(id_, score.value, "score")
        return self._response(row, id_, answers, score)

    def _response(self, row: Any, id_: str, answers: Mapping[str, str], score: int) -> SurveyResponse | Reject:  # noqa: ANN401 - JSON
        moment = self.dates.read(self._text(row, "responded_at") or "")
        if isinstance(moment, DateProblem):
            return self._reject(id_, moment.value, "responded_at")
        sent = self.dates.read(self._text(row, "sent_at") or "")
        if not isinstance(sent, DateProblem) and (sent - moment).total_seconds() > SLACK_S:
            return self._reject(id_, "answered_before_sent", "responded_at")
        comment = answers.get("comment")
        if comment is not None and len(comment) > MAX_TEXT:
            return self._reject(id_, "cell_too_large", "comment")
        updated = self.dates.read(self._text(row, "updated_at") or "")
        texts = {field: self._text(row, field) for field in self._texts}
        texts["email"] = answers.get("email") or texts.get("email")
        return SurveyResponse(
            response_id=id_,
            survey=self._text(row, "survey") or self.survey,
            survey_kind=self.kind,
            score=score,
            comment=comment,
            responded_at=moment,
            # The answer counts without the date of its last edit.
            updated_at=None if isinstance(updated, DateProblem) else updated,
            ids={field: found for field in self._ids if (found := self._text(row, field))},
            extra={word: found for word, path in self.extra.items() if (found := text(at(row, path)))},
            place=Place(file=f"{self.stream}/{id_}"),
            **texts,
        )

    @property
    def asks(self) -> bool:
        """Whether answers stand in a list, by question."""
        return self.spec.answers is not None and self._questions is not None

    def score(self, told: str | None) -> int | ScoreProblem:
        """Return the score that a text states; there are few texts, and each is read once."""
        told = told or ""
        found = self._scores.get(told)
        if found is None:
            if len(self._scores) > _REMEMBERED:
                self._scores.clear()
            found = self._scores[told] = read_score(told)
        return found

    def answers(self, row: Any) -> dict[str, str]:  # noqa: ANN401 - JSON
        """Return score, comment and typed address, each where there is one."""
        answers, questions = self.spec.answers, self._questions
        if answers is None or questions is None:
            return {field: found for field in ("score", "comment", "email") if (found := self._text(row, field))}
        roles = {
            "score": (questions.score, answers.score),
            "comment": (questions.comment, answers.comment),
            "email": (questions.email, answers.email),
        }
        made: dict[str, str] = {}
        for role, (question, paths) in roles.items():
            if question and (found := _told(row, answers, question, paths)):
                made[role] = found
        if answers.choices and "score" in made:
            made["score"] = str(questions.scores.get(made["score"], "an unknown choice"))
        return made

    def _text(self, row: Any, field: str) -> str | None:  # noqa: ANN401 - JSON
        for read in self._read.get(field, ()):
            if found := text(read(row)):
                return found
        return None

    def _reject(self, id_: str, reason: str, field: str) -> Reject:
        place = Place(file=f"{self.stream}/{id_}" if id_ else self.stream, column=field)
        return Reject(place=place, reason=reason, detail=f"field `{field}`", next_step=_NEXT_STEPS[reason])


def _told(row: Any, answers: Answers, question: str, paths: Sequence[str]) -> str | None:  # noqa: ANN401 - JSON
    """Return what was answered to *question*."""
    if not answers.rows:
        found = (text(at(row, path.replace("{question}", question))) for path in paths)
    else:
        own = [each for each in every(row, answers.rows) if text(at(each, answers.question)) == question]
        found = (text(at(each, path)) for each in own for path in paths)
    return next((each for each in found if each), None)


def leaves_out(rule: SkipRule, told: str | None) -> bool:
    """Tell whether a row is left out whose field holds *told*."""
    found = (told or "").casefold()
    if rule.unless:
        return found not in rule.unless
    return found in rule.values
