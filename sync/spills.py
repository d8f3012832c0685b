"""Folders in which a run keeps what does not fit into memory, named after its process: a dead one's are known."""

from __future__ import annotations

import os
import re
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir

_NAME = re.compile(r"npsync-(\d+)-")


def prefix() -> str:
    """Return how the names of this process's folders begin."""
    return f"npsync-{os.getpid()}-"


def remove_dead(folder: str | None = None) -> int:
    """Remove the folders of this user's processes that were killed; return how many there were."""
    removed = 0
    for path in Path(folder or gettempdir()).glob("npsync-*"):
        found = _NAME.match(path.name)
        if found is None or not path.is_dir() or path.is_symlink() or _lives(int(found[1])):
            continue
        if not hasattr(os, "getuid") or path.stat().st_uid == os.getuid():
            rmtree(path, ignore_errors=True)
            removed += 1
    return removed


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
