"""The command line: words in, words and exit statuses out. It decides nothing about data."""

from __future__ import annotations

import sys


def main() -> None:
    """Run npsync with the arguments of this process, and leave with its status."""
    from sync.cli.app import run

    sys.exit(run(sys.argv[1:]))
