"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How grave it is."""

    FINE = "fine"
    #: Good to know; a sync works all the same.
    NOTE = "note"
    #: A sync fails, or will soon.
    WRONG = "wrong"
    #: Could not be looked at, because of something else that is told.
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found, and what to do."""

    check: str
    #: Which connection, mapping, folder or package.
    about: str = ""
    state: State = State.FINE
    found: str
    fix: str = ""
    #: The code of its runbook page, whose exit status it has.
    code: str = ""
