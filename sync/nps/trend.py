"""Which way a person moved between two responses of the same survey kind."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from sync.nps.category import category_of, rank

if TYPE_CHECKING:
    from datetime import timedelta

    from sync.nps.settings import Trend


class Direction(StrEnum):
    """The trend of a person; none before the second response, and none once the latest has expired."""

    IMPROVING = "improving"
    STEADY = "steady"
    DECLINING = "declining"


def direction_of(previous: int, latest: int, gap: timedelta, settings: Trend) -> Direction:
    """Compare two scores given *gap* apart.

    A change of category is a move at any distance; within a category the score must move by `drop` within `within`.

    >>> from datetime import timedelta
    >>> from sync.nps.settings import Trend
    >>> def move(previous: int, latest: int, days: int = 30) -> str:
    ...     return direction_of(previous, latest, timedelta(days=days), Trend()).value
    >>> move(9, 8), move(6, 4), move(6, 5), move(6, 4, days=181), move(9, 6, days=300)
    ('declining', 'declining', 'steady', 'steady', 'declining')
    >>> move(2, 4), move(8, 9)
    ('improving', 'improving')
    """
    moved = rank(category_of(latest)) - rank(category_of(previous))
    if moved == 0 and abs(latest - previous) >= settings.drop and gap <= settings.within:
        moved = latest - previous
    if moved == 0:
        return Direction.STEADY
    return Direction.IMPROVING if moved > 0 else Direction.DECLINING
