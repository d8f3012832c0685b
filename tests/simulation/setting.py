"""The mapping and the config of simulated worlds, and the ledger that one child process uses for all of them."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from sync.config.schema import Settings
from sync.mapping.schema import Mapping
from tests.simulation.crm import ACCOUNT, CONTACT, MEMBER, RESPONSE
from tests.simulation.process import WatchedLedger

#: Memory, where there is one with a path.
MEMORY = Path("/dev/shm")
NAME = "simulated"

FIELDS = {
    "score": "score",
    "key": "response_key",
    "comment": "comment",
    "answers": "responses",
    "previous": "previous_score",
    "trend": "trend",
    "status": "status",
    "groups": "segments",
}
_BLOCKS: dict[str, Any] = {
    "responses": {"object": RESPONSE, "key": {"key": "key"}, "fields": {"contact": "record.id", "score": "score"}},
    "rollup": {
        "object": ACCOUNT,
        "by": "AccountId",
        "fields": {"nps": "nps", "answers": "responses", "promoters": "promoters"},
    },
    "segments": {
        "object": MEMBER,
        "key": {"contact": "record.id", "segment": "segment"},
        "fields": {"since": "since"},
    },
}
_SEGMENTS = (
    {"at_risk": {"any": [{"category": "detractor"}, {"trend": "declining"}]}, "fans": {"category": "promoter"}},
    {"at_risk": {"any": [{"category": "detractor"}]}, "fans": {"score": {"min": 8}}},
)


@cache
def mapping(blocks: tuple[str, ...]) -> Mapping:
    """Return the mapping with some of its blocks."""
    given: dict[str, Any] = {
        "name": NAME,
        "version": 1,
        "from": "survey",
        "to": "crm",
        "object": CONTACT,
        "match": [{"Email": "person.email"}],
        "fields": FIELDS,
    }
    return Mapping.model_validate(given | {name: _BLOCKS[name] for name in blocks})


@cache
def settings(version: int) -> Settings:
    """Return the config, before and after somebody changed the definitions."""
    return Settings.model_validate(
        {
            "version": 1,
            "connections": {
                "survey": {"type": "file", "path": "none.csv"},
                "crm": {"type": "salesforce", "domain": "d"},
            },
            "nps": {"min_responses": 1},
            "segments": _SEGMENTS[version],
        }
    )


class Bench:
    """One ledger, emptied for every world; use it in one process only."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="npsync-sim-", dir=MEMORY if MEMORY.is_dir() else None)
        self.path = Path(self._folder.name) / "ledger.db"
        self._empty = self.path.with_suffix(".empty")
        self.ledger = WatchedLedger(f"sqlite:///{self.path}")
        self.ledger.close()  # SQLite takes the write-ahead log back into the file
        shutil.copyfile(self.path, self._empty)

    def begin(self) -> WatchedLedger:
        """Return the ledger, as new."""
        self.ledger.close()
        for name in ("ledger.db-wal", "ledger.db-shm"):
            self.path.with_name(name).unlink(missing_ok=True)
        shutil.copyfile(self._empty, self.path)
        return self.ledger

    def look(self) -> sqlite3.Connection:
        """Return a connection for checks, of its own."""
        return sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, isolation_level=None)

    def close(self) -> None:
        self.ledger.close()
        self._folder.cleanup()
