"""International phone numbers in their common spelling, read from the library's own tables.

`phonenumbers.parse` takes 50 µs to read `+1 (201) 555-0123`, and an import reads millions of such numbers. Where
nothing about a number is special, a regular expression and a look into a table say the same. All else is left to it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

#: Digits in groups, and nothing that could be an extension, a letter or a second number.
_GROUPED = re.compile(r"\+[1-9][0-9]*(?:[ .()-]{1,3}[0-9]+)*").fullmatch
_NO_DIGITS = str.maketrans("", "", "+ .()-")
_LONGEST_CODE = 3


class PlainNumber(NamedTuple):
    """The two parts of an international number, digits only."""

    country_code: str
    #: The national significant number.
    national: str


class _Plan(NamedTuple):
    """What the main region of a calling code says of its numbers."""

    #: How many digits a whole number has.
    lengths: frozenset[int]
    #: What may stand before a number without being part of it.
    prefix: re.Pattern[str] | None


def plain_international(text: str) -> PlainNumber | None:
    """Return the parts of *text*, or None where reading it takes more than its digits.

    >>> plain_international("+1 (201) 555-0123")
    PlainNumber(country_code='1', national='2015550123')
    >>> plain_international("+44 (0)20 7946 0123"), plain_international("+1 201 555 0123 x4")
    (None, None)
    """
    if not _GROUPED(text):
        return None
    digits = text.translate(_NO_DIGITS)
    for length in range(1, _LONGEST_CODE + 1):
        code = digits[:length]
        plan = _plan(code)
        if plan is not None:
            national = digits[length:]
            if len(national) not in plan.lengths or national.startswith("0"):
                return None  # a zero may be dialled, or part of the number as in Italy
            if plan.prefix is not None and plan.prefix.match(national):
                return None
            return PlainNumber(code, national)
    return None


@lru_cache(maxsize=1_200)  # every text of one to three digits
def _plan(code: str) -> _Plan | None:
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code))
    if regions is None:
        return None
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(int(code), regions[0])
    if metadata is None or metadata.general_desc is None:
        return None
    prefix = metadata.national_prefix_for_parsing
    return _Plan(frozenset(metadata.general_desc.possible_length), re.compile(prefix) if prefix else None)
