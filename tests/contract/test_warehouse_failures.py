"""What the warehouse says when its database is away, busy, full, closed to us or not one at all."""

from __future__ import annotations

import os
import socket
import sqlite3
import stat
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, event, make_url, text

from connectors.contract import RecordColumns
from connectors.errors import ConnectorError, Deferred, Refused
from connectors.retry import Policy, Retry
from connectors.values import OutcomeKind
from connectors.warehouse.store import Warehouse
from tests.contract.destination_contract import FIELDS, person, ref

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

CANARY = "canary@example.com"


def opened(url: str, *, password: str | None = None, waits: list[float] | None = None) -> Warehouse:
    """Return a warehouse that neither waits for locks nor sleeps between attempts."""
    slept = [] if waits is None else waits
    retry = Retry(policy=Policy(attempts=3, base_s=0.1), sleep=slept.append, random=lambda: 1.0)
    return Warehouse(name="profiles", url=url, password=password, retry=retry, lock_wait_s=0.05)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "profiles.db"


@pytest.fixture
def warehouse(path: Path) -> Iterator[Warehouse]:
    made = opened(f"sqlite:///{path}")
    made.ensure("people", ["id"], FIELDS)
    made.write([person("p1", score=1)])
    yield made
    made.close()


def test_a_new_file_is_for_its_owner_only(warehouse: Warehouse, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert warehouse.fields("people")


def test_a_file_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    sqlite3.connect(path).close()
    path.chmod(0o664)
    folder = stat.S_IMODE(tmp_path.stat().st_mode)

    opened(f"sqlite:///{path}").ensure("people", ["id"], FIELDS)

    assert stat.S_IMODE(path.stat().st_mode) == 0o664
    assert stat.S_IMODE(tmp_path.stat().st_mode) == folder


def test_looking_creates_no_file(path: Path) -> None:
    absent = opened(f"sqlite:///{path}")

    assert not absent.fields("people")
    assert not absent.read([ref("p1")], ["score"])
    with pytest.raises(Refused, match="no database file") as caught:
        absent.directory(RecordColumns(object="customers", id="id"))
    assert caught.value.code == "E110"
    assert not path.exists()


def test_a_locked_database_is_deferred_and_nothing_is_lost(warehouse: Warehouse, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(Deferred, match="locked") as caught:
        warehouse.write([person("p1", score=2)])

    assert caught.value.code == "E501"
    assert {"score": 1} == warehouse.read([ref("p1")], ["score"])[ref("p1")]
    other.execute("ROLLBACK")
    other.close()
    assert [OutcomeKind.WRITTEN] == [outcome.kind for outcome in warehouse.write([person("p1", score=2)])]


def test_a_full_disk_is_deferred_and_nothing_is_lost(warehouse: Warehouse, path: Path) -> None:
    """SQLite rolls back by itself; a rollback of ours on top must not hide why."""

    def small(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count={path.stat().st_size // 4096 + 2}")

    engine = warehouse._database._engine
    warehouse.close()
    event.listen(engine, "connect", small)
    with pytest.raises(Deferred, match="disk is full") as caught:
        warehouse.write([person(f"q{number}", name="x" * 2_000) for number in range(200)])

    assert caught.value.code == "E501"
    assert "Free some space" in caught.value.next_step
    event.remove(engine, "connect", small)
    warehouse.close()
    assert not warehouse.read([ref("q0")], ["name"])
    assert {"score": 1} == warehouse.read([ref("p1")], ["score"])[ref("p1")]


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_bytes(b"not a database, but long enough to be one " * 100)

    with pytest.raises(Refused, match="no SQLite database") as caught:
        opened(f"sqlite:///{path}").write([person("p1", score=1)])

    assert caught.value.code == "E112"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_rights_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(Refused) as caught:
        opened(f"sqlite:///{tmp_path}/new/profiles.db").ensure("people", ["id"], FIELDS)

    assert caught.value.code == "E301"


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(Refused) as caught:
        opened(f"sqlite:///{tmp_path}/file/profiles.db").ensure("people", ["id"], FIELDS)

    assert caught.value.code == "E301"


@pytest.mark.parametrize("url", ["mysql://root@localhost/x", "profiles.db", "", "nonsense://x"])
def test_other_databases_are_refused_clearly(url: str) -> None:
    with pytest.raises(Refused, match="`url` names no database") as caught:
        opened(url)

    assert caught.value.code == "E103"
    assert "sqlite:///" in caught.value.next_step


def test_a_server_that_is_away_is_tried_again_then_deferred() -> None:
    waits: list[float] = []
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        away = opened(f"postgresql://ann:hunter2@127.0.0.1:{port}/x", waits=waits)

        with pytest.raises(Deferred, match="cannot be reached") as caught:
            away.write([person("p1", name=CANARY)])

    assert waits == [0.1, 0.2]
    assert caught.value.code == "E501"
    assert "hunter2" not in repr(caught.value)
    away.close()


def test_an_unknown_database_is_refused(postgres_url: str) -> None:
    wrong = opened(make_url(postgres_url).set(database="missing").render_as_string(hide_password=False))

    with pytest.raises(Refused, match="no such database"):
        wrong.fields("people")
    wrong.close()


def test_a_table_without_rights_is_refused(postgres_url: str) -> None:
    """The role may sign in, and that is all."""
    owner = create_engine(postgres_url)
    role = f"reader_{os.getpid()}"
    with owner.begin() as connection:
        connection.execute(text("CREATE TABLE people (id TEXT PRIMARY KEY, score NUMERIC)"))
        connection.execute(text(f"CREATE ROLE {role} LOGIN"))
    reader = opened(owner.url.set(username=role).render_as_string(hide_password=False))
    try:
        with pytest.raises(Refused, match="no right") as caught:
            reader.write([person("p1", score=1)])
        assert caught.value.code == "E301"
    finally:
        reader.close()
        with owner.begin() as connection:
            connection.execute(text(f"DROP ROLE {role}"))
        owner.dispose()


def test_a_locked_row_is_deferred_on_postgresql(postgres_url: str) -> None:
    warehouse = opened(postgres_url)
    warehouse.ensure("people", ["id"], FIELDS)
    warehouse.write([person("p1", score=1)])
    other = create_engine(postgres_url)
    with other.begin() as connection:
        connection.execute(text("UPDATE people SET score = 5"))
        with pytest.raises(Deferred, match="busy"):
            warehouse.write([person("p1", score=2)])

    assert [OutcomeKind.WRITTEN] == [outcome.kind for outcome in warehouse.write([person("p1", score=2)])]
    warehouse.close()
    other.dispose()


def test_a_line_that_drops_at_the_commit_leaves_every_write_unknown(postgres_url: str) -> None:
    """The server may have committed before it went: the engine must read back, not assume."""
    warehouse = opened(postgres_url)
    warehouse.ensure("people", ["id"], FIELDS)
    owner = create_engine(postgres_url)

    def cut(connection: Connection) -> None:
        server = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with owner.begin() as other:
            other.execute(text("SELECT pg_terminate_backend(:server)"), {"server": server})

    event.listen(warehouse._database._engine, "commit", cut)
    outcomes = warehouse.write([person("p1", score=1), person("p2", score=2)])

    assert {"p1": OutcomeKind.UNKNOWN, "p2": OutcomeKind.UNKNOWN} == {each.id: each.kind for each in outcomes}
    warehouse.close()
    owner.dispose()


def test_no_failure_tells_what_a_person_wrote(warehouse: Warehouse, postgres_url: str) -> None:
    remote = opened(postgres_url)
    remote.ensure("people", ["id"], FIELDS)
    for one in (warehouse, remote):
        shown = repr(one.write([person(f"q-{CANARY[:3]}", score=f"not {CANARY}", responded_at=CANARY)]))
        with pytest.raises(ConnectorError) as caught:
            one.write([person("q", scoer=CANARY)])
        assert CANARY not in shown
        assert CANARY not in repr(caught.value) + caught.value.next_step
        assert caught.value.__cause__ is None
    remote.close()
