"""Tasks for responses that call for one: made once, for the right owner, and never touched again."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import SchemaDrift
from tests.flow.world import MAPPING, NOW, response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.contract import Destination
    from connectors.values import FieldValue, Outcome, RecordRef, Write
    from connectors.warehouse.store import Warehouse
    from tests.flow.world import World

FOLLOW_UP = {
    "object": "tasks",
    "when": {"category": "detractor"},
    "within": "14d",
    "due": "48h",
    "subject": "Call back",
    "owner": "owner",
    "key": {"response_key": "key"},
    "fields": {
        "customer_id": "record.id",
        "owner": "owner",
        "subject": "subject",
        "due_at": "due_at",
        "comment": "comment",
    },
}
TASKS = "SELECT response_key, customer_id, owner, subject, due_at, comment FROM tasks ORDER BY response_key"


@pytest.fixture
def calls(world: World) -> World:
    """A world whose detractors are called back by who looks after them."""
    world.mapping = deepcopy(MAPPING) | {"follow_up": deepcopy(FOLLOW_UP)}
    world.execute("ALTER TABLE customers ADD COLUMN owner TEXT")
    world.execute("UPDATE customers SET owner = 'olga' WHERE account_id = 'A-1'")
    return world


def made(world: World) -> list[str]:
    return [row[0] for row in world.execute(TASKS)]


def test_a_detractor_is_called_back_by_who_looks_after_him(calls: World) -> None:
    calls.source.add(response(1, 3, email="ada@acme.test", comment="Slow"), response(2, 9, email="bob@acme.test"))
    report = calls.sync()

    assert [("survey:r1", "C-1", "olga", "Call back", "2026-11-23T07:00:00.000Z", "Slow")] == calls.execute(TASKS)
    assert 1 == report.as_json()["writes"]["tasks"]


def test_without_an_owner_the_field_is_left_out_for_the_system_to_fill(calls: World) -> None:
    calls.source.add(response(1, 3, email="cleo@bolt.test"))
    calls.sync()

    [(_, _, owner, *_)] = calls.execute(TASKS)
    assert owner is None
    [(desired,)] = calls.ledger("SELECT desired FROM acknowledged WHERE object = 'tasks'")
    assert "owner" not in desired
    assert "comment" not in desired


def test_who_answered_long_ago_is_not_called(calls: World) -> None:
    calls.source.add(
        response(1, 3, email="ada@acme.test", days_ago=14.001), response(2, 3, email="bob@acme.test", days_ago=14)
    )
    calls.sync()

    assert ["survey:r2"] == made(calls)


def test_only_a_persons_latest_response_calls_for_a_task(calls: World) -> None:
    calls.source.add(
        response(1, 3, email="ada@acme.test", days_ago=3),
        response(2, 9, email="ada@acme.test", days_ago=2),
        response(3, 2, email="bob@acme.test", days_ago=3),
        response(4, 1, email="bob@acme.test", days_ago=2),
    )
    calls.sync()

    assert ["survey:r4"] == made(calls)


class TestOnce:
    """A person may have changed, done or reassigned the task: nothing of ours may come over it."""

    @pytest.fixture
    def done(self, calls: World) -> World:
        calls.source.add(response(1, 3, email="ada@acme.test", comment="Slow"))
        calls.sync()
        calls.execute("UPDATE tasks SET subject = 'Called', owner = 'ole', comment = 'All is well'")
        return calls

    def is_untouched(self, world: World) -> bool:
        found = [(key, owner, subject, comment) for key, _, owner, subject, _, comment in world.execute(TASKS)]
        return found == [("survey:r1", "ole", "Called", "All is well")]

    def test_a_full_refresh_makes_no_second_one(self, done: World) -> None:
        done.sync(full_refresh=True)

        assert self.is_untouched(done)

    @pytest.mark.parametrize("score", [2, 9])
    def test_an_edited_response_leaves_it_alone(self, done: World, score: int) -> None:
        done.source.add(response(1, score, email="ada@acme.test", comment="Very slow"))
        done.sync()

        assert self.is_untouched(done)

    def test_a_new_definition_leaves_it_alone(self, done: World) -> None:
        done.mapping["follow_up"] |= {"subject": "Write to them", "due": "7d"}
        done.sync()

        assert self.is_untouched(done)

    def test_a_task_that_a_person_deleted_stays_deleted(self, done: World) -> None:
        done.execute("DELETE FROM tasks")
        done.sync(full_refresh=True)

        assert [] == made(done)

    def test_time_alone_makes_none(self, done: World) -> None:
        done.now += timedelta(days=400)
        done.sync()

        assert self.is_untouched(done)


def test_a_response_that_turns_out_worse_is_called_for_the_first_time(calls: World) -> None:
    calls.source.add(response(1, 9, email="ada@acme.test"))
    calls.sync()
    calls.source.add(response(1, 2, email="ada@acme.test"))
    calls.sync()

    assert ["survey:r1"] == made(calls)


def test_responses_from_before_the_block_was_there_are_let_be(calls: World) -> None:
    block = calls.mapping.pop("follow_up")
    calls.source.add(response(1, 3, email="ada@acme.test"))
    calls.sync()
    calls.mapping["follow_up"] = block
    calls.sync()
    calls.sync(full_refresh=True)
    calls.source.add(response(2, 3, email="bob@acme.test"))
    calls.sync()

    assert ["survey:r2"] == made(calls)


def test_a_dry_run_shows_the_task_and_makes_none(calls: World) -> None:
    calls.source.add(response(1, 3, email="ada@acme.test"))
    report = calls.sync(dry_run=True)

    shown = {change.field: change.new for change in report.changes if change.object == "tasks"}
    expected = {"customer_id": "C-1", "due_at": "2026-11-23T07:00:00.000Z", "owner": "olga", "subject": "Call back"}
    assert expected == shown
    assert 1 == report.writes["tasks"]
    calls.sync()
    assert ["survey:r1"] == made(calls)


class Counting:
    """A store that counts who is read, and may lose what it is told."""

    def __init__(self, store: Warehouse, *, deaf: bool = False) -> None:
        self.store, self.deaf = store, deaf
        self.reads: list[tuple[list[str], list[str]]] = []

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        if self.deaf and any(write.object == "tasks" for write in batch):
            raise RuntimeError("the process ends here")
        return self.store.write(batch)

    def read(self, refs: Sequence[RecordRef], fields: Sequence[str]) -> Mapping[RecordRef, Mapping[str, FieldValue]]:
        if refs[0].object == "customers":
            self.reads.append(([ref.id for ref in refs], list(fields)))
        return self.store.read(refs, fields)

    def __getattr__(self, name: str) -> Any:
        if name in ("ensure", "fields"):
            return getattr(self.store, name)
        raise AttributeError(name)


def test_owners_are_read_once_and_only_for_new_tasks(calls: World) -> None:
    stores: list[Counting] = []

    def through(store: Warehouse) -> Destination:
        stores.append(Counting(store))
        return stores[-1]

    calls.through = through
    calls.source.add(
        response(1, 3, email="ada@acme.test"),
        response(2, 2, email="bob@acme.test"),
        response(3, 9, email="cleo@bolt.test"),
    )
    calls.sync()
    calls.sync(full_refresh=True)

    assert [[(["C-1", "C-2"], ["owner"])], []] == [store.reads for store in stores]


def test_an_owner_that_nothing_holds_stops_the_mapping(calls: World) -> None:
    calls.mapping["follow_up"]["owner"] = "nobody"
    calls.source.add(response(1, 3, email="ada@acme.test"))

    with pytest.raises(SchemaDrift):
        calls.sync()
    calls.mapping["follow_up"]["owner"] = "owner"
    calls.sync()
    assert ["survey:r1"] == made(calls)


def test_a_task_that_was_not_sent_is_taken_back_with_its_reason(calls: World) -> None:
    """The run ends before the task is sent; until the next one the response was corrected."""
    calls.through = lambda store: Counting(store, deaf=True)
    calls.source.add(
        response(1, 3, email="ada@acme.test"),
        response(2, 3, email="bob@acme.test", days_ago=2),
        response(3, 3, email="cleo@bolt.test"),
    )
    with pytest.raises(RuntimeError):
        calls.sync()
    calls.through = lambda store: store
    corrected = response(1, 9, email="ada@acme.test", updated_at=NOW)
    calls.source.add(corrected, response(4, 8, email="bob@acme.test"))
    calls.sync()

    assert ["survey:r3"] == made(calls)


def test_a_task_is_not_planned_again_after_it_became_too_old_to_be_sent(calls: World) -> None:
    calls.through = lambda store: Counting(store, deaf=True)
    calls.source.add(response(1, 3, email="ada@acme.test"))
    with pytest.raises(RuntimeError):
        calls.sync()
    calls.through, calls.now = lambda store: store, NOW + timedelta(days=20)
    calls.sync()

    assert [] == calls.ledger("SELECT record FROM outbox WHERE object = 'tasks'")


def test_a_task_of_nobody_we_know_is_not_sent(calls: World) -> None:
    """The run ends before the task is sent; until the next one the response was given another address."""
    calls.through = lambda store: Counting(store, deaf=True)
    calls.source.add(response(1, 3, email="ada@acme.test"))
    with pytest.raises(RuntimeError):
        calls.sync()
    calls.through = lambda store: store
    calls.source.add(response(1, 3, email="somebody@else.test", updated_at=NOW))
    calls.sync()
    calls.source.add(response(2, 3, email="bob@acme.test"))
    calls.sync()

    assert ["survey:r2"] == made(calls)
    assert [] == calls.execute("SELECT * FROM responses WHERE response_key = 'survey:r1'")


def test_a_flood_of_tasks_is_stopped_before_the_first_one(calls: World) -> None:
    calls.settings = calls.settings | {"limits": {"tasks": 1}}
    calls.source.add(response(1, 3, email="ada@acme.test"), response(2, 2, email="bob@acme.test"))

    stopped = calls.sync()

    assert ("2 tasks would be made for people, and no undo takes them back; tasks is 1",) == stopped.stopped_because
    assert [] == calls.execute("SELECT name FROM sqlite_master WHERE name = 'tasks'")
    calls.sync(confirm=stopped.plan)
    assert ["survey:r1", "survey:r2"] == made(calls)
