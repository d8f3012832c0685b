"""A lock between processes of one user: a file that the system unlocks by itself when its holder dies."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.errors import Deferred, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

#: Seconds; a holder makes one call, which ends after 120 s at the latest.
PATIENCE_S = 150.0
_PAUSE_S = 0.05


def folder(environment: Mapping[str, str]) -> Path:
    """Return where this user's locks stand: keyrings belong to a user, so their locks do.

    >>> folder({"XDG_STATE_HOME": "/home/me/state"}).as_posix()
    '/home/me/state/npsync/locks'
    """
    given = environment.get("XDG_STATE_HOME") or environment.get("LOCALAPPDATA")
    home = Path(given) if given else Path(environment.get("HOME") or Path.home()) / ".local" / "state"
    return home / "npsync" / "locks"


@contextmanager
def held(
    path: Path, *, sleep: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.monotonic
) -> Iterator[None]:
    """Hold the lock *path*; other threads and processes wait for their turn.

    Raises:
        Deferred: Another process held it for `PATIENCE_S`.
        Refused: The file cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise Refused(
            f"the lock {path} cannot be made: {error.strerror}",
            code="E302",
            next_step=f"Make {path.parent} writable for this user, or set XDG_STATE_HOME.",
        ) from None
    until = clock() + PATIENCE_S
    try:
        while not _try(file):
            if clock() > until:
                raise Deferred(
                    "another process has been signing in for too long",
                    next_step=f"Look for a process of npsync that hangs; it holds {path}.",
                )
            sleep(_PAUSE_S)
        yield
    finally:
        os.close(file)  # which unlocks it


if sys.platform == "win32":
    import msvcrt

    def _try(file: int) -> bool:
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
