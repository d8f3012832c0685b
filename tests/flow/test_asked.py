"""Who was asked, from a source in memory: what it computes, when it is tried again, and what it never causes."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connectors.contract import Page
from connectors.sends import Send, SendState
from tests.flow.undoing import undo
from tests.flow.world import MAPPING, NOW, SETTINGS, World, response

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIELDS = {"score": "score", "status": "status", "sends": "sends", "answered": "answered", "risk": "risk"}
RATES = {"sends": "sends", "answered": "answered", "rate": "response_rate", "responses": "responses"}
PEOPLE = "SELECT customer_id, score, status, sends, answered FROM people ORDER BY customer_id"
ACCOUNTS = "SELECT account_id, sends, answered, rate, responses FROM accounts ORDER BY account_id"
ADA, BOB, CLEO = "ada@acme.test", "bob@acme.test", "cleo@bolt.test"


def send(number: int, email: str, state: str = "sent", *, days_ago: float = 10) -> Send:
    sent_at = NOW - timedelta(days=days_ago)
    return Send(send_id=f"s{number}", survey="nps", state=SendState(state), sent_at=sent_at, email=email)


def tell(world: World, *sends: Send) -> None:
    """Have the source tell of *sends* with its next page."""
    world.source.pages.append(Page(stream="memory", sends=sends, cursor=""))


def prepare(world: World) -> World:
    world.mapping = deepcopy(MAPPING) | {"fields": FIELDS}
    world.mapping["rollup"] = {"object": "accounts", "key": {"account_id": "account"}, "fields": RATES}
    world.settings = deepcopy(SETTINGS)
    world.settings["segments"] = {"silent": {"status": "never_responded", "sent_age": {"min": "14d"}}}
    return world


@pytest.fixture
def asking(world: World) -> World:
    """A world in which Ada answered one of two, Bob ignored his, and Cleo's never arrived."""
    prepare(world)
    world.source.add(response(1, 9, email=ADA))
    tell(world, send(1, ADA, "answered"), send(2, ADA, days_ago=40), send(3, BOB, "opened"), send(4, CLEO, "bounced"))
    return world


def test_silence_and_rates_are_told_and_a_run_without_news_writes_nothing(ledger_url: str, tmp_path: Path) -> None:
    world = prepare(World(tmp_path, ledger_url=ledger_url).make_customers())
    world.source.add(response(1, 9, email=ADA))
    tell(world, send(1, ADA, "answered"), send(2, ADA, days_ago=40), send(3, BOB, "opened"), send(4, CLEO, "bounced"))
    report = world.sync().as_json()

    assert [("C-1", 9, "current", 2, 1), ("C-2", None, "never_responded", 1, 0)] == world.execute(PEOPLE)
    assert [("A-1", 3, 1, 0.3333, 1)] == world.execute(ACCOUNTS)
    assert {"sends": 3, "answered": 1, "response_rate": 0.3333} == report["sends"]
    assert {"in": 1, "written": 1} == {name: rows for name, rows in report["rows"].items() if rows}
    assert {} == world.sync(full_refresh=True).as_json()["writes"]


def test_where_nobody_tells_who_was_asked_there_is_no_rate(asking: World) -> None:
    """Blank, and not 0 %."""
    asking.source.pages.pop()
    report = asking.sync().as_json()

    assert report["sends"] is None
    assert [("C-1", 9, "current", None, None)] == asking.execute(PEOPLE)
    assert [("A-1", None, None, None, 1)] == asking.execute(ACCOUNTS)


def test_time_alone_makes_somebody_silent_and_takes_the_sends_out_of_the_window(asking: World) -> None:
    asking.sync()
    now = "SELECT customer_id, segment FROM segment_members"
    assert [] == asking.execute(now)

    asking.now = NOW + timedelta(days=5)
    asking.sync()
    assert [("C-2", "silent")] == asking.execute(now)

    asking.now = NOW + timedelta(days=370)
    asking.sync()
    assert [("C-1", 9, "expired", 0, 0), ("C-2", None, "never_responded", 0, 0)] == asking.execute(PEOPLE)
    assert [("A-1", 0, 0, None, 0)] == asking.execute(ACCOUNTS)


def test_whoever_answers_at_last_is_silent_no_longer(asking: World) -> None:
    asking.now = NOW + timedelta(days=20)
    asking.sync()
    tell(asking, send(3, BOB, "answered"))
    asking.source.add(response(2, 3, email=BOB, days_ago=-19))

    report = asking.sync().as_json()

    assert ("C-2", 3, "current", 1, 1) == asking.execute(PEOPLE)[1]
    assert [] == asking.execute("SELECT * FROM segment_members")
    assert [(0,)] == asking.ledger("SELECT persons FROM totals WHERE survey_kind = 'silent'")
    assert 1 == report["rows"]["written"]


def test_an_answer_that_only_the_service_knows_makes_nobody_silent(asking: World) -> None:
    """It was left out as spam, say: the person has no status, and what was said before is taken back."""
    asking.sync()
    tell(asking, send(3, BOB, "answered"))

    asking.sync()

    assert [("C-1", 9, "current", 2, 1), ("C-2", None, None, None, None)] == asking.execute(PEOPLE)


def test_nobody_is_held_for_having_been_asked_and_is_tried_again_the_next_day(asking: World) -> None:
    tell(asking, send(5, "team@twin.test"), send(6, "zoe@new.test"))
    asking.sync()
    waiting = "SELECT count(*) FROM waiting_sends"
    held = "SELECT count(*) FROM matches WHERE outcome <> 'matched'"
    assert ([(2,)], [(0,)]) == (asking.ledger(waiting), asking.ledger(held))

    asking.execute("INSERT INTO customers VALUES ('C-9', 'zoe@new.test', 'Zoe', 'Zorn', 'A-9')")
    asking.sync()
    assert [(2,)] == asking.ledger(waiting)

    asking.now = NOW + timedelta(hours=25)
    asking.sync()
    assert ([(1,)], ("C-9", None, "never_responded", 1, 0)) == (asking.ledger(waiting), asking.execute(PEOPLE)[-1])


def test_a_mapping_without_a_word_of_silence_hears_nothing_of_it(asking: World) -> None:
    asking.mapping |= {"fields": {"score": "score", "responses": "responses"}}
    asking.sync()

    assert [("C-1",)] == asking.execute("SELECT customer_id FROM people")
    # Nor do those of whom it hears nothing make its guard any laxer.
    assert [("silent", 1)] == asking.ledger("SELECT survey_kind, persons FROM totals WHERE survey_kind = 'silent'")


def test_undoing_takes_silence_back_and_the_next_run_leaves_it_so(asking: World) -> None:
    run = asking.sync().run
    undo(asking, run)

    assert [] == [row for row in asking.execute(PEOPLE) if row[2] is not None]
    asking.sync()
    assert [] == [row for row in asking.execute(PEOPLE) if row[2] is not None]


class Crash(BaseException):
    """The process is gone; nothing of ours may catch it."""


def test_dying_between_storing_and_computing_ends_as_a_run_that_lived(tmp_path: Path) -> None:
    def build(name: str) -> World:
        (tmp_path / name).mkdir()
        world = prepare(World(tmp_path / name).make_customers())
        world.source.add(response(1, 9, email=ADA))
        tell(world, send(1, ADA, "answered"), send(3, BOB, "opened"), send(6, "zoe@new.test"))
        return world

    def state(world: World) -> list[Any]:
        ledger = (
            "SELECT * FROM sends ORDER BY key",
            "SELECT * FROM waiting_sends",
            "SELECT * FROM profiles ORDER BY record",
        )
        return [world.execute(PEOPLE), world.execute(ACCOUNTS), *map(world.ledger, ledger)]

    def dies_before(name: str) -> Callable[[str], None]:
        def step(now: str) -> None:
            if now == name:
                raise Crash

        return step

    lived = build("lived")
    lived.sync()
    for name in ("match.asked", "compute.records", "compute.rollups"):
        world = build(name)
        world.step = dies_before(name)
        with pytest.raises(Crash):
            world.sync()
        world.step = lambda _name: None
        world.sync()
        assert state(lived) == state(world), f"after dying before {name}"
