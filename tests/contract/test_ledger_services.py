"""Who runs the schedule, what arrived, and a look that changes nothing: the same on both engines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from sync.ledger import arrivals, glance, services
from sync.ledger.lease import acquire
from sync.ledger.migrations import VERSION
from sync.ledger.store import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    ledger = Ledger(ledger_url)
    yield ledger
    ledger.close()


def take(ledger: Ledger, holder: str, now: datetime = NOW, *, alive: bool = True) -> services.Standing | None:
    return services.take(ledger, holder, now, every_s=900, next_at=now + timedelta(minutes=15), alive=lambda _: alive)


def standing(ledger: Ledger, now: datetime, *, alive: bool) -> services.Standing | None:
    with ledger.read() as connection:
        return services.standing(connection, now, lambda _: alive)


def test_one_service_runs_the_schedule_until_it_leaves(ledger: Ledger) -> None:
    assert take(ledger, "a/1/10") is None
    assert take(ledger, "a/1/10", NOW + timedelta(minutes=1)) is None
    other = take(ledger, "b/2/20")
    services.leave(ledger, "b/2/20")

    assert other is not None
    assert ("runs", "a", 1, 900) == (other.state, other.host, other.process, other.every_s)
    services.leave(ledger, "a/1/10")
    assert take(ledger, "b/2/20") is None


@pytest.mark.parametrize(("minutes", "alive"), [(11, True), (1, False)])
def test_one_that_died_or_fell_silent_is_followed(ledger: Ledger, minutes: int, *, alive: bool) -> None:
    take(ledger, "a/1/10")
    later = NOW + timedelta(minutes=minutes)

    told = standing(ledger, later, alive=alive)
    assert told is not None
    assert ("silent" if alive else "ended") == told.state
    assert take(ledger, "b/2/20", later, alive=alive) is None


def test_the_number_of_a_connection_grows_with_what_arrives(ledger: Ledger) -> None:
    with ledger.write() as connection:
        for name in ("survey", "survey", "other"):
            arrivals.bump(connection, name)

    with ledger.read() as connection:
        assert {"survey": 2, "other": 1} == arrivals.newest(connection)


def test_a_glance_sees_the_version_and_who_is_at_work(ledger: Ledger, ledger_url: str) -> None:
    acquire(ledger, "crm", lambda: NOW, holder="a/7/70")
    acquire(ledger, "done", lambda: NOW - timedelta(hours=1), holder="a/8/80")
    take(ledger, "a/1/10")

    seen = glance.at(ledger_url, None, NOW, alive=lambda _: True)
    assert seen is not None
    assert (VERSION, (("crm", "a", 7),)) == (seen.version, seen.holders)
    assert standing(ledger, NOW, alive=True) == seen.service


def test_a_glance_makes_no_ledger(ledger_url: str) -> None:
    assert glance.at(ledger_url, None, NOW) is None
    assert glance.at(ledger_url, None, NOW) is None
