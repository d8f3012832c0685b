"""Planted addresses, names, comments, numbers and secrets are searched for in everything that npsync says.

What a command shows on purpose is exempt, on stdout alone: `sync -n`, `replay -n`, `undo -n` and `runs RUN` (values, as
they are and were), `held`, `explain` and `export-person`. Their stderr is searched like all else.
"""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.flow.fault_pairs import OF_JOBS, names
from tests.flow.played import VENDORS, Crm, email

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.flow.desk import Desk, Said

#: Vendor → kind of record, and its fields of the name.
NAMED = {"salesforce": ("Contact", "FirstName", "LastName"), "hubspot": ("contacts", "firstname", "lastname")}
#: Everything planted; each address in these worlds is a canary, whoever's it is, and each phone, whole or its end.
PHONE = r"(?:30 ?|(?<!\d))5550 ?10\d\d(?!\d)"
CANARIES = re.compile(rf"@acme|@twin|@else|Canaria|Vogelname|chirps|{PHONE}|s3cr3t-canary|[Cc]anary")
LOUD = ("-v", "-v", "--log-format", "json")
HEAD = "Response ID,Score,Date,Email,First Name,Last Name,Phone,Comment\n"


class Ear:
    """Runs commands and keeps what of a canary they let out, with the command that did."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.heard: list[str] = []
        self.codes: set[str] = set()
        self.lines = 0
        self.statuses: list[int] = []

    def run(self, *words: str, shows: bool = False) -> Said:
        """Run a command as loudly as can be; *shows*: its stdout is about people on purpose."""
        said = self._desk.npsync(*words, *LOUD)
        self.statuses.append(said.status)
        texts = [said.err] if shows else [said.err, said.out]
        self.lines += sum(text.count("\n") for text in texts)
        self.heard += [f"{words[0]}: {found[0]}" for text in texts for found in CANARIES.finditer(text)]
        self.codes |= set(re.findall(r"\bE\d\d\d\b", said.err + said.out))
        return said

    def everything(self, who: str) -> None:
        """Give every command that looks at a ledger or changes it."""
        runs = self.run("runs", "--output", "json").object["runs"]
        done = [each["run"] for each in runs if each["status"] in ("done", "some_rows_failed")]
        for word in ("status", "report", "replay", "validate"):
            self.run(word)
        self.run("replay", "-n", shows=True)
        self.run("held", shows=True)
        self.run("explain", "survey:r0-0", shows=True)
        self.run("runs", done[0], shows=True)
        self.run("sync", "-n", shows=True)
        self.run("undo", done[0], "-n", shows=True)
        self.run("undo", done[0], "--yes")
        self.run("undo", "no-such-run")
        self.run("export-person", who, shows=True)
        for words in (("forget", who, "-n"), ("forget", who), ("forget", who, "--yes"), ("sync", "--full-refresh")):
            self.run(*words)
        self.run("export-person", f"yan{who}", shows=True)
        self.run("forget", f"no-such-record-{who.partition('@')[0]}", "--yes")


def rows(round_: int, people: int) -> str:
    lines = [
        f"r{round_}-{n},{(n * 7 + round_ * 5) % 11},2026-10-{round_ + 1:02d} 10:00:00,{email(n)},Canaria,Vogelname{n},"
        f'+49 30 5550 1{n:03d},"It chirps, {n}"\n'
        for n in range(people)
    ]
    bad = f"b{round_},chirps,2026-10-01 10:00:00,{email(1)},Canaria,Vogelname1,,It chirps\n"
    dated = f"d{round_},7,Vogelname,{email(2)},Canaria,Vogelname2,,It chirps\n"
    return "".join([*lines, bad, dated])


def name_all(crm: Crm) -> None:
    """Give everybody a name that can be searched for."""
    kind, first, last = NAMED[crm.vendor]
    for record in list(crm.world.records(kind)):
        n = next(n for n in range(99) if email(n) in record.values())
        id_ = record.get("Id") or record["hs_object_id"]
        crm.world.update(kind, id_, {first: "Canaria", last: f"Vogelname{n}"})


def silent_files(folder: Path) -> list[str]:
    """Return the files beside the ledger and the export that hold a canary."""
    own = ("ledger.db", "responses.csv", "store.db", "config.yaml")
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(own)]
    return [path.name for path in files if CANARIES.search(path.read_bytes().decode("latin-1"))]


@contextmanager
def secret(name: str) -> Iterator[None]:
    os.environ[name] = "s3cr3t-canary"
    try:
        yield
    finally:
        del os.environ[name]


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_crm_with_every_fault_says_nothing_of_anybody(vendor: str, tmp_path: Path) -> None:
    people = 12
    with Crm(vendor, tmp_path, people=people, strangers=1) as crm:
        ear, text = Ear(crm.desk), HEAD
        name_all(crm)
        faults = [name for name in names(vendor) if name not in OF_JOBS | {"slow"}]
        for round_, start in enumerate(range(-3, len(faults), 3)):
            text += rows(round_, people + 1)
            crm.desk.write("responses.csv", text)
            for fault in faults[max(start, 0) : start + 3]:
                crm.service.faults.set(fault, 0.15)
            ear.run("sync", "--output", "json" if round_ % 2 else "text")
            crm.service.faults.clear()
        if vendor == "salesforce":  # an administrator's own words, which quote whom they refuse
            crm.world.add_validation(
                "Contact",
                lambda new, _old: f"{new.get('Email')} is not welcome" if email(3) == new.get("Email") else None,
            )
        crm.desk.write("responses.csv", text + rows(29, people))
        ear.run("sync")
        ear.everything(email(3))
        token = next(name for name in os.environ if name.startswith(f"NPSYNC_{vendor.upper()}"))
        kept = os.environ.pop(token)
        with secret(token):
            ear.run("sync")
            ear.run("auth", "test", vendor)
        os.environ[token] = kept

    assert [] == ear.heard
    assert [] == silent_files(tmp_path)
    assert ear.lines > 100
    assert "E301" in ear.codes
    assert sum(crm.service.faults.struck.values()) > 5
    assert {1, 3} <= set(ear.statuses)


def test_a_warehouse_with_every_failure_says_nothing_of_anybody(desk: Desk, tmp_path: Path) -> None:
    ear = Ear(desk)
    desk.write(
        "config.yaml", (tmp_path / "config.yaml").read_text("utf-8").replace("columns: {customer_id: Customer}, ", "")
    )
    with closing(sqlite3.connect(tmp_path / "store.db")) as store, store:
        store.execute("CREATE TABLE people (customer_id PRIMARY KEY, nps_score CHECK (nps_score <> 9), nps_category)")
        for n in range(4):
            values = (email(n), "Canaria", f"C-{n + 1}")
            store.execute("UPDATE customers SET email = ?, first_name = ? WHERE customer_id = ?", values)
    text = HEAD
    for round_ in range(3):
        text += rows(round_, 4)
        desk.write("responses.csv", text)
        ear.run("sync")
    ear.everything(email(0))

    with closing(sqlite3.connect(tmp_path / "store.db")) as store:
        store.execute("ALTER TABLE customers RENAME COLUMN email TO mail")
        store.commit()
        ear.run("sync", "--full-refresh")
        store.execute("ALTER TABLE customers RENAME COLUMN mail TO email")
        store.commit()
    for broken in (b"\x00\xff\xfeIt chirps" * 99, b'Email\n"unclosed It chirps', b'{"email": "p1@acme1.example"', b""):
        (tmp_path / "responses.csv").write_bytes(broken)
        ear.run("sync")
    (tmp_path / "responses.csv").unlink()
    ear.run("sync")

    assert [] == ear.heard
    assert [] == silent_files(tmp_path)
    assert {"E502"} <= ear.codes
