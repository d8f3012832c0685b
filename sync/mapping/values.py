"""From what npsync knows of a person to the fields of a record, and whether two field values are the same.

Pure. `renderer` reads a mapping's lines once and returns a function for every row after that.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import accumulate
from math import isfinite
from typing import TYPE_CHECKING, Any, cast
from unicodedata import combining, normalize

import orjson

from sync.mapping.vocabulary import PLACES
from sync.times import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from connectors.values import FieldValue
    from sync.mapping.fields import FieldRule

    Row = Mapping[str, Any]
    Renderer = Callable[[Row], dict[str, FieldValue]]
    ColumnsRenderer = Callable[[Mapping[str, Sequence[Any]], int], Iterator[str]]

#: Between the values of a field that holds several; CRMs read it so.
SEPARATOR = ";"

_SEVERAL = (list, tuple, set, frozenset)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,14})?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d|[+-]\d\d)?")
_DAY_LENGTH = len("2026-01-05")
_SECOND_LENGTH = len("2026-01-05T07:21:09")
# Characters that change the one before them: a cut before one of these would leave half a sign.
_JOINED = ("\u200d", "\ufe0e", "\ufe0f")


def renderer(fields: Mapping[str, FieldRule | str]) -> Renderer:
    """Return the function that turns a row, word by word, into the fields of a record.

    A word that the row lacks is blank. Several values are sorted and joined with `;`; a moment becomes UTC text.

    >>> renderer({"Score": "score", "Groups": "segments"})({"score": 9, "segments": ["b", "a"], "comment": "thanks"})
    {'Score': 9, 'Groups': 'a;b'}
    """
    words = [(name, rule if isinstance(rule, str) else rule.from_) for name, rule in fields.items()]
    refined = [(name, refine) for name, rule in fields.items() if (refine := _refinement(rule)) is not None]

    def render(row: Row) -> dict[str, FieldValue]:
        get = row.get
        found = {name: get(word) for name, word in words}
        for name, refine in refined:
            found[name] = refine(found[name])
        return found

    return render


def columns_renderer(fields: Mapping[str, FieldRule | str]) -> ColumnsRenderer:
    """Return what `renderer` does for many rows at once, as JSON: from columns by word to one text per row.

    The texts are those of `sync.packed.pack`. A word without a column is blank.

    >>> list(columns_renderer({"Score": "score", "About": "comment"})({"score": [9, 3]}, 2))
    ['{"About":null,"Score":9}', '{"About":null,"Score":3}']
    """
    words = [(rule if isinstance(rule, str) else rule.from_, _refinement(rule)) for _, rule in sorted(fields.items())]
    names = tuple(sorted(fields))

    def render(columns: Mapping[str, Sequence[Any]], rows: int) -> Iterator[str]:
        found = [_column(columns.get(word), refine, rows) for word, refine in words]
        dumps = orjson.dumps
        for values in zip(*found, strict=True):
            yield dumps(dict(zip(names, values, strict=True))).decode()

    return render


def _column(
    values: Sequence[Any] | None, refine: Callable[[object], FieldValue] | None, rows: int
) -> Sequence[FieldValue]:
    if values is None:
        return [None] * rows
    return values if refine is None else list(map(refine, values))


def _refinement(rule: FieldRule | str) -> Callable[[object], FieldValue] | None:
    """Return what must be done to a word's value; None where it is written as it is, as most are."""
    if isinstance(rule, str):
        return _single if _is_made_up(rule) else None
    values, longest = rule.values, rule.truncate
    if values:
        return lambda value: _translated(value, values, longest)
    if longest is not None:
        return lambda value: _cut(value, longest)
    return _single if _is_made_up(rule.from_) else None


def _is_made_up(word: str) -> bool:
    """Tell whether a word's values are lists or moments, which no field holds as they are."""
    return any(words[word].type in ("list", "datetime") for words in PLACES.values() if word in words)


def _single(value: object) -> FieldValue:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, _SEVERAL):
        return SEPARATOR.join(sorted(map(str, value))) or None
    if isinstance(value, datetime):
        return to_text(value)
    return cast("FieldValue", value)


def _translated(value: object, values: Mapping[str, FieldValue], longest: int | None) -> FieldValue:
    if isinstance(value, _SEVERAL):
        return _cut([values.get(str(item), str(item)) for item in value], longest)
    known = str(value).lower() if isinstance(value, bool) else value
    return values.get(known, known) if isinstance(known, str) else cast("FieldValue", known)


def _cut(value: object, longest: int | None) -> FieldValue:
    if longest is None:
        return _single(value)
    if isinstance(value, str):
        return truncated(value, longest) or None
    if isinstance(value, _SEVERAL):
        return SEPARATOR.join(_fitting(sorted(map(str, value)), longest)) or None
    return _single(value)


def _fitting(items: Sequence[str], longest: int) -> Sequence[str]:
    """Return the first items that fit whole: half a name would be another name."""
    lengths = accumulate(len(item) + len(SEPARATOR) for item in items)
    return items[: sum(length - len(SEPARATOR) <= longest for length in lengths)]


def truncated(text: str, longest: int) -> str:
    r"""Return at most *longest* characters, never half a sign.

    >>> truncated("abcdef", 3), truncated("cafe\u0301", 4)
    ('abc', 'caf')
    """
    if len(text) <= longest:
        return text
    while longest and (combining(text[longest]) or text[longest] in _JOINED or text[longest - 1] == _JOINED[0]):
        longest -= 1
    return text[:longest].rstrip()


def canonical(value: object, *, several: bool = False) -> FieldValue:
    r"""Return the form in which two values that mean the same are equal.

    Text is trimmed, composed (NFC), with one kind of line end; blank is None. Numbers, also as text in their shortest
    form, are equal by value; so are moments, which become UTC text (without a zone they are UTC already).

    Args:
        value: What a row or a destination holds.
        several: The field holds several values: their order means nothing.

    >>> canonical(9), canonical(9.0), canonical("9"), canonical(" 9.0 "), canonical("007"), canonical("1.10")
    (9, 9, 9, 9, '007', '1.10')
    >>> canonical(""), canonical(" a\r\nb "), canonical("cafe\u0301") == canonical("caf\u00e9")
    (None, 'a\nb', True)
    >>> canonical("2026-01-05T08:21:09.500+01:00"), canonical(datetime(2026, 1, 5, 7, 21, 9, tzinfo=UTC))
    ('2026-01-05T07:21:09.500Z', '2026-01-05T07:21:09Z')
    >>> canonical(["b", "a"]), canonical("b; a", several=True)
    ('a;b', 'a;b')
    """
    if value is None or isinstance(value, int):
        return None if value is None else int(value)
    if isinstance(value, (float, Decimal)):
        return _number(value)
    if isinstance(value, date):
        return _moment(value) if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, _SEVERAL):
        return _sorted(SEPARATOR.join(map(str, value)))
    return _sorted(str(value)) if several else _text(str(value))


def same(wanted: object, held: object, *, longest: int | None = None, several: bool = False) -> bool:
    """Tell whether a field that holds *held* needs no write of *wanted*.

    Moments are compared by the coarser of both: a field that keeps days is not rewritten for an hour.

    Args:
        wanted: What we would write.
        held: What the destination says it holds.
        longest: The field's length; what does not fit is not compared.
        several: See `canonical`.

    >>> same("2026-01-05T07:21:09.500Z", "2026-01-05"), same("2026-01-05T07:21:09.500Z", "2026-01-05T07:21:09+00:00")
    (True, True)
    >>> same("abcdef", "abc", longest=3), same("abcdef", "abc")
    (True, False)
    """
    ours, theirs = canonical(wanted, several=several), canonical(held, several=several)
    if ours == theirs:
        return True
    if not isinstance(ours, str) or not isinstance(theirs, str):
        return False
    if longest is not None and len(ours) > longest:
        return canonical(truncated(ours, longest), several=several) == theirs
    return any(
        _is_moment(text) and coarse in (text[:_DAY_LENGTH], f"{text[:_SECOND_LENGTH]}Z")
        for text, coarse in ((ours, theirs), (theirs, ours))
    )


def _text(text: str) -> FieldValue:
    text = normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if _NUMBER.fullmatch(text):
        number = _number(float(text))
        return number if text in (str(number), f"{number}.0") else text
    if _MOMENT.fullmatch(text):
        try:
            return _moment(datetime.fromisoformat(text.replace(",", ".")))
        except (ValueError, OverflowError):
            return text
    return text or None


def _number(number: float | Decimal) -> FieldValue:
    if not isfinite(number):
        return None
    return int(number) if number == int(number) else float(number)


def _moment(moment: datetime) -> str:
    utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return utc.isoformat(timespec="milliseconds" if utc.microsecond >= 1000 else "seconds")[:-6] + "Z"


def _is_moment(text: str) -> bool:
    return len(text) > _DAY_LENGTH and _MOMENT.fullmatch(text) is not None


def _sorted(joined: str) -> FieldValue:
    return (
        SEPARATOR.join(sorted({str(text) for part in joined.split(SEPARATOR) if (text := _text(part)) is not None}))
        or None
    )
