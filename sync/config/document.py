"""A YAML file as data that remembers where each of its values stands, so that a problem can point at it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from sync.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Keys and list indexes from the top of the document down to a value.
Path = tuple[str | int, ...]

#: More problems than this are not told in one go; the first ones are usually the cause of the rest.
MOST_PROBLEMS = 50

#: An excerpt is cut to this many characters around the caret.
_EXCERPT = 110

# What a reader must never see repeated on his screen or in a build log: a password in a URL, the value of a key
# named like a secret. Masked with as many stars, so that the caret stays where it points.
_SECRETS = (
    re.compile(r"(?<=://)[^\s/@]*:(?P<secret>[^\s@]+)(?=@)"),
    re.compile(
        r"""(?i)[a-z_]*(?:password|passwd|pwd|secret|token|api_?key|private_?key|credentials?)["']?\s*[:=]\s*(?P<secret>[^\s,}&][^,}&]*)"""
    ),
)


class Mark(NamedTuple):
    """A place in a file as editors count it: the first line and column are 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What one YAML file holds."""

    #: The file as the user named it.
    file: str
    lines: Sequence[str] = ()
    #: Mappings with text keys, lists, texts, numbers, booleans and None.
    data: Any = None
    #: Where the value at a path starts.
    values: Mapping[Path, Mark] = field(default_factory=dict)
    #: Where the key at a path starts; list items have none.
    keys: Mapping[Path, Mark] = field(default_factory=dict)
    #: Paths whose value was refused already; further problems there are only its echo.
    broken: frozenset[Path] = frozenset()
    #: What is wrong with the YAML itself.
    problems: tuple[Problem, ...] = ()

    def problem(self, path: Path, what: str, hint: str = "", *, at_key: bool = False) -> Problem:
        """Return a problem that points at *path*, or at the nearest place above it that the file has."""
        while path and path not in self.values:
            path = path[:-1]
            at_key = True
        mark = self.keys.get(path) if at_key else None
        return self.problem_at(mark or self.values.get(path, Mark(1, 1)), what, hint)

    def problem_at(self, mark: Mark, what: str, hint: str = "") -> Problem:
        """Return a problem that points at *mark*."""
        return Problem(
            where=f"{self.file}:{mark.line}:{mark.column}", what=what, hint=hint, excerpt=excerpt(self.lines, mark)
        )

    def has(self, path: Path) -> bool:
        return path in self.values

    def is_broken(self, path: Path) -> bool:
        """Tell whether *path*, or something it stands in, was refused already."""
        return any(path[:length] in self.broken for length in range(len(path) + 1))


def excerpt(lines: Sequence[str], mark: Mark) -> str:
    """Return the line at *mark* and a caret under it; secrets in the line are masked.

    >>> print(excerpt(["url: postgresql://me:hunter2@db/x"], Mark(1, 6)))
    url: postgresql://me:*******@db/x
         ^
    """
    if not 1 <= mark.line <= len(lines):
        return ""
    line = _masked(lines[mark.line - 1])
    start = max(0, mark.column - 1 - _EXCERPT // 2) if len(line) > _EXCERPT else 0
    shown = "".join(char if char.isprintable() else "�" for char in line[start : start + _EXCERPT])
    return f"{shown.rstrip()}\n{' ' * (mark.column - 1 - start)}^"


def _masked(line: str) -> str:
    for pattern in _SECRETS:
        line = pattern.sub(_stars, line)
    return line


def _stars(found: re.Match[str]) -> str:
    start, end = (place - found.start() for place in found.span("secret"))
    return found[0][:start] + "*" * (end - start) + found[0][end:]
