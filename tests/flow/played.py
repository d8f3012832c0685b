"""A played CRM with customers of its own, the ready mapping, and a desk that syncs into it: both vendors alike."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import yaml

from sandbox import hubspot, salesforce
from sync.cli import sandbox_fields, sandbox_people
from tests.flow.desk import Desk, Said

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox import Entry

ROOT = Path(__file__).parents[2]
PLAYED: dict[str, Any] = {"salesforce": salesforce, "hubspot": hubspot}
WORLDS: dict[str, Callable[[], Any]] = {"salesforce": lambda: salesforce.Org(None), "hubspot": hubspot.Portal}
VENDORS = tuple(PLAYED)
#: Kind of record → the field that names one in every run.
KINDS = {
    "salesforce": {"Contact": "Email", "Lead": "Email", "Account": "Name", "NPS_Response__c": "External_Key__c"},
    "hubspot": {"contacts": "email", "companies": "name"},
}
#: What differs between two runs that did the same: ids and times that the vendor gives, and our id of a person.
VOLATILE = re.compile(r"^id$|date$|modstamp$|^hs_object_id$|person_id|^createdbyid$|^lastmodifiedbyid$", re.IGNORECASE)
#: Batch → the day its responses were given on; the batch 0 arrives late and is older than all others.
DAYS = {0: "2026-09-30", 1: "2026-10-01", 2: "2026-10-02", 3: "2026-10-03"}
HEAD = "Response ID,Score,Date,Email,Comment\n"
#: Parts of the paths of calls that change nothing, whatever their method.
READS = ("/query", "/oauth2/", "/oauth/", "/search", "/batch/read")


def email(number: int) -> str:
    return f"p{number}@acme{number % 5}.example"


class Crm:
    """A vendor's world of *people* in accounts of *size*, ready to be synced into; a context manager."""

    def __init__(
        self,
        vendor: str,
        folder: Path,
        *,
        people: int = 40,
        size: int = 5,
        strangers: int = 0,
        mapping: str = "",
        oauth: bool = False,
    ) -> None:
        """Serve the world and write a project into *folder*.

        Args:
            vendor: One of `VENDORS`.
            folder: An empty one.
            people: How many the CRM knows; each of them gives a response in each batch.
            size: People to an account.
            strangers: How many more give responses; Salesforce has a lead for the first of them.
            mapping: Its text; the ready mapping by default, whose fields are made in the world in any case.
            oauth: Sign in to HubSpot by OAuth, whose tokens end, instead of a key.
        """
        self.vendor, self.desk = vendor, Desk(folder)
        self.people, self.strangers = people, strangers
        self.world = WORLDS[vendor]()
        ready = (ROOT / "mappings" / f"{vendor}.yaml").read_text(encoding="utf-8")
        sandbox_fields.MAKE[vendor](self.world, yaml.safe_load(ready))
        sandbox_people.FILL[vendor](self.world, _customers(people, size))
        if strangers and vendor == "salesforce":
            self.world.insert("Lead", {"LastName": "Lea", "Company": "Else", "Email": email(people)})
        self.service = PLAYED[vendor].serve(self.world)
        connections = {"survey": {"type": "file", "path": "responses.csv", "date_order": "ymd"}}
        connections[vendor] = PLAYED[vendor].connection(self.service)
        secrets = PLAYED[vendor].secrets(self.service)
        if oauth and vendor == "hubspot":
            doors = self.world.doors
            connections[vendor]["auth"] = "oauth"
            secrets = {name: getattr(doors, name) for name in ("client_id", "client_secret", "refresh_token")}
        limits = {"stop_if_changed": "100%", "stop_if_rejected": "100%", "stop_if_cleared": "100%"}
        (folder / "mappings").mkdir()
        self.desk.write("config.yaml", yaml.safe_dump({"version": 1, "connections": connections, "limits": limits}))
        text = mapping or re.sub(r"^to: \w+", f"to: {vendor}", ready, flags=re.MULTILINE)
        self.desk.write(f"mappings/{vendor}.yaml", text)
        names = {f"NPSYNC_{vendor}_{field}".upper(): value for field, value in secrets.items()}
        self._before = {name: os.environ.get(name) for name in names}
        os.environ.update(names)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self.service.close()

    def sync(self, *batches: int) -> Said:
        """Export the responses of *batches* and run a sync."""
        self.export(*batches)
        return self.desk.npsync("sync", "--output", "json")

    def export(self, *batches: int) -> None:
        """Export the responses of *batches* for the next run."""
        self.desk.write("responses.csv", self._responses(batches))

    def since(self, number: int) -> list[Entry]:
        """Return what arrived after the first *number* calls, but for signing in."""
        return [entry for entry in self.service.log.entries[number:] if "/oauth" not in entry.path]

    def writes(self, number: int = 0) -> list[str]:
        """Return the calls after the first *number* that could have changed something."""
        called = (entry for entry in self.since(number) if entry.method != "GET")
        return [f"{each.method} {each.path}" for each in called if not any(read in each.path for read in READS)]

    def held(self) -> dict[str, dict[str, Any]]:
        """Return what the CRM holds, each record by a name that is the same in every run.

        Raises:
            AssertionError: Two records have one name.
        """
        found = {}
        for kind, name in KINDS[self.vendor].items():
            records = self.world.records(kind)
            found[kind] = {record[name]: _lasting(record, name) for record in records if record.get(name)}
            assert len(found[kind]) == len(records), f"there are twins among {kind}"
        return found

    def _responses(self, batches: tuple[int, ...]) -> str:
        rows = [
            f"r{batch}-{n},{(n * 7 + batch * 5) % 11},{DAYS[batch]} 10:{n // 60 % 60:02d}:{n % 60:02d},"
            f"{email(n)},Said {n} in {batch} é\n"
            for batch in batches
            for n in range(self.people + self.strangers)
        ]
        return HEAD + "".join(rows)


def accounted(said: Said) -> bool:
    """Whether every row of a run is in exactly one state; a run that never came to its rows says why instead."""
    told = said.object if said.out.strip() else {}
    if "rows" not in told:
        return said.status != 0 and bool(said.err.strip() or told)
    rows = dict(told["rows"])
    return bool(rows.pop("in") == sum(rows.values()))


def _customers(people: int, size: int) -> list[sandbox_people.Customer]:
    head = f"{','.join(sandbox_people.COLUMNS)}\n"
    rows = (f"C-{n},F{n},L{n},{email(n)},,A-{n // size},Acme {n // size},GB,\n" for n in range(people))
    return sandbox_people.customers(head + "".join(rows))


def _lasting(record: dict[str, Any], named_by: str) -> dict[str, Any]:
    """Leave out what the vendor numbers anew in each run: the name of a response is the next number."""
    numbered = "" if named_by != "External_Key__c" else "Name"
    return {name: json.dumps(value) for name, value in record.items() if name != numbered and not VOLATILE.search(name)}
