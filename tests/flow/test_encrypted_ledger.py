"""A ledger in an encrypted file holds what a plain one does, and nobody without its key reads a word of it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sync.errors import Exit, UserError
from sync.ledger.conversion import convert
from sync.ledger.encryption import is_plain
from sync.ledger.store import Ledger
from tests.flow.forgetting import ADA, bytes_of, fill, forget
from tests.flow.scenario import KILLED, first
from tests.flow.test_crashes import Crash, state, steps_of
from tests.flow.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
KEY, OTHER = "5ea1" * 16, "c0de" * 16
#: Of everybody who answered in the world that `fill` makes.
SAID = [*ADA, "bob@acme.test", "cleo@bolt.test", "zoe@else.test", "Early", "An earlier word", "survey:"]


def world_in(folder: Path, key: str | None = KEY) -> World:
    folder.mkdir()
    return World(folder, ledger_key=key)


def refused(path: Path, key: str | None) -> UserError:
    with pytest.raises(UserError) as caught:
        Ledger(f"sqlite:///{path}", key=key)
    assert caught.value.problems[0].hint
    assert KEY not in str(caught.value)
    return caught.value


def test_no_file_holds_a_word_of_anybody_at_any_step_of_a_run(tmp_path: Path) -> None:
    world, found, steps = world_in(tmp_path / "w"), [dict[str, list[str]]()], 0

    def step(_name: str) -> None:
        nonlocal steps
        steps += 1
        found.append(bytes_of(world.folder, SAID, besides=("profiles.db", "profiles.db-wal", "profiles.db-journal")))

    world.step = step
    fill(world)
    step("after it")

    assert steps > 20
    assert [] == [each for each in found if each]
    assert is_plain(tmp_path / "w" / "ledger.db") is False
    assert (tmp_path / "w" / "ledger.db").stat().st_mode & 0o777 == 0o600


def test_it_holds_what_a_plain_one_does(tmp_path: Path) -> None:
    worlds = [first(world_in(tmp_path / name, key).make_customers()) for name, key in (("p", None), ("e", KEY))]
    for world in worlds:
        world.sync()

    plain, encrypted = map(state, worlds)
    assert plain == encrypted
    assert worlds[1].sync().writes == {}


class TestOpening:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        Ledger(f"sqlite:///{tmp_path}/ledger.db", key=KEY).close()
        return tmp_path / "ledger.db"

    def test_the_wrong_key_is_told_and_changes_nothing(self, path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        before = path.read_bytes()

        error = refused(path, OTHER)

        assert (error.code, error.exit) == ("E607", Exit.SIGN_IN)
        assert "NPSYNC_LEDGER_KEY" in str(error)
        assert path.read_bytes() == before
        assert capfd.readouterr().err == ""  # SQLCipher writes there unless told not to

    def test_without_a_key_the_way_to_say_so_is_told(self, path: Path) -> None:
        error = refused(path, None)

        assert error.code == "E602"
        assert "encrypt_ledger" in str(error)

    def test_a_word_that_is_no_key_is_refused_before_anything_is_made(self, tmp_path: Path) -> None:
        error = refused(tmp_path / "new.db", "password")

        assert error.code == "E607"
        assert "password" not in str(error)
        assert not (tmp_path / "new.db").exists()

    def test_a_plain_ledger_is_not_opened_with_a_key(self, tmp_path: Path) -> None:
        Ledger(f"sqlite:///{tmp_path}/plain.db").close()

        error = refused(tmp_path / "plain.db", KEY)

        assert error.code == "E607"
        assert "npsync ledger convert" in str(error)

    def test_a_missing_package_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "sqlcipher3", None)

        error = refused(tmp_path / "new.db", KEY)

        assert error.code == "E607"
        assert "pip install 'npsync[encryption]'" in str(error)

    def test_two_processes_share_it(self, path: Path) -> None:
        ledgers = [Ledger(f"sqlite:///{path}", key=KEY, busy_timeout_s=0.05) for _ in range(2)]
        with ledgers[0].write(), pytest.raises(UserError) as busy, ledgers[1].write():
            pass
        with ledgers[1].read() as connection:
            assert connection.exec_driver_sql("SELECT version FROM schema_version").scalar() == 1
        for ledger in ledgers:
            ledger.close()

        assert busy.value.code == "E601"


class TestDying:
    def test_at_any_step_the_next_run_goes_on(self, tmp_path: Path) -> None:
        alive = first(world_in(tmp_path / "alive").make_customers())
        steps = steps_of(alive)
        expected = state(alive)

        assert len(steps) > 13
        for number in (7, 13):
            world = first(world_in(tmp_path / f"dies{number}").make_customers())
            left = iter(range(number))

            def step(_name: str, left: Iterator[int] = left) -> None:
                if next(left, None) is None:
                    raise Crash

            world.step = step
            with pytest.raises(Crash):
                world.sync()
            world.step = lambda _name: None
            world.sync()

            assert state(world) == expected, f"died before step {number} ({steps[number]})"
            assert world.sync().writes == {}

    def test_killed_it_leaves_a_log_that_is_read_back_and_says_nothing(self, tmp_path: Path) -> None:
        alive, world = (first(world_in(tmp_path / name).make_customers()) for name in ("alive", "killed"))
        alive.sync()
        command = [sys.executable, "-m", "tests.flow.scenario", str(world.folder), "9", KEY]
        died = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        log = (world.folder / "ledger.db-wal").stat().st_size
        found = bytes_of(world.folder, ["acme.test", "bolt.test", "slow", "survey:"], besides=("profiles.db",))

        world.sync()

        assert died.returncode == KILLED, died.stderr.decode()
        assert log > 0
        assert {} == found
        assert state(world) == state(alive)


class TestConverting:
    @pytest.fixture
    def world(self, tmp_path: Path) -> World:
        world = first(world_in(tmp_path / "w", None).make_customers())
        world.sync()
        return world

    def test_there_and_back_and_under_another_key_no_row_is_lost(self, world: World) -> None:
        path, before = world.folder / "ledger.db", state(world)
        told = world.ledger("SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY 1, 2")
        for old, new in ((None, KEY), (KEY, OTHER), (OTHER, None)):
            convert(path, old, new)
            world.ledger_key = new

            assert state(world) == before
            assert world.ledger("SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY 1, 2") == told
            assert path.stat().st_mode & 0o777 == 0o600
            assert is_plain(path) is (new is None)
            assert world.sync().writes == {}
            before = state(world)
        assert sorted(each.name for each in world.folder.iterdir()) == ["ledger.db", "profiles.db"]

    @pytest.mark.parametrize("at", ["convert.copy", "convert.replace", "convert.leave"])
    def test_dying_on_the_way_it_is_the_old_or_the_new_one_and_whole(self, world: World, at: str) -> None:
        path, before = world.folder / "ledger.db", state(world)

        def step(name: str) -> None:
            if name == at:
                raise Crash

        with pytest.raises(Crash):
            convert(path, None, KEY, step)
        world.ledger_key = None if is_plain(path) else KEY
        again = state(world)
        if is_plain(path):
            convert(path, None, KEY)
            world.ledger_key = KEY

        assert again == before
        assert state(world) == before

    def test_while_somebody_has_it_open_nothing_is_done(self, tmp_path: Path) -> None:
        path = tmp_path / "ledger.db"
        ledger = Ledger(f"sqlite:///{path}", key=KEY)
        with ledger.read() as connection:
            connection.exec_driver_sql("SELECT * FROM leases")
            with pytest.raises(UserError) as busy:
                convert(path, KEY, None, busy_timeout_s=0.05)
        ledger.close()

        assert busy.value.code == "E601"
        assert is_plain(path) is False
        assert not (tmp_path / "ledger.db.new").exists()

    def test_whoever_waited_for_the_old_file_does_not_write_there(self, world: World) -> None:
        path, waiting = world.folder / "ledger.db", world.folder / "waiting.db"

        def step(name: str) -> None:
            if name == "convert.copy":
                os.link(path, waiting)  # as an open handle would keep it

        convert(path, None, KEY, step)
        with pytest.raises(UserError) as gone:
            Ledger(f"sqlite:///{waiting}")

        assert gone.value.code == "E603"


def test_forgetting_writes_the_file_anew_and_searches_the_tables(tmp_path: Path) -> None:
    world = fill(world_in(tmp_path / "w"))
    assert world.ledger(f"SELECT count(*) FROM responses WHERE comment = '{ADA[2]}'") == [(1,)]

    searched = forget(world, ADA[0]).searched["ledger"]

    assert (searched.files, searched.left, searched.rows, searched.trouble) == ((), {}, {}, "")
    assert "ledger.db" in searched.sealed
    copy = tmp_path / "copy.db"
    shutil.copy(world.folder / "ledger.db", copy)
    convert(copy, KEY, None)
    assert {} == bytes_of(tmp_path, ADA, besides=("profiles.db",))
    with closing(sqlite3.connect(copy)) as plain:
        assert plain.execute("SELECT count(*) FROM forgotten").fetchone() > (0,)
