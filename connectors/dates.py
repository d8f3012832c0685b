"""Dates as exports write them, read with one order per file.

`03/04/2026` is the third of April or the fourth of March; the row cannot say, the file usually can. So the whole
file is asked first (`DateEvidence`), then every row is read the same way (`DateReader`). A date that would still
have two meanings is a problem, not a guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING

from connectors.months import MONTHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


#: Clocks and time zones differ by less than a day; a later moment is in the future.
TOLERANCE = timedelta(days=1)
#: No survey tool is older, and NPS is of 2003: an earlier date is an empty one (1970) or a time without a day (1899).
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


class DateProblem(StrEnum):
    """Why a text is not a moment."""

    MISSING = "date_missing"
    UNREADABLE = "date_unreadable"
    AMBIGUOUS = "date_ambiguous"
    IN_FUTURE = "date_in_future"


class DateOrder(StrEnum):
    """Which number of `03/04/2026` is the day."""

    DMY = "dmy"
    MDY = "mdy"
    YMD = "ymd"


_NUMERIC = re.compile(r"\s*(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{4}|\d{2})(?!\d)")
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")
# Serials of 1954 to 2119: five digits that are neither a year nor a postcode with a leading zero.
_SERIAL_RANGE = (20_000, 80_000)


@dataclass(slots=True)
class DateEvidence:
    """What all dates of one file say about the order of day and month."""

    only_dmy: int = 0
    only_mdy: int = 0
    both: int = 0
    dotted: int = 0

    def add(self, texts: Iterable[str]) -> None:
        """Take in distinct texts, or the first ten characters of them."""
        for text in texts:
            if found := _NUMERIC.match(text):
                first, second = int(found[1]), int(found[3])
                if first == second or not (first and second):
                    continue
                self.dotted += found[2] == "."
                self.only_dmy += 12 < first <= 31 and second <= 12
                self.only_mdy += 12 < second <= 31 and first <= 12
                self.both += first <= 12 and second <= 12

    def order(self) -> DateOrder | None:
        """Return the order that all dates fit; None when none does, or when two do.

        Dots alone mean the day first: no locale of CLDR writes month.day.year.

        >>> evidence = DateEvidence()
        >>> evidence.add(["03/04/2026", "04/13/2026"]); evidence.order().value
        'mdy'
        >>> evidence.add(["13/04/2026"]); evidence.order() is None
        True
        """
        if self.only_dmy and self.only_mdy:
            return None
        if self.only_dmy:
            return DateOrder.DMY
        if self.only_mdy:
            return DateOrder.MDY
        return DateOrder.DMY if self.dotted and self.dotted == self.both else None

    def because(self) -> str:
        """Say why `order` is what it is, for the person running it; empty when no date has two readings."""
        if self.only_dmy and self.only_mdy:
            return "dates: some fit only day/month, others only month/day; those that fit both are rejected"
        if self.only_dmy or self.only_mdy:
            what, count = ("day", self.only_dmy) if self.only_dmy else ("month", self.only_mdy)
            return f"dates: {what} first, because {count} of them can be read in no other way"
        if self.order() is DateOrder.DMY:
            return "dates: day first, because they are written with dots"
        return "dates: day/month or month/day cannot be told apart; those rows are rejected" if self.both else ""


_ZONE = r"Z|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?|UTC|GMT|\(UTC\)"
_TIME = r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?"
_MOMENT = re.compile(rf"(.+?)(?:(?:T|,?\s)\s*{_TIME}\s*(?:([AaPp])\.?\s?[Mm]\.?)?\s*({_ZONE})?)?")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
# What most exports write. The standard library reads it in the same way, ten times as fast.
_ISO = re.compile(
    r"\d{4}-\d\d-\d\d[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3}(?:\d{3})?)?(Z|\+00:00)?", re.ASCII
).fullmatch
_YMD = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DAY_NAME_YEAR = re.compile(r"(\d{1,2})[.\s-]*([^\W\d_]+)[.,\s-]*(\d{4}|\d{2})")
_NAME_DAY_YEAR = re.compile(r"([^\W\d_]+)\.?\s+(\d{1,2}),?\s+(\d{4})")

_ANY = datetime.min.replace(tzinfo=UTC)
# A day has 86,400 seconds and a century 36,525 days: more unlike texts than that are not dates.
_REMEMBERED = 100_000


def has_time_of_day(text: str) -> bool:
    """Tell whether a date text says more than the day.

    >>> has_time_of_day("2026-01-05 10:22"), has_time_of_day("2026-01-05"), has_time_of_day("1767608520")
    (True, False, True)
    """
    return ":" in text or (len(text) >= 9 and text.isdigit()) or (len(text) > 5 and _SERIAL.fullmatch(text) is not None)


class DateReader:
    """Reads the date texts of one file, all in the same way.

    Args:
        order: The file's order of day and month; None when it is unknown.
        zone: Zone of the texts that name none.
        latest: A later moment than this is in the future; one before `earliest` is no date.
        epoch_1904: Whether the workbook counts its days from 1904 (old Excel for Mac).
    """

    def __init__(
        self,
        order: DateOrder | None,
        *,
        zone: tzinfo,
        latest: datetime,
        earliest: datetime = _ANY,
        epoch_1904: bool = False,
    ) -> None:
        self._order = order
        self._zone = zone
        self._latest = latest
        self._earliest = earliest
        self._serial_zero = datetime(1904, 1, 1) if epoch_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - a place on the calendar; the zone is added later
        self._days: dict[str, tuple[int, int, int]] = {}
        self._times: dict[str, tuple[int, int, int]] = {}

    def read(self, text: str) -> datetime | DateProblem:
        """Return the moment in UTC, or why there is none."""
        moment = self._iso(text) or self._by_parts(text)
        if isinstance(moment, DateProblem):
            return moment
        if moment > self._latest:
            return DateProblem.IN_FUTURE
        return moment if moment >= self._earliest else DateProblem.UNREADABLE

    def read_many(self, texts: Sequence[str]) -> list[datetime | None]:
        """Return the moments of *texts*; None where `read` has to say what is wrong."""
        return [None if isinstance(moment, DateProblem) else moment for moment in map(self.read, texts)]

    def _iso(self, text: str) -> datetime | None:
        if len(text) == 20 and text[4::3] == "--T::Z" and text[11:13] < "24":
            # As most services write it; the general way costs three times as much.
            try:
                return datetime.fromisoformat(text)
            except ValueError:
                return None
        found = _ISO(text)
        if found is None or not (found[1] or self._zone is UTC):
            return None
        try:
            return datetime.fromisoformat(text if found[1] else text + "+00:00")
        except ValueError:
            return None

    def _by_parts(self, text: str) -> datetime | DateProblem:
        day_text, _, time_text = text.partition(" ")
        day, time = self._days.get(day_text), self._times.get(time_text)
        if day is not None and time is None and (clock := _CLOCK.fullmatch(time_text)):
            time = self._remember(time_text, (int(clock[1]), int(clock[2]), int(clock[3] or 0)))
        if day is not None and time is not None:
            year, month, number = day
            hour, minute, second = time
            moment = datetime(year, month, number, hour, minute, second, 0, self._zone)
        else:
            found = self._moment(text, day_text, time_text)
            if isinstance(found, DateProblem):
                return found
            moment = found
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)

    def _moment(self, text: str, day_text: str, time_text: str) -> datetime | DateProblem:
        if text.strip() in ("", "-", "n/a", "N/A", "null", "None"):
            return DateProblem.MISSING
        try:
            if (number := _number(text)) is not None:
                return self._from_number(number)
            return self._from_text(text.strip(), day_text, time_text)
        except (ValueError, OverflowError):
            return DateProblem.UNREADABLE

    def _from_number(self, number: float) -> datetime | DateProblem:
        low, high = _SERIAL_RANGE
        if low <= number < high:
            # Excel keeps fractions of a day as a float: whole seconds are all it can mean.
            moment = self._serial_zero + timedelta(seconds=round(number * 86_400))
            return moment.replace(tzinfo=self._zone)
        for divisor, first in ((1, 1e8), (1e3, 1e11), (1e6, 1e14)):
            if first <= number < first * 100:
                return datetime.fromtimestamp(number / divisor, UTC)
        return DateProblem.UNREADABLE

    def _from_text(self, text: str, day_text: str, time_text: str) -> datetime | DateProblem:
        found = _MOMENT.fullmatch(text)
        if found is None:
            return DateProblem.UNREADABLE
        day = self._day(found[1])
        if isinstance(day, DateProblem):
            return day
        hour, minute, second = _hour(found[2], found[6]), int(found[3] or 0), int(found[4] or 0)
        micro = int((found[5] or "0").ljust(6, "0")[:6])
        zone = _zone(found[7]) if found[7] else self._zone
        year, month, number = day
        moment = datetime(year, month, number, hour, minute, second, micro, zone)
        if not (found[7] or micro) and found[1] == day_text:
            if len(self._days) > _REMEMBERED:
                self._days.clear()
            self._days[day_text] = day
            self._remember(time_text, (hour, minute, second))
        return moment

    def _remember(self, text: str, time: tuple[int, int, int]) -> tuple[int, int, int]:
        if len(self._times) > _REMEMBERED:
            self._times.clear()
        return self._times.setdefault(text, time)

    def _day(self, text: str) -> tuple[int, int, int] | DateProblem:
        if found := _YMD.fullmatch(text):
            return int(found[1]), int(found[3]), int(found[4])
        if found := _COMPACT.fullmatch(text):
            return int(found[1]), int(found[2]), int(found[3])
        if found := _NUMERIC.fullmatch(text):
            return self._ordered(int(found[1]), int(found[3]), found[4])
        if found := _DAY_NAME_YEAR.fullmatch(text):
            return _year(found[3]), MONTHS.get(found[2].casefold(), 0), int(found[1])
        if found := _NAME_DAY_YEAR.fullmatch(text):
            return int(found[3]), MONTHS.get(found[1].casefold(), 0), int(found[2])
        return DateProblem.UNREADABLE

    def _ordered(self, first: int, second: int, last: str) -> tuple[int, int, int] | DateProblem:
        if self._order is DateOrder.YMD and len(last) == 2:
            return 2000 + first, second, int(last)
        year = _year(last)
        match self._order:
            case DateOrder.DMY:
                return year, second, first
            case DateOrder.MDY:
                return year, first, second
        if first <= 12 and second <= 12 and first != second:
            return DateProblem.AMBIGUOUS
        return (year, second, first) if first > 12 else (year, first, second)


def _number(text: str) -> float | None:
    plain = text.strip()
    if plain.isdigit() and len(plain) != 8:
        return float(plain) if len(plain) < 18 else None
    return float(plain.replace(",", ".")) if _SERIAL.fullmatch(plain) else None


def _hour(text: str | None, half: str | None) -> int:
    hour = int(text or 0)
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if half in "pP" else 0)


def _year(text: str) -> int:
    # Two digits follow POSIX: 69 to 99 are of the last century.
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 69 else 1900)


def _zone(text: str) -> tzinfo:
    sign = re.search(r"([+-])(\d{1,2}):?(\d{2})?", text)
    if sign is None:
        return UTC
    offset = timedelta(hours=int(sign[2]), minutes=int(sign[3] or 0))
    return timezone(-offset if sign[1] == "-" else offset)
