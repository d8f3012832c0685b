"""Runs a tap, and ends it when npsync is gone; a script of its own, started with the command to run.

Its standard input is a pipe that npsync holds and never writes to: it ends when npsync lets go of it, or dies of
whatever. Then the tap and all that it started are asked to end, and made to.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from threading import Thread

#: Time for a tap to close what it has open.
GRACE_S = 5.0


def main(command: list[str]) -> int:
    """Run *command*, and return the code that it ends with; 127: it cannot be run."""
    # A handler, because a signal that is ignored would be ignored by the tap too.
    signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        tap = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - the user's own command, and no shell
    except OSError:
        return 127
    Thread(target=_watch, args=(tap,), daemon=True).start()
    code = tap.wait()
    return code if code >= 0 else 128 - code


def _watch(tap: subprocess.Popen[bytes]) -> None:
    while os.read(0, 1024):
        pass
    # We lead a group of our own, see `Tap`.
    os.killpg(0, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        tap.wait(GRACE_S)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
