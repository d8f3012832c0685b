"""The command line: words in, words and exit statuses out. It decides nothing about data."""

from __future__ import annotations

import gc
import sys

#: New objects before a search for garbage. Starting makes half a million that stay: Python's own 700 has it search them
#: 300 times, a twentieth of a short sync.
OBJECTS = 50_000


def main() -> None:
    """Run npsync with the arguments of this process, and leave with its status."""
    gc.set_threshold(OBJECTS, 20, 100)
    try:
        from sync.cli.app import run

        status = run(sys.argv[1:])
    except KeyboardInterrupt:
        # Before there was a command that could have said so.
        status = 130
    sys.exit(status)
