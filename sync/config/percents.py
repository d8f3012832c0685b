"""Shares as people write them in YAML: `10%`, `0.5%`."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

_FORM = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)\s?%")


def parse_percent(text: Any) -> float:  # noqa: ANN401 - whatever YAML holds
    """Read a percentage as a fraction of 1; a bare number is refused, because `0.1` could mean either.

    >>> parse_percent("10%"), parse_percent("0.5%")
    (0.1, 0.005)
    >>> parse_percent(10)
    Traceback (most recent call last):
        ...
    ValueError: a percentage is a number from 0 to 100 and a percent sign, such as `10%`
    """
    found = _FORM.fullmatch(text) if isinstance(text, str) else None
    share = round(float(found[1]) / 100, 6) if found else None
    if share is None or share > 1:
        raise ValueError("a percentage is a number from 0 to 100 and a percent sign, such as `10%`")
    return share


def format_percent(share: float) -> str:
    """Write a fraction as a percentage.

    >>> format_percent(0.005)
    '0.5%'
    """
    return f"{share * 100:g}%"


Percent = Annotated[
    float,
    PlainValidator(parse_percent),
    PlainSerializer(format_percent, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,3}(\.\d{1,4})?\s?%$", "examples": ["10%", "1%"]}),
]
