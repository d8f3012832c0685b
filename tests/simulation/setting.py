"""The mapping and the config of simulated worlds, and the ledger that one child process uses for all of them."""

from __future__ import annotations

import sqlite3
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from sync.config.schema import Settings
from sync.ledger.tables import METADATA, SCHEMA_VERSION
from sync.mapping.schema import Mapping
from tests.simulation.crm import ACCOUNT, CONTACT, MEMBER, RESPONSE, TASK
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
    "follow_up": {
        "object": TASK,
        "when": {"category": "detractor"},
        "subject": "Call back",
        "key": {"key": "key"},
        "fields": {"title": "subject", "due": "due_at"},
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
    """One ledger, emptied for every world; use it in one process only.

    It stays open: SQLite then reads its schema and plans its statements once, not for every world.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="npsync-sim-", dir=MEMORY if MEMORY.is_dir() else None)
        self.path = Path(self._folder.name) / "ledger.db"
        self.ledger = WatchedLedger(f"sqlite:///{self.path}")
        self._look = sqlite3.connect(self.path, isolation_level=None)
        self._look.execute("PRAGMA query_only = true")
        self._cleaner = sqlite3.connect(self.path, isolation_level=None)
        self._tables = [table.name for table in METADATA.sorted_tables if table is not SCHEMA_VERSION]

    def begin(self) -> WatchedLedger:
        """Return the ledger, as new."""
        self._cleaner.execute("BEGIN")
        for name in self._tables:
            self._cleaner.execute(f'DELETE FROM "{name}"')
        self._cleaner.execute("COMMIT")
        return self.ledger

    def look(self) -> sqlite3.Connection:
        """Return a connection for checks."""
        return self._look

    def close(self) -> None:
        self._look.close()
        self._cleaner.close()
        self.ledger.close()
        self._folder.cleanup()
