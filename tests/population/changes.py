"""What happens to the CRM after it was first matched: merges, conversions, new and reassigned addresses, deletions."""

from __future__ import annotations

from copy import deepcopy
from random import Random
from typing import TYPE_CHECKING

from tests.population.people import slug

if TYPE_CHECKING:
    from tests.population.crm import Crm, Record

SHARES = {"mail_changed": 0.03, "mail_reassigned": 0.03, "deleted": 0.03, "merged": 0.5, "converted": 0.5}


def change(crm: Crm, seed: int) -> tuple[Crm, dict[int, str]]:
    """Return the CRM some time later, and what happened to whom (human number → change)."""
    random = Random(f"changes {seed}")
    later = deepcopy(crm)
    happened: dict[int, str] = {}
    live = [row for row in later.records if not row["deleted"] and not row["merged_into"] and not row["suppressed"]]
    owner = {id(row): later.owner[row["object"], row["id"]] for row in live}
    own: dict[int, list[Record]] = {}
    for row in live:
        own.setdefault(owner[id(row)], []).append(row)
    for number, rows in own.items():
        if len(rows) > 1:
            _join(random, number, rows, happened)
        elif random.random() < 0.09:
            _alter(random, later, number, rows[0], happened)
    return later, happened


def _join(random: Random, number: int, rows: list[Record], happened: dict[int, str]) -> None:
    lead = next((row for row in rows if row["object"] == "Lead"), None)
    winner, loser = (rows[0], rows[1]) if lead is None else (next(r for r in rows if r is not lead), lead)
    if random.random() < SHARES["merged"]:
        loser["merged_into"], loser["deleted"] = winner["id"], lead is None
        happened[number] = "merged" if lead is None else "converted"


def _alter(random: Random, later: Crm, number: int, row: Record, happened: dict[int, str]) -> None:
    what = random.choice(("mail_changed", "mail_reassigned", "deleted"))
    happened[number] = what
    if what == "deleted":
        row["deleted"] = True
        return
    old, row["emails"] = row["emails"], [f"moved.{number}@elsewhere.org"]
    if what == "mail_reassigned":
        heir = deepcopy(row)
        heir |= {"id": f"{row['id'][:5]}H{number:09}"[:15], "emails": old, "first_name": f"Heir{slug(str(number))}x",
                 "last_name": f"Of{number}y", "phones": [], "ids": []}  # fmt: skip
        later.records.append(heir)
        later.owner[heir["object"], heir["id"]] = -number - 1
