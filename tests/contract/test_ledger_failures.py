"""What a ledger on PostgreSQL says when it is away or closed to us: place, reason, next step, exit status."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, make_url, text

from sync.errors import Exit, UserError
from sync.ledger.store import Ledger
from tests.postgres import ASKED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres import Postgres

PASSWORD = "pa55canary"


@contextmanager
def role(url: str, name: str) -> Iterator[str]:
    """Make a role without any rights on the database of *url*; yield the URL with which it signs in."""
    owner = create_engine(url)
    with owner.begin() as connection:
        connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'"))
    try:
        yield owner.url.set(username=name).render_as_string(hide_password=False)
    finally:
        with owner.begin() as connection:
            connection.execute(text(f"DROP ROLE {name}"))
        owner.dispose()


def refused(url: str, password: str | None = None) -> UserError:
    """Open a ledger that cannot be opened."""
    with pytest.raises(UserError) as caught:
        Ledger(url, password=password)
    (problem,) = caught.value.problems
    assert problem.where.startswith("postgresql")
    assert problem.hint
    assert "-v" not in problem.hint.split()
    assert PASSWORD not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("there", [False, True], ids=["before the tables are made", "after an owner made them"])
def test_a_role_without_rights_is_refused(postgres_url: str, there: bool) -> None:
    if there:
        Ledger(postgres_url).close()
    with role(postgres_url, f"stranger_{os.getpid()}") as url:
        error = refused(url)

    assert (error.code, error.exit) == ("E301", Exit.SIGN_IN)
    assert "Grant" in str(error)


def test_a_wrong_password_is_refused(postgres: Postgres, postgres_url: str) -> None:
    if postgres.folder is None:
        pytest.skip("only our own server is known to ask for a password")
    with role(postgres_url, ASKED) as url:
        error = refused(url, password="not the one")

    assert (error.code, error.exit) == ("E301", Exit.SIGN_IN)
    assert "NPSYNC_LEDGER_PASSWORD" in str(error)


def test_a_role_that_does_not_exist_is_refused(postgres_url: str) -> None:
    error = refused(make_url(postgres_url).set(username="nobody_of_that_name").render_as_string(hide_password=False))

    assert (error.code, error.exit) == ("E301", Exit.SIGN_IN)


# No name server is asked for a name of more than 255 characters.
@pytest.mark.parametrize("host", [f"{'no-such-host.' * 25}test", "127.0.0.1:1"], ids=["unknown", "silent"])
def test_a_host_that_is_not_there_is_unavailable(host: str) -> None:
    error = refused(f"postgresql://npsync@{host}/ledger", password=PASSWORD)

    assert (error.code, error.exit) == ("E601", Exit.UNAVAILABLE)
    assert "cannot be reached" in str(error)
    assert "Check host and port" in str(error)


def test_a_database_that_does_not_exist_is_named_as_such(postgres_url: str) -> None:
    error = refused(make_url(postgres_url).set(database="missing").render_as_string(hide_password=False))

    assert (error.code, error.exit) == ("E601", Exit.UNAVAILABLE)
    assert "no such database" in str(error)


def test_a_line_that_drops_is_unavailable(postgres_url: str) -> None:
    ledger = Ledger(postgres_url)
    with pytest.raises(UserError) as caught, ledger.read() as connection:
        connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
    ledger.close()

    assert (caught.value.code, caught.value.exit) == ("E601", Exit.UNAVAILABLE)


def test_a_statement_that_fails_says_where_to_look(postgres_url: str) -> None:
    ledger = Ledger(postgres_url)
    with pytest.raises(UserError) as caught, ledger.read() as connection:
        connection.exec_driver_sql("SELECT nothing FROM nowhere")
    ledger.close()

    assert caught.value.code == "E602"
    assert "42P01" in str(caught.value)
    assert "-v" not in str(caught.value)
