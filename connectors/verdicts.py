"""What became of one row of a batch, before it has the name of its record."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.values import OutcomeKind


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a system said of one row."""

    kind: OutcomeKind
    #: The system's own code, such as `DUPLICATES_DETECTED`.
    code: str | None = None
    #: Names of the fields that it complained about.
    fields: tuple[str, ...] = ()
    #: The complaint is about the mapping or our rights: every other row would get it too.
    systemic: bool = False


#: The verdict of nearly every row: one object for all of them.
WRITTEN = Verdict(OutcomeKind.WRITTEN)
