"""What became of several blocks, added up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.contract import Applied
from connectors.errors import ConnectorError, Deferred
from connectors.values import Outcome, OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connectors.values import Block


@dataclass(slots=True)
class _Total:
    written: int = 0
    others: list[Outcome] = field(default_factory=list)
    stopped: ConnectorError | None = None


def joined(parts: Sequence[Sequence[Block]], applied: Iterable[Applied]) -> Applied:
    """Add up what became of blocks, of those of a part at once; after one that was stopped the rest is not sent.

    Raises:
        ConnectorError: Nothing at all was applied.
    """
    total, sums = _Total(), iter(applied)
    for part in parts:
        if total.stopped is not None:
            total.others += _deferred(part)
            continue
        try:
            done = next(sums)
        except ConnectorError as error:
            total.stopped = error
            total.others += _deferred(part)
            continue
        total.written += done.written
        total.others += done.others
        total.stopped = done.stopped
    settled = total.written or any(each.kind is not OutcomeKind.DEFERRED for each in total.others)
    if isinstance(total.stopped, Deferred) and not settled:
        raise total.stopped
    return Applied(written=total.written, others=total.others, stopped=total.stopped)


def _deferred(part: Sequence[Block]) -> list[Outcome]:
    return [Outcome(object=block.object, id=id_, kind=OutcomeKind.DEFERRED) for block in part for id_ in block.ids()]
