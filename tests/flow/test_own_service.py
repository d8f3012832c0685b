"""The how-to for a service of one's own: its spec is copied from the page into a file, and no code is written."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from sandbox.exchange import Reply, Request
from sandbox.server import Service
from tests.contract.survey_bench import Told
from tests.flow.desk import Desk
from tests.flow.test_survey_services import MAPPING

if TYPE_CHECKING:
    import pytest

PAGE = (Path(__file__).parents[2] / "docs/how-to/add-a-service.md").read_text(encoding="utf-8")
SPEC, CONNECTIONS, COMMANDS = re.findall(r"^```\w*\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Acme:
    """The service of the page: pages by number within what is not older than `since`, oldest first."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def add(self, number: int, score: int, *, hours: float, status: str = "done") -> None:
        at = (START + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
        customer = {"email": f"p{number % 3}@acme.example"}
        row = {"id": f"a{number}", "rating": score, "text": None, "created_at": at, "customer": customer}
        self.rows.append(row | {"status": status})

    def __call__(self, request: Request) -> Reply:
        if request.headers.get("X-Api-Key", "") != "acme-key" or request.path != "/v1/answers":
            return Reply.json({}, 401)
        assert "created" == request.first("order")
        rows = sorted(self.rows, key=lambda each: str(each["created_at"]))
        rows = [each for each in rows if each["created_at"] >= request.first("since")]
        size = int(request.first("per_page"))
        first = (int(request.first("page")) - 1) * size
        return Reply.json({"data": rows[first : first + size]})


def test_the_example_of_the_page_reads_its_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a page, with ties at its end; then a late one, an edit, and a row that is left out."""
    desk, acme = Desk(tmp_path), Acme()
    for number in range(230):
        acme.add(number, number % 11, hours=number // 40)
    acme.add(900, 1, hours=3, status="test")
    with Service(Told(acme)) as service:
        config = yaml.safe_load(CONNECTIONS)
        name = config["connections"]["survey"]["spec"]
        assert name in PAGE.split("```yaml")[0], "the page says what to call the file"
        config["connections"]["survey"]["url"] = service.url
        config["connections"]["store"] = {"type": "warehouse", "url": "sqlite:///store.db"}
        limits = {"stop_if_changed": "100%", "stop_if_rejected": "100%"}
        desk.write("config.yaml", yaml.safe_dump({"version": 1, **config, "limits": limits}))
        desk.write(name, SPEC)
        (tmp_path / "mappings").mkdir()
        desk.write("mappings/store.yaml", MAPPING)
        with closing(sqlite3.connect(tmp_path / "store.db")) as store, store:
            store.execute("CREATE TABLE customers (customer_id PRIMARY KEY, email TEXT)")
            store.executemany(
                "INSERT INTO customers VALUES (?, ?)", [(f"C{n}", f"p{n}@acme.example") for n in range(3)]
            )
        monkeypatch.setenv("NPSYNC_SURVEY_API_KEY", "acme-key")

        first = desk.npsync(*COMMANDS.splitlines()[1].split()[1:], "--output", "json")  # the dry run
        statuses = [desk.npsync("sync").status]
        acme.add(500, 4, hours=1)
        acme.rows[7]["rating"] = 2
        statuses.append(desk.npsync("sync").status)

    assert ([0, 0], 0) == (statuses, first.status), first.err
    assert (231, 1) == (first.object["rows"]["in"], first.object["rows"]["skipped"])
    assert {f"survey:{each['id']}": each["rating"] for each in acme.rows if each["status"] == "done"} == dict(
        desk.stored("SELECT response_key, score FROM responses")
    )
