"""A stand-in tap and the account that it reads, for tests."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.connection_secrets import ConnectionSecrets
from connectors.secrets import SecretStore
from connectors.singer.source import SingerSource

if TYPE_CHECKING:
    from tests.contract.source_contract import Said

TAP = Path(__file__).with_name("standing_tap.py")
#: Without the site's packages it starts in a third of the time.
COMMAND = [sys.executable, "-I", "-S", str(TAP)]
COLUMNS = {
    "score": "answer.score",
    "comment": "answer.why",
    "responded_at": "submitted_at",
    "email": "who.name=email.value",
    "customer_id": "hidden.customer",
}
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass(slots=True)
class Account:
    """Responses, and how the tap behaves that reads them."""

    folder: Path
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    changes: int = 0

    def put(self, id_: str, score: int | None, comment: str | None) -> str:
        self.changes += 1
        self.rows[id_] = {
            "id": id_,
            "changed": self.changes,
            "answer": {"score": score, "why": comment},
            "submitted_at": f"2026-10-01T10:{self.changes // 60 % 60:02}:{self.changes % 60:02}Z",
            "hidden": {"customer": f"C{len(self.rows)}"},
            "who": [{"name": "name", "value": "A"}, {"name": "email", "value": f"{id_}@example.com"}],
        }
        self.write()
        return id_

    def write(self) -> None:
        self.path.write_text(json.dumps(list(self.rows.values())), encoding="utf-8")

    @property
    def path(self) -> Path:
        return self.folder / "responses.json"

    @property
    def truth(self) -> dict[str, Said]:
        return {id_: (row["answer"]["score"], row["answer"]["why"]) for id_, row in self.rows.items()}

    def source(self, *, environment: dict[str, str] | None = None, **options: Any) -> SingerSource:
        store = SecretStore(environment=environment or {}, order=("environment",))
        given: dict[str, Any] = {"streams": ["answers"], "columns": COLUMNS, "page_rows": 7, "silence": "60s"}
        # Asking first doubles what a test costs.
        given |= {"discover": False}
        given |= {"command": [*COMMAND, "tap"], "now": lambda: NOW, "root": self.folder, "name": "tap"}
        given["config"] = {"responses": str(self.path), **self.config}
        given["secrets"] = ConnectionSecrets("tap", store, locks=self.folder)
        return SingerSource(**(given | options))


def account(folder: Path, responses: int = 23) -> Account:
    made = Account(folder)
    for number in range(responses):
        made.put(f"r{number}", number % 11, f"because {number}")
    return made
