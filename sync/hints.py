"""What services have called about, as one mapping takes it: which events it has done with, and which wait.

Both are remembered as a cursor of the mapping's own, so that it moves in the transaction that stores the responses. A
crash in between only fetches them again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from connectors.contract import Page, Told
from sync.ledger import hooks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.contract import SurveySource
    from connectors.values import Hint
    from sync.run import Run

#: The stream under which that is remembered.
STREAM = "@hooks"


@dataclass(slots=True)
class Done:
    """How far a mapping has come with the events of its source."""

    #: Events up to this number are done with, except for those that are `open`.
    upto: int
    open: set[int] = field(default_factory=set)

    @classmethod
    def of_text(cls, text: str) -> Self:
        """Return what a cursor holds."""
        upto, open_ = json.loads(text)
        return cls(int(upto), set(open_))

    def text(self) -> str:
        """Return the cursor."""
        return json.dumps([self.upto, sorted(self.open)], separators=(",", ":"))

    def begin(self) -> int:
        """Return the number after which an event may wait."""
        return min((number - 1 for number in self.open), default=self.upto)

    def take(self, found: list[Hint]) -> list[Hint]:
        """Return those of *found* that wait; what is open and not among them is kept no longer."""
        waiting = [each for each in found if each.number > self.upto or each.number in self.open]
        self.open = {each.number for each in waiting}
        self.upto = max([self.upto, *self.open])
        return waiting


def pages_of(run: Run, source: SurveySource, cursors: Mapping[str, str], *, only_told: bool) -> Iterator[Page]:
    """Yield what is new at *source*: what polling finds, then what its service has called about and is not among that.

    Args:
        run: Which.
        source: The mapping's.
        cursors: The mapping's.
        only_told: Leave the polling to another run, unless there never was one.
    """
    if not isinstance(source, Told) or not source.hooked:
        yield from source.pull(cursors)
        return
    before = cursors.get(STREAM)
    with run.ledger.read() as connection:
        if before is None:  # what came until now is found by polling
            done, hints = Done(hooks.newest(connection, run.mapping.from_)), []
        else:
            done = Done.of_text(before)
            hints = done.take(hooks.waiting(connection, run.mapping.from_, done.begin()))
    if before is None or not only_told:
        met: set[str] = set()
        for page in source.pull(cursors):
            yield page
            met.update(_met(page, {each.response for each in hints}))
        done.open -= {each.number for each in hints if each.response in met}
        hints = [each for each in hints if each.response not in met]
    for page in source.told(hints, cursors) if hints else ():
        yield page
        done.open -= set(page.settled)
    if done.text() != before:
        yield Page(stream=STREAM, cursor=done.text())


def _met(page: Page, wanted: set[str]) -> set[str]:
    """Return which of *wanted* are in a page."""
    if not wanted:
        return wanted
    places = [each.place.file for rows in (page.rejects, page.skips) for each in rows]
    ends = {place.rpartition("/")[2] for place in places}
    return wanted & ({each.response_id for each in page.responses} | ends)
