"""Values as text that is equal when they are: how the ledger keeps what a record holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from connectors.values import FieldValue


def pack(values: Any) -> str:  # noqa: ANN401 - whatever JSON can say
    """Write values as JSON without spaces, keys in order.

    >>> pack({"b": 9, "a": None})
    '{"a":null,"b":9}'
    """
    return orjson.dumps(values, option=orjson.OPT_SORT_KEYS).decode()


def unpack(text: str) -> dict[str, FieldValue]:
    """Read what `pack` wrote of a record."""
    values: dict[str, FieldValue] = orjson.loads(text)
    return values
