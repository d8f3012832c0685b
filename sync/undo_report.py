"""What an undo is asked for, and what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sync.report import FieldChange, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What of a run is to be undone."""

    run: str
    #: Only these fields; empty: all, and whole rows that the run made or deleted.
    fields: frozenset[str] = frozenset()
    #: Only this object; None: all.
    object: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoReport:
    """Everything an undo can say of itself."""

    run: str
    mapping: str
    status: Status
    undone: str
    #: Writes of the run that were looked at.
    looked_at: int
    #: Records put back, by object.
    writes: Mapping[str, int]
    #: Records of which something was left as it was, in all and by reason.
    left: int
    left_by_reason: Mapping[str, int]
    calls: int
    seconds: Mapping[str, float]
    notes: tuple[str, ...] = ()
    #: Why the delivery ended early: what, code, next step; the rest waits.
    ended: tuple[str, str, str] | None = None
    #: A dry run's changes, in the order of records and fields.
    changes: tuple[FieldChange, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The object that `--output json` prints."""
        names = ("what", "code", "next_step")
        return {
            "run": self.run,
            "mapping": self.mapping,
            "status": self.status.value,
            "undoes": self.undone,
            "looked_at": self.looked_at,
            "writes": dict(self.writes),
            "left": self.left,
            "left_by_reason": dict(self.left_by_reason),
            "calls": self.calls,
            "seconds": round(sum(self.seconds.values()), 3),
            "seconds_by_phase": {phase: round(seconds, 3) for phase, seconds in self.seconds.items()},
            "notes": list(self.notes),
            "ended": None if self.ended is None else dict(zip(names, self.ended, strict=True)),
        }
