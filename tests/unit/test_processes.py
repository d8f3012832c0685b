"""Whether another process lives is found out without touching it, and not by its number alone."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sync import spills
from sync.processes import is_alive, this_process

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Says what it is called, makes a folder, and waits until its stdin is closed.
CHILD = """
import sys, tempfile
from sync import spills
from sync.processes import this_process
folder = tempfile.mkdtemp(prefix=spills.prefix(), dir=sys.argv[1])
print(this_process(), folder, flush=True)
sys.stdin.read()
"""


@contextmanager
def child(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    command = [sys.executable, "-c", CHILD, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        name, path = process.stdout.readline().split()
        yield process, name, path
        process.kill()


def test_a_living_one_is_seen_and_left_alone_and_a_killed_one_is_known(tmp_path: Path) -> None:
    with child(tmp_path) as (process, name, path):
        alive, removed = is_alive(name), spills.remove_dead(str(tmp_path))
        there, running = Path(path).is_dir(), process.poll() is None
        process.kill()
        process.wait()

        assert (alive, removed, there, running) == (True, 0, True, True)
        assert not is_alive(name)
        assert spills.remove_dead(str(tmp_path)) == 1
        assert not Path(path).exists()


def test_another_that_has_its_number_is_not_taken_for_it() -> None:
    host, number, began = this_process().rsplit("/", 2)

    assert is_alive(this_process())
    assert not is_alive(f"{host}/{number}/{int(began) - 1}")


def test_one_on_another_machine_may_always_live(tmp_path: Path) -> None:
    """Containers that share a folder have numbers of their own each."""
    elsewhere = tmp_path / "npsync-other-host=1=5-abcd"
    elsewhere.mkdir()

    assert is_alive("other-host/1/5")
    assert spills.remove_dead(str(tmp_path)) == 0
    assert elsewhere.exists()


def test_folders_of_others_are_not_touched(tmp_path: Path) -> None:
    for name in ("npsync-kills-x", "npsync-1-x", "npsync-a=b=c-x", "npsync-sim-1"):
        (tmp_path / name).mkdir()

    assert spills.remove_dead(str(tmp_path)) == 0
