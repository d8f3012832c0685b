"""Single writes as blocks, in rounds: no record occurs twice in one, so that the later write of a record wins. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.values import Block

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.values import FieldValue, Write

_Form = tuple[str, tuple[str, ...], tuple[str, ...], bool]


def rounds(batch: Sequence[Write]) -> list[list[Block]]:
    """Return *batch* as rounds of blocks.

    >>> from connectors.values import Write
    >>> one, other = (Write(object="Contact", key={"Id": "003"}, values={"NPS__c": score}) for score in (9, 3))
    >>> [[block.rows for block in round_] for round_ in rounds([one, other])]
    [[[('003', 9)]], [[('003', 3)]]]
    """
    found: list[dict[_Form, list[tuple[FieldValue, ...]]]] = []
    seen: set[tuple[str, str]] = set()
    for write in batch:
        if not found or (write.object, write.id) in seen:
            found.append({})
            seen = set()
        seen.add((write.object, write.id))
        values = {} if write.delete else {name: each for name, each in write.values.items() if name not in write.key}
        form = (write.object, tuple(write.key), tuple(values), write.delete)
        found[-1].setdefault(form, []).append((*write.key.values(), *values.values()))
    return [
        [
            Block(object=object_, key=key, fields=fields, rows=rows, delete=delete)
            for (object_, key, fields, delete), rows in round_.items()
        ]
        for round_ in found
    ]
