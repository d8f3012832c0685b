"""From a service's call to the customer's record: the listener stores the event, the schedule sees it and runs."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sync.cli.scheduling import serve
from sync.cli.screen import Screen
from sync.cli.session import Session
from tests.flow.test_webhooks import bench

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_what_a_service_calls_about_is_written_seconds_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And without polling: the next poll is at the end of the interval."""
    with bench("surveymonkey", tmp_path, monkeypatch) as it:
        asked: list[int] = []
        begun = it.clock()
        seen: dict[str, Any] = {}

        def sleep(seconds: float) -> None:
            before = round(it.clock() - begun)
            it.clock.sleep(seconds)
            match round(it.clock() - begun):
                case 30:
                    seen["key"] = it.service.world.add(9, email="person2@example.com")
                    seen["status"] = it.notifier.tell(seen["key"])
                    seen["polls"] = it.polls()
                case now if before < 33 <= now:
                    seen["written"], seen["polled"] = it.written(), it.polls()
                    asked.append(signal.SIGTERM)

        session = Session(screen=Screen(quiet=True), config=it.desk.folder / "config.yaml")
        serve(session, [], asked, clock=lambda: datetime.fromtimestamp(it.clock(), UTC), timer=it.clock, sleep=sleep)

    assert 202 == seen["status"]
    assert {seen["key"]: 9} == seen["written"]
    assert seen["polls"] == seen["polled"]
