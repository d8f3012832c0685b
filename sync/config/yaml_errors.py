"""PyYAML's complaints in the words of someone who edits a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sync.config.document import Mark

if TYPE_CHECKING:
    import yaml as pyyaml

_QUOTE = "Put the text in quotes."
_INDENT = "Check the indentation: keys of one block start in the same column."

# Pattern over "context | problem" → what is wrong, what to do. The first that fits is taken.
_WORDING = (
    (r"found character '\\t'", "a tab stands here", "YAML is laid out with spaces; replace the tab."),
    (r"found character '(.)' that cannot start", "a text cannot start with `{0}`", _QUOTE),
    (r"mapping values are not allowed", "a second `:` on this line", f"{_QUOTE} Or start a new line for the key."),
    (
        r"could not find expected ':'",
        "this line is not `key: value`",
        f"Add the `:`, or join it to the line above. {_INDENT}",
    ),
    (r"quoted scalar.*unexpected end of stream", "this quote is never closed", "Add the closing quote."),
    (r"flow mapping.*expected ',' or '}'", "this `{{` is never closed, or a comma is missing", "Add `}` or a comma."),
    (r"flow sequence.*expected ',' or '\]'", "this `[` is never closed, or a comma is missing", "Add `]` or a comma."),
    (r"expected <block end>", "this line does not fit the lines above it", _INDENT),
    (
        r"unknown escape character",
        "a backslash in double quotes starts a code",
        "Use single quotes, or `\\\\` for a backslash.",
    ),
    (
        r"undefined tag handle|undefined alias|anchor|alias",
        "anchors, aliases and tags are not used here",
        "Write the value out.",
    ),
)


def explain(error: pyyaml.MarkedYAMLError) -> tuple[Mark, str, str]:
    """Return the place, what is wrong and what to do."""
    said = f"{error.context or ''} | {error.problem or ''}"
    for pattern, what, hint in _WORDING:
        if found := re.search(pattern, said):
            mark = error.context_mark if "never closed" in what and error.context_mark else error.problem_mark
            return _mark(mark), what.format(*found.groups()), hint
    return _mark(error.problem_mark or error.context_mark), "this is not YAML", _INDENT


def _mark(mark: pyyaml.Mark | None) -> Mark:
    return Mark(1, 1) if mark is None else Mark(mark.line + 1, mark.column + 1)
