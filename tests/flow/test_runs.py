"""Whole runs over a real ledger and a real store: what is written, what is left alone, and what a report says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.values import Place, Reject
from sync.errors import Exit, UserError
from sync.ledger.lease import acquire
from sync.ledger.store import Ledger
from sync.report import State, Status
from tests.flow.world import CUSTOMERS, MAPPING, NOW, SETTINGS, World, response


class TestWhatIsWritten:
    def test_what_people_did_not_give_empties_nothing_that_a_record_holds_already(self, world: World) -> None:
        world.mapping = world.mapping | {"fields": world.mapping["fields"] | {"phone": "person.phone"}}
        world.execute("CREATE TABLE people (customer_id TEXT PRIMARY KEY, phone TEXT, score INTEGER)")
        world.execute("INSERT INTO people VALUES ('C-1', '+49 30 901820', 1), ('C-2', '+49 30 901821', 1)")
        world.source.add(
            response(1, 9, email="ada@acme.test"), response(2, 8, email="bob@acme.test", phone="+49 30 901899")
        )

        world.sync()

        assert world.execute("SELECT customer_id, phone, score FROM people ORDER BY 1") == [
            ("C-1", "+49 30 901820", 9),
            ("C-2", "+4930901899", 8),
        ]

    def test_zero_is_a_score_and_the_latest_response_speaks(self, world: World) -> None:
        world.source.add(response(1, 9, email="ada@acme.test", days_ago=30), response(2, 0, email="ada@acme.test"))

        world.sync()

        assert world.execute("SELECT score, points, category, previous_score, trend FROM people") == [
            (0, -100, "detractor", 9, "declining")
        ]

    def test_a_late_arrival_never_overwrites_a_newer_response(self, world: World) -> None:
        world.source.add(response(1, 9, email="ada@acme.test", days_ago=1))
        world.sync()
        world.source.add(response(2, 2, email="ada@acme.test", days_ago=20))

        report = world.sync()

        assert world.scores() == {"C-1": 9}
        assert report.rows.total(State.WRITTEN) == 1

    def test_an_edited_response_is_written_once_and_keeps_its_key(self, world: World) -> None:
        world.source.add(response(1, 9, email="ada@acme.test"))
        world.sync()
        world.source.add(response(1, 3, email="ada@acme.test"))

        report = world.sync()

        assert world.execute("SELECT response_key, score FROM responses") == [("survey:r1", 3)]
        assert report.rows.total(State.WRITTEN) == 1
        assert world.ledger("SELECT version FROM responses") == [(2,)]

    def test_a_response_whose_address_was_corrected_leaves_the_wrong_record(self, world: World) -> None:
        world.source.add(response(1, 9, email="ada@acme.test"))
        world.sync()
        world.source.add(response(1, 9, email="bob@acme.test"))

        world.sync()

        assert world.scores() == {"C-1": None, "C-2": 9}

    def test_nothing_of_another_person_stays_when_a_response_moves(self, world: World) -> None:
        world.mapping = MAPPING | {"fields": {"score": "score", "comment": "comment", "trend": "trend"}}
        world.source.add(
            response(1, 1, email="ada@acme.test", comment="awful", days_ago=9),
            response(2, 9, email="ada@acme.test", days_ago=20),
        )
        world.sync()
        world.source.add(response(1, 1, email="bob@acme.test", comment="awful", days_ago=9))

        world.sync()

        assert world.execute("SELECT customer_id, score, comment, trend FROM people ORDER BY 1") == [
            ("C-1", 9, None, None),
            ("C-2", 1, "awful", None),
        ]

    def test_the_companys_own_table_is_not_changed(self, world: World) -> None:
        world.source.add(response(1, 9, email="ada@acme.test"))

        world.sync()

        assert world.execute("SELECT * FROM customers ORDER BY 1") == sorted(CUSTOMERS)

    def test_a_column_somebody_added_to_our_table_is_left_alone(self, world: World) -> None:
        world.source.add(response(1, 9, email="ada@acme.test"))
        world.sync()
        world.execute("ALTER TABLE people ADD COLUMN note TEXT")
        world.execute("UPDATE people SET note = 'call on Monday'")
        world.source.add(response(2, 3, email="ada@acme.test", days_ago=0.1))

        world.sync()

        assert world.execute("SELECT score, note FROM people") == [(3, "call on Monday")]

    def test_a_comment_goes_with_the_response_it_was_written_for(self, world: World) -> None:
        world.source.add(response(1, 9, email="ada@acme.test", days_ago=3, comment="all good"))
        world.sync()
        world.source.add(response(2, 2, email="ada@acme.test", days_ago=1))

        world.sync()

        assert world.execute("SELECT score, comment FROM people") == [(2, None)]


class TestTime:
    def test_a_score_that_grew_stale_is_written_without_a_new_response(self, world: World) -> None:
        world.source.add(response(1, 9, email="ada@acme.test", days_ago=1))
        world.sync()
        world.now = NOW + timedelta(days=200)

        report = world.sync()

        assert world.execute("SELECT status FROM people") == [("stale",)]
        assert (report.rows.entered, report.writes) == (0, {"people": 1})

    def test_a_segment_is_left_when_its_time_is_over(self, world: World) -> None:
        world.source.add(response(1, 2, email="ada@acme.test", days_ago=80))
        world.sync()
        before = world.execute("SELECT customer_id, segment FROM segment_members")
        world.now = NOW + timedelta(days=20)

        world.sync()

        assert before == [("C-1", "at_risk")]
        assert world.execute("SELECT * FROM segment_members") == []
        assert world.execute("SELECT segments FROM people") == [(None,)]

    def test_a_run_in_between_looks_at_nothing(self, world: World) -> None:
        world.source.add(response(1, 9, email="ada@acme.test", days_ago=1))
        world.sync()
        world.now = NOW + timedelta(days=2)
        steps: list[str] = []
        world.step = steps.append

        world.sync()

        assert "compute.records" not in steps


class TestReports:
    def test_every_row_is_in_exactly_one_state(self, world: World) -> None:
        world.source.add(
            response(1, 9, email="ada@acme.test"),
            response(1, 9, email="ada@acme.test"),
            response(2, 9, email="who@corp.test"),
            response(3, 9),
        )

        rows = world.sync().rows

        assert rows.entered == 4
        assert {state: dict(rows.by_state[state]) for state in rows.by_state} == {
            State.WRITTEN: {"": 1},
            State.SKIPPED: {"duplicate": 1, "anonymous": 1},
            State.HELD: {"none": 1},
        }

    def test_anonymous_answers_count_in_the_companys_nps_and_reach_no_record(self, world: World) -> None:
        world.source.add(response(1, 9, email="ada@acme.test"), response(2, 0), response(3, 0))

        nps = world.sync().nps

        assert nps is not None
        assert (nps.promoters, nps.detractors) == (1, 2)
        assert world.scores() == {"C-1": 9}

    def test_a_re_exported_file_is_counted_unchanged_and_costs_no_write(self, world: World) -> None:
        world.source.add(response(1, 9, email="ada@acme.test"), response(2, 7, email="cleo@bolt.test"))
        world.sync()

        report = world.sync(full_refresh=True)

        assert (report.rows.total(State.UNCHANGED), report.writes) == (2, {})

    def test_a_limited_run_reads_so_many_rows_and_the_next_one_the_rest(self, world: World) -> None:
        world.source.add(*(response(number, 9, email=row[1]) for number, row in enumerate(CUSTOMERS[:4])))

        first, rest = world.sync(limit=3), world.sync()

        assert (first.rows.entered, first.rows.total(State.WRITTEN)) == (3, 3)
        assert (rest.rows.total(State.UNCHANGED), rest.rows.total(State.WRITTEN)) == (3, 1)


class TestDryRuns:
    def test_a_dry_run_shows_old_and_new_and_why_and_leaves_no_trace(self, world: World) -> None:
        world.source.add(response(1, 9, email="ada@acme.test", days_ago=5))
        world.sync()
        world.source.add(response(2, 3, email="ada@acme.test", days_ago=1))
        before = world.ledger("SELECT * FROM runs"), world.ledger("SELECT * FROM responses"), world.scores()

        report = world.sync(dry_run=True)

        change = next(each for each in report.changes if (each.object, each.field) == ("people", "score"))
        assert (change.record, change.old, change.new, change.reason) == ("C-1", 9, 3, "response survey:r2")
        assert report.status is Status.DRY_RUN
        assert report.writes == {"accounts": 1, "people": 1, "responses": 1, "segment_members": 1}
        assert before == (world.ledger("SELECT * FROM runs"), world.ledger("SELECT * FROM responses"), world.scores())

    def test_a_dry_run_makes_no_table_and_no_index(self, world: World) -> None:
        world.source.add(response(1, 9, email="ada@acme.test"))

        world.sync(dry_run=True)

        assert [
            (name,) for name, *_ in world.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
        ] == [("customers",)]

    def test_a_change_by_time_says_so(self, world: World) -> None:
        world.source.add(response(1, 9, email="ada@acme.test", days_ago=1))
        world.sync()
        world.now = NOW + timedelta(days=200)

        [change] = world.sync(dry_run=True).changes

        assert (change.field, change.old, change.new) == ("status", "current", "stale")
        assert change.reason.startswith("time passed")


class TestDefinitions:
    def test_a_new_field_of_the_mapping_is_filled_for_everybody(self, world: World) -> None:
        world.source.add(response(1, 9, email="ada@acme.test"))
        world.sync()
        world.mapping = MAPPING | {"fields": MAPPING["fields"] | {"survey": "survey"}}

        report = world.sync()

        assert world.execute("SELECT score, survey FROM people") == [(9, "nps")]
        assert report.writes == {"people": 1}

    def test_a_new_definition_of_freshness_is_applied_to_everybody(self, world: World) -> None:
        world.source.add(response(1, 9, email="ada@acme.test", days_ago=10))
        world.sync()
        world.settings = SETTINGS | {"nps": {"min_responses": 1, "fresh_for": {"relational": "5d"}}}

        world.sync()

        assert world.execute("SELECT status FROM people") == [("stale",)]


class TestTwoAtOnce:
    def test_a_second_run_of_the_mapping_is_told_to_wait_and_changes_nothing(self, world: World) -> None:
        world.source.add(response(1, 9, email="ada@acme.test"))
        ledger = Ledger(world.ledger_url)
        acquire(ledger, "store", lambda: NOW)

        with pytest.raises(UserError) as refused:
            world.sync()
        ledger.close()

        assert (refused.value.code, refused.value.exit) == ("E604", Exit.LEASE_HELD)
        assert world.ledger("SELECT count(*) FROM responses") == [(0,)]


class TestRejects:
    def test_a_row_that_was_corrected_is_no_longer_listed_as_rejected(self, world: World) -> None:
        bad = Reject(place=Place(file="memory", row=7), reason="score_out_of_range", detail="", next_step="")
        world.source.add(response(1, 9, email="ada@acme.test"), rejects=[bad])
        world.sync()
        before = world.ledger("SELECT reason FROM rejects")
        world.source.add(response(2, 8, email="bob@acme.test"))

        world.sync()

        assert before == [("score_out_of_range",)]
        assert world.ledger("SELECT reason FROM rejects") == []
