"""How one page of a list leads to the next, and that there is an end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from requests.utils import parse_header_links

from connectors.errors import Deferred
from connectors.surveys.paths import at, every, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.reply import Reply
    from connectors.surveys.lists import Paged, Pages

#: Rows → the first and the last moment among them, as precise as they can be asked for.
Bounds = Callable[[list[Any]], tuple[datetime | None, datetime | None]]

#: Pages of one list at most: a hundred times what the largest account that we know of has.
MOST_PAGES = 100_000
#: What services cut pages to when they are asked for longer ones. A page of so many rows need not be the last: else a
#: spec whose `size` is more than its service gives would lose all but the first page, and nobody would be told.
CAPS = frozenset({10, 20, 25, 30, 50, 100, 200, 250, 500, 1000})
WAIT = "Nothing to do: the next run tries again. If it lasts, tell the service's support which list repeats itself."


@dataclass(frozen=True, slots=True)
class Turn:
    """Which page is asked for."""

    page: int
    token: str = ""
    #: The whole address, where the service gives one.
    url: str = ""
    #: For lists in order, the moment from which on the page is asked for.
    since: datetime | None = None
    #: Until when, where time is asked for in windows.
    until: datetime | None = None

    @property
    def place(self) -> Turn:
        """What tells this page from others: its token, where it has one."""
        return replace(self, page=0) if self.token else self


class ShiftedError(Exception):
    """Rows have moved up a page, so one of them may have been missed."""


def turns(listed: Paged, ask: Callable[[Turn], tuple[Any, Reply]], first: Turn, bounds: Bounds) -> Iterator[Pulled]:
    """Yield the pages of a list, each with the next one's turn.

    Raises:
        Deferred: A page or token came again, so that there would be no end.
        ShiftedError: There are fewer rows than there were.
    """
    turn: Turn | None = first
    asked, total, read, probing = {first.place}, None, 0, False
    before: list[Any] = []
    for number in range(1, MOST_PAGES + 1):
        assert turn is not None
        body, reply = ask(turn)
        rows = every(body, listed.rows)
        same = bool(rows) and rows == before  # which ends at the first row that is another
        if same and probing:
            yield Pulled([], None)  # there was no other page, and its number counts for nothing
            return
        if same:
            raise Deferred(f"the same page came again after {number - 1} pages", next_step=WAIT)
        before = rows
        there = at(body, listed.pages.total) if listed.pages.total else None
        if isinstance(there, int) and isinstance(total, int) and there < total:
            raise ShiftedError
        total = there
        read += len(rows)
        probing = listed.pages.kind in {"number", "keyset"} and len(rows) < listed.pages.size
        turn = _next(listed.pages, turn, body, reply, rows, bounds, read)
        yield Pulled(rows, turn)
        if turn is None:
            return
        if turn.place in asked:
            raise Deferred(f"the token of a page came again after {number} pages", next_step=WAIT)
        asked.add(turn.place)
    raise Deferred(f"there is no end after {MOST_PAGES} pages", next_step=WAIT)


@dataclass(frozen=True, slots=True)
class Pulled:
    """A page of raw rows."""

    rows: list[Any]
    #: The next page; None: this is the last.
    next: Turn | None


def _next(  # noqa: PLR0913 - what the next page may depend on
    pages: Pages,
    turn: Turn,
    body: Any,  # noqa: ANN401 - JSON
    reply: Reply,
    rows: list[Any],
    bounds: Bounds,
    read: int,
) -> Turn | None:
    after = replace(turn, page=turn.page + 1)
    if pages.kind in {"number", "keyset", "last_row"} and _is_last(pages, turn, body, rows, read):
        return None
    match pages.kind:
        case "number":
            return after
        case "keyset":
            low, high = bounds(rows)
            # A page of one moment alone is passed by its number, or it would come for ever.
            moved = low is not None and high is not None and low < high and (turn.since is None or high > turn.since)
            return replace(turn, page=pages.first, since=high) if moved else after
        case "link":
            links = {each.get("rel"): each["url"] for each in parse_header_links(reply.headers.get("link", ""))}
            found = links.get("next")
        case "last_row":
            found = text(at(rows[-1], pages.next))
        case _:
            found = text(at(body, pages.next)) if pages.next else None
    if not found:
        return None
    return replace(after, token=found, url=found if pages.kind in {"next_url", "link"} else "")


def _is_last(pages: Pages, turn: Turn, body: Any, rows: list[Any], read: int) -> bool:  # noqa: ANN401 - JSON
    count = _number(body, pages.count)
    if count is not None and pages.kind == "number":
        return count <= turn.page - pages.first + 1  # a page in the middle may be empty, where rows are left out
    if not rows:
        return True
    if count is not None and pages.kind == "last_row":
        return count <= 1
    total = _number(body, pages.total)
    if total is not None and read < total:
        return False
    return len(rows) < pages.size and len(rows) not in CAPS


def _number(body: Any, path: str) -> int | None:  # noqa: ANN401 - JSON
    found = text(at(body, path)) if path else None
    return int(found) if found and found.isdecimal() else None


def no_bounds(_rows: list[Any]) -> tuple[None, None]:
    """Return nothing: for lists without moments."""
    return None, None
