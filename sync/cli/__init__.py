"""The command line: words in, words and exit statuses out. It decides nothing about data."""

from __future__ import annotations

import gc
import sys

#: New objects between two searches for reference cycles: some pages' worth of rows, which hold none. Python's own 700
#: means 300 searches through what starting made (a twentieth of a short sync), and a tenth to a fifth of a pull's CPU
#: (measured 2026-11-22 on CPython 3.11). Freezing what is loaded was tried and gains nothing more.
OBJECTS = 100_000


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
