"""What a mapping's right-hand sides name, as columns: from Arrow tables to lists of Python values, word by word. Pure.

A word's list is made when it is asked for, because most mappings name few of them.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from sync.mapping.vocabulary import EXTRA
from sync.nps.category import category_of, points

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_SCORES = range(11)
_CATEGORIES = [category_of(score).value for score in _SCORES]
_POINTS = [points(score) for score in _SCORES]
#: Columns of the kernels that hold moments, as milliseconds since 1970.
_MOMENTS = frozenset(
    {
        "responded_at",
        "previous_responded_at",
        "first_responded_at",
        "due_at",
        "relational_responded_at",
        "transactional_responded_at",
        "as_of",
        "last_sent_at",
    }
)
_PROFILE = {"record.id": "subject", "record.account": "account", "response_key": "key"}
_RESPONSE = {"record.id": "subject", "person.id": "person"}


class Columns:
    """The columns of a table as lists, each made once. Moments become texts, lists become tuples of their items."""

    def __init__(self, rows: pa.Table) -> None:
        self._rows = rows
        self._made: dict[str, list[Any]] = {}

    def __len__(self) -> int:
        count: int = self._rows.num_rows
        return count

    def __getitem__(self, name: str) -> list[Any]:
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = self._list(name)
        return made

    def _list(self, name: str) -> list[Any]:
        column = self._rows[name]
        if pa.types.is_list(column.type):
            return [tuple(text.split(";")) if text else () for text in self.joined(name)]
        if name in _MOMENTS and pa.types.is_int64(column.type):
            column = to_texts(column)
        values: list[Any] = column.to_pylist()
        return values

    def rows(self, names: Sequence[str], places: Sequence[int]) -> list[dict[str, Any]]:
        """Return the rows at *places* as they are, moments as numbers; for few of many."""
        found: list[dict[str, Any]] = self._rows.select(names).take(pa.array(places, pa.int64())).to_pylist()
        return found

    def joined(self, name: str) -> list[str]:
        """Return a column of lists with their items joined by `;`."""
        texts: list[str] = pc.binary_join(self._rows[name], ";").to_pylist()
        return texts


def to_texts(moments: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write milliseconds since 1970 as the ledger's texts.

    >>> to_texts(pa.chunked_array([[0, None]])).to_pylist()
    ['1970-01-01T00:00:00.000Z', None]
    """
    spaced = pc.cast(pc.cast(moments, pa.timestamp("ms")), pa.string())
    return pc.binary_join_element_wise(pc.binary_replace_slice(spaced, 10, 11, "T"), "Z", "")


def to_ms(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Read the ledger's texts as milliseconds since 1970."""
    return pc.cast(pc.cast(texts, pa.timestamp("ms", tz="UTC")), pa.int64())


def of_profiles(
    words: Iterable[str],
    profiles: Columns,
    *,
    object_: str,
    persons: Sequence[str],
    claims: Sequence[Mapping[str, str | None]],
) -> dict[str, Sequence[Any]]:
    """Return the columns of *words* for computed profiles (`sync.nps.relations.PROFILES`).

    Args:
        words: What a mapping names of a profile.
        profiles: One row per record.
        object_: The records' object.
        persons: Who each record is.
        claims: The claims of each record's latest respondent; may be empty where no word needs them.
    """
    found: dict[str, Sequence[Any]] = {}
    for word in words:
        if word == "record.object":
            found[word] = list(repeat(object_, len(profiles)))
        elif word == "person.id":
            found[word] = persons
        elif word.startswith("person."):
            name = word.removeprefix("person.")
            found[word] = [each[name] for each in claims]
        else:
            found[word] = profiles[_PROFILE.get(word, word)]
    return found


def of_responses(words: Iterable[str], responses: Columns, *, object_: str) -> dict[str, Sequence[Any]]:
    """Return the columns of *words* for responses (`sync.ledger.profiles.HISTORY_SCHEMA`)."""
    found: dict[str, Sequence[Any]] = {}
    for word in words:
        if word == "record.object":
            found[word] = list(repeat(object_, len(responses)))
        elif word == "category":
            found[word] = [_CATEGORIES[score] for score in responses["score"]]
        elif word == "points":
            found[word] = [_POINTS[score] for score in responses["score"]]
        elif word.startswith(EXTRA):
            name = word.removeprefix(EXTRA)
            found[word] = [orjson.loads(text).get(name) if text else None for text in responses["extra"]]
        else:
            found[word] = responses[_RESPONSE.get(word, word)]
    return found
