"""How far one stream has been read: a cursor that is never "now", and that knows what was read around it.

`floor` is the moment of the latest row that was read together with all before it. Each reading begins a look-back
before it, for late rows and for edits; the rows of that time are remembered by a digest, and told again only when they
changed.
"""

from __future__ import annotations

import json
from binascii import b2a_base64
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, Self

import orjson

#: Rows remembered at most; of more the oldest are told again, which the ledger notices.
MOST_REMEMBERED = 20_000
#: No clock is so wrong that calls still get through: no certificate would be valid.
CERTAIN = timedelta(days=365)
#: 9 bytes are 12 letters; of 20,000 rows none is taken for another in a billion readings.
_BYTES = 9
_LETTERS = 12

#: As `urlsafe_b64encode`, which costs twice as much.
_SAFE = str.maketrans("+/", "-_")


def digest_of(row: Any) -> str:  # noqa: ANN401 - JSON
    """Return what tells a row, as it is now, from every other."""
    try:
        plain = orjson.dumps(row, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a table's row with more cells than columns
        plain = orjson.dumps(row, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return b2a_base64(blake2b(plain, digest_size=_BYTES).digest(), newline=False).decode().translate(_SAFE)


@dataclass(slots=True)
class Place:
    """See the module."""

    #: What the rows were read as; where that changed, everything is read again.
    mark: str
    floor: datetime | None = None
    #: Day → digests of the rows of that day.
    seen: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    #: Where an unfinished reading began; None: at the very beginning.
    since: datetime | None = None
    #: When it began, by our clock.
    begun: datetime | None = None
    #: Until when its window goes, where the service is asked for one at a time.
    until: datetime | None = None
    #: The token of its next page; empty: no reading is unfinished, or it begins again.
    token: str = ""
    #: The latest moment it has come across.
    high: datetime | None = None
    #: What the service gave us to ask it for all that changed since; empty: nothing.
    continuation: str = ""

    @classmethod
    def of_text(cls, text: str | None, mark: str) -> Self:
        """Return the place that a cursor holds; the beginning, where it was made by another reading."""
        try:
            told = json.loads(text or "{}")
            if told.get("mark") != mark:
                return cls(mark)
            place = cls(mark, floor=_moment(told["floor"]))
            for day, letters in told["seen"].items():
                place.seen[day] = {letters[at : at + _LETTERS] for at in range(0, len(letters), _LETTERS)}
            place.continuation = str(told.get("continuation", ""))
            if "open" in told:
                since, place.token, high, until, begun = told["open"]
                place.since, place.high, place.until = _moment(since), _moment(high), _moment(until)
                place.begun = _moment(begun)
        except (ValueError, TypeError, LookupError, AttributeError):
            return cls(mark)
        return place

    def text(self) -> str:
        """Return the cursor."""
        told: dict[str, Any] = {
            "mark": self.mark,
            "floor": _text(self.floor),
            "seen": {day: "".join(sorted(self.seen[day])) for day in sorted(self.seen) if self.seen[day]},
        }
        if self.continuation:
            told["continuation"] = self.continuation
        if self.token:
            moments = [_text(self.high), _text(self.until), _text(self.begun)]
            told["open"] = [_text(self.since), self.token, *moments]
        return json.dumps(told, separators=(",", ":"))

    def begin(self, look_back: timedelta, now: datetime) -> None:
        """Begin a reading, or go on with the one that is unfinished."""
        if not self.token:
            self.begun = now
            self.since = None if self.floor is None else self.floor - look_back
            self.high = self.until = None

    def again(self) -> None:
        """Begin the reading anew: its pages cannot be asked for any longer."""
        self.token = ""
        self.continuation = ""
        self.high = None

    def note(self, moment: datetime | None, digest: str, *, ahead: bool = False) -> bool:
        """Take a row in; False: it was told before, as it is.

        A row that was *ahead* of our clock was refused, and counts as new again when its time has come: it may have
        been our clock that was wrong.
        """
        day = self.seen[_AHEAD if ahead else _day(moment)]
        if digest in day:
            return False
        day.add(digest)
        return True

    def reach(self, moment: datetime, *, latest: datetime) -> None:
        """Say that a row of *moment* was read; a moment after *latest* is a mistake, and would hide what comes."""
        if moment <= latest and (self.high is None or moment > self.high):
            self.high = moment

    def advance(self, look_back: timedelta) -> None:
        """Say that everything up to the highest row was read, and forget rows that no reading will meet again."""
        if self.high is not None and (self.floor is None or self.high > self.floor):
            self.floor = self.high
        self.tidy(look_back)

    def tidy(self, look_back: timedelta) -> None:
        """Forget the rows before the look-back, and of too many the oldest."""
        top = max((each for each in (self.floor, self.high) if each is not None), default=None)
        if top is None:
            return
        first = _day(max(top - look_back, _FIRST))
        # While a reading is unfinished, the one before it still counts: it may have to begin again.
        if self.floor is not None:
            first = min(first, _day(max(self.floor - look_back, _FIRST)))
        for day in [day for day in self.seen if day < first]:
            del self.seen[day]
        many = sum(map(len, self.seen.values()))
        for day in sorted(self.seen):
            if many <= MOST_REMEMBERED:
                return
            many -= len(self.seen.pop(day))

    def finish(self, look_back: timedelta, *, passed: datetime | None = None, now: datetime | None = None) -> None:
        """Say that the reading is complete, or its window, whose end is *passed*.

        The end counts as a row does when it is long ago: a clock of ours that is wrong would hide what comes.
        """
        self.token = ""
        if self.high and self.begun and self.high > self.begun:
            # It was left for a while, and others answered since then who stand on pages that had been read already.
            self.high = self.begun
        if passed is not None and now is not None and passed < now - CERTAIN and (not self.high or passed > self.high):
            self.high = passed
        self.advance(look_back)


#: Stands in the place of a day; after all days, so that it is forgotten last.
_AHEAD = "9998"
_FIRST = datetime(1970, 1, 3, tzinfo=UTC)


def _day(moment: datetime | None) -> str:
    # Rows without a readable moment come with every reading that meets them.
    return "9999" if moment is None else f"{moment.year:04}{moment.month:02}{moment.day:02}"


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment
