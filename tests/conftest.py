"""What every test may use, and what none may: no settings from outside, no network beyond this machine."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.postgres import Postgres, PostgresMissing, given_by

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A server to use instead of our own; its role must be allowed to create databases.
TEST_POSTGRES = os.environ.pop("NPSYNC_TEST_POSTGRES", None)
#: They change what a command prints, or where it looks.
MEDDLING = (
    "CLICOLOR_FORCE",
    "COLUMNS",
    "FORCE_COLOR",
    "GITHUB_ACTIONS",
    "LINES",
    "NO_COLOR",
    "PY_COLORS",
    "PYTEST_ADDOPTS",
)

settings.register_profile("npsync", deadline=None, print_blob=True)
settings.load_profile("npsync")


def pytest_configure() -> None:
    """Scrub the environment before anything of ours is imported, for subprocesses too."""
    for name in list(os.environ):
        if name.startswith("NPSYNC_") or name in MEDDLING:
            del os.environ[name]
    sys.addaudithook(_stay_on_this_machine)


def _stay_on_this_machine(event: str, args: tuple[object, ...]) -> None:
    """Refuse every connection but loopback and unix sockets."""
    if event != "socket.connect":
        return
    address = args[1]
    if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
        raise RuntimeError(f"a test tried to reach {address[0]}; tests stay on 127.0.0.1")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL for the whole session: the one named by NPSYNC_TEST_POSTGRES, else our own, else a skip."""
    try:
        server = given_by(TEST_POSTGRES) if TEST_POSTGRES else Postgres.start()
    except PostgresMissing as missing:
        pytest.skip(str(missing))
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """A SQLAlchemy URL of a fresh, empty database."""
    name = postgres.create()
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: object) -> str:
    """A SQLAlchemy URL of an empty database, on each engine a ledger can live in."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    url: str = request.getfixturevalue("postgres_url")
    return url
