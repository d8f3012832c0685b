"""The invariants (reference/reliability.md, section 2): what must hold at every crash, and what at the end."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sync.report import State
from tests.simulation import oracle
from tests.simulation.crm import TASK
from tests.simulation.passing import EPOCH, Violation
from tests.simulation.survey import CANARY, SOURCE, mail

if TYPE_CHECKING:
    import sqlite3

    from sync.report import RunReport
    from tests.simulation.process import Process
    from tests.simulation.world import World

#: Repetitions that a run may make beyond its first tries.
MOST_RETRIES = 100


def is_done(report: RunReport) -> bool:
    return not report.writes and not report.rows.total(State.PENDING) and not report.troubles


def no_canary(text: str) -> None:
    if CANARY in text:
        raise Violation(f"I9 an address or a comment was told: {text}")


def at_any_time(world: World, process: Process) -> None:
    """Check what must hold whenever a process ended, well or not."""
    look = world.bench.look()
    _nothing_skipped(world, look)
    _nothing_acknowledged_unseen(world, look)
    if process.dead is False:
        _nothing_told(look)
    _nobody_is_back(world, look)
    _once_each(world, look)
    _within_budget(world)


def _once_each(world: World, look: sqlite3.Connection) -> None:
    """A task that was confirmed is never written again: somebody may have done it and thrown it away."""
    written = world.crm.written[world.seen :]
    world.seen = len(world.crm.written)
    if again := sorted(id_ for object_, id_ in written if object_ == TASK and id_ in world.tasks):
        raise Violation(f"TASK {again} were made again")
    world.tasks = {key for (key,) in look.execute("SELECT record FROM acknowledged WHERE object = ?", (TASK,))}


def _nobody_is_back(world: World, look: sqlite3.Connection) -> None:
    """Whoever was forgotten stays so, whatever is read again."""
    for person in sorted(world.forgotten):
        if look.execute("SELECT count(*) FROM respondents WHERE email = ?", (mail(person),)).fetchone()[0]:
            raise Violation(f"FORGET person {person} came back")
    if world.erased:
        for (key,) in look.execute("SELECT key FROM responses"):
            if int(key.removeprefix(f"{SOURCE}:r")) in world.erased:
                raise Violation(f"FORGET {key} came back")


def _nothing_skipped(world: World, look: sqlite3.Connection) -> None:
    """I2: whatever a stored cursor covers is stored."""
    stored = {key: told for key, *told in look.execute("SELECT key, updated_at, score FROM responses")}
    for (cursor,) in look.execute("SELECT cursor FROM cursors WHERE stream = 'responses'"):
        for row in world.survey.covers[cursor].values():
            if world.gone(row):
                continue
            at, score = stored.get(row.key, (None, None))
            if at is None or (_seconds(at) < row.changed_s - 0.002 and score != row.score):
                raise Violation(f"I2 {row.key} is covered by cursor {cursor} and not stored as it is ({at})")


def _nothing_acknowledged_unseen(world: World, look: sqlite3.Connection) -> None:
    """I3: an acknowledged value was applied at least once."""
    for object_, record, desired in look.execute("SELECT object, record, desired FROM acknowledged"):
        applied = world.crm.ever.get((object_, record), set())
        for name, value in json.loads(desired).items():
            if (name, value) not in applied and value is not None:
                raise Violation(
                    f"I3 {object_} {record} is acknowledged to hold {name}={value}, which was never applied"
                )


def _nothing_told(look: sqlite3.Connection) -> None:
    """I9: neither an address nor a comment stands where people look."""
    for table in ("failures", "runs"):
        for row in look.execute(f"SELECT * FROM {table}"):
            no_canary(str(row))


def _within_budget(world: World) -> None:
    """I8: never more calls in a window than it allows."""
    from tests.simulation.world import WINDOW

    called = world.called
    for first, last in zip(called, called[WINDOW.calls :], strict=False):
        if last - first < WINDOW.seconds:
            raise Violation(f"I8 {WINDOW.calls + 1} calls within {last - first:.1f} s")


def at_end(world: World) -> None:
    """Check what must hold when there is nothing left to do."""
    look = world.bench.look()
    look.row_factory = _named
    try:
        _all_accounted_for(world, look)
        oracle.check(world, look)
    finally:
        look.row_factory = None


def _all_accounted_for(world: World, look: sqlite3.Connection) -> None:
    """I1: every response is somewhere, in its newest version, and none is pending."""
    stored = {row["key"]: row for row in look.execute("SELECT key, score, version FROM responses")}
    states = {row["key"]: row["state"] for row in look.execute("SELECT key, state FROM run_rows")}
    for row in world.survey.visible(world.time.passed_s):
        if world.gone(row):
            continue
        if row.key not in stored:
            raise Violation(f"I1 {row.key} was never stored")
        if stored[row.key]["score"] != row.score:
            raise Violation(f"I1 {row.key} is stored with {stored[row.key]['score']} and has {row.score}")
    for key in stored:
        if states.get(key) in (None, State.PENDING.value):
            raise Violation(f"I1 {key} is {states.get(key)} at the end")
    left = [dict(row) for row in look.execute("SELECT * FROM touched")]
    if left:
        raise Violation(f"I1 still touched at the end: {left}")


def _named(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> dict[str, Any]:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


def _seconds(text: str) -> float:
    return (datetime.fromisoformat(text) - EPOCH).total_seconds()
