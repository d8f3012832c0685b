"""A survey service as a source of responses."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

from connectors.budget import Gate, Window
from connectors.contract import Page
from connectors.dates import EARLIEST, TOLERANCE, DateReader
from connectors.errors import ConnectorError, Deferred, SignedOut
from connectors.http import ca_bundle
from connectors.retry import SERVICE, Retry
from connectors.surveys.asking import of_responses, pages_of_sends
from connectors.surveys.fairness import in_turn
from connectors.surveys.paging import Turn, no_bounds, turns
from connectors.surveys.paths import at, text
from connectors.surveys.place import Place
from connectors.surveys.questions import Questions, questions_of
from connectors.surveys.reading import StreamReader, cursor_dates
from connectors.surveys.refusals import refusal
from connectors.surveys.rows import Rows
from connectors.surveys.session import Session
from connectors.surveys.spec import FIELDS, PLACEHOLDERS
from connectors.surveys.telling import Teller
from connectors.surveys.template import path_of
from connectors.values import SurveyKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from connectors.budget import Meter
    from connectors.surveys.spec import Spec
    from connectors.surveys.tokens import Secrets
    from connectors.values import Hint


@dataclass(frozen=True, slots=True)
class Survey:
    """One survey of an account."""

    id: str
    title: str


class SurveyService:
    """See `SurveySource`. A stream is a survey, or the service where it has one list of responses for all.

    Args:
        name: The connection's name in the config.
        spec: The service.
        secrets: The connection's.
        meter: Counts calls for all processes that share the account.
        auth: One of the spec's ways to sign in; the first when left out.
        settings: The spec's, as far as the connection sets them.
        surveys: Ids of the surveys to read; all of them when empty.
        questions: Ids or names of the NPS questions, where a survey has several.
        fields: Our field, or a word of the user's → where a row holds it.
        survey: The survey's name, where the service has one list for all.
        kind: `relational` or `transactional`.
        daily_calls: Calls in a day at most; None for no limit of ours.
        url: A sandbox on this machine, instead of the service itself.
        webhooks: Where the service calls us; None: it does not.
        sends: Whether to read who was asked, where the service tells.
        retry: For calls that fail for the moment.
        clock: The time, aware.
        sleep: Takes seconds.
    """

    def __init__(  # noqa: PLR0913 - one keyword per option of the configuration
        self,
        *,
        name: str,
        spec: Spec,
        secrets: Secrets,
        meter: Meter,
        auth: str | None = None,
        settings: Mapping[str, str] = {},
        surveys: Sequence[str] = (),
        questions: Sequence[str] = (),
        fields: Mapping[str, str] = {},
        survey: str | None = None,
        kind: str = "relational",
        daily_calls: int | None = None,
        url: str | None = None,
        webhooks: str | None = None,
        sends: bool = True,
        retry: Retry | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(tz=UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._spec = spec
        self._surveys = tuple(surveys)
        self._named = tuple(questions)
        self._one = Survey("", survey or spec.title)
        self._kind = SurveyKind(kind)
        self._clock = clock
        self._sleep = sleep
        self._has_daily_limit = daily_calls is not None
        self._hooked = webhooks is not None
        self._fields = {**spec.responses.fields, **{word: (path,) for word, path in fields.items() if word in FIELDS}}
        self._extra = {word: path for word, path in fields.items() if word not in FIELDS}
        known = {word: settings.get(word) or setting.default or "" for word, setting in spec.settings.items()}
        gate = Gate(
            name,
            meter,
            [Window(each.calls, each.seconds, name=str(at)) for at, each in enumerate(spec.limits.windows)],
            daily_calls,
            sleep=sleep,
            now=clock,
        )
        door = auth or next(iter(spec.auth))
        way = spec.auth[door]
        self._sends = spec.sends if spec.sends and sends and door in (spec.sends.ways or spec.auth) else None
        #: Id → title of those that ask for a recommendation, as far as they were read.
        self._asking: dict[str, str] = {}
        self._session = Session(
            name=name,
            spec=spec,
            base=url or path_of(spec.base, known),
            tokens=f"https://{way.token_host}" if way.token_host and not url else "",
            settings=known,
            auth=way,
            secrets=secrets,
            gate=gate,
            retry=retry or Retry(policy=SERVICE, sleep=sleep),
            clock=clock,
            ca=ca_bundle(os.environ),
        )
        self._mark = self._digest()

    @property
    def calls(self) -> int:
        """See `Calling.calls`."""
        return self._session.caller.calls

    def pull(self, cursors: Mapping[str, str]) -> Iterator[Page]:
        """See `SurveySource.pull`. What one survey refuses holds up no other; what the service refuses ends it all."""
        self._asking.clear()
        surveys: list[Survey | None] = [*self._in_turn()] if self._spec.surveys else [self._one]
        for survey in [*surveys, None] if self._sends else surveys:
            stream = (survey.id or self._spec.title) if survey else f"{self._spec.title}: sends"
            try:
                cursor = cursors.get(stream)
                yield from self._read(survey, stream, cursor) if survey else self._asked(stream, cursor)
            except SignedOut:
                raise
            except Deferred as error:
                yield Page(stream=stream, cursor=None, refused=error)
                return
            except ConnectorError as error:
                yield refusal(stream, error, survey=survey.id if survey else "", named=self._surveys)

    @property
    def hooked(self) -> bool:
        """See `Told.hooked`."""
        return self._hooked

    def told(self, hints: Sequence[Hint], cursors: Mapping[str, str]) -> Iterator[Page]:
        """See `Told.told`."""
        assert self._spec.hooks is not None
        teller = Teller(
            self._spec.hooks.fetch,
            self._session,
            rows=lambda survey, stream: self._rows(self._called(survey), stream)[0],
            poll=lambda survey, stream: self._read(self._called(survey), stream, cursors.get(stream)),
            now=self._clock,
            sleep=self._sleep,
        )
        wanted = [each for each in hints if not self._surveys or each.survey in self._surveys]
        yield from teller.read(wanted, whole=self._spec.title)
        others = tuple(each.number for each in hints if each not in wanted)
        if others:
            yield Page(stream=self._spec.title, cursor=None, settled=others)

    def _called(self, id_: str) -> Survey:
        """Return a survey with the name that it has when it is polled: under another, every response were edited."""
        if not id_:
            return self._one
        answers, own = self._spec.responses.answers, Survey(id_, id_)
        if self._surveys or (answers and answers.lookup and answers.lookup.title):
            return own
        return next((each for each in self._listed() if each.id == id_), own)

    def who(self) -> dict[str, str]:
        """Ask for as little as proves that we are let in."""
        if self._spec.surveys and self._spec.surveys.request:
            return {"surveys": str(len(list(self._listed())))}
        first = next(self._listed()) if self._spec.surveys else self._one
        next(self._read(first, self._spec.title, None), None)
        return {}

    def close(self) -> None:
        """Give every connection back."""
        self._session.close()

    def _in_turn(self) -> list[Survey]:
        surveys = list(self._listed())
        return in_turn(surveys, self._clock()) if self._has_daily_limit else surveys

    def _listed(self) -> Iterator[Survey]:
        """Yield the surveys to read: those that the user named, else all."""
        listed = self._spec.surveys
        assert listed is not None
        if self._surveys:
            yield from (Survey(each, each) for each in dict.fromkeys(self._surveys))
            return
        request = listed.request
        assert request is not None  # `sync.config.specs` asks for names then
        known: set[str] = set()

        def ask(turn: Turn):  # type: ignore[no-untyped-def] # noqa: ANN202 - what `Session.ask` returns
            values = {"page": str(turn.page), "size": str(listed.pages.size), "token": turn.token or None}
            return self._session.ask(request, dict.fromkeys(PLACEHOLDERS) | values, what="list surveys", url=turn.url)

        for pulled in turns(listed, ask, Turn(listed.pages.first), no_bounds):
            for row in pulled.rows:
                id_ = text(at(row, listed.id))
                if id_ and id_ not in known:  # a list that moved while it was read tells of some twice
                    known.add(id_)
                    yield Survey(id_, text(at(row, listed.title)) or id_)

    def _rows(self, survey: Survey, stream: str) -> tuple[Rows | None, str]:
        """Return what reads the rows of a survey, none where it asks for no recommendation; and its question."""
        questions = self._questions(survey)
        if self._spec.responses.answers and questions is None:
            return None, ""
        title = (questions.title if questions and survey.title == survey.id else None) or survey.title
        dates = DateReader(None, zone=UTC, latest=self._clock() + TOLERANCE, earliest=EARLIEST)
        rows = Rows(
            self._spec.responses,
            dates,
            fields=self._fields,
            stream=stream,
            survey=title,
            kind=self._kind,
            questions=questions,
            extra=self._extra,
        )
        return rows, questions.score if questions else ""

    def _read(self, survey: Survey, stream: str, cursor: str | None) -> Iterator[Page]:
        rows, question = self._rows(survey, stream)
        if rows is None:
            note = f"{stream}: left out, because no question of this survey asks for a score from 0 to 10"
            yield Page(stream=stream, cursor=None, notes=(note,))
            return
        self._asking[survey.id] = rows.survey
        reader = StreamReader(
            self._spec.responses,
            self._session,
            rows,
            dates=cursor_dates(),
            stream=stream,
            survey=survey.id or None,
            now=self._clock,
            sleep=self._sleep,
        )
        # Where another question counts, every answer is another.
        mark = self._mark + question
        pages = reader.read(Place.of_text(cursor, mark))
        yield from of_responses(pages) if self._sends and self._sends.with_responses else pages

    def _asked(self, stream: str, cursor: str | None) -> Iterator[Page]:
        assert self._sends is not None
        yield from pages_of_sends(
            self._sends,
            self._session,
            cursor,
            stream=stream,
            survey=self._one.title,
            surveys=self._asking,
            now=self._clock,
            sleep=self._sleep,
        )

    def _questions(self, survey: Survey) -> Questions | None:
        answers = self._spec.responses.answers
        if answers is None:
            return None
        if answers.lookup is None:
            return Questions(answers.nps or "", comment=answers.nps)
        values = dict.fromkeys(PLACEHOLDERS) | {"survey": survey.id}
        what = f"ask for the questions of `{survey.id}`"
        told, _ = self._session.ask(answers.lookup.request, values, what=what)
        return questions_of(told, answers, answers.lookup, named=self._named, survey=survey.id)

    def _digest(self) -> str:
        """Return what tells this way of reading rows from another one."""
        parts = [self._spec.responses.model_dump_json(), repr(sorted(self._fields.items())), str(self._kind)]
        parts.append(repr(sorted(self._extra.items())))
        return blake2b("\x1f".join(parts).encode(), digest_size=6).hexdigest()
