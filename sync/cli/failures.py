"""Whatever stops a command, in words on stderr, with its code last and its exit status.

No e-mail, name or comment can pass here: problems are written by us, and of an unexpected error only its type and
place in our code are shown, never its message.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.errors import ConnectorError, Throttled
from sync.cli.screen import RED, Screen
from sync.errors import Exit, Problem, UserError
from sync.report import CountsDisagree

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]

#: Code, or the beginning of one → exit status; the longest that fits counts.
_EXITS = {
    "E1": Exit.USAGE,
    "E3": Exit.SIGN_IN,
    "E4": Exit.STOPPED_BY_GUARD,
    "E5": Exit.UNAVAILABLE,
    "E601": Exit.UNAVAILABLE,
    "E602": Exit.UNAVAILABLE,
    "E603": Exit.USAGE,
    "E604": Exit.LEASE_HELD,
    "E605": Exit.SOME_ROWS_FAILED,
    "E607": Exit.SIGN_IN,
    "E7": Exit.SOME_ROWS_FAILED,
}


def exit_of(code: str) -> Exit:
    """Return the exit status of an error code.

    >>> exit_of("E110"), exit_of("E501"), exit_of("E604")
    (<Exit.USAGE: 2>, <Exit.UNAVAILABLE: 5>, <Exit.LEASE_HELD: 75>)
    """
    return next((_EXITS[code[:size]] for size in (4, 2) if code[:size] in _EXITS), Exit.SOME_ROWS_FAILED)


def as_user_error(error: Exception) -> UserError:
    """Say any error in the form that is shown: where, what, next step, code, exit status."""
    if isinstance(error, UserError):
        return error
    if isinstance(error, ConnectorError):
        hint = error.next_step
        if isinstance(error, Throttled):
            hint = hint or f"Try again in {error.retry_after_s:.0f} s."
        return UserError(error.code, Problem(where="", what=str(error), hint=hint), exit_=exit_of(error.code))
    if isinstance(error, CountsDisagree):
        hint = "Nothing is lost. Please report this with the run's id; see `npsync runs`."
        return UserError("E605", Problem(where="", what=str(error), hint=hint), exit_=Exit.SOME_ROWS_FAILED)
    missing = f" ({error.name})" if isinstance(error, ImportError) and error.name else ""
    what = f"internal error: {type(error).__name__}{missing} at {_place(error)}"
    hint = "This is a fault of npsync, not of your data. `-v` shows where it happened; please report that."
    return UserError("E701", Problem(where="", what=what, hint=hint), exit_=Exit.SOME_ROWS_FAILED)


def show(error: Exception, screen: Screen) -> Exit:
    """Print *error* and return the exit status that it means."""
    told = as_user_error(error)
    lines = [_text(problem) for problem in told.problems]
    if len(lines) > 1:
        lines.insert(0, f"{len(lines)} problems")
    if told is not error and told.code == "E701" and screen.verbose:
        lines.insert(0, "\n".join(_frames(error)))
    label = screen.paint("error:", RED, stream=sys.stderr)
    screen.warn(f"{label} " + "\n".join(lines))
    screen.warn(f"[{told.code}] npsync help {told.code}")
    if screen.json:
        screen.object(as_json(told))
    return told.exit


def as_json(error: UserError) -> dict[str, Any]:
    """The object that `--output json` prints when a command cannot do its work."""
    problems = [{"where": p.where, "what": p.what, "hint": p.hint} for p in error.problems]
    return {"status": "error", "error": {"code": error.code, "exit": int(error.exit), "problems": problems}}


def _text(problem: Problem) -> str:
    text = str(problem)
    return text if problem.where else text.removeprefix(": ")


def _place(error: BaseException) -> str:
    """The innermost place in our own code, as `sync/engine.py:88`."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_ours(frame.filename)]
    return f"{_shorten(frames[-1].filename)}:{frames[-1].lineno}" if frames else "an unknown place"


def _frames(error: BaseException) -> Iterator[str]:
    """The way to the error and to those that led to it: places and types, not messages or values."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _frames(before)
        yield "which led to"
    yield type(error).__name__
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {_shorten(frame.filename)}:{frame.lineno} in {frame.name}"


def _is_ours(file: str) -> bool:
    path = Path(file)
    return path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in {
        "connectors",
        "mappings",
        "sandbox",
        "sync",
    }


def _shorten(file: str) -> str:
    return Path(file).relative_to(ROOT).as_posix() if _is_ours(file) else "/".join(Path(file).parts[-2:])
