"""A desk with the ready mapping of one vendor, and that vendor played without any of its fields."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import sandbox.hubspot
import sandbox.salesforce
from sandbox.salesforce import Org
from tests.flow.desk import Desk, Said

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CONFIG = """\
version: 1
connections:
  survey: {{type: file, path: responses.csv, date_order: ymd}}
  {name}: {{{lines}}}
segments:
  at_risk: {{any: [{{category: detractor}}]}}
  advocates: {{all: [{{category: promoter}}]}}
nps: {{min_responses: 1}}
limits: {{stop_if_changed: 100%, stop_if_rejected: 100%, stop_if_cleared: 100%}}
"""
ANSWERS = "Response ID,Score,Date,Email,Comment\nr1,9,2026-10-01 10:00:00,ada@acme.example,Swift\n"


class Crm:
    """A desk with the ready mapping of one vendor, and the vendor played without any of its fields."""

    def __init__(self, folder: Path, service: Any, kind: str) -> None:
        self.desk, self.service, self.world, self.kind = Desk(folder), service, service.world, kind
        vendor = getattr(sandbox, kind)
        lines = ", ".join(f'{key}: "{value}"' for key, value in vendor.connection(service).items())
        (folder / "mappings").mkdir()
        self.desk.write("config.yaml", CONFIG.format(name=kind, lines=lines))
        ready = (ROOT / f"mappings/{kind}.yaml").read_text(encoding="utf-8")
        self.desk.write(f"mappings/{kind}.yaml", ready)
        self.desk.write("responses.csv", ANSWERS)

    def uncomment(self) -> None:
        """Let the blocks count that the ready mapping holds as comments: memberships, history, tasks."""
        path = self.desk.folder / f"mappings/{self.kind}.yaml"
        lines: list[str] = []
        inside = False
        for line in path.read_text(encoding="utf-8").splitlines():
            block = re.match(r"# (segments|responses|follow_up):", line)
            inside = block is not None or (inside and line.startswith("#   "))
            if block is not None and any(each.startswith(f"{block[1]}:") for each in lines):
                break
            lines.append(line[2:] if inside else line)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def npsync(self, *words: str, status: int = 0) -> Said:
        said = self.desk.npsync(*words)
        assert said.status == status, said.err + said.out
        return said

    def troubles(self) -> dict[str, str]:
        """Return what stands against the mapping, by object and field."""
        [plan] = self.npsync("fields", "plan", "--output", "json").object["plans"]
        return {
            f"{one['object']}.{each['field'] or ''}": each["trouble"]
            for one in plan["objects"]
            for each in one["findings"]
        }

    def writes(self) -> int:
        reads = ("/query", "/oauth2/", "/oauth/")
        return sum(each.method != "GET" and not any(r in each.path for r in reads) for each in self.service.log.entries)


@pytest.fixture
def crm(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crm]:
    vendor = getattr(sandbox, request.param)
    world = Org(None) if request.param == "salesforce" else sandbox.hubspot.Portal()
    with vendor.serve(world) as service:
        for field, value in vendor.secrets(service).items():
            monkeypatch.setenv(f"NPSYNC_{request.param.upper()}_{field.upper()}", value)
        yield Crm(tmp_path, service, request.param)


salesforce = pytest.mark.parametrize("crm", ["salesforce"], indirect=True)
hubspot = pytest.mark.parametrize("crm", ["hubspot"], indirect=True)
both = pytest.mark.parametrize("crm", ["salesforce", "hubspot"], indirect=True)
