"""From a history that fails to the shortest one that still fails in the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulation.history import History, Item

#: Histories that are tried at most; each takes some hundredths of a second.
TRIES = 600


def shortest(history: History, fails: Callable[[History], bool]) -> History:
    """Return *history* with as much left out as possible, so that *fails* still says yes."""
    left = TRIES
    parts = 2
    items = list(history.items)
    while len(items) >= 1 and left > 0:
        size = max(1, len(items) // parts)
        for start in range(0, len(items), size):
            left -= 1
            fewer: list[Item] = items[:start] + items[start + size :]
            if fails(history.having(tuple(fewer))):
                items = fewer
                parts = max(2, parts - 1)
                break
        else:
            if size == 1:
                break
            parts = min(len(items), parts * 2)
    return history.having(tuple(items))
