"""A service calls, and the response that it names is where it belongs after one run that polls nothing."""

from __future__ import annotations

import random
import re
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from sandbox.limits import Limits
from sandbox.surveys import connection, secrets, serve
from sandbox.surveys.hooks import SECRETS, Notifier
from sandbox.surveys.surveymonkey import SurveyMonkey
from sync.config.specs import shipped
from sync.engine import Choices
from sync.ledger import arrivals, hooks
from sync.ledger.tables import RESPONSES
from sync.listening import listening
from sync.wiring import open_project
from tests.contract.survey_contract import NOW
from tests.flow.desk import Desk
from tests.flow.test_survey_services import customers, set_up
from tests.unit.fake_time import FakeTime

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.surveys.serving import Survey
    from sync.report import RunReport
    from sync.wiring import Project

PEOPLE = {f"person{number}@example.com" for number in range(9)}


@dataclass(slots=True)
class Bench:
    """A project whose survey connection is called, a played service that calls, and the listener between them."""

    desk: Desk
    project: Project
    service: Survey
    notifier: Notifier
    clock: FakeTime

    def sync(self, *, only_told: bool) -> RunReport:
        report = self.project.engine("crm").sync(Choices(only_told=only_told))
        assert not report.troubles
        return report

    def written(self) -> dict[str, int]:
        return {key.removeprefix("survey:"): score for key, score in self.desk.stored("SELECT * FROM rows")}

    def held(self) -> dict[str, tuple[int, int]]:
        """Return score and version of each response in the ledger."""
        columns = (RESPONSES.c.response_id, RESPONSES.c.score, RESPONSES.c.version)
        with self.project.ledger.read() as connection:
            return {id_: (score, version) for id_, score, version in connection.execute(select(*columns))}

    def polls(self) -> int:
        """Return how many calls were made that only polling makes."""
        return sum(map(self.calls, ("/bulk", "/responses/asc/")))

    def calls(self, part: str) -> int:
        return self.service.log.count(path_contains=part)


@contextmanager
def bench(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    desk, clock = Desk(folder), FakeTime(NOW.timestamp())
    with serve(name, responses=0, clock=clock, limits=Limits()) as service:
        # Its limits a second are real seconds here.
        spec = shipped()[name].read_text(encoding="utf-8")
        desk.write("hasty.yaml", re.sub(r"^  windows: .*$", "  windows: []", spec, flags=re.MULTILINE))
        said = {**connection(service), "service": None, "spec": "hasty.yaml"}
        said["webhooks"] = "https://hooks.acme.example/webhooks/survey"
        set_up(desk, said)
        mapping = (folder / "mappings/crm.yaml").read_text().replace("object: responses, key", "object: rows, key")
        desk.write("mappings/crm.yaml", mapping.replace("customer_id: record.id, score: score}}", "score: score}}"))
        customers(desk, PEOPLE)
        for field, secret in {**secrets(service), **SECRETS[name]}.items():
            monkeypatch.setenv(f"NPSYNC_SURVEY_{field.upper()}", secret)

        def now() -> datetime:
            return datetime.fromtimestamp(clock(), UTC)

        with open_project(folder / "config.yaml", clock=now) as project, listening(project, "127.0.0.1", 0) as listener:
            url = listener.address("survey").removesuffix("/SECRET")
            yield Bench(desk, project, service, Notifier(service.world, url, public=said["webhooks"]), clock)


@pytest.mark.parametrize("name", ["asknicely", "surveymonkey"])
def test_a_called_response_is_written_without_polling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with bench(name, tmp_path, monkeypatch) as it:
        old = it.service.world.add(3, email="person1@example.com", name="Ann Lee")
        it.sync(only_told=True)  # there was no poll yet, so this is one
        it.clock.sleep(60.0)
        new = it.service.world.add(9, email="person2@example.com", name="Bo Lee")
        silent = it.service.world.add(8, email="person3@example.com", name="Cy Lee")

        status = it.notifier.tell(new)
        polls = it.polls()
        it.sync(only_told=True)
        told, polled = it.held(), it.polls()
        it.sync(only_told=False)

        assert (202, polls) == (status, polled)
        assert told.items() >= {old: (3, 1), new: (9, 1)}.items()
        # What was fetched by its id is the same to us as what is polled: nothing of it was an edit.
        assert {old: (3, 1), new: (9, 1), silent: (8, 1)} == it.held()


def test_a_thousand_events_duplicated_and_reordered_have_one_effect_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A burst is stored once each, and read with the list: one call for each event would take the day's calls."""
    draw = random.Random(5)
    with bench("surveymonkey", tmp_path, monkeypatch) as it:
        it.sync(only_told=False)
        people = sorted(PEOPLE)
        keys = [it.service.world.add(number % 11, email=people[number % 9]) for number in range(100)]
        calls = [it.notifier.call(key) for key in keys] * 10
        draw.shuffle(calls)

        with closing(calls[0].connect()) as link:
            answered = {call.send(link=link) for call in calls}
        with it.project.ledger.read() as connection:
            stored = len(hooks.waiting(connection, "survey", 0))
            arrived = arrivals.newest(connection)
        it.clock.sleep(1.0)
        report = it.sync(only_told=True)
        again = it.sync(only_told=True)

        assert {202} == answered
        assert (100, {"survey": 100}) == (stored, arrived)
        assert 100 == report.rows.entered
        assert 0 == again.rows.entered
        assert {key: number % 11 for number, key in enumerate(keys)} == it.written()


def test_an_event_that_is_faster_than_the_list_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Typeform says of itself that its call may come before its API shows the response."""
    with bench("surveymonkey", tmp_path, monkeypatch) as it:
        it.sync(only_told=False)
        twin = SurveyMonkey(1, it.clock)  # gives the ids that the service will give
        call = Notifier(twin, it.notifier.url).call(twin.add(7))

        status = call.send()
        it.clock.sleep(90.0)
        early = it.sync(only_told=True).rows.entered
        key = it.service.world.add(7, email="person4@example.com")
        later = it.sync(only_told=True).rows.entered
        asked = it.calls("responses")
        it.sync(only_told=True)

        assert (202, 0, 1) == (status, early, later)
        assert {key: 7} == it.written()
        assert asked == it.calls("responses")


def test_a_response_that_nobody_finds_is_left_to_polling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with bench("surveymonkey", tmp_path, monkeypatch) as it:
        it.sync(only_told=False)
        key = it.service.world.add(7, email="person4@example.com")
        call = it.notifier.call(key)
        it.service.world.delete(key)

        status = call.send()
        it.clock.sleep(90.0)
        it.sync(only_told=True)
        asked = it.calls(key)
        it.clock.sleep(3600.0)
        it.sync(only_told=True)
        it.sync(only_told=True)

        assert 202 == status
        assert (1, 2) == (asked, it.calls(key))


def test_who_is_forgotten_leaves_no_event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither then, nor when the service calls once more about what it still holds."""
    with bench("surveymonkey", tmp_path, monkeypatch) as it:
        it.sync(only_told=False)
        key = it.service.world.add(7, email="person4@example.com")
        it.notifier.tell(key)
        it.sync(only_told=True)

        said = it.desk.npsync("forget", "person4@example.com", "--yes")
        with it.project.ledger.read() as connection:
            left = hooks.waiting(connection, "survey", 0)
        it.notifier.tell(key)
        it.sync(only_told=True)

        assert (0, []) == (said.status, left), said.err
        assert {} == it.held()


class Died(BaseException):
    """The process ends here; no trouble of a record, which would be set aside."""


def test_a_run_that_dies_loses_no_event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mapping's place among the events moves with the rows, so a crash before only fetches again."""
    with bench("surveymonkey", tmp_path, monkeypatch) as it:
        it.sync(only_told=False)
        given: dict[str, int] = {}
        for number, last in enumerate(("pull.pages", "match.find", "run.finish")):
            key = it.service.world.add(number, email=f"person{number}@example.com")
            it.notifier.tell(key)
            given[key] = number

            def step(name: str, last: str = last) -> None:
                if name == last:
                    raise Died

            with pytest.raises(Died):
                it.project.engine("crm", step=step).sync(Choices(only_told=True))
            it.sync(only_told=True)

            assert given == it.written()
