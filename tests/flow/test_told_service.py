"""The service that syncs, the listener beside it, and a survey service that calls: seconds later the CRM has it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import yaml

from sandbox.surveys.hooks import SECRETS, Notifier
from sync.cli.scheduling import serve
from sync.cli.screen import Screen
from sync.cli.session import Session
from sync.errors import Exit
from sync.listening import listening
from sync.wiring import open_project
from tests.flow.surveyed import Surveyed
from tests.flow.test_schedule import Time

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_called_response_is_in_the_crm_within_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every interval is an hour here; polling would bring it then."""
    for field, secret in SECRETS["surveymonkey"].items():
        monkeypatch.setenv(f"NPSYNC_SURVEY_{field.upper()}", secret)
    asked: list[int] = []
    seen: dict[str, Any] = {}
    with Surveyed("surveymonkey", "hubspot", tmp_path, responses=0) as played:
        config = yaml.safe_load((tmp_path / "config.yaml").read_text())
        config["connections"]["survey"]["webhooks"] = "https://hooks.acme.example/webhooks/survey"
        played.desk.write("config.yaml", yaml.safe_dump(config))
        with open_project(tmp_path / "config.yaml") as project, listening(project, "127.0.0.1", 0) as listener:
            notifier = Notifier(played.world, listener.address("survey"))

            def somebody_answers() -> None:
                seen["before"] = played.in_crm()
                seen["status"] = notifier.tell(played.world.add(9, email="p3@acme3.example"))
                seen["polls"] = played.service.log.count(path_contains="bulk")

            def look() -> None:
                seen["crm"], seen["store"] = played.in_crm(), played.in_store()

            time = Time(asked, s20=somebody_answers, s23=look, s24=lambda: asked.append(signal.SIGTERM))
            session = Session(screen=Screen(quiet=True), config=tmp_path / "config.yaml")
            left = serve(session, [], asked, timer=time, sleep=time.sleep)
        polls = played.service.log.count(path_contains="bulk")

    assert Exit.DONE == left
    assert ({}, 202) == (seen["before"], seen["status"])
    assert {"p3@acme3.example": (9, 1)} == seen["crm"] == seen["store"]
    assert seen["polls"] == polls
