"""What becomes of writes that the destination refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.report import State, Status
from tests.flow.world import response

if TYPE_CHECKING:
    from tests.flow.world import World


def refuse_tens(world: World) -> None:
    """Let the store refuse every score of ten."""
    world.source.add(response(1, 9, email="ada@acme.test"))
    world.sync()
    world.execute(
        "CREATE TRIGGER no_tens BEFORE INSERT ON responses WHEN NEW.score = 10"
        " BEGIN SELECT RAISE(ABORT, 'no tens here'); END"
    )


def test_a_refused_write_parks_itself_and_lets_the_others_through(world: World) -> None:
    refuse_tens(world)
    world.source.add(response(2, 10, email="bob@acme.test"), response(3, 8, email="cleo@bolt.test"))

    report = world.sync()

    assert report.status is Status.SOME_ROWS_FAILED
    assert report.rows.by_state[State.REJECTED] == {"E502": 1}
    assert report.rows.total(State.WRITTEN) == 1
    assert world.execute("SELECT response_key FROM responses ORDER BY 1") == [("survey:r1",), ("survey:r3",)]
    assert world.ledger("SELECT object, record, code FROM failures") == [("responses", "survey:r2", "E502")]


def test_a_refused_write_is_not_tried_again_until_its_data_changes(world: World) -> None:
    refuse_tens(world)
    world.source.add(response(2, 10, email="bob@acme.test"))
    world.sync()
    idle = world.sync()
    world.source.add(response(2, 7, email="bob@acme.test"))

    repaired = world.sync()

    assert idle.writes == {}
    assert repaired.rows.total(State.WRITTEN) == 1
    assert world.ledger("SELECT state FROM failures") == [("superseded",)]
    assert world.ledger("SELECT count(*) FROM outbox") == [(0,)]
