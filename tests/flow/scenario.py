"""One eventful history, the same in every test that interrupts it; run as a script, it dies at a given step.

`python -m tests.flow.scenario FOLDER STEP [KEY]` runs the first sync and ends the process at its STEPth step, like a
kill; KEY encrypts the ledger.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from connectors.values import Place, Reject, Skip
from tests.flow.world import MAPPING, World, response

KILLED = 9
FOLLOW_UP = {
    "object": "tasks",
    "when": {"category": "detractor"},
    "owner": "account_id",
    "key": {"response_key": "key"},
    "fields": {"customer_id": "record.id", "owner": "owner", "due_at": "due_at"},
}


def first(world: World) -> World:
    """Fill the source with what the first run reads: every state, ties, edits and duplicates."""
    world.mapping = MAPPING | {"follow_up": FOLLOW_UP}
    rejected = Reject(
        place=Place(file="responses.csv", row=40, column="score"),
        reason="score_out_of_range",
        detail="the score is 11",
        next_step="Correct the cell.",
    )
    skipped = Skip(place=Place(file="responses.csv", row=41), reason="preview")
    world.source.add(
        response(1, 9, email="ada@acme.test", days_ago=200),
        response(2, 3, email="Bob@acme.test", comment="slow &amp; dear"),
        response(3, 8, email="stranger@corp.test"),
        response(4, 7, email="team@twin.test"),
        response(5, 5),
        rejects=[rejected],
    )
    world.source.add(
        response(1, 9, email="ada@acme.test", days_ago=200),
        response(6, 0, email="ada@acme.test", days_ago=2),
        response(7, 10, email="cleo@bolt.test", days_ago=100),
        response(2, 4, email="Bob@acme.test", comment="slow &amp; dear"),
        skips=[skipped],
    )
    world.source.add(response(8, 9, email="dan@bolt.test"), response(9, 10, email="dan@bolt.test"))
    return world


def main() -> None:
    """Run until the step; see the module."""
    folder, last = Path(sys.argv[1]), int(sys.argv[2])
    steps = 0

    def step(_name: str) -> None:
        nonlocal steps
        steps += 1
        if steps == last:
            os._exit(KILLED)

    world = first(World(folder, ledger_key=next(iter(sys.argv[3:]), None)))
    world.step = step
    world.sync()


if __name__ == "__main__":
    main()
