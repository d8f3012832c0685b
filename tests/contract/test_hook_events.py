"""Events of services in the ledger, on each engine: once each, and numbered as they become visible."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from threading import Thread

from connectors.surveys.events import Event
from sync.ledger import arrivals, hooks
from sync.ledger.store import Ledger

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def event(number: int) -> Event:
    return Event(f"{number:032x}", "S1", f"r{number}")


def test_an_event_is_kept_once_and_wakes_once(ledger_url: str) -> None:
    with closing(Ledger(ledger_url)) as ledger:
        with ledger.write() as connection:
            first = hooks.store(connection, "survey", [event(1), event(2)], NOW)
        with ledger.write() as connection:
            again = hooks.store(connection, "survey", [event(2), event(3), event(1)], NOW)
            other = hooks.store(connection, "other", [event(1)], NOW)
        with ledger.read() as connection:
            waiting = hooks.waiting(connection, "survey", 0)
            rest = hooks.waiting(connection, "survey", 2)
            newest = {name: hooks.newest(connection, name) for name in ("survey", "other", "nobody")}
            arrived = arrivals.newest(connection)

    assert [(2, 0), (1, 2), (1, 0)] == [first, again, other]
    assert [(1, "r1"), (2, "r2"), (3, "r3")] == [(each.number, each.response) for each in waiting]
    assert ["r3"] == [each.response for each in rest]
    assert {"survey": 3, "other": 1, "nobody": 0} == newest
    assert {"survey": 3, "other": 1} == arrived


def test_two_listeners_take_the_same_calls_together(ledger_url: str) -> None:
    """Each event is one row, and no number becomes visible after a higher one."""
    gaps: list[list[int]] = []
    with closing(Ledger(ledger_url)) as reader:

        def listen(numbers: list[int]) -> None:
            with closing(Ledger(ledger_url)) as ledger:
                for number in numbers:
                    with ledger.write() as connection:
                        hooks.store(connection, "survey", [event(number)], NOW)
                    with ledger.read() as connection:
                        gaps.append([each.number for each in hooks.waiting(connection, "survey", 0)])

        threads = [Thread(target=listen, args=(list(order),)) for order in (range(20), range(19, -1, -1))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with reader.read() as connection:
            stored = hooks.waiting(connection, "survey", 0)

    numbers = [each.number for each in stored]
    assert {f"r{number}" for number in range(20)} == {each.response for each in stored}
    assert 20 == len(set(numbers))
    assert all(seen == numbers[: len(seen)] for seen in gaps)


def test_old_events_are_forgotten(ledger_url: str) -> None:
    with closing(Ledger(ledger_url)) as ledger:
        with ledger.write() as connection:
            hooks.store(connection, "survey", [event(1)], NOW - timedelta(days=31))
            hooks.store(connection, "survey", [event(2)], NOW)
            hooks.trim(connection, NOW - hooks.KEEP)
        with ledger.read() as connection:
            assert ["r2"] == [each.response for each in hooks.waiting(connection, "survey", 0)]
