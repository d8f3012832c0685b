"""A person who is forgotten leaves nothing behind, counts nowhere, and is not brought back by any import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.contract import Page
from connectors.values import Outcome, OutcomeKind
from sync.errors import UserError
from tests.flow.forgetting import ADA, bytes_of, fill, forget, rows_with
from tests.flow.undoing import Crash
from tests.flow.world import World, response

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from connectors.values import Write


def nps(world: World) -> dict[tuple[str, str], int]:
    rows = world.ledger("SELECT survey_kind, category, persons FROM totals")
    return {(kind, category): persons for kind, category, persons in rows if persons}


class TestNothingIsLeft:
    def test_of_the_person_in_any_table(self, filled: World) -> None:
        receipt = forget(filled, "ADA@acme.test ")

        assert {} == rows_with(filled.ledger_url, ADA)
        assert {} == rows_with(filled.store_url, ADA, besides=["customers"])
        assert (True, 3, True) == (receipt.known, receipt.responses, receipt.clean)
        assert {"people": 1, "responses": 2, "segment_members": 1} == receipt.cleared["store"]

    def test_in_any_file(self, tmp_path: Path) -> None:
        """The company's own row of the person goes by the company's own hand."""
        world = fill(World(tmp_path))
        world.execute("DELETE FROM customers WHERE customer_id = 'C-1000001'")

        receipt = forget(world, ADA[0])

        assert {} == bytes_of(tmp_path, ADA)
        assert 0 == receipt.as_json()["left"]
        assert {"ledger.db", "profiles.db"} <= {name for each in receipt.searched.values() for name in each.files}

    def test_and_what_is_not_ours_is_left_and_told(self, filled: World) -> None:
        receipt = forget(filled, "ada@acme.test")

        assert [("C-1000001",)] == filled.execute("SELECT customer_id FROM customers WHERE email = 'ada@acme.test'")
        assert {"customers.email": 1, "customers.customer_id": 1} == dict(receipt.searched["profiles"].rows)
        assert 5 == filled.execute("SELECT count(*) FROM customers")[0][0]

    def test_of_a_record_that_others_could_have_been(self, filled: World) -> None:
        """Who might be one of two is held with both; the one who is forgotten is taken out of the list."""
        filled.source.add(response(9, 4, email="team@twin.test"))
        filled.sync()
        before = filled.ledger("SELECT candidates FROM matches WHERE outcome = 'held' AND candidates LIKE '%C-6%'")

        forget(filled, "C-5")

        after = filled.ledger(
            "SELECT candidates, evidence FROM matches WHERE outcome = 'held' AND candidates LIKE '%C-6%'"
        )
        assert '["C-5","C-6"]' == before[0][0]
        assert '["C-6"]' == after[0][0]
        assert "C-5" not in after[0][1]

    def test_and_nobody_else_loses_anything(self, filled: World) -> None:
        forget(filled, "ada@acme.test")

        assert {"C-2": 7, "C-3": 10, "C-5": 8} == filled.scores()
        assert 5 == filled.ledger("SELECT count(*) FROM responses")[0][0]


class TestTheNumber:
    def test_does_not_count_the_person_any_longer(self, filled: World) -> None:
        assert 4 == nps(filled)["relational", "detractor"]

        forget(filled, "ada@acme.test")

        assert {
            ("", ""): 3,
            ("relational", "detractor"): 2,
            ("relational", "passive"): 2,
            ("relational", "promoter"): 1,
        } == (nps(filled))
        assert [("A-1", 1, 0.0)] == filled.ledger("SELECT account, responses, nps FROM rollups WHERE account = 'A-1'")

    def test_and_the_next_sync_writes_the_account(self, filled: World) -> None:
        assert [(-50.0, 2)] == filled.execute("SELECT nps, responses FROM accounts WHERE account_id = 'A-1'")
        receipt = forget(filled, "ada@acme.test")

        report = filled.sync()

        assert 1 == receipt.accounts
        assert {"accounts": 1} == report.writes
        assert [(0, 1)] == filled.execute("SELECT nps, responses FROM accounts WHERE account_id = 'A-1'")
        assert {} == filled.sync(full_refresh=True).writes

    def test_of_an_account_that_nobody_else_is_of_is_no_more(self, filled: World) -> None:
        forget(filled, "cleo@bolt.test")
        filled.sync()

        assert [] == filled.ledger("SELECT * FROM rollups WHERE account = 'A-2'")
        assert [(None, None)] == filled.execute("SELECT nps, responses FROM accounts WHERE account_id = 'A-2'")


class TestGoingWrong:
    def test_a_dry_run_says_it_and_does_nothing(self, filled: World) -> None:
        planned = forget(filled, "ada@acme.test", dry=True)
        held = rows_with(filled.ledger_url, ADA)
        done = forget(filled, "ada@acme.test")

        assert {"acknowledged", "matches", "profiles", "respondents", "responses", "writes"} <= set(held)
        assert (planned.cleared, planned.responses) == (done.cleared, done.responses)
        assert set(planned.erased) == set(done.erased) | {"acknowledged"}

    def test_one_that_dies_anywhere_is_completed_by_the_same_command(self, tmp_path: Path) -> None:
        world = fill(World(tmp_path))
        names: list[str] = []

        def dies_at(number: int) -> None:
            def step(name: str) -> None:
                names.append(name)
                if len(names) == number:
                    raise Crash

            world.step = step

        for number in range(1, 20):
            names.clear()
            dies_at(number)
            try:
                forget(
                    world, "C-1000001" if world.ledger("SELECT * FROM responses WHERE key = 'survey:ada1'") else ADA[0]
                )
            except Crash:
                continue
            break

        assert 4 < number
        assert {} == rows_with(world.ledger_url, ADA)
        assert {} == rows_with(world.store_url, ADA, besides=["customers"])

    def test_what_a_destination_does_not_take_leaves_the_ledger_as_it_was(self, filled: World) -> None:
        class Refusing:
            def __init__(self, store: Any) -> None:
                self._store = store

            def __getattr__(self, name: str) -> Any:
                if name == "write_blocks":
                    raise AttributeError(name)
                return getattr(self._store, name)

            def write(self, batch: Sequence[Write]) -> list[Outcome]:
                kind = OutcomeKind.REJECTED
                return [Outcome(object=each.object, id=each.id, kind=kind, code="E502") for each in batch]

        filled.through = Refusing
        with pytest.raises(UserError, match="did not take") as error:
            forget(filled, "ada@acme.test")
        filled.through = lambda store: store

        assert "E409" == error.value.code
        assert [(3,)] == filled.ledger("SELECT count(*) FROM responses WHERE key LIKE 'survey:ada%'")
        forget(filled, "ada@acme.test")
        assert {} == rows_with(filled.ledger_url, ADA)
        assert {} == rows_with(filled.store_url, ADA, besides=["customers"])

    def test_nobody_is_asked_when_nobody_was_ever_forgotten(self, filled: World) -> None:
        """A page of nobody costs nothing: what was forgotten is asked for with the first row of a run."""
        filled.source.pages.append(Page(stream="memory", cursor=""))

        assert "forgotten" not in filled.sync().as_json()["skipped_by_reason"]
        assert [] == filled.ledger("SELECT * FROM forgetting")
