"""What is not confirmed is tried again by itself: at once at first, then ever more rarely, for two weeks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sync.ledger.failures import Selection
from sync.report import State
from tests.flow.test_delivery import OneByOne
from tests.flow.world import MAPPING, NOW, World, response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.values import Outcome, Write

LOST = "C-2"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass
class Losing(OneByOne):
    """It takes every write and says nothing of one customer's, which it does not keep."""

    tried: list[str] = field(default_factory=list)

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        kept = [write for write in batch if write.id != LOST]
        self.tried += [LOST] * (len(batch) - len(kept))
        return super().write(kept)


@pytest.fixture
def tried() -> list[str]:
    return []


@pytest.fixture
def losing(world: World, tried: list[str]) -> World:
    world.through = lambda store: Losing(store, tried)
    world.mapping = {name: value for name, value in MAPPING.items() if name not in ("responses", "segments")}
    world.source.add(response(1, 9, email="ada@acme.test"), response(2, 3, email="bob@acme.test"))
    return world


def tries(world: World, tried: list[str], *ages: timedelta) -> list[int]:
    """Return how often the write was tried by the run at each of *ages*."""
    found = []
    for age in ages:
        world.now, before = NOW + age, len(tried)
        world.sync()
        found.append(len(tried) - before)
    return found


def test_within_an_hour_every_run_tries_again(losing: World, tried: list[str]) -> None:
    assert tries(losing, tried, 0 * MINUTE, 5 * MINUTE, 20 * MINUTE, 50 * MINUTE) == [1, 1, 1, 1]


def test_then_it_rests_half_an_hour_two_hours_and_a_day(losing: World, tried: list[str]) -> None:
    tries(losing, tried, 0 * MINUTE)

    assert tries(losing, tried, 2 * HOUR, 2 * HOUR + 20 * MINUTE, 2 * HOUR + 31 * MINUTE) == [1, 0, 1]
    assert tries(losing, tried, 7 * HOUR, 8 * HOUR, 9 * HOUR + MINUTE) == [1, 0, 1]
    assert tries(losing, tried, 2 * DAY, 2 * DAY + 12 * HOUR, 3 * DAY + MINUTE) == [1, 0, 1]


def test_its_response_is_pending_until_then_and_rejected_when_it_is_given_up(losing: World, tried: list[str]) -> None:
    tries(losing, tried, 0 * MINUTE, 2 * HOUR)
    resting = losing.ledger("SELECT state FROM run_rows WHERE key = 'survey:r2'")

    assert tries(losing, tried, 15 * DAY, 16 * DAY, 30 * DAY) == [1, 0, 0]
    assert resting == [(State.PENDING,)]
    assert losing.ledger("SELECT state, reason FROM run_rows WHERE key = 'survey:r2'") == [(State.REJECTED, "E501")]
    assert losing.ledger("SELECT state, kind, attempts FROM failures") == [("given_up", "transient", 3)]


def test_a_replay_sends_what_was_given_up(losing: World, tried: list[str]) -> None:
    tries(losing, tried, 0 * MINUTE, 15 * DAY)
    losing.through = lambda store: store

    report = losing.sync(replay=Selection())

    assert report.rows.total(State.WRITTEN) == 1
    assert losing.scores() == {"C-1": 9, LOST: 3}


def test_newer_values_do_not_rest(losing: World, tried: list[str]) -> None:
    tries(losing, tried, 0 * MINUTE, 3 * DAY)
    losing.source.add(response(2, 7, email="bob@acme.test"))

    assert tries(losing, tried, 3 * DAY + MINUTE) == [1]
