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


def joined(blocks: Sequence[Block], applied: Iterable[Applied]) -> Applied:
    """Add up what became of blocks; after one that was stopped the rest is not sent.

    Raises:
        ConnectorError: Nothing at all was applied.
    """
    total, parts = _Total(), iter(applied)
    for block in blocks:
        if total.stopped is not None:
            total.others += _deferred(block)
            continue
        try:
            part = next(parts)
        except ConnectorError as error:
            total.stopped = error
            total.others += _deferred(block)
            continue
        total.written += part.written
        total.others += part.others
        total.stopped = part.stopped
    settled = total.written or any(each.kind is not OutcomeKind.DEFERRED for each in total.others)
    if isinstance(total.stopped, Deferred) and not settled:
        raise total.stopped
    return Applied(written=total.written, others=total.others, stopped=total.stopped)


def _deferred(block: Block) -> list[Outcome]:
    return [Outcome(object=block.object, id=id_, kind=OutcomeKind.DEFERRED) for id_ in block.ids()]
