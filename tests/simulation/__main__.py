"""`python -m tests.simulation --seeds N [--seed S] [--jobs 2]`: see docs/how-to/simulate.md."""

from __future__ import annotations

import sys

from tests.simulation.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
