"""What respondents truly answered, and when each of it is to be seen: the memory of every survey service."""

from __future__ import annotations

import heapq
import random
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One person's response to one survey, as it stands now."""

    #: The id that the service's rows carry.
    id: str
    #: In the order in which the service took them in, from 1; breaks ties of time.
    number: int
    #: The id of the survey, form or campaign it answers.
    survey: str
    #: 0 to 10 for a likelihood to recommend; in the scale of its kind otherwise; None: not answered.
    score: int | None
    comment: str | None
    #: None: anonymous.
    email: str | None
    name: str | None
    #: When the person answered. Aware, UTC.
    at: datetime
    #: When the service last changed it; not before it took it in.
    modified: datetime
    #: "nps", or another kind of question that readers of NPS must leave out.
    kind: str = "nps"
    #: "completed", or why it does not count: "partial", "test", "bogus", …
    state: str = "completed"

    @property
    def counts(self) -> bool:
        """Whether a perfect reader takes it."""
        return self.kind == "nps" and self.state == "completed" and self.score is not None


class Answers:
    """The answers of one service, changed by tests at once and by a population as time goes by."""

    def __init__(
        self, seed: str, clock: Callable[[], float], new_id: Callable[[random.Random, int], str], unit: timedelta
    ) -> None:
        self.clock = clock
        #: The smallest step of time that the service tells.
        self.unit = unit
        #: Ids of answers that were to be seen once and are deleted.
        self.gone: set[str] = set()
        #: Moves with every change.
        self.revision = 0
        self._ids = random.Random(f"ids {seed}")
        self._new_id = new_id
        self._rows: dict[str, Answer] = {}
        self._named = 0
        self._listed: dict[tuple[object, ...], tuple[Answer, ...]] = {}
        #: What is still to happen: moment, in which order it was planned, and what.
        self._plan: list[tuple[float, int, Callable[[], None]]] = []
        self._planned = 0
        #: The moment of what is happening while the past is being made up for.
        self._moment: float | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Answer]:
        return iter(self._rows.values())

    def get(self, key: str) -> Answer | None:
        """Return the answer of that id, None: there is none now."""
        return self._rows.get(key)

    def now(self) -> datetime:
        """Return the service's time, in its own precision."""
        return self.cut(datetime.fromtimestamp(self.clock() if self._moment is None else self._moment, UTC))

    def cut(self, at: datetime) -> datetime:
        """Return *at* in UTC, no finer than the service tells time."""
        at = at.astimezone(UTC)
        if self.unit >= timedelta(seconds=1):
            return at.replace(microsecond=0)
        step = self.unit // timedelta(microseconds=1)
        return at.replace(microsecond=at.microsecond // step * step)

    def _moved(self) -> None:
        self.revision += 1
        self._listed.clear()

    @property
    def taken(self) -> int:
        """How many answers the service has taken in, deleted ones too."""
        return len(self._rows) + len(self.gone)

    def name(self) -> str:
        """Make the id of an answer that is still to come."""
        self._named += 1
        return self._new_id(self._ids, self._named)

    def put(self, key: str, at: datetime, **fields: Any) -> None:
        """Take an answer in, now."""
        at = self.cut(at)
        modified = max(at, fields.pop("modified", None) or self.now())
        self._rows[key] = Answer(id=key, number=self.taken + 1, at=at, modified=modified, **fields)
        self._moved()

    def change(self, key: str, **fields: Any) -> None:
        """Change what an answer says; nothing if it is deleted.

        Raises:
            KeyError: No answer ever had that id.
        """
        if key in self.gone:
            return
        before = self._rows[key]
        self._rows[key] = replace(before, modified=max(before.modified, self.now()), **fields)
        self._moved()

    def drop(self, key: str) -> None:
        """Delete an answer, as its respondent or the survey's owner may; nothing if it is deleted already.

        Raises:
            KeyError: No answer ever had that id.
        """
        if key in self.gone:
            return
        del self._rows[key]
        self.gone.add(key)
        self._moved()

    def plan(self, at: float, what: Callable[[], None]) -> None:
        """Have *what* happen at that moment, seconds since 1970."""
        self._planned += 1
        heapq.heappush(self._plan, (at, self._planned, what))

    def settle(self) -> None:
        """Have all that happen whose time has come."""
        now = self.clock()
        while self._plan and self._plan[0][0] <= now:
            self._moment, _, what = heapq.heappop(self._plan)
            what()
        self._moment = None

    def listed(
        self, order: str = "at", survey: str | None = None, states: frozenset[str] | None = None
    ) -> tuple[Answer, ...]:
        """Return the answers, of all surveys or one, by "at", "modified" or "number"; of one moment, by number.

        *states*: only these; None: all.
        """
        asked = (order, survey, states)
        if asked not in self._listed:
            chosen = (one for one in self if survey in (None, one.survey) and (states is None or one.state in states))
            self._listed[asked] = tuple(sorted(chosen, key=lambda one: (getattr(one, order), one.number)))
        return self._listed[asked]

    def between(
        self,
        since: datetime | None,
        until: datetime | None,
        order: str = "at",
        survey: str | None = None,
        states: frozenset[str] | None = None,
    ) -> tuple[Answer, ...]:
        """Return those from *since* to *until*, both of them included: see `listed`."""
        rows = self.listed(order, survey, states)
        first = 0 if since is None else bisect_left(rows, since, key=lambda one: getattr(one, order))
        last = len(rows) if until is None else bisect_right(rows, until, key=lambda one: getattr(one, order))
        return rows[first:last]

    def truth(self) -> list[Answer]:
        """Return what a perfect reader holds of all that is to be seen now, the oldest first."""
        return [one for one in self.listed() if one.counts]
