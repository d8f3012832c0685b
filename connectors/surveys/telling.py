"""Fetches the responses that events have named, by their ids; of very many, what is new in their surveys."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.contract import Page
from connectors.errors import ConnectorError, Deferred, Gone, Rejected, SignedOut
from connectors.surveys.paths import every
from connectors.surveys.reading import page_of
from connectors.surveys.spec import PLACEHOLDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from connectors.surveys.hooks import Fetch
    from connectors.surveys.rows import Rows
    from connectors.surveys.session import Session
    from connectors.values import Hint

#: Responses of one survey that are fetched by their ids; of more its list is read, which is fewer calls.
MOST_AT_ONCE = 20
#: Seconds to wait before a response is asked for again: an event may be faster than the service's own list.
AGAIN_S = (1.0, 2.0, 4.0)
#: An event older than this is not waited for.
YOUNG = timedelta(minutes=1)
#: An event older than this is left to polling.
GIVE_UP = timedelta(minutes=10)


@dataclass(slots=True)
class _Asked:
    """What is fetched of one survey, and what of it came."""

    #: Response → the numbers of the events that name it.
    wanted: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    #: Response → when it was told of last.
    at: dict[str, datetime] = field(default_factory=dict)
    #: Response → its row, as read.
    found: dict[str, Any] = field(default_factory=dict)

    def missing(self, since: datetime | None = None) -> list[str]:
        """Return the responses that did not come, of those told of after *since*."""
        return [each for each in self.wanted if each not in self.found and (since is None or self.at[each] >= since)]


class Teller:
    """See `Told.told`.

    Args:
        fetch: The call.
        session: Makes it.
        rows: Survey, stream → what reads its rows; None: no question of it asks for a recommendation.
        poll: Survey, stream → what is new in it.
        now: The clock.
        sleep: Takes seconds.
    """

    def __init__(  # noqa: PLR0913 - what a service is asked by
        self,
        fetch: Fetch,
        session: Session,
        *,
        rows: Callable[[str, str], Rows | None],
        poll: Callable[[str, str], Iterator[Page]],
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        self._fetch = fetch
        self._session = session
        self._rows = rows
        self._poll = poll
        self._now = now
        self._sleep = sleep
        self._one_by_one = "response" in fetch.request.names()

    def read(self, hints: Sequence[Hint], *, whole: str) -> Iterator[Page]:
        """Yield what *hints* have named, each survey's together; *whole* is the stream of a service that has one."""
        asked: dict[str, _Asked] = defaultdict(_Asked)
        for hint in hints:
            one = asked[hint.survey]
            one.wanted[hint.response].append(hint.number)
            one.at[hint.response] = max(hint.at, one.at.get(hint.response, hint.at))
        for survey, one in asked.items():
            stream = survey or whole
            try:
                yield from self._survey(survey, stream, one)
            except SignedOut:
                raise
            except Deferred as error:
                yield Page(stream=stream, cursor=None, refused=error)
                return
            except ConnectorError as error:  # polling meets it too, and goes on from there
                yield Page(stream=stream, cursor=None, refused=error)
                yield _settled(stream, one.wanted, one)

    def _survey(self, survey: str, stream: str, asked: _Asked) -> Iterator[Page]:
        if len(asked.wanted) > MOST_AT_ONCE:
            yield from self._poll(survey, stream)
            yield _settled(stream, asked.wanted, asked)
            return
        rows = self._rows(survey, stream)
        if rows is None:
            yield _settled(stream, asked.wanted, asked)
            return
        try:
            self._look_again(survey, stream, rows, asked)
        except ConnectorError:  # what came before is kept
            yield from _found(stream, asked)
            raise
        yield from _found(stream, asked)
        waits = set(asked.missing(self._now() - GIVE_UP))
        yield _settled(stream, [each for each in asked.wanted if each not in waits], asked)

    def _look_again(self, survey: str, stream: str, rows: Rows, asked: _Asked) -> None:
        """Fetch what is wanted; what was told of just now may need a moment to appear."""
        self._look(survey, stream, rows, asked)
        for wait in AGAIN_S:
            if not asked.missing(self._now() - YOUNG):
                return
            self._sleep(wait)
            self._look(survey, stream, rows, asked)

    def _look(self, survey: str, stream: str, rows: Rows, asked: _Asked) -> None:
        """Fetch what is missing, and take in what of it comes."""
        for response in asked.missing() if self._one_by_one else [None]:
            values = dict.fromkeys(PLACEHOLDERS) | {"survey": survey or None, "response": response}
            try:
                told, _ = self._session.ask(self._fetch.request, values, what=f"fetch a response of `{stream}`")
            except (Gone, Rejected):  # not there yet, or no longer
                continue
            wanted = {f"{stream}/{each}": each for each in asked.wanted}
            for read in (rows.read(row) for row in every(told, self._fetch.rows)):
                if read.place.file in wanted:
                    asked.found[wanted[read.place.file]] = read


def _found(stream: str, asked: _Asked) -> Iterator[Page]:
    if asked.found:
        yield page_of(stream, list(asked.found.values()), None)
        yield _settled(stream, asked.found, asked)


def _settled(stream: str, responses: Any, asked: _Asked) -> Page:  # noqa: ANN401 - names of responses
    numbers = tuple(sorted(number for each in responses for number in asked.wanted[each]))
    return Page(stream=stream, cursor=None, settled=numbers)
