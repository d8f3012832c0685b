"""npsync on a made-up company, as a user would run it: a config, a mapping, and the command."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measured import Cost, run
from benchmarks.population import HEADER, Company

ROOT = Path(__file__).parents[1]
#: Responses in one export at most; a history of 3 million is three exports.
PER_FILE = 1_000_000
#: Done, or finished with some rows failed.
FINE = frozenset({0, 1})

CONFIG = """\
version: 1
ledger: sqlite:///.npsync/ledger.db
connections:
  survey:
    type: file
    path: exports
    columns:
{columns}
    survey: Relationship
  profiles: {{type: warehouse, url: "sqlite:///company.db"}}
limits: {{stop_if_changed: 100%, stop_if_cleared: 100%, stop_if_rejected: 100%}}
"""


@dataclass(slots=True)
class Project:
    """A folder with a company's database and its exports."""

    folder: Path
    company: Company
    responses: int = 0
    files: int = 0

    @property
    def exports(self) -> Path:
        return self.folder / "exports"

    def prepare(self) -> None:
        self.exports.mkdir(parents=True)
        (self.folder / "mappings").mkdir()
        columns = "\n".join(f"      {name}: {name}" for name in HEADER)
        (self.folder / "config.yaml").write_text(CONFIG.format(columns=columns))
        mapping = (ROOT / "mappings" / "warehouse.yaml").read_text()
        (self.folder / "mappings" / "warehouse.yaml").write_text(mapping)
        self.company.write_customers(self.folder / "company.db")

    def add(self, count: int) -> None:
        """Export *count* further responses, as new files."""
        while count:
            size = min(count, PER_FILE)
            self.files += 1
            self.company.write_responses(self.exports / f"{self.files:04}.csv", self.responses, size)
            self.responses += size
            count -= size

    def sync(self) -> tuple[Cost, dict[str, Any]]:
        """Run `npsync sync` and return its cost and its report; the rows must add up."""
        command = [sys.executable, "-m", "sync.cli", "--no-input", "--output", "json", "sync"]
        cost = run(command, self.folder, self._environment(), FINE)
        report: dict[str, Any] = json.loads(cost.output)
        return cost, report

    def _environment(self) -> dict[str, str]:
        """Run this checkout with its bytecode kept, as that of every installed program is."""
        kept = str(self.folder.resolve() / "bytecode")
        return {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": kept}
