"""Traces of texts in the files of a database: what a byte search finds, whatever the database says is there.

A deleted row stays in a SQLite file until its page is written anew, and in the write-ahead log until that is cut.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

#: Bytes read at once.
CHUNK = 1 << 22
#: What SQLite keeps beside a database file.
_BESIDE = ("", "-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrubbed:
    """What was found after rows had been deleted and the database was told to forget them."""

    #: Files searched; none where the database is a server.
    files: tuple[str, ...] = ()
    #: Encrypted files, in which a byte search finds nothing whatever they hold; their tables were searched.
    sealed: tuple[str, ...] = ()
    #: File → how many of the texts it still holds though no row does.
    left: Mapping[str, int]
    #: `table.column` → in how many rows one of the texts stands.
    rows: Mapping[str, int]
    #: What could not be done, and what to do about it.
    trouble: str = ""


@runtime_checkable
class Scrubs(Protocol):
    """Ability of a destination: deleted rows are gone from its files as well, and it can show that."""

    def scrub(self, texts: Sequence[str], objects: Sequence[str]) -> Scrubbed:
        """Have the space of rows overwritten that were deleted from *objects*; look for *texts* in files and tables.

        Raises:
            ConnectorError: The database cannot be reached.
        """
        ...


def files_of(path: Path) -> list[Path]:
    """Return the files of a SQLite database that are there."""
    beside = (path.with_name(f"{path.name}{ending}") for ending in _BESIDE)
    return [each for each in beside if each.is_file()]


def found_in(path: Path, texts: Collection[str]) -> set[str]:
    """Return those of *texts* whose bytes stand in a file, whatever their case, plainly or as JSON writes them."""
    wanted = {text: {form.lower() for form in _forms(text)} for text in texts}
    longest = max((len(form) for forms in wanted.values() for form in forms), default=0)
    found: set[str] = set()
    for chunk in _chunks(path, longest):
        for text, forms in wanted.items():
            if text not in found and any(form in chunk for form in forms):
                found.add(text)
    return found


def _forms(text: str) -> set[bytes]:
    plain = text.encode("utf-8", "surrogatepass")
    return {
        plain,
        json.dumps(text)[1:-1].encode(),
        json.dumps(text, ensure_ascii=False)[1:-1].encode("utf-8", "replace"),
    }


def _chunks(path: Path, overlap: int) -> Iterator[bytes]:
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield tail + chunk.lower()
            tail = (tail + chunk.lower())[-overlap:] if overlap else b""
