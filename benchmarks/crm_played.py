"""A CRM with many contacts, played in a process of its own: vendor, contacts, calls per ten seconds, folder.

Prints where it is and what it accepts, then plays until its input ends; last it prints what it counted.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

#: Fields that a writer fills; names that both vendors can have.
FIELDS = tuple(
    f"nps_{name}"
    for name in ("score", "points", "category", "comment", "trend", "status", "survey", "a", "b", "c", "d", "e")
)


def main(vendor: str, contacts: int, calls: int, folder: Path) -> None:
    played: Any = import_module(f"sandbox.{vendor}")
    ids = _salesforce(played, contacts) if vendor == "salesforce" else _hubspot(played, contacts)
    world, found = ids
    (folder / "ids.txt").write_text("\n".join(found), encoding="utf-8")
    limits = {} if vendor == "salesforce" else {"calls_per_10s": calls, "calls_per_day": 1_000_000}
    with played.serve(world, **limits) as service:
        told = {"connection": played.connection(service), "secrets": played.secrets(service)}
        print(json.dumps(told), flush=True)
        sys.stdin.read()
        log = service.log
        api = [entry for entry in log.entries if entry.group != "sign-in"]
        print(
            json.dumps(
                {
                    "calls": len(api),
                    "most_in_10s": log.most_in_window(10),
                    "refused": sum(entry.status == 429 for entry in api),
                }
            )
        )


def _salesforce(played: Any, contacts: int) -> tuple[Any, list[str]]:  # noqa: ANN401 - imported by name
    org = played.Org(1)
    org.daily_calls = 1_000_000
    for name in FIELDS:
        org.add_field("Contact", played.Field(name=f"{name}__c", label=name, length=255))
    return org, [org.insert("Contact", {"LastName": f"Number{number}"}) for number in range(contacts)]


def _hubspot(played: Any, contacts: int) -> tuple[Any, list[str]]:  # noqa: ANN401 - imported by name
    portal = played.Portal(1)
    for name in FIELDS:
        portal.add_property("contacts", name, "string", "text")
    return portal, [portal.create("contacts", {"lastname": f"Number{number}"}) for number in range(contacts)]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
