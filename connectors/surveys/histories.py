"""Who was asked, where each mailing has a history of its own that names people by ids: mailings, histories, addresses.

To the reader the histories of all mailings are one list. The addresses of a mailing's people come from one list too,
which is asked for when a row is new, so that a reading without news costs none of it and nobody costs a call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.dates import DateProblem
from connectors.errors import Gone, Refused, Rejected
from connectors.reply import Reply
from connectors.surveys.paging import Turn, no_bounds, turns
from connectors.surveys.paths import at, every, text
from connectors.surveys.reading import StreamReader, cursor_dates
from connectors.surveys.sends import NO_VALUES, SendRows, Sends
from connectors.values import Place, Skip

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.sends import Send
    from connectors.surveys.lists import Paged, Request
    from connectors.surveys.sends import Mailings, People
    from connectors.surveys.session import Session

NO_DIRECTORY = "Let the account see its directories of contacts, or set `sends: false` in the connection."
#: Where there is no mailing, nothing is asked for.
_NOTHING = Reply(200)


def listed(session: Session, rows: Paged, request: Request, values: Mapping[str, str], what: str) -> Iterator[Any]:
    """Yield every row of a list, page by page.

    Raises:
        ConnectorError: See `turns`, and `Session.ask`.
    """

    def ask(turn: Turn) -> tuple[Any, Reply]:
        own = {"page": str(turn.page), "size": str(rows.pages.size), "token": turn.token or None}
        return session.ask(request, NO_VALUES | own | dict(values), what=what, url=turn.url)

    for pulled in turns(rows, ask, Turn(rows.pages.first), no_bounds):
        yield from pulled.rows


class Addresses:
    """The people of each list, asked for once a reading."""

    def __init__(self, spec: People, session: Session) -> None:
        self._spec = spec
        self._session = session
        self._directories: list[str] | None = None
        self._lists: dict[str, dict[str, Any]] = {}

    def find(self, list_: str, person: str) -> Any:  # noqa: ANN401 - JSON
        """Return what a list says of a person; None: nothing."""
        if list_ not in self._lists:
            self._lists[list_] = self._read(list_)
        return self._lists[list_].get(person)

    def _read(self, list_: str) -> dict[str, Any]:
        spec = self._spec
        if self._directories is None:
            try:
                rows = [*listed(self._session, spec.directories, spec.directories.request, {}, "list directories")]
            except (Gone, Rejected) as error:  # else the rows that need it would count as read
                raise Refused(str(error), next_step=NO_DIRECTORY) from None
            self._directories = [id_ for row in rows if (id_ := text(at(row, spec.directory)))]
        for directory in self._directories:
            values = {"directory": directory, "list": list_}
            try:
                rows = [*listed(self._session, spec, spec.request, values, "list the people of a mailing")]
            except (Gone, Rejected):
                continue  # it is in another directory, or is deleted
            return {id_: row for row in rows if (id_ := text(at(row, spec.id)))}
        return {}


class KnownRows(SendRows):
    """Reads rows together with the person that each names."""

    def __init__(self, spec: Sends, *args: Any, addresses: Addresses, **options: Any) -> None:  # noqa: ANN401
        super().__init__(spec, *args, **options)
        self._addresses = addresses

    def read(self, row: Any) -> Send | Skip:  # noqa: ANN401 - JSON
        """See `SendRows.read`."""
        if isinstance(row, dict) and row.get("mailing") and row.get("contact"):
            # The row is remembered as it came: an address that changes makes no other row of it.
            person = self._addresses.find(row["mailing"]["list"], row["contact"])
            if person is None:
                return Skip(place=Place(file=f"{self._stream}/{row['send']}"), reason="row_unreadable")
            row = row | {"person": person}
        return super().read(row)


class HistoryReader(StreamReader):
    """Reads the histories of all mailings as one list; the token of a page is a mailing's id and the page's address.

    Args:
        spec: The list.
        session: Asks.
        surveys: Id → title of the surveys that count.
        options: See `StreamReader`.
    """

    def __init__(self, spec: Sends, session: Session, *args: Any, surveys: Mapping[str, str], **options: Any) -> None:  # noqa: ANN401
        assert spec.mailings is not None
        joined = {"rows": "rows", "pages": spec.pages.model_copy(update={"kind": "token", "next": "next"})}
        super().__init__(spec.model_copy(update=joined), session, *args, **options)
        self._own = spec
        self._mailings: Mailings = spec.mailings
        self._surveys = surveys
        #: Those of this reading, in the order in which they are read.
        self._chosen: list[dict[str, str]] | None = None

    def _ask(self, turn: Turn) -> tuple[Any, Reply]:
        if self._chosen is None or not turn.token:
            self._chosen = [*self._choose(self._since(turn.since))]
        if not self._chosen:
            return {}, _NOTHING
        id_, _, url = turn.token.partition(" ")
        places = {each["id"]: place for place, each in enumerate(self._chosen)}
        if turn.token and id_ not in places:
            raise Gone("a mailing is not there any longer")
        place = places[id_] if turn.token else 0
        mailing = self._chosen[place]
        values = NO_VALUES | {"mailing": mailing["id"], "size": str(self._own.pages.size)}
        body, reply = self._session.ask(self._own.request, values, what="list who was asked", url=url)
        following = text(at(body, self._own.pages.next))
        if following:
            then = f"{mailing['id']} {following}"
        else:
            then = self._chosen[place + 1]["id"] if place + 1 < len(self._chosen) else ""
        rows = [_named(row, mailing, self._mailings.person) for row in every(body, self._own.rows)]
        return {"rows": rows, "next": then}, reply

    def _choose(self, since: str | None) -> Iterator[dict[str, str]]:
        """Yield the mailings that were changed within the look-back; one whose moments cannot be read is among them."""
        spec, dates, known = self._mailings, cursor_dates(), set()
        start = dates.read(since or "")
        for survey, title in self._surveys.items():
            for row in listed(self._session, spec, spec.request, {"survey": survey}, "list mailings"):
                moments = [dates.read(text(at(row, path)) or "") for path in spec.changed]
                latest = max((each for each in moments if not isinstance(each, DateProblem)), default=None)
                old = latest is not None and not isinstance(start, DateProblem) and latest < start
                id_ = text(at(row, spec.id))
                if id_ and id_ not in known and not old and (spec.only is None or spec.only.holds(row)):
                    known.add(id_)
                    yield {"id": id_, "survey": title, "list": text(at(row, spec.list)) or ""}


def _named(row: Any, mailing: dict[str, str], path: str) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(row, dict) or not (person := text(at(row, path))):
        return row
    return row | {"send": f"{mailing['id']}-{person}", "mailing": mailing, "contact": person}
