"""A PostgreSQL for tests: Debian's binaries, a folder of its own, a unix socket; gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Self

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The one role that must give a password; everybody else is trusted.
ASKED = "npsync_asked"
#: What a commit said survives the server's own death (not the machine's).
DURABLE = (
    "fsync=off",
    "listen_addresses=",
    "max_connections=50",
    "autovacuum=off",
)
#: Durability costs time and protects nothing that outlives a test.
FAST = (*DURABLE, "synchronous_commit=off", "full_page_writes=off")


class PostgresMissing(Exception):
    """This machine has no PostgreSQL that tests could use; the message says what to install."""


@dataclass
class Postgres:
    """A running server and the databases made in it."""

    #: The maintenance database; others are made beside it.
    base: URL
    folder: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    #: Where `postgres` and its tools are, and who runs them.
    tools: Path = Path()
    user: str | None = None
    settings: tuple[str, ...] = FAST
    numbers: count[int] = field(default_factory=count)

    @classmethod
    def start(cls, settings: Sequence[str] = FAST) -> Self:
        """Make a cluster and start a server on it.

        Raises:
            PostgresMissing: There are no binaries, or root has no other user to run them as.
        """
        binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda found: float(found.parent.name))
        on_path = shutil.which("postgres")
        if not binaries and on_path is None:
            raise PostgresMissing(
                "no PostgreSQL: install it with `apt-get install postgresql`, or set NPSYNC_TEST_POSTGRES"
            )
        tools = binaries[-1] if binaries else Path(str(on_path)).parent
        # Not pytest's tmp_path: the user `postgres` may not enter root's folders.
        folder = Path(tempfile.mkdtemp(prefix="npsync-pg-"))
        user = _user_for(folder)
        data = folder / "data"
        flags = ["--username=npsync", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        subprocess.run(
            [tools / "initdb", "-D", data, *flags], check=True, stdout=subprocess.DEVNULL, cwd=folder, user=user
        )
        hba = f"local all {ASKED} scram-sha-256\nlocal all all trust\n"
        (data / "pg_hba.conf").write_text(hba, encoding="utf-8")
        url = URL.create("postgresql+psycopg", "npsync", database="postgres", query={"host": str(folder)})
        server = cls(url, folder, tools=tools, user=user, settings=tuple(settings))
        server.run()
        return server

    def run(self) -> None:
        """Start the server on its folder, for the first time or after `kill`."""
        assert self.folder is not None
        options = [part for setting in self.settings for part in ("-c", setting)]
        command = [str(self.tools / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), *options]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, user=self.user)
        self._wait(self.tools / "pg_isready")

    def kill(self) -> None:
        """End the server as a fault of its machine would, without a word."""
        assert self.process is not None
        subprocess.run(["pkill", "-KILL", "-P", str(self.process.pid)], check=False)  # those who serve connections
        self.process.kill()
        self.process.wait(timeout=30)

    def create(self) -> str:
        """Make an empty database and return its name."""
        name = f"npsync_{os.getpid()}_{next(self.numbers)}"
        self._do("CREATE DATABASE {} TEMPLATE template0", name)
        return name

    def drop(self, name: str) -> None:
        """Remove a database, with whatever is still connected to it."""
        self._do("DROP DATABASE {} WITH (FORCE)", name)

    def url(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        return self.base.set(database=name).render_as_string(hide_password=False)

    def stop(self) -> None:
        """Stop the server and remove its folder, if both are ours."""
        if self.process is not None:
            self.process.send_signal(2)  # SIGINT: fast shutdown
            self.process.wait(timeout=30)
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _do(self, statement: str, name: str) -> None:
        where = self.base.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))

    def _wait(self, pg_isready: Path) -> None:
        """Return once the server answers; it tells when it gave up."""
        assert self.folder is not None
        assert self.process is not None
        for _ in range(30):
            ready = subprocess.run([pg_isready, "-q", "-t", "1", "-h", self.folder, "-d", "postgres"], check=False)
            if ready.returncode == 0:
                return
            if self.process.poll() is not None:
                break
            # pg_isready comes back at once while there is no socket yet.
            subprocess.run(["sleep", "0.2"], check=True)
        log = (self.folder / "log").read_text(encoding="utf-8", errors="replace")
        self.stop()
        raise PostgresMissing(f"PostgreSQL did not start: {log.strip()[-500:]}")


def given_by(url: str) -> Postgres:
    """Use a server that is already there."""
    return Postgres(make_url(url).set(drivername="postgresql+psycopg"))


def _user_for(folder: Path) -> str | None:
    """Return the user to run as (PostgreSQL refuses root), having given it *folder*; None for ourselves."""
    if os.getuid() != 0:
        return None
    try:
        owner = pwd.getpwnam("postgres")
    except KeyError:
        shutil.rmtree(folder)
        raise PostgresMissing("PostgreSQL cannot run as root and there is no user `postgres`") from None
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return "postgres"
