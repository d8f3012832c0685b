"""How far a file has been read: its cursor."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = 1 << 20
# A file written twice within the clock's grain can change without a new time; git's index has the same rule.
_RACY_NS = 2_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCursor:
    """A file's content, and the rows of it that are stored."""

    sha256: str
    size: int
    #: Time of the last change in nanoseconds; 0 when it was too fresh to be trusted.
    mtime_ns: int
    #: Rows handed over, blank ones not counted.
    rows: int
    #: Whether that is all of them.
    done: bool
    #: Pages handed over.
    page: int
    #: How it was read (`FileSettings.mark`): other settings read the file again.
    reading: str

    def text(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def parse(cls, text: str | None) -> FileCursor | None:
        """Return a cursor that this version wrote; None for anything else, which reads the file again."""
        try:
            return cls(**json.loads(text)) if text else None
        except (ValueError, TypeError):
            return None


def trusted_mtime(path: Path, now_ns: int) -> tuple[int, int]:
    """Return size and change time of a file; the time is 0 when another change could hide behind it."""
    stat = path.stat()
    return stat.st_size, (stat.st_mtime_ns if now_ns - stat.st_mtime_ns > _RACY_NS else 0)


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
