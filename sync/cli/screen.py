"""Where output goes: data to stdout, messages to stderr; with `--output json`, one object to stdout.

What people and files wrote is printed, never obeyed: a terminal's codes in it are shown as text.
"""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TextIO

from connectors.characters import visible, visible_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BOLD, RED, YELLOW, GREEN, DIM = "1", "31", "33", "32", "2"
#: What `Screen.paint` writes.
_PAINTED = re.compile("(\x1b\\[(?:0|1|2|31|32|33)m)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """The two streams, and what the global options say of them."""

    json: bool = False
    quiet: bool = False
    #: 1 shows events and tracebacks, 2 details too.
    verbose: int = 0

    def without_json(self) -> Screen:
        """The same screen for messages only, where the one object is printed later."""
        return replace(self, json=False)

    def data(self, text: str) -> None:
        """Print what the command was asked for."""
        _write(sys.stdout, text)

    def object(self, value: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
        """Print the one object of `--output json`."""
        _write(sys.stdout, visible_json(json.dumps(value, indent=2, ensure_ascii=False, default=str)))

    def line(self, value: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
        """Print one object of many, on a line of its own, for `--output json` of what does not end."""
        _write(sys.stdout, visible_json(json.dumps(value, ensure_ascii=False, default=str)))

    def say(self, text: str) -> None:
        """Print a message for the person at the terminal, unless -q."""
        if not self.quiet:
            _write(sys.stderr, text)

    def warn(self, text: str) -> None:
        """Print a message that -q does not silence."""
        _write(sys.stderr, text)

    def paint(self, text: str, code: str, *, stream: TextIO | None = None) -> str:
        """Colour *text* where the stream is a terminal that shows colours and nobody declined them."""
        return f"\x1b[{code}m{text}\x1b[0m" if takes_colour(stream or sys.stdout) else text


def takes_colour(stream: TextIO) -> bool:
    """Tell whether colours are wanted there: a terminal, no `NO_COLOR` (any value), no `TERM=dumb`."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def listed(lines: Iterable[str]) -> str:
    r"""Put *lines* under each other; none of them becomes two, whatever it holds.

    >>> print(listed(["survey a\n0 rejected", "score 9"]))
    survey a\x0a0 rejected
    score 9
    """
    return "\n".join(map(visible, lines))


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lay out *rows* in columns, numbers to the right; a piped table is as wide as its cells.

    >>> print(table(["mapping", "rows"], [["warehouse", 12], ["crm", 3]]))
    mapping    rows
    warehouse    12
    crm           3
    """
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(line[place]) for line in [list(header), *cells]) for place in range(len(header))]
    right = [bool(rows) and all(isinstance(row[place], int | float) for row in rows) for place in range(len(header))]
    lines = [
        "  ".join(
            text.rjust(width) if is_number else text.ljust(width)
            for text, width, is_number in zip(line, widths, right, strict=True)
        )
        for line in [list(header), *cells]
    ]
    return "\n".join(line.rstrip() for line in lines)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else " ".join(str(value).split())


def _write(stream: TextIO, text: str) -> None:
    """Print; when the reader has gone (`| head`), go on in silence."""
    text = _harmless(text, painted=takes_colour(stream))
    try:
        print(text, file=stream, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except UnicodeEncodeError:
        # A console of an older code page: what it cannot show becomes `?`, the rest stays.
        encoding = stream.encoding or "ascii"
        print(text.encode(encoding, "replace").decode(encoding), file=stream, flush=True)


def _harmless(text: str, *, painted: bool) -> str:
    r"""Show codes that would steer the terminal; only colours of our own stay, where it takes any.

    >>> print(_harmless("\x1b[2J\x1b]0;title\x07 \x1b[31mred", painted=False))
    \x1b[2J\x1b]0;title\x07 \x1b[31mred
    """
    parts = _PAINTED.split(text) if painted else [text]
    return "".join(part if at % 2 else visible(part, keep="\n\t") for at, part in enumerate(parts))
