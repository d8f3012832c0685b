"""A bad night: 5,000 records written, 300 of them edited by people since, and the run taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.flow.undoing import left, undo
from tests.flow.world import World, response

if TYPE_CHECKING:
    from pathlib import Path

MANY, EDITED = 5_000, 300


def test_of_5000_writes_4700_go_back_and_300_edited_ones_are_listed(tmp_path: Path) -> None:
    """Done when 6 of issue 4."""
    people = [(f"C-{n:04}", f"p{n}@crowd.test", f"First{n}", f"Last{n}", f"A-{n // 20}") for n in range(MANY)]
    world = World(tmp_path, customers=people).make_customers()
    for name in ("responses", "rollup", "segments"):
        del world.mapping[name]
    world.settings["limits"] = dict.fromkeys(("stop_if_changed", "stop_if_cleared"), "100%")
    world.source.add(*(response(n, 9, email=f"p{n}@crowd.test", days_ago=5) for n in range(MANY)))
    world.sync()
    before = world.execute("SELECT * FROM people ORDER BY customer_id")
    world.source.add(*(response(MANY + n, 3, email=f"p{n}@crowd.test") for n in range(MANY)))
    bad = world.sync()
    world.execute("UPDATE people SET score = 5, category = 'asked again' WHERE customer_id < 'C-0300'")
    shown = undo(world, bad.run, dry=True)

    report = undo(world, bad.run)

    stays = left(world, report)
    after = world.execute("SELECT * FROM people ORDER BY customer_id")
    assert ({"people": MANY}, EDITED) == (dict(bad.writes), report.left)
    assert before[EDITED:] == after[EDITED:]
    assert {record for _, record, _ in stays} == {f"C-{n:04}" for n in range(EDITED)}
    assert {("score", "changed_since"), ("category", "changed_since")} == {
        (field, reason) for (_, _, field), reason in stays.items()
    }
    assert [(5, "asked again")] == world.execute(
        "SELECT DISTINCT score, category FROM people WHERE customer_id < 'C-0300'"
    )
    assert (1_000, ("only the first 1,000 changes are shown",)) == (len(shown.changes), shown.notes)
    assert () == report.notes
    assert {} == world.sync().writes
