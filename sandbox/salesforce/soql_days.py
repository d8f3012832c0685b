"""Date and datetime literals, and TODAY, LAST_N_DAYS:n and their kin, as the moments from which and until which.

Moments are texts as records hold them, which compare as they follow each other. The user's time zone is UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: How far a count of days, weeks, … may reach; beyond, `date` has no such day.
MOST = 100_000


@dataclass(frozen=True, slots=True)
class Span:
    """Days from *start* to before *end*."""

    start: date
    end: date
    #: Whether it reaches back from today, so that "after it" is meant as "after its start".
    recent: bool = False


def stamp(moment: datetime) -> str:
    """Write *moment* as records hold it.

    >>> stamp(datetime(2026, 1, 2, 3, 4, 5, 678000, UTC))
    '2026-01-02T03:04:05.678+0000'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


def stamp_of(literal: str) -> str:
    """Read a datetime literal.

    >>> stamp_of("2026-01-02T03:04:05+02:00")
    '2026-01-02T01:04:05.000+0000'

    Raises:
        ValueError: There is no such moment.
    """
    return stamp(datetime.fromisoformat(literal.upper()))


def span_of(literal: str, today: date) -> Span:
    """Say which days `TODAY`, `LAST_N_DAYS:30` and the like are, as seen from *today*.

    >>> span_of("LAST_N_DAYS:2", date(2026, 3, 10)).start
    datetime.date(2026, 3, 8)
    >>> span_of("LAST_MONTH", date(2026, 1, 10))
    Span(start=datetime.date(2025, 12, 1), end=datetime.date(2026, 1, 1), recent=False)

    Raises:
        ValueError: There is no such literal.
    """
    name, _, digits = literal.partition(":")
    if name in _SINGLE and not digits:
        return _shifted(*_SINGLE[name], today)
    count = int(digits or 0)
    if count > MOST:
        raise ValueError(literal)
    if name in {"LAST_N_DAYS", "LAST_90_DAYS"}:
        back = count if digits else 90
        return Span(today - timedelta(back), today + timedelta(1), recent=True)
    if name in {"NEXT_N_DAYS", "NEXT_90_DAYS"}:
        ahead = count if digits else 90
        return Span(today + timedelta(1), today + timedelta(1 + ahead))
    for unit in _UNITS:
        if name == f"LAST_N_{unit}S":
            return _between(unit, -count, 0, today)
        if name == f"NEXT_N_{unit}S":
            return _between(unit, 1, 1 + count, today)
        if name == f"N_{unit}S_AGO":
            return _shifted(unit, -count, today)
    raise ValueError(literal)


def _shifted(unit: str, by: int, today: date) -> Span:
    return _between(unit, by, by + 1, today)


def _between(unit: str, first: int, last: int, today: date) -> Span:
    start_of = _UNITS[unit]
    return Span(start_of(today, first), start_of(today, last))


def _day(today: date, by: int) -> date:
    return today + timedelta(by)


def _week(today: date, by: int) -> date:
    # Weeks begin on Sunday, as in the locale of the org.
    return today - timedelta((today.weekday() + 1) % 7) + timedelta(7 * by)


def _month(today: date, by: int) -> date:
    months = today.year * 12 + today.month - 1 + by
    return date(months // 12, months % 12 + 1, 1)


def _quarter(today: date, by: int) -> date:
    return _month(date(today.year, (today.month - 1) // 3 * 3 + 1, 1), 3 * by)


def _year(today: date, by: int) -> date:
    return date(today.year + by, 1, 1)


_UNITS: dict[str, Callable[[date, int], date]] = {
    "DAY": _day,
    "WEEK": _week,
    "MONTH": _month,
    "QUARTER": _quarter,
    "YEAR": _year,
}
_SINGLE: dict[str, tuple[str, int]] = {
    "YESTERDAY": ("DAY", -1),
    "TODAY": ("DAY", 0),
    "TOMORROW": ("DAY", 1),
    **{
        f"{word}_{unit}": (unit, by)
        for unit in ("WEEK", "MONTH", "QUARTER", "YEAR")
        for word, by in (("LAST", -1), ("THIS", 0), ("NEXT", 1))
    },
}


def midnight(day: date) -> datetime:
    """Give the moment at which *day* begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
