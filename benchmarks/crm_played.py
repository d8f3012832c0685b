"""A CRM with many contacts, played in a process of its own: vendor, contacts, calls per ten seconds, folder.

Prints where it is and what it accepts. For each line of its input it prints what arrived since the last one; it plays
until its input ends.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.gateway import SUFFIXES, Gateway

if TYPE_CHECKING:
    from sandbox import RequestLog

#: Fields that a writer fills; names that both vendors can have.
FIELDS = tuple(
    f"nps_{name}"
    for name in ("score", "points", "category", "comment", "trend", "status", "survey", "a", "b", "c", "d", "e")
)
#: A unique field of Salesforce's contacts, by which its libraries' examples upsert.
KEY = "nps_key__c"


def email(number: int) -> str:
    """Return the address of the contact of that number, from 0."""
    return f"number{number}@acme.example"


def main(vendor: str, contacts: int, calls: int, folder: Path) -> None:
    played: Any = import_module(f"sandbox.{vendor}")
    world, found = (_salesforce if vendor == "salesforce" else _hubspot)(played, contacts)
    (folder / "ids.txt").write_text("\n".join(found), encoding="utf-8")
    limits = {} if vendor == "salesforce" else {"calls_per_10s": calls, "calls_per_day": 10_000_000}
    with played.serve(world, **limits) as service, Gateway(dict.fromkeys(SUFFIXES[vendor], service.url)) as gateway:
        told = {"connection": played.connection(service), "secrets": played.secrets(service)}
        print(json.dumps({**told, "gateway": gateway.environment}), flush=True)
        for _ in sys.stdin:
            print(json.dumps(_counted(service.log)), flush=True)
            service.log.clear()


def _counted(log: RequestLog) -> dict[str, int]:
    api = [entry for entry in log.entries if entry.group != "sign-in"]
    refused = sum(entry.status == 429 for entry in api)
    return {"calls": len(api), "most_in_10s": log.most_in_window(10), "refused": refused}


def _salesforce(played: Any, contacts: int) -> tuple[Any, list[str]]:  # noqa: ANN401 - imported by name
    org = played.Org(1)
    org.daily_calls = 10_000_000
    # drt knows no other way to sign in, and new orgs do not allow it.
    org.oauth.app.password = "sandbox-password"
    for name in FIELDS:
        org.add_field("Contact", played.Field(name=f"{name}__c", label=name, length=255))
    org.add_field("Contact", played.Field(name=KEY, label="key", length=255, external_id=True, unique=True))
    return org, [org.insert("Contact", {"LastName": f"Number{number}", KEY: str(number)}) for number in range(contacts)]


def _hubspot(played: Any, contacts: int) -> tuple[Any, list[str]]:  # noqa: ANN401 - imported by name
    portal = played.Portal(1)
    for name in FIELDS:
        portal.add_property("contacts", name, "string", "text")
    people = ({"lastname": f"Number{number}", "email": email(number)} for number in range(contacts))
    return portal, [portal.create("contacts", person) for person in people]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
