"""What only looks back is dropped with age, once a day, and never what is still needed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.flow.world import World, response

if TYPE_CHECKING:
    from pathlib import Path


def logged(world: World) -> int:
    return int(world.ledger("SELECT count(*) FROM writes")[0][0])


def test_the_log_of_writes_goes_with_age(world: World) -> None:
    world.source.add(response(1, 9, email="ada@acme.test"))
    world.sync()
    before = logged(world)
    world.now += timedelta(days=91)
    world.source.add(response(2, 3, email="bob@acme.test"))

    run = world.sync().run

    assert before > 0
    assert {(run,)} == set(world.ledger("SELECT run FROM writes"))
    assert {"C-1": 9, "C-2": 3} == world.scores()
    assert 2 == world.ledger("SELECT count(*) FROM responses")[0][0]


def test_how_long_is_for_the_config_to_say(world: World) -> None:
    world.settings = world.settings | {"privacy": {"keep_log": "200d"}}
    world.source.add(response(1, 9, email="ada@acme.test"))
    world.sync()
    before = logged(world)
    world.now += timedelta(days=91)

    world.sync()

    assert before <= logged(world)


def test_it_is_done_once_a_day_at_most(world: World) -> None:
    moment = "SELECT cursor FROM cursors WHERE stream = '@trimmed'"
    world.sync()
    first = world.ledger(moment)
    world.now += timedelta(hours=23)
    world.sync()
    second = world.ledger(moment)
    world.now += timedelta(hours=1)
    world.sync()

    assert first == second
    assert [("2026-11-23T07:00:00.000Z",)] == world.ledger(moment)


def test_repaired_failures_go_and_open_ones_stay(tmp_path: Path) -> None:
    world = World(tmp_path).make_customers()
    world.sync()
    columns = "mapping, object, record, state, kind, code, fields, attempts, first_at, last_at, run, input, definition"
    for record, state in (("a", "delivered"), ("b", "open"), ("c", "superseded")):
        world.ledger(
            f"INSERT INTO failures ({columns}, schema) VALUES ('other', 'people', '{record}', '{state}', 'data',"
            " 'E502', '', 1, '2026-08-01T00:00:00.000Z', '2026-08-01T00:00:00.000Z', 'R', '', '', '')"
        )
    world.now += timedelta(days=2)

    world.sync()

    assert [("b",)] == world.ledger("SELECT record FROM failures")
