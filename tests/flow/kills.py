"""Real deaths: a process killed at each write, at random moments, and told that its disk is broken or full.

    python -m tests.flow.kills matrix [--every K] [--fault signal=SIGKILL | error=EIO | error=ENOSPC] [--encrypted]
    python -m tests.flow.kills random N [--seed S] [--on sqlite | postgresql] [--kill client | server] [--encrypted]

Everything is imported once; each life is a fork, and `strace`, attached to it, strikes at its Nth write or flush. After
each death the next life goes on, and what it ends with must be what a life without trouble ends with. Prints one JSON
object; exits with 1 when anything was lost or made twice.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from connectors.errors import ConnectorError
from sync.errors import UserError
from tests.flow.scenario import first
from tests.flow.test_crashes import state
from tests.flow.world import World
from tests.postgres import DURABLE, Postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: What makes a change last: SQLite writes pages and its log with the first, and flushes them with the others.
CALLS = "pwrite64,fdatasync,fsync,ftruncate"
#: A life that ended with an error in words, as it should when the disk fails.
SAID_SO = 7
ATTACHING_S = 10.0


@dataclass(slots=True)
class Toll:
    """What was tried, and what it did."""

    lives: int = 0
    struck: int = 0
    #: Deaths after which the next life ended otherwise than one without trouble.
    different: list[str] = field(default_factory=list)
    #: Ends that were neither death nor an error in words.
    odd: list[str] = field(default_factory=list)


def forked(work: Callable[[], None]) -> int:
    """Start *work* in a life of its own; return its process id."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        work()
        status = 0
    except (ConnectorError, UserError):
        status = SAID_SO
    except BaseException:  # noqa: BLE001 - the fork must not go on as its parent
        traceback.print_exc()
    os._exit(status)


def ended(pid: int) -> int:
    """Wait for a life to end; return its status, negative where a signal ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def world_in(folder: Path, urls: Mapping[str, str]) -> World:
    return first(World(folder, urls.get("ledger_url", ""), urls.get("store_url", ""), ledger_key=urls.get("key")))


def final(folder: Path, urls: Mapping[str, str]) -> str:
    """Let one more life go on from what *folder* holds; return what it ends with."""
    told = folder / "final"

    def work() -> None:
        world = world_in(folder, urls)
        world.sync()
        again = world.sync()
        assert again.writes == {}, "a second sync wrote"
        told.write_text(repr(state(world)), encoding="utf-8")

    return told.read_text(encoding="utf-8") if ended(forked(work)) == 0 else "it could not go on"


def struck(folder: Path, urls: Mapping[str, str], fault: str, number: int) -> int:
    """Run a sync whose *number*-th write or flush suffers *fault*; return its status."""
    gate, opened = os.pipe()

    def work() -> None:
        os.read(gate, 1)
        world_in(folder, urls).sync()

    pid = forked(work)
    inject = f"inject={CALLS}:{fault}:when={number}"
    command = ["strace", "-f", "-qq", "-p", str(pid), "-o", os.devnull, "-e", f"trace={CALLS}", "-e", inject]
    tracer = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    until = time.monotonic() + ATTACHING_S
    while "TracerPid:\t0" in Path(f"/proc/{pid}/status").read_text(encoding="ascii"):
        if time.monotonic() > until or tracer.poll() is not None:
            os.kill(pid, signal.SIGKILL)
            raise SystemExit("strace cannot attach here")
        time.sleep(0.001)
    os.write(opened, b"x")
    status = ended(pid)
    tracer.wait()
    os.close(gate)
    os.close(opened)
    return status


def matrix(home: Path, urls: Mapping[str, str], fault: str, every: int, offset: int) -> Toll:
    """Strike every *every*-th write or flush of a first sync, until one lives through."""
    toll, expected = Toll(), final(_fresh(home), urls)
    number = 1 + offset % every
    while True:
        folder = _fresh(home)
        status = struck(folder, urls, fault, number)
        toll.lives += 1
        if status == 0 and fault.startswith("signal"):
            return toll
        if status not in (0, SAID_SO, -signal.SIGKILL):
            toll.odd.append(f"{fault} at {number}: status {status}")
        toll.struck += status != 0
        if final(folder, urls) != expected:
            toll.different.append(f"{fault} at {number}")
        number += every
        if number > toll.struck * every + 5 * every:  # nothing is struck any more: the sync makes fewer calls
            return toll


def at_random(
    home: Path, urls: Mapping[str, str], kills: int, seed: int, server: Postgres | None, *, kill_server: bool
) -> Toll:
    """Kill syncs, or the server that they speak to, at random moments until so many have died."""
    toll, random = Toll(), Random(seed)
    folder = _fresh(home)
    expected = final(folder, _urls(server, folder) or urls)
    while toll.struck < kills:
        folder, before = _fresh(home), toll.struck
        urls = _urls(server, folder) or urls
        status = 1
        while status != 0 and toll.struck < kills:
            pid = forked(lambda folder=folder, urls=urls: _live(folder, urls))  # type: ignore[misc]
            toll.lives += 1
            time.sleep(random.uniform(0.0, 0.5))
            if kill_server and server is not None:
                server.kill()
                status = ended(pid)
                server.run()
            else:
                os.kill(pid, signal.SIGKILL)
                status = ended(pid)
            toll.struck += status != 0
            if status not in (0, -signal.SIGKILL, SAID_SO):
                toll.odd.append(f"after {toll.struck} deaths: status {status}")
        if final(folder, urls) != expected:
            toll.different.append(f"deaths {before} to {toll.struck}")
    return toll


def _live(folder: Path, urls: Mapping[str, str]) -> None:
    world_in(folder, urls).sync()


def _fresh(home: Path) -> Path:
    folder = home / "one"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(home / "fresh", folder)
    return folder


def _urls(server: Postgres | None, folder: Path) -> dict[str, str]:
    """Return where ledger and store are; on a server, made anew with the customers in them."""
    if server is None:
        return {}
    urls = {name: server.url(server.create()) for name in ("ledger_url", "store_url")}
    assert ended(forked(lambda: _make_customers(folder, urls))) == 0
    return urls


def _make_customers(folder: Path, urls: Mapping[str, str]) -> None:
    world_in(folder, urls).make_customers()


def main(words: list[str]) -> int:
    """Run what *words* say; see the module."""
    parser = argparse.ArgumentParser(prog="python -m tests.flow.kills")
    kinds = parser.add_subparsers(dest="kind", required=True)
    one = kinds.add_parser("matrix")
    one.add_argument("--every", type=int, default=1)
    one.add_argument("--offset", type=int, default=0)
    one.add_argument("--fault", default="signal=SIGKILL")
    other = kinds.add_parser("random")
    other.add_argument("kills", type=int)
    other.add_argument("--seed", type=int, default=1)
    other.add_argument("--on", choices=("sqlite", "postgresql"), default="sqlite")
    other.add_argument("--kill", choices=("client", "server"), default="client")
    for each in (one, other):
        each.add_argument("--encrypted", action="store_true", help="of a ledger in SQLite")
    given = parser.parse_args(words)
    urls = {"key": secrets.token_hex(32)} if given.encrypted else {}
    home = Path(tempfile.mkdtemp(prefix="npsync-kills-"))
    server = Postgres.start(DURABLE) if given.kind == "random" and given.on == "postgresql" else None
    try:
        (home / "fresh").mkdir()
        assert ended(forked(lambda: _make_customers(home / "fresh", {}))) == 0
        if given.kind == "matrix":
            toll = matrix(home, urls, given.fault, given.every, given.offset)
        else:
            toll = at_random(home, urls, given.kills, given.seed, server, kill_server=given.kill == "server")
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(home, ignore_errors=True)
    sys.stdout.write(json.dumps(asdict(toll)) + "\n")
    return int(bool(toll.different or toll.odd))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
