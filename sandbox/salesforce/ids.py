"""Record ids: fifteen characters in which case matters, or eighteen whose last three tell the case.

The three characters at the front name the kind of record.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Ids are counted in these digits.
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#: A group of five letters becomes one of these: each bit says whether a letter is a capital.
CHECKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
SHORT = 15
LONG = 18
#: Between prefix and counter: the instance that the org lives on, and a reserved character.
INSTANCE = "5g0"
COUNTER_DIGITS = SHORT - 3 - len(INSTANCE)


def checksum(short: str) -> str:
    """The three characters that make a 15-character id safe where case is lost.

    >>> checksum("0015500001QdZPK")
    'AA3'
    """
    return "".join(
        CHECKS[sum(1 << bit for bit, letter in enumerate(short[start : start + 5]) if "A" <= letter <= "Z")]
        for start in (0, 5, 10)
    )


def widened(value: object) -> str | None:
    """The 18-character form of *value*, or None where it is no id.

    >>> widened("0015500001QdZPK"), widened("0015500001QdZPKAA3")
    ('0015500001QdZPKAA3', '0015500001QdZPKAA3')
    >>> widened("0015500001QdZPKBAA") is widened("nobody") is None
    True
    """
    if not isinstance(value, str) or not value.isascii() or not value.isalnum():
        return None
    if len(value) == SHORT:
        return value + checksum(value)
    if len(value) != LONG:
        return None
    if value[SHORT:] == checksum(value[:SHORT]):
        return value
    return _restored(value)


def _restored(value: str) -> str | None:
    """An 18-character id whose case was lost says by its checksum which letters were capitals."""
    letters = list(value[:SHORT].lower())
    for group, check in enumerate(value[SHORT:].upper()):
        bits = CHECKS.find(check)
        for bit in range(5):
            if bits < 0 or (bits >> bit & 1 and not letters[group * 5 + bit].isalpha()):
                return None
            if bits >> bit & 1:
                letters[group * 5 + bit] = letters[group * 5 + bit].upper()
    short = "".join(letters)
    return short + checksum(short)


class Numbers:
    """New ids, counted per prefix from 1, so that a seed gives the same ids each time."""

    def __init__(self) -> None:
        self._counters: dict[str, Iterator[int]] = {}

    def new(self, prefix: str) -> str:
        """The next 18-character id under *prefix*.

        >>> Numbers().new("003")
        '0035g0000000001AAA'
        """
        number = next(self._counters.setdefault(prefix, count(1)))
        digits = ""
        while number:
            number, rest = divmod(number, len(DIGITS))
            digits = DIGITS[rest] + digits
        short = prefix + INSTANCE + digits.rjust(COUNTER_DIGITS, "0")
        return short + checksum(short)
