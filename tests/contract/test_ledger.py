"""The ledger on SQLite and on PostgreSQL: the same promises, the same tests."""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from sqlalchemy import create_engine, inspect, select, text

from sync.errors import Exit, UserError
from sync.ledger.lease import acquire
from sync.ledger.migrations import MIGRATIONS, VERSION
from sync.ledger.rows import arrow, upsert
from sync.ledger.store import Ledger
from sync.ledger.tables import CURSORS, METADATA, RUNS
from sync.processes import is_alive, this_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
COLUMNS = ("mapping", "stream", "cursor")


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    opened = Ledger(ledger_url)
    yield opened
    opened.close()


def cursors(ledger: Ledger) -> list[tuple[str, ...]]:
    with ledger.read() as connection:
        return [tuple(row) for row in connection.execute(select(CURSORS).order_by(CURSORS.c.stream))]


def write_and_interrupt(ledger: Ledger) -> None:
    with ledger.write() as connection:
        upsert(connection, CURSORS, COLUMNS, [("m", "a", "1")])
        raise KeyboardInterrupt


def write_too_much(ledger: Ledger, pages: int) -> None:
    with ledger.write() as connection:
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
        upsert(connection, CURSORS, COLUMNS, [("m", f"{number}", "x" * 500) for number in range(2_000)])


class TestTransactions:
    def test_what_is_written_together_is_stored_together_or_not_at_all(self, ledger: Ledger) -> None:
        with pytest.raises(KeyboardInterrupt):
            write_and_interrupt(ledger)

        assert cursors(ledger) == []

    def test_a_dry_run_sees_its_own_writes_and_leaves_none(self, ledger: Ledger) -> None:
        with ledger.write() as connection:
            upsert(connection, CURSORS, COLUMNS, [("m", "a", "1")])

        with ledger.rolled_back():
            with ledger.write() as connection:
                upsert(connection, CURSORS, COLUMNS, [("m", "a", "2")])
            inside = cursors(ledger)

        assert inside == [("m", "a", "2")]
        assert cursors(ledger) == [("m", "a", "1")]

    def test_a_ledger_opened_again_holds_what_was_stored(self, ledger_url: str, ledger: Ledger) -> None:
        with ledger.write() as connection:
            upsert(connection, CURSORS, COLUMNS, [("m", "a", "1")])
        again = Ledger(ledger_url)

        assert cursors(again) == [("m", "a", "1")]
        again.close()


class TestRows:
    def test_an_upsert_replaces_what_it_names_whatever_the_order_of_columns(self, ledger: Ledger) -> None:
        with ledger.write() as connection:
            upsert(connection, CURSORS, COLUMNS, [("m", "a", "1"), ("m", "b", "1")])
            upsert(connection, CURSORS, ("cursor", "stream", "mapping"), [("2", "b", "m"), ("2", "c", "m")])

        assert cursors(ledger) == [("m", "a", "1"), ("m", "b", "2"), ("m", "c", "2")]

    def test_an_upsert_of_nothing_clears_what_was_there(self, ledger: Ledger) -> None:
        """A column without any value is not sent; it must be emptied all the same."""
        columns = ("run", "mapping", "status", "started_at", "finished_at", "unsettled")
        with ledger.write() as connection:
            upsert(connection, RUNS, columns, [("r", "m", "done", "t", "t", False)])
            upsert(connection, RUNS, columns, [("r", "m", "done", "t", None, False)])
            found = connection.execute(select(RUNS.c.started_at, RUNS.c.finished_at)).one()

        assert ("t", None) == tuple(found)

    def test_without_update_a_known_row_stays_as_it_is(self, ledger: Ledger) -> None:
        with ledger.write() as connection:
            upsert(connection, CURSORS, COLUMNS, [("m", "a", "1")])
            upsert(connection, CURSORS, COLUMNS, [("m", "a", "2")], update=False)

        assert cursors(ledger) == [("m", "a", "1")]

    def test_arrow_gives_every_row_and_none_twice(self, ledger: Ledger) -> None:
        with ledger.write() as connection:
            upsert(connection, CURSORS, COLUMNS, [("m", f"{number:06}", "%s ? :x") for number in range(120_000)])
            schema = pa.schema([(name, pa.string()) for name in COLUMNS])
            batches = list(arrow(connection, select(CURSORS), schema))

        assert sum(batch.num_rows for batch in batches) == 120_000
        assert max(batch.num_rows for batch in batches) <= 50_000


class TestLease:
    def test_a_second_run_of_the_same_mapping_is_refused_with_status_75(self, ledger: Ledger) -> None:
        acquire(ledger, "m", lambda: NOW)

        with pytest.raises(UserError) as refused:
            acquire(ledger, "m", lambda: NOW)

        assert (refused.value.code, refused.value.exit) == ("E604", Exit.LEASE_HELD)

    def test_another_mapping_is_free(self, ledger: Ledger) -> None:
        acquire(ledger, "m", lambda: NOW)

        assert acquire(ledger, "other", lambda: NOW).epoch == 1

    def test_the_lease_of_a_dead_process_is_taken_over_at_once(self, ledger: Ledger) -> None:
        acquire(ledger, "m", lambda: NOW, holder="here/1/0")

        assert acquire(ledger, "m", lambda: NOW, alive=lambda _holder: False).epoch == 2

    def test_a_run_that_slept_through_its_lease_cannot_write_any_more(self, ledger: Ledger) -> None:
        """The fencing epoch is checked in the transaction itself, not before it."""
        asleep = acquire(ledger, "m", lambda: NOW, holder="far/1/0")
        acquire(ledger, "m", lambda: NOW + timedelta(minutes=11), holder="near/1/0")

        with pytest.raises(UserError), asleep.write() as connection:
            upsert(connection, CURSORS, COLUMNS, [("m", "a", "1")])

        assert cursors(ledger) == []

    def test_a_released_lease_is_free(self, ledger: Ledger) -> None:
        acquire(ledger, "m", lambda: NOW).release()

        assert acquire(ledger, "m", lambda: NOW).epoch == 2

    def test_this_process_is_alive_and_one_with_its_number_but_another_start_is_not(self) -> None:
        host, pid, started = this_process().rsplit("/", 2)

        assert is_alive(this_process())
        assert not is_alive(f"{host}/{pid}/{started}1")
        assert is_alive(f"elsewhere/{pid}/{started}1")


class TestVersions:
    def test_migrations_are_numbered_without_gaps(self) -> None:
        assert sorted(MIGRATIONS) == list(range(2, VERSION + 1))

    def test_a_new_ledger_has_every_table_on_both_engines(self, ledger_url: str, ledger: Ledger) -> None:
        assert ledger is not None
        engine = create_engine(ledger_url.replace("postgresql://", "postgresql+psycopg://"))

        assert set(inspect(engine).get_table_names()) >= set(METADATA.tables)
        engine.dispose()

    def test_a_ledger_of_a_newer_npsync_is_not_touched(self, ledger_url: str, ledger: Ledger) -> None:
        with ledger.write() as connection:
            connection.execute(text("UPDATE schema_version SET version = 99"))

        with pytest.raises(UserError) as refused:
            Ledger(ledger_url)

        assert refused.value.code == "E603"


class TestTroubleOnSqlite:
    def test_a_ledger_locked_by_another_program_says_so_and_keeps_everything(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path}/ledger.db"
        ledger = Ledger(url, busy_timeout_s=0.05)
        other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(UserError) as refused, ledger.write():
            pass
        other.execute("ROLLBACK")
        other.close()

        assert (refused.value.code, refused.value.exit) == ("E601", Exit.UNAVAILABLE)
        with ledger.write() as connection:
            upsert(connection, CURSORS, COLUMNS, [("m", "a", "1")])
        assert cursors(ledger) == [("m", "a", "1")]
        ledger.close()

    def test_a_full_disk_stops_with_the_next_step_and_loses_nothing(self, tmp_path: Path) -> None:
        ledger = Ledger(f"sqlite:///{tmp_path}/ledger.db")
        with ledger.write() as connection:
            upsert(connection, CURSORS, COLUMNS, [("m", "kept", "1")])
            pages = connection.scalar(text("PRAGMA page_count"))

        with pytest.raises(UserError) as stopped:
            write_too_much(ledger, pages)

        assert stopped.value.code == "E602"
        assert "disk is full" in str(stopped.value)
        assert cursors(ledger) == [("m", "kept", "1")]
        ledger.close()

    def test_a_file_that_is_no_ledger_is_refused_without_being_changed(self, tmp_path: Path) -> None:
        path = tmp_path / "ledger.db"
        path.write_bytes(b"this is a text about ledgers, " * 100)

        with pytest.raises(UserError) as refused:
            Ledger(f"sqlite:///{path}")

        assert refused.value.code == "E602"
        assert path.read_bytes() == b"this is a text about ledgers, " * 100

    def test_a_new_ledger_is_readable_by_its_owner_alone(self, tmp_path: Path) -> None:
        Ledger(f"sqlite:///{tmp_path}/state/ledger.db").close()

        assert (tmp_path / "state" / "ledger.db").stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_a_folder_without_rights_is_named(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o500)

        with pytest.raises(UserError) as refused:
            Ledger(f"sqlite:///{tmp_path}/state/ledger.db")

        assert refused.value.code == "E602"


def test_an_unusable_url_is_a_problem_of_the_config() -> None:
    with pytest.raises(UserError) as refused:
        Ledger("ledger.db")

    assert refused.value.code == "E103"


def test_a_server_that_does_not_answer_is_unavailable_and_the_password_is_not_told() -> None:
    with pytest.raises(UserError) as refused:
        Ledger("postgresql+psycopg://npsync@127.0.0.1:1/ledger", password="pa55canary")

    assert refused.value.exit is Exit.UNAVAILABLE
    assert "pa55canary" not in str(refused.value)
