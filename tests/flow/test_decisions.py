"""What stops a run, and what people decide about it: guards, plans, links and drops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sync.errors import Exit, UserError
from sync.ledger.matching import record_human
from sync.ledger.store import Ledger
from sync.report import State, Status
from sync.times import to_text
from tests.flow.world import MAPPING, SETTINGS, World, response

if TYPE_CHECKING:
    from pathlib import Path


def decide(world: World, email: str, verb: str, record: str | None) -> None:
    """Decide as `npsync held` does."""
    [(respondent,)] = world.ledger(f"SELECT respondent FROM respondents WHERE email = '{email}'")
    ledger = Ledger(world.ledger_url)
    with ledger.write() as connection:
        ref = ("customers", record) if record else None
        record_human(connection, "store", respondent, verb=verb, ref=ref, at=to_text(world.now))
    ledger.close()


class TestGuard:
    @pytest.fixture
    def crowd(self, tmp_path: Path) -> World:
        rows = [(f"C-{n}", f"p{n}@crowd.test", f"First{n}", f"Last{n}", "A-1") for n in range(150)]
        world = World(tmp_path, customers=rows).make_customers()
        world.source.add(*(response(n, 9, email=row[1], days_ago=9) for n, row in enumerate(rows)))
        world.sync()
        world.source.add(*(response(1000 + n, 1, email=row[1], days_ago=1) for n, row in enumerate(rows)))
        return world

    def test_a_plan_that_changes_too_much_stops_before_the_first_write(self, crowd: World) -> None:
        report = crowd.sync()

        assert report.status is Status.STOPPED
        assert "150 of 150 linked records would change" in report.stopped_because[0]
        assert set(crowd.scores().values()) == {9}
        assert report.rows.total(State.PENDING) == 150

    def test_its_id_lets_it_through_and_the_rows_are_taken_over(self, crowd: World) -> None:
        stopped = crowd.sync()

        report = crowd.sync(confirm=stopped.plan)

        assert (report.status, report.rows.total(State.WRITTEN)) == (Status.DONE, 150)
        assert set(crowd.scores().values()) == {1}

    def test_another_id_is_refused_with_the_one_to_confirm(self, crowd: World) -> None:
        with pytest.raises(UserError) as refused:
            crowd.sync(confirm="plan-000000000000")

        assert (refused.value.code, refused.value.exit) == ("E402", Exit.STOPPED_BY_GUARD)
        assert set(crowd.scores().values()) == {9}

    def test_the_first_sync_of_a_company_is_no_change(self, crowd: World) -> None:
        assert crowd.ledger("SELECT status FROM runs ORDER BY run LIMIT 1") == [("done",)]

    def test_creates_are_off_until_the_config_allows_them(self, world: World) -> None:
        world.mapping = MAPPING | {"on_none": "create"}
        world.source.add(response(1, 9, email="new@corp.test"))

        stopped = world.sync()
        world.settings = SETTINGS | {"limits": {"creates": 1}}
        report = world.sync()

        assert stopped.stopped_because == ("1 records would be created; creates is 0",)
        assert report.writes["people"] == 1


class TestDecisions:
    def test_a_link_is_acted_on_by_the_next_run_and_survives_a_full_refresh(self, world: World) -> None:
        world.source.add(response(1, 4, email="who@corp.test"))
        world.sync()
        decide(world, "who@corp.test", "pin", "C-3")

        report = world.sync()
        world.sync(full_refresh=True)

        assert world.scores() == {"C-3": 4}
        assert (report.rows.entered, report.rows.total(State.WRITTEN)) == (1, 1)

    def test_a_dropped_persons_responses_leave_the_store(self, world: World) -> None:
        world.source.add(response(1, 4, email="ada@acme.test"), response(2, 9, email="bob@acme.test"))
        world.sync()
        decide(world, "ada@acme.test", "drop", None)

        world.sync()

        assert world.scores() == {"C-1": None, "C-2": 9}
        assert world.execute("SELECT response_key FROM responses") == [("survey:r2",)]

    def test_a_decision_can_be_changed(self, world: World) -> None:
        world.source.add(response(1, 4, email="who@corp.test"))
        world.sync()
        decide(world, "who@corp.test", "drop", None)
        world.sync()
        decide(world, "who@corp.test", "pin", "C-4")

        world.sync()

        assert world.scores() == {"C-4": 4}

    def test_a_customer_who_appears_later_gets_the_held_response(self, world: World) -> None:
        world.source.add(response(1, 8, email="late@corp.test"))
        world.sync()
        world.execute("INSERT INTO customers VALUES ('C-9', 'late@corp.test', 'Lou', 'Late', 'A-9')")

        report = world.sync()

        assert world.scores() == {"C-9": 8}
        assert report.rows.total(State.WRITTEN) == 1

    def test_an_ambiguous_response_is_not_settled_because_a_candidate_disappeared(self, world: World) -> None:
        world.execute("UPDATE customers SET email = 'twins@twin.test' WHERE account_id = 'A-3'")
        world.source.add(response(1, 8, email="twins@twin.test"))
        first = world.sync()
        world.execute("DELETE FROM customers WHERE customer_id = 'C-6'")

        world.sync()

        assert first.rows.total(State.HELD) == 1
        assert world.ledger("SELECT outcome FROM matches") == [("held",)]

    def test_a_link_stays_when_the_address_moves_to_another_customer(self, world: World) -> None:
        world.source.add(response(1, 9, email="ada@acme.test"))
        world.sync()
        world.execute("UPDATE customers SET email = 'old@acme.test' WHERE customer_id = 'C-1'")
        world.execute("UPDATE customers SET email = 'ada@acme.test' WHERE customer_id = 'C-4'")
        world.source.add(response(2, 3, email="ada@acme.test", days_ago=0.5))

        world.sync()

        assert world.scores() == {"C-1": 3}
