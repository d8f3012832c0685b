"""Poison: data that npsync itself cannot work with. Each piece is set aside alone, so that it holds up no other.

What is meant are faults of ours: an exception where there should have been a value. What a person can correct is
refused with a reason long before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.errors import ConnectorError
from connectors.values import Reject
from sync.errors import UserError
from sync.ledger import failures, inbox, profiles
from sync.shapes import Shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from connectors.values import SurveyResponse
    from sync.run import Run

#: The code of what was set aside.
CODE = "E606"
#: More than this in one run is no poison: the program is broken, and must say so.
MOST = 100
_NEXT_STEP = "A fault of npsync, not of your data: please report it, see `npsync help E606`."


class Poison:
    """How much of it a run has met, and how many rows it takes at once."""

    def __init__(self, run: Run, most: int) -> None:
        self._run = run
        self._most = most
        #: Rows to try at once.
        self.portion = most
        self.met = 0

    def went_well(self) -> None:
        """Try more at once again."""
        self.portion = min(self._most, 2 * self.portion)

    def narrow(self, error: Exception, tried: int) -> bool:
        """Try fewer at once after *error*; return whether the one that was *tried* alone is to blame.

        Raises:
            Exception: *error*, where it is none of the data, or comes too often.
        """
        if isinstance(error, ConnectorError | UserError | MemoryError) or self.met >= MOST or not tried:
            raise error
        self.portion = max(1, tried // 2)
        if tried > 1:
            return False
        self.met += 1
        return True


def set_record_aside(run: Run, object_: str, record: str) -> None:
    """Leave a matched record out of this run, and every later one until its data or the definitions change."""
    written = Shapes(run.mapping).record_of(object_).object
    run.step("poison.record")
    with run.lease.write() as connection:
        profiles.untouch(connection, run.name, "record", object_, record)
        failures.poisoned(connection, run.name, run.id, run.now, run.definition, (written, record), CODE)
        inbox.reject_of(connection, run.name, run.id, (object_, record), CODE)


def sound(
    responses: Iterable[SurveyResponse], attempt: Callable[[Sequence[SurveyResponse]], object]
) -> tuple[list[SurveyResponse], list[Reject]]:
    """Try *responses* one by one; return those that pass, and a reject for each that raises.

    Raises:
        Exception: Too many do.
    """
    good: list[SurveyResponse] = []
    rejects: list[Reject] = []
    for response in responses:
        try:
            attempt([response])
        except Exception:
            if len(rejects) >= MOST:
                raise
            detail = "npsync cannot work with this row"
            rejects.append(Reject(place=response.place, reason="our_fault", detail=detail, next_step=_NEXT_STEP))
        else:
            good.append(response)
    return good, rejects
