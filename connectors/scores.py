"""A score as text, read as a whole number from 0 to 10 or refused with a reason.

Nothing is guessed: words alone are no score, a position in a list is no score, and a scale that is
not NPS (1 to 5, −100 to 100, CSAT, CES) is never stretched into one.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING
from unicodedata import normalize

if TYPE_CHECKING:
    from collections.abc import Mapping


class ScoreProblem(StrEnum):
    """Why a text is not a score."""

    #: The cell is empty, or says so ("n/a"): nobody answered.
    NONE = "no_score"
    NOT_A_NUMBER = "score_not_a_number"
    OUT_OF_RANGE = "score_out_of_range"
    NOT_WHOLE = "score_not_whole"
    WRONG_SCALE = "wrong_scale"


#: Scales whose numbers mean the NPS categories. On 1 to 10 the numbers count as they stand; 0 does not occur.
LOWEST = {"0-10": 0, "1-10": 1}

_EMPTY = frozenset({"", "-", "--", "–", "—", "n/a", "#n/a", "na", "nan", "null", "none"})
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_OUT_OF = re.compile(r"(\d+(?:[.,]0+)?)\s*(?:/|out of|of|von|sur|de|van|di)\s*(\d+)")
#: "0 - Not at all likely", "9 (very likely)", "10: äußerst wahrscheinlich"
_NUMBER_FIRST = re.compile(r"(\d+(?:[.,]0+)?)(?:\s*[-–—:=.)(|]\s*|\s+)([^\d]*)")
#: "Extremely likely - 10", "Sehr wahrscheinlich (10)"
_NUMBER_LAST = re.compile(r"([^\d]*?)(?:\s*[-–—:=(|]\s*|\s+)(\d+(?:[.,]0+)?)\)?")
_LETTER = re.compile(r"[^\W\d_]")
#: "5 stars", "4 (CSAT)": the cell itself says that it is no answer from 0 to 10.
_OTHER_UNIT = re.compile(r"\b(?:stars?|sterne?n?|étoiles?|estrellas?|stelle?|csat|ces)\b")
#: How spreadsheets are made to keep a number as it is written: ="10"
_GUARDED = re.compile(r'="([^"]*)"')


def read_score(text: str, scale: str = "0-10") -> int | ScoreProblem:
    """Take the single whole number from 0 to 10 that *text* states.

    >>> read_score("0"), read_score("9.0"), read_score("9/10")
    (0, 9, 9)
    >>> read_score("Extremely likely - 10"), read_score("0 - Not at all likely")
    (10, 0)
    >>> read_score("7 or 8").value, read_score("4/5").value, read_score("7,5").value
    ('score_not_a_number', 'wrong_scale', 'score_not_whole')
    """
    plain = _GUARDED.sub(r"\1", normalize("NFKC", text).strip()).strip().lstrip("'").casefold()
    if plain in _EMPTY:
        return ScoreProblem.NONE
    if _NUMBER.fullmatch(plain):
        return _in_range(plain, scale)
    if parts := _OUT_OF.fullmatch(plain):
        return _in_range(parts[1], scale) if parts[2] == "10" else ScoreProblem.WRONG_SCALE
    return _worded(plain, scale)


def _worded(plain: str, scale: str) -> int | ScoreProblem:
    if (parts := _NUMBER_FIRST.fullmatch(plain)) and _LETTER.search(parts[2]):
        number, words = parts[1], parts[2]
    elif (parts := _NUMBER_LAST.fullmatch(plain)) and _LETTER.search(parts[1]):
        words, number = parts[1], parts[2]
    else:
        return ScoreProblem.NOT_A_NUMBER
    return ScoreProblem.WRONG_SCALE if _OTHER_UNIT.search(words) else _in_range(number, scale)


def _in_range(number: str, scale: str) -> int | ScoreProblem:
    whole, _, rest = number.replace(",", ".").partition(".")
    if len(whole) > 9:
        return ScoreProblem.OUT_OF_RANGE
    if rest.strip("0"):
        return ScoreProblem.NOT_WHOLE
    score = int(whole)
    return score if LOWEST[scale] <= score <= 10 else ScoreProblem.OUT_OF_RANGE


# Highest score -> answers from which on it is another scale; with fewer a file of low scores may be chance.
_CERTAIN = {5: 20, 7: 50}
# ... and from which on it is worth a word: about one NPS answer in six is from 1 to 5, one in three from 1 to 7.
_DOUBTFUL = {5: 3, 7: 8}


def other_scale(counts: Mapping[str, int]) -> str | None:
    """Say which other scale a whole column seems to be on, from how often each text occurs; None when it may be NPS.

    >>> other_scale({"-100": 3, "0": 2, "100": 9})
    '-100 to 100'
    >>> other_scale({"0": 1, "7": 4, "10": 9}) is None
    True
    """
    numbers = _numbers(counts)
    if not numbers:
        return None
    total, low = sum(numbers.values()), min(numbers)
    outside = sum(count for number, count in numbers.items() if not 0 <= number <= 10)
    if set(numbers) <= {-100, 0, 100} and set(numbers) != {0}:
        return "-100 to 100"
    if outside > 1 and outside * 10 > total:
        return "-100 to 100" if low < 0 else "0 to 100"
    return _within(numbers, _CERTAIN)


def doubtful_scale(counts: Mapping[str, int]) -> str | None:
    """Say which other scale the few scores of a file may be on, though chance could explain them; None otherwise.

    >>> doubtful_scale({"1": 1, "4": 2, "5": 1}), doubtful_scale({"3": 1}), doubtful_scale({"2": 3, "9": 1})
    ('1 to 5', None, None)
    """
    return _within(_numbers(counts), _DOUBTFUL)


def _numbers(counts: Mapping[str, int]) -> dict[int, int]:
    numbers: dict[int, int] = {}
    for text, count in counts.items():
        if _NUMBER.fullmatch(plain := text.strip()) and len(plain) < 9 and plain.count(",") + plain.count(".") == 0:
            numbers[int(plain)] = numbers.get(int(plain), 0) + count
    return numbers


def _within(numbers: Mapping[int, int], enough: Mapping[int, int]) -> str | None:
    if not numbers or min(numbers) < 1:
        return None
    total, high = sum(numbers.values()), max(numbers)
    return next((f"1 to {top}" for top, least in enough.items() if high <= top and total >= least), None)


_OTHER_METRIC = re.compile(r"\b(csat|ces|customer satisfaction|customer effort|effort score|star rating|stars?)\b")
_OTHER_RANGES = {(1, 3), (1, 4), (1, 5), (0, 5), (1, 6), (1, 7), (1, 10), (0, 100), (-100, 100)}
_RANGE = re.compile(r"(?<!\w)(-?\d{1,3})\s*(?:-|–|to|bis|à)\s*(\d{1,3})\b")


def scale_in_title(title: str) -> str | None:
    """Say which other scale a column's header names; None when it names none.

    >>> scale_in_title("How satisfied are you? (1-5)"), scale_in_title("CSAT"), scale_in_title("NPS (0-10)")
    ('1 to 5', 'csat', None)
    """
    plain = normalize("NFKC", title).replace("_", " ").casefold()
    if found := _RANGE.search(plain):
        low, high = int(found[1]), int(found[2])
        return f"{low} to {high}" if (low, high) in _OTHER_RANGES else None
    found_metric = _OTHER_METRIC.search(plain)
    return found_metric[1] if found_metric else None
