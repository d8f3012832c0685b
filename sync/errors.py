"""What stops a command, in words for the person running it.

Connector failures (`connectors.errors`) become these at the edge; each carries the code of its runbook page
and the exit status of `design.md` §10.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Exit(IntEnum):
    """Exit statuses; `docs/reference/exit-codes.md` explains each."""

    DONE = 0
    SOME_ROWS_FAILED = 1
    USAGE = 2
    SIGN_IN = 3
    STOPPED_BY_GUARD = 4
    UNAVAILABLE = 5
    LEASE_HELD = 75
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong: where, what, and what to do."""

    #: `file:line:column`, a file, or a command; as an editor can jump to.
    where: str
    what: str
    hint: str = ""
    #: The offending source line with a caret line under it, where there is one.
    excerpt: str = ""

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.what}"]
        lines += [f"    {line}" for line in self.excerpt.splitlines()]
        lines += [f"    {line}" for line in self.hint.splitlines()]
        return "\n".join(lines)


class UserError(Exception):
    """A command cannot go on; all problems found are told at once."""

    def __init__(self, code: str, problems: tuple[Problem, ...] | Problem, *, exit_: Exit = Exit.USAGE) -> None:
        self.code = code
        self.problems = (problems,) if isinstance(problems, Problem) else problems
        self.exit = exit_
        super().__init__("\n".join(str(problem) for problem in self.problems))
