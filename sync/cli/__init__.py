"""The command line: words in, words and exit statuses out. It decides nothing about data."""

from __future__ import annotations

import sys


def main() -> None:
    """Run npsync with the arguments of this process, and leave with its status."""
    try:
        from sync.cli.app import run

        status = run(sys.argv[1:])
    except KeyboardInterrupt:
        # Before there was a command that could have said so.
        status = 130
    sys.exit(status)
