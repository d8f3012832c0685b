"""A person at a terminal, or a cron job: a project folder, and npsync run in it."""

from __future__ import annotations

import io
import json
import os
import sqlite3
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sync.cli.app import run

CONFIG = """\
version: 1
connections:
  survey: {type: file, path: responses.csv, columns: {customer_id: Customer}, date_order: ymd}
  store: {type: warehouse, url: "sqlite:///store.db"}
limits: {stop_if_changed: 100%, stop_if_rejected: 100%}
"""
MAPPING = """\
version: 1
from: survey
to: store
object: people
key: {customer_id: record.id}
records: {object: customers, id: customer_id, email: email, first_name: first_name, account: account}
match:
  - {customer_id: person.customer_id}
  - {email: person.email}
fields: {nps_score: score, nps_category: category}
responses: {object: responses, key: {response_key: key}, fields: {customer_id: record.id, score: score}}
"""
CUSTOMERS = [
    ("C-1", "ada@acme.example", "Ada", "A-1"),
    ("C-2", "bob@acme.example", "Bob", "A-1"),
    ("C-3", "pair@twin.example", "Cleo", "A-2"),
    ("C-4", "pair@twin.example", "Dan", "A-2"),
]
#: Two that match, one that could be two people, one that nobody is, one without a usable score.
RESPONSES = """\
Response ID,Score,Date,Email,Customer,Comment
r1,9,2026-10-01 10:00:00,ada@acme.example,C-1,Swift and friendly
r2,3,2026-10-02 10:00:00,bob@acme.example,,
r3,8,2026-10-03 10:00:00,pair@twin.example,,
r4,10,2026-10-04 10:00:00,zoe@else.example,,
r5,eleven,2026-10-05 10:00:00,ada@acme.example,C-1,
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def object(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Desk:
    """A folder with a config, a mapping, an export and a store."""

    folder: Path

    def set_up(self) -> None:
        (self.folder / "mappings").mkdir()
        self.write("config.yaml", CONFIG)
        self.write("mappings/crm.yaml", MAPPING)
        self.write("responses.csv", RESPONSES)
        with closing(sqlite3.connect(self.folder / "store.db")) as store, store:
            store.execute("CREATE TABLE customers (customer_id PRIMARY KEY, email TEXT, first_name TEXT, account TEXT)")
            store.executemany("INSERT INTO customers VALUES (?, ?, ?, ?)", CUSTOMERS)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def npsync(self, *words: str) -> Said:
        """Run a command in the folder, as the console script does."""
        out, err, before = io.StringIO(), io.StringIO(), Path.cwd()
        os.chdir(self.folder)
        try:
            with redirect_stdout(out), redirect_stderr(err):
                status = run(words)
        finally:
            os.chdir(before)
        return Said(int(status), out.getvalue(), err.getvalue())

    def stored(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the store."""
        with closing(sqlite3.connect(self.folder / "store.db")) as store:
            return store.execute(query).fetchall()
