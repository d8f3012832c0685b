"""Whatever state of the ledger a run left behind, going on from it reaches the identical end.

Before each durable or remote step of a run the ledger and the store are copied. Each copy of the ledger goes on twice:
beside the store of that moment, as after a crash, and beside the store of the run's end, as when a ledger is put back
from a backup, or dies with its last commits after the destination took the writes.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from sync.ledger.failures import Selection
from tests.flow.scenario import first
from tests.flow.test_crashes import LEDGER, STORE, state
from tests.flow.undoing import undo
from tests.flow.world import World, response

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LEDGER_FILE, STORE_FILE = "ledger.db", "profiles.db"
PICKY = "CREATE TRIGGER picky BEFORE INSERT ON responses WHEN NEW.score = 1 BEGIN SELECT RAISE(ABORT, 'no'); END"
#: What was held before a write is only known before it: a ledger that is older than the store reads its own values.
WRITES = next(query for query in LEDGER if "FROM writes" in query)
BEFORE = ("before, after", "earlier", "owned")


@dataclass
class Act:
    """One run in a history: what leads up to it, and the run."""

    prepare: Callable[[World], Any]
    run: Callable[[World], Any]
    #: The state of the world before each step of the run, by the step's name.
    kept: list[tuple[str, Path]] = field(default_factory=list)


def sync(world: World) -> Any:
    return world.sync()


def more(world: World) -> None:
    """New people, edits, a late arrival, somebody who leaves a segment, and a response that the store refuses."""
    world.execute(PICKY)
    world.source.add(
        response(10, 10, email="Bob@acme.test", days_ago=0.5), response(11, 1, email="dan@bolt.test", days_ago=0.4)
    )
    world.source.add(
        response(2, 5, email="Bob@acme.test", comment="edited"),
        response(12, 2, email="cleo@bolt.test", days_ago=300),
        response(13, 1, email="cleo@bolt.test", days_ago=0.3),
    )


def other(world: World) -> None:
    """Let a second mapping write profiles of its own from the same source."""
    fields = {"score": "score", "status": "status"}
    world.mapping = {name: world.mapping[name] for name in ("version", "from", "to", "key", "records", "match")}
    world.mapping |= {"name": "other", "object": "others", "fields": fields}


def cured(world: World) -> None:
    """Have the store take what it refused."""
    world.execute("DROP TRIGGER picky")


def failed(world: World) -> None:
    world.sync()
    more(world)
    world.sync()


def failed_and_cured(world: World) -> None:
    failed(world)
    cured(world)


def last_run(world: World) -> str:
    [[run]] = world.ledger("SELECT max(run) FROM writes WHERE mapping = 'store'")
    return str(run)


def replay(world: World) -> Any:
    """Replay; what a replay that died had delivered already is settled by the next sync."""
    world.sync(replay=Selection())
    return world.sync()


def undo_last(world: World) -> Any:
    runs = world.ledger("SELECT undone FROM undos ORDER BY run")
    return undo(world, runs[0][0] if runs else last_run(world))


def nothing(_world: World) -> None:
    """Go on at once."""


HISTORIES: dict[str, Callable[[], list[Act]]] = {
    "syncs": lambda: [Act(nothing, sync), Act(more, sync), Act(other, sync)],
    "replay": lambda: [Act(failed_and_cured, replay)],
    "undo": lambda: [Act(failed, undo_last)],
}


def copied(source: Path, target: Path) -> None:
    """Copy a database as its next reader would find it, were everybody else gone."""
    with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(target)) as there:
        here.backup(there)


def keep(world: World, folder: Path) -> Path:
    folder.mkdir()
    for name in (LEDGER_FILE, STORE_FILE):
        copied(world.folder / name, folder / name)
    return folder


def play(world: World, act: Act, folder: Path) -> Path:
    """Run *act*, keep the world before each of its steps, and return its end."""
    act.prepare(world)
    folder.mkdir()

    def step(name: str) -> None:
        act.kept.append((name, keep(world, folder / f"{len(act.kept)}")))

    world.step = step
    act.run(world)
    world.step = lambda _name: None
    return keep(world, folder / "end")


def resumed(world: World, folder: Path, ledger: Path, store: Path) -> World:
    """Return a world of its own that goes on from a ledger and a store; who held its lease is dead."""
    folder.mkdir(exist_ok=True)
    for name, path in ((LEDGER_FILE, ledger), (STORE_FILE, store)):
        (folder / name).unlink(missing_ok=True)
        copied(path / name, folder / name)
    with closing(sqlite3.connect(folder / LEDGER_FILE)) as connection, connection:
        connection.execute("UPDATE leases SET expires_at = ''")
    return World(folder, source=world.source, mapping=world.mapping)


def end(world: World) -> dict[str, Any]:
    """Return the end state, each part by what it is."""
    tables = {name for (name,) in world.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    told = dict(zip((*STORE, *LEDGER), state(world), strict=True))
    told[WRITES] = [(*row[:4], _changed(row[3], row[4]), *row[5:]) for row in told[WRITES]]
    told["others"] = sorted(world.execute("SELECT * FROM others")) if "others" in tables else []
    told["failures"] = world.ledger("SELECT mapping, object, record, code, state FROM failures ORDER BY 1, 2, 3")
    told["parked"] = world.ledger("SELECT mapping, object, record, parked, changes FROM outbox ORDER BY 1, 2, 3")
    return told


def _changed(before: str | None, after: str | None) -> dict[str, Any]:
    """Return what a write changed: one that may have been sent already is sent whole."""
    earlier = json.loads(before) if before else {}
    return {name: value for name, value in json.loads(after or "{}").items() if earlier.get(name) != value}


@pytest.mark.parametrize("history", HISTORIES)
def test_going_on_from_every_stored_state_reaches_the_identical_end(history: str, tmp_path: Path) -> None:
    (tmp_path / "world").mkdir()
    world = first(World(tmp_path / "world").make_customers())
    for number, act in enumerate(HISTORIES[history]()):
        over = play(world, act, tmp_path / f"act{number}")
        expected = end(world)
        assert len(act.kept) >= 5
        for place, (name, kept) in enumerate(act.kept):
            for store in (kept, over):
                again = resumed(world, tmp_path / f"again{number}-{place}", kept, store)
                act.run(again)
                told = end(again)
                ignored = BEFORE if store is over else ()
                for part in expected:
                    if not any(word in part for word in ignored):
                        where = f"{history} {number}, before step {place} ({name}), {store.name}: {part}"
                        assert expected[part] == told[part], where


def test_a_replay_that_died_before_it_sent_anything_is_made_up_for_by_the_next_replay(tmp_path: Path) -> None:
    """Its responses stood as pending in it, and the next one did not take them over."""
    (tmp_path / "world").mkdir()
    world = first(World(tmp_path / "world").make_customers())
    act = Act(failed_and_cured, replay)
    play(world, act, tmp_path / "act")
    begun = act.kept[1][1]
    again = resumed(world, tmp_path / "again", begun, begun)

    again.sync(replay=Selection())

    assert [] == again.ledger("SELECT key FROM run_rows WHERE state = 'pending'")
