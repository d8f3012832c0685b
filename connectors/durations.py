"""Spans of time as people write them in YAML: `90d`, `48h`, `15m`, `2w`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_FORM = re.compile(r"(\d{1,6})([smhdw])")


def parse_duration(text: Any) -> timedelta:  # noqa: ANN401 - whatever YAML holds
    """Read a whole number and a unit.

    >>> parse_duration("90d")
    datetime.timedelta(days=90)
    >>> parse_duration("90")
    Traceback (most recent call last):
        ...
    ValueError: a duration is a whole number and one of s, m, h, d, w, such as `90d`
    """
    if isinstance(text, timedelta):
        return text
    found = _FORM.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("a duration is a whole number and one of s, m, h, d, w, such as `90d`")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def format_duration(span: timedelta) -> str:
    """Write a span with the largest unit that is exact.

    >>> format_duration(timedelta(hours=48)), format_duration(timedelta(minutes=15))
    ('2d', '15m')
    """
    seconds = int(span.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


Duration = Annotated[
    timedelta,
    PlainValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,6}[smhdw]$", "examples": ["90d", "48h", "15m"]}),
]
