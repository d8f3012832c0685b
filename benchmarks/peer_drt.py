"""drt-core, a reverse ETL of its own environment: a table of contacts in SQLite, written to a played CRM.

Its command is run as a user would run it. What a start costs is measured with one contact and left out.
"""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

from benchmarks.crm_loops import values
from benchmarks.crm_played import FIELDS, email
from benchmarks.measured import Cost, run
from benchmarks.peer import PeerMissing

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = "drt-core"
PROJECT = "name: bench\nprofile: default\n"
PROFILES = "default:\n  type: sqlite\n  database: {database}\n"
SYNC = """\
name: contacts
model: {model}
destination:
{destination}
sync: {{mode: full, batch_size: 10000, on_error: skip{more}}}
"""
HUBSPOT = """\
  type: hubspot
  object_type: contacts
  id_property: email
  auth: {type: bearer, token_env: DRT_TOKEN}
"""
SALESFORCE = """\
  type: salesforce_bulk
  instance_url_env: DRT_URL
  object_name: Contact
  operation: update
  client_id_env: DRT_KEY
  client_secret_env: DRT_SECRET
  username_env: DRT_USER
  password_env: DRT_PASSWORD
  poll_interval_seconds: 1
"""
#: Contacts a second: its own ceiling for HubSpot.
PACE = {"hubspot": ", rate_limit: {requests_per_second: 9}", "salesforce": ""}


class Drt:
    """drt-core in an environment of its own, `drt` in *kept*; its project goes under *folder*."""

    def __init__(self, kept: Path, folder: Path) -> None:
        self._environment, self._folder = (kept / "drt").absolute(), folder

    def install(self) -> None:
        """Make the environment, where it is not there yet.

        Raises:
            PeerMissing: No venv, or no package index.
        """
        python = self._environment / "bin" / "python"
        if python.exists():
            return
        try:
            subprocess.run([sys.executable, "-m", "venv", self._environment], check=True, capture_output=True)
            subprocess.run([python, "-m", "pip", "install", "-q", PACKAGE], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            python.unlink(missing_ok=True)
            raise PeerMissing("drt-core was not measured: it could not be installed here.") from None

    def start(self, vendor: str, played: dict[str, Any], ids: list[str]) -> Cost:
        """Make a project that would write *ids*, write the first, and return what that cost."""
        self._set_up(vendor, ids)
        return self._run(self._environment_of(vendor, played), 1)

    def write(self, vendor: str, played: dict[str, Any], count: int, start: Cost) -> dict[str, Any]:
        """Write *count* contacts by one sync; returns what it cost beyond *start*, as the other writers print it.

        Raises:
            PeerMissing: It could not do it; the message says what it said.
        """
        cost = self._run(self._environment_of(vendor, played), count)
        written = _written(cost.output)
        if not written:
            raise PeerMissing(f"drt-core wrote nothing: {' '.join(cost.output.split())[-300:]}")
        figures = {
            "written": written,
            "seconds": cost.seconds,
            "cpu_us_per_record": (cost.cpu_s - start.cpu_s) / count * 1e6,
            "mb_over_base": cost.peak_mb - start.peak_mb,
        }
        return {name: round(value, 1) for name, value in figures.items()}

    def _set_up(self, vendor: str, ids: list[str]) -> None:
        database = self._folder / "contacts.db"
        ending, key = ("__c", "Id") if vendor == "salesforce" else ("", "email")
        with closing(sqlite3.connect(database)) as store, store:
            columns = ", ".join([key, *(f"{name}{ending}" for name in FIELDS)])
            store.execute(f"CREATE TABLE contacts ({columns})")
            named = ids if vendor == "salesforce" else map(email, range(len(ids)))
            rows = ((name, *values(f"{id_} by drt").values()) for name, id_ in zip(named, ids, strict=True))
            store.executemany(f"INSERT INTO contacts VALUES ({', '.join('?' * (1 + len(FIELDS)))})", rows)
        (self._folder / "syncs").mkdir()
        (self._folder / ".drt").mkdir()
        (self._folder / "drt_project.yml").write_text(PROJECT)
        (self._folder / ".drt" / "profiles.yml").write_text(PROFILES.format(database=database))
        destination = HUBSPOT if vendor == "hubspot" else SALESFORCE
        text = SYNC.format(model="ref('contacts')", destination=destination.rstrip(), more=PACE[vendor])
        (self._folder / "syncs" / "contacts.yml").write_text(text)

    def _environment_of(self, vendor: str, played: dict[str, Any]) -> dict[str, str]:
        secrets = played["secrets"]
        own = {"HOME": str(self._folder), "DRT_TELEMETRY": "0", "DO_NOT_TRACK": "1", "NO_COLOR": "1"}
        if vendor == "hubspot":
            return {**own, **played["gateway"], "DRT_TOKEN": secrets["token"]}
        return {
            **own,
            "DRT_URL": played["connection"]["url"],
            "DRT_KEY": secrets["consumer_key"],
            "DRT_SECRET": secrets["consumer_secret"],
            "DRT_USER": "integration@acme.example",
            "DRT_PASSWORD": "sandbox-password",
        }

    def _run(self, environment: dict[str, str], limit: int) -> Cost:
        command = [str(self._environment / "bin" / "drt"), "run", "--output", "json", "--limit", str(limit)]
        return run(command, self._folder, environment, fine=frozenset({0, 1}))


def _written(output: str) -> int:
    """Return how many rows drt says that it wrote."""
    found = re.search(r"\{.*\}", output, re.DOTALL)
    told = json.loads(found[0]) if found else {}
    return sum(each.get("rows_synced", 0) for each in told.get("syncs", []))
