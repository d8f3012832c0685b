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


def id_of(record: str, keys: str | None) -> str:
    """Return a row's id as `Block.ids` says it, from its name in the ledger and its packed key columns.

    >>> id_of("C-1", None), id_of("survey:r1", pack({"id": "r1"}))
    ('C-1', 'r1')
    """
    return record if keys is None else "\x1f".join(map(str, unpack(keys).values()))
