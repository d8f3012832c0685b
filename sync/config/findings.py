"""What a settings model says when a value is wrong: one sentence, and what to do about it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from collections.abc import Collection

#: The `type` that marks our own errors among pydantic's.
FINDING = "npsync"


def finding(
    what: str, hint: str = "", *, at: tuple[str | int, ...] = (), at_key: bool = True, unknown: str = ""
) -> PydanticCustomError:
    """Return an error to raise in a validator.

    Args:
        what: The problem, in one sentence.
        hint: The next step.
        at: Keys from the validated value down to the one that is meant.
        at_key: Whether the caret stands under that key rather than under its value.
        unknown: `type` or `name` when the problem is that something named is not there; sets the error code.
    """
    return PydanticCustomError(
        FINDING, "{what}", {"what": what, "hint": hint, "at": at, "at_key": at_key, "unknown": unknown}
    )


def choices(word: str, known: Collection[str], plural: str) -> str:
    """Return the hint for a word that is none of *known*.

    >>> choices("skore", ["score", "status"], "Fields of a profile")
    'Did you mean `score`? Fields of a profile: score, status.'
    """
    close = closest(word, known)
    guess = f"Did you mean `{close}`? " if close else ""
    return f"{guess}{plural}: {', '.join(sorted(known))}." if known else guess.strip()


def closest(word: str, known: Collection[str]) -> str | None:
    """Return the one of *known* that *word* was probably meant to be.

    >>> closest("Hold", ["hold", "skip"]), closest("zebra", ["hold"])
    ('hold', None)
    """
    by_lower = {name.lower().replace("-", "_"): name for name in sorted(known)}
    found = get_close_matches(word.lower().replace("-", "_")[:100], list(by_lower), n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None
