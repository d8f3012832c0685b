"""Folders in which a run keeps what does not fit into memory, named after its process: a dead one's are known.

A name says the machine, the process's number and its start, as leases do: a number alone is soon another's, and in a
folder that several containers share it is several processes' at once.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir

from sync.processes import is_alive, this_process

_NAME = re.compile(r"npsync-(.+)=(\d+)=(\w+)-[^-]*")


def prefix() -> str:
    """Return how the names of this process's folders begin."""
    return f"npsync-{this_process().replace('/', '=')}-"


def remove_dead(folder: str | None = None) -> int:
    """Remove the folders of this user's processes that were killed; return how many there were."""
    removed = 0
    for path in Path(folder or gettempdir()).glob("npsync-*"):
        found = _NAME.fullmatch(path.name)
        if found is None or not path.is_dir() or path.is_symlink() or is_alive("/".join(found.groups())):
            continue
        if not hasattr(os, "getuid") or path.stat().st_uid == os.getuid():
            rmtree(path, ignore_errors=True)
            removed += 1
    return removed
