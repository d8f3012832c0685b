"""Whole columns of values made ready at once; cell by cell only where a column holds something out of the ordinary.

A hundred thousand rows of ten fields are a million cells: a call for each would cost more than all the rest. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from connectors.salesforce.cells import CLEARED, LONGEST_CELL, can_travel, fits, fits_csv, into, into_csv

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from connectors.values import FieldValue

_PLAIN_NUMBERS = frozenset({int, float, type(None)})
_TEXTS = frozenset({str, type(None)})
_NUMBER_TYPES = frozenset({"double", "currency", "percent"})
#: Types of fields that are no text, and need a look at each value.
_PARTICULAR = frozenset({"datetime", "date", "boolean", "int", "long", *_NUMBER_TYPES})
_NONE: Collection[int] = ()


class Ready(NamedTuple):
    """One column as a field takes it."""

    values: Sequence[FieldValue]
    #: Places of values that the field cannot hold.
    bad: Collection[int] = _NONE
    #: Places of values that cannot travel by CSV.
    unfit: Collection[int] = _NONE


def ready(values: Sequence[FieldValue], type_: str) -> Ready:
    """Return what `cells.into` makes of *values*, and which of them trouble.

    >>> ready(["a", "", None], "string")
    Ready(values=['a', None, None], bad=(), unfit=())
    >>> ready([9, "nine"], "double").bad, ready(["a", "#N/A"], "string").unfit
    ([1], [1])
    """
    kinds = set(map(type, values))
    if type_ in _NUMBER_TYPES and kinds <= _PLAIN_NUMBERS:
        return Ready(values)
    if type_ not in _PARTICULAR and kinds <= _TEXTS:
        texts = [value or None for value in values]
        if _is_plain(texts):
            return Ready(texts)
    else:
        texts = [into(value, type_) for value in values]
    bad = [place for place, value in enumerate(texts) if not (can_travel(value) and fits(value, type_))]
    return Ready(texts, bad, [place for place, value in enumerate(texts) if not fits_csv(value)])


def _is_plain(texts: Sequence[FieldValue]) -> bool:
    """Tell whether nothing in a column of texts needs a look of its own."""
    whole = "".join(text for text in texts if text is not None)  # type: ignore[misc] # texts, as was asked before
    if "\0" in whole or CLEARED in whole or (len(whole) > LONGEST_CELL and _longest(texts) > LONGEST_CELL):
        return False
    return can_travel(whole)


def _longest(texts: Sequence[FieldValue]) -> int:
    return max(len(text) for text in texts if isinstance(text, str))


def as_csv(values: Sequence[FieldValue]) -> Sequence[str]:
    """Return the cells of a column that `ready` made.

    >>> as_csv(["a", None]), as_csv([9, 4.0, None])
    (['a', '#N/A'], ['9', '4', '#N/A'])
    """
    if set(map(type, values)) <= _TEXTS:
        return [CLEARED if value is None else value for value in values]  # type: ignore[misc] # texts
    return list(map(into_csv, values))
