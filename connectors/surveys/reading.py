"""One reading of one stream: page after page, to an end that always comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from connectors.contract import Page
from connectors.dates import EARLIEST, TOLERANCE, DateProblem, DateReader
from connectors.errors import Deferred, Gone, Refused, Rejected
from connectors.garbage import search_paused
from connectors.sends import Send
from connectors.surveys.exporting import Job
from connectors.surveys.page_rows import PageColumns, PageRows
from connectors.surveys.paging import WAIT, ShiftedError, Turn, turns
from connectors.surveys.place import digest_of
from connectors.surveys.rows import Rows
from connectors.values import Reject, Skip, SurveyResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from connectors.reply import Reply
    from connectors.surveys.lists import Changes
    from connectors.surveys.place import Place
    from connectors.surveys.sends import SendRows, Sends
    from connectors.surveys.session import Session
    from connectors.surveys.spec import Responses

#: How often a list is begun anew when it changes under our hands.
MOST_STARTS = 3


class StreamReader:
    """Reads one stream from a place on.

    Args:
        spec: The service's responses.
        session: Asks.
        rows: Reads a row.
        dates: Reads moments.
        stream: Its name.
        survey: The survey's id; None where there is one list for all.
        now: The clock.
        sleep: Takes seconds.
    """

    def __init__(  # noqa: PLR0913 - what a stream is read by
        self,
        spec: Responses | Sends,
        session: Session,
        rows: Rows | SendRows,
        *,
        dates: DateReader,
        stream: str,
        survey: str | None,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        self._spec = spec
        self._session = session
        self._rows = PageRows(rows) if isinstance(rows, Rows) else rows
        self._dates = dates
        self._stream = stream
        self._survey = survey
        #: A page, and the moments of its rows.
        self._weighed: tuple[list[Any] | None, list[datetime | None]] = (None, [])
        self._now = now
        self._sleep = sleep

    def read(self, place: Place) -> Iterator[Page]:
        """Yield what is new since *place*, and move it on.

        Raises:
            ConnectorError: See `turns`, and `Session.ask`.
        """
        once = self._exported if self._spec.export else self._once
        for _ in range(MOST_STARTS):
            try:
                yield from once(place)
            except (Gone, Rejected, ShiftedError) as error:
                if not (place.token or place.continuation or isinstance(error, ShiftedError)):
                    raise
                place.again()  # a page's token has grown old, or the list has moved: from the start of this reading
            else:
                return
        raise Deferred(f"the list changed {MOST_STARTS} times while it was read", next_step=WAIT)

    def _once(self, place: Place) -> Iterator[Page]:
        place.begin(self._spec.cursor.look_back, self._now())
        page = ""
        while True:
            last = self._enter(place)
            page = yield from self._window(place, last=last, before=page)
            if last:
                return
            place.since = place.until

    def _enter(self, place: Place) -> bool:
        """Set from when to when is asked for now; tell whether that is up to now."""
        cursor = self._spec.cursor
        if cursor.step is None:
            return True
        now = self._whole(self._now())
        if not place.token:  # else a window was left in the middle, and its token belongs to it
            place.since = self._whole(place.since or cursor.begins)
            until = self._whole(place.since + cursor.step)
            # The service's clock may be ahead of ours, and what was said this second is wanted.
            place.until = until if until < now else max(place.since, now) + TOLERANCE
        return place.until is None or place.until >= now

    def _window(self, place: Place, *, last: bool, before: str) -> Generator[Page, None, str]:
        """Yield what is new in one window, or in all that there is; return what its first page was.

        Args:
            place: Where it begins.
            last: Whether it ends now.
            before: What the first page of the window before was.
        """
        cursor, pages = self._spec.cursor, self._spec.pages
        told = place.text()
        page = ""
        by_url = pages.kind in {"next_url", "link"}
        first = Turn(pages.first, place.token, place.token if by_url else "", since=place.since, until=place.until)
        for pulled in turns(self._spec, self._ask, first, self._bounds):
            page = page or (digest_of(pulled.rows) if pulled.rows else "")
            if page and page == before:
                raise Deferred("the same page came again for another time", next_step=WAIT)
            over = pulled.next is None or self._is_past(pulled.rows, place)
            with search_paused():
                found = self._page(list(self._new(pulled.rows, place)))
            place.token = pulled.next.token if pulled.next and not over else ""
            if over:
                place.finish(cursor.look_back, passed=None if last else place.until, now=self._now())
            elif cursor.ascending:
                place.advance(cursor.look_back)
            else:
                place.tidy(cursor.look_back)
            if found or place.text() != told:
                yield page_of(self._stream, found, told := place.text())
            if over:
                break
        return page

    def _is_past(self, rows: list[Any], place: Place) -> bool:
        """Tell whether nothing that comes after *rows* is wanted.

        Raises:
            Refused: They do not come in the order that the spec says: some would be lost.
        """
        cursor = self._spec.cursor
        if not (cursor.ascending or cursor.descending):
            return False
        moments = [moment for moment in self._moments(rows) if moment is not None]
        if any(one > other if cursor.ascending else one < other for one, other in pairwise(moments)):
            raise Refused(
                f"rows of `{self._stream}` come in another order than the spec says, so some would be missed",
                code="E103",
                next_step="Correct `ascending` or `descending` in the spec, or ask for the order in `query`.",
            )
        since = place.since
        return cursor.descending and since is not None and bool(moments) and moments[0] < since

    def _exported(self, place: Place) -> Iterator[Page]:
        """Read what an export job gives: all since the last one where the service keeps its place, else since ours."""
        look_back, pages = self._spec.cursor.look_back, self._spec.pages
        assert self._spec.export is not None
        before = place.text()
        place.begin(look_back, self._now())
        if place.continuation:
            place.since = None  # what changed may be of any age
        values = dict.fromkeys(("page", "token", "job", "file", "until")) | {
            "survey": self._survey,
            "size": str(pages.size),
        }
        values |= {"since": self._since(place.since), "continuation": place.continuation or None}
        export = Job(self._session, self._spec.export, self._spec.request, values, stream=self._stream)
        export.finish(sleep=self._sleep)
        for rows in export.rows(pages.size):
            with search_paused():
                found = self._page(list(self._new(rows, place)))
            place.tidy(look_back)
            if found:
                yield page_of(self._stream, found, before := place.text())
        place.continuation = export.continuation
        place.finish(look_back)
        if place.text() != before:
            yield page_of(self._stream, [], place.text())

    def _since(self, since: datetime | None) -> str | None:
        return self._spec.cursor.everything if since is None else written(since, self._spec.cursor)

    def _until(self, until: datetime | None) -> str | None:
        return None if until is None else stamp(until, self._spec.cursor.format)

    def _whole(self, moment: datetime) -> datetime:
        """Return *moment* to the precision in which it can be asked for."""
        unit = timedelta(microseconds=1 if self._spec.cursor.format == "iso_micros" else 1_000_000)
        return _EPOCH + (moment - _EPOCH) // unit * unit

    def _ask(self, turn: Turn) -> tuple[Any, Reply]:
        pages = self._spec.pages
        values = {
            "survey": self._survey,
            "since": self._since(turn.since),
            "until": self._until(turn.until),
            "page": str(turn.page),
            "size": str(pages.size),
            "token": turn.token or None,
            **_NO_JOB,
        }
        with search_paused():
            return self._session.ask(
                self._spec.request, values, what=f"list responses of `{self._stream}`", url=turn.url
            )

    def _new(self, rows: list[Any], place: Place) -> Iterator[Any]:
        """Yield the rows that were not told before, as they are, and are not from before the reading's start."""
        latest = self._now() + TOLERANCE
        for row, moment in zip(rows, self._moments(rows), strict=True):
            if moment is not None:
                if place.since is not None and moment < place.since:
                    continue
                place.reach(moment, latest=min(latest, place.until or latest))
            if place.note(moment, digest_of(row), ahead=moment is not None and moment > latest):
                yield row

    def _page(self, page: list[Any]) -> list[SurveyResponse | Send | Reject | Skip]:
        """Return what each row is."""
        if isinstance(self._rows, PageRows):
            return [*self._rows.read(page)]
        return [self._rows.read(row) for row in page]

    def _moments(self, rows: list[Any]) -> list[datetime | None]:
        """Return by which moment each row is selected; a page is asked for its own several times."""
        if self._weighed[0] is not rows:
            texts = PageColumns(rows).texts([self._spec.cursor.field])
            told = {each: self._dates.read(each or "") for each in set(texts)}
            known = {each: None if isinstance(found, DateProblem) else found for each, found in told.items()}
            self._weighed = (rows, [known[each] for each in texts])
        return self._weighed[1]

    def _bounds(self, rows: list[Any]) -> tuple[datetime | None, datetime | None]:
        """Return the first and the last moment of a page, to the precision in which they are asked for."""
        moments = [self._whole(found) for found in self._moments(rows) if found]
        return min(moments, default=None), max(moments, default=None)


_NO_JOB = dict.fromkeys(("job", "file", "continuation"))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def cursor_dates() -> DateReader:
    """Return what reads the moments that rows are selected by, which may lie in the future."""
    return DateReader(None, zone=UTC, latest=datetime.max.replace(tzinfo=UTC), earliest=EARLIEST)


def written(moment: datetime, cursor: Changes) -> str:
    """Write a lower bound as the service wants it, so that rows of *moment* itself come too.

    >>> from connectors.surveys.lists import Changes
    >>> at = datetime(2026, 1, 31, 9, 30, 0, 250_000, tzinfo=UTC)
    >>> written(at, Changes(field="x")), written(at, Changes(field="x", format="unix", inclusive=False))
    ('2026-01-31T09:30:00Z', '1769851799')
    """
    if not cursor.inclusive:
        moment -= timedelta(microseconds=1) if cursor.format == "iso_micros" else timedelta(seconds=1)
    return stamp(moment, cursor.format)


def stamp(moment: datetime, form: str) -> str:
    """Write a moment, no later than it is."""
    seconds = max(0, int((moment - _EPOCH) // timedelta(seconds=1)))
    match form:
        case "unix":
            return str(seconds)
        case "unix_ms":
            return str(seconds * 1000)
        case "iso_micros":
            return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case "iso_plain":
            return moment.strftime("%Y-%m-%dT%H:%M:%S")
        case _:
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def page_of(stream: str, found: list[SurveyResponse | Send | Reject | Skip], cursor: str | None) -> Page:
    """Return rows as a page."""
    return Page(
        stream=stream,
        responses=[each for each in found if isinstance(each, SurveyResponse)],
        rejects=[each for each in found if isinstance(each, Reject)],
        skips=[each for each in found if isinstance(each, Skip)],
        sends=[each for each in found if isinstance(each, Send)],
        cursor=cursor,
    )
