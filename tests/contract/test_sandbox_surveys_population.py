"""What a played survey service's population holds, whatever its seed: all that careless readers stumble over."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from sandbox import Clock, surveys
from sandbox.surveys.serving import WORLDS

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock.standing(START.timestamp())


def peopled(name: str, clock: Clock, seed: int = 1, count: int = 100) -> surveys.SurveyWorld:
    world = WORLDS[name](seed, clock)
    surveys.fill(world, count)
    return world


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", surveys.NAMES)
def test_every_service_has_ties_zeros_repeats_and_rows_that_do_not_count(name, seed, clock):
    world = peopled(name, clock, seed)
    truth = world.truth()
    moments = Counter(one.at for one in truth)

    assert 70 < len(truth) <= 100
    assert max(moments.values()) > 1
    assert {0, 10} <= {one.score for one in truth}
    assert None in {one.comment for one in truth}
    assert max(Counter(one.email for one in truth if one.email).values()) > 1
    assert any(not one.counts for one in world.answers)
    assert all(one.at <= START for one in world.answers)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", surveys.NAMES)
def test_three_days_bring_new_late_edited_and_deleted_answers(name, seed, clock):
    world = peopled(name, clock, seed)
    before = {one.id: one for one in world.truth()}
    clock.advance(3 * 86_400)
    after = {one.id: one for one in world.truth()}
    new = [after[key] for key in after.keys() - before.keys()]
    newest = max(one.at for one in before.values())

    assert any(one.at > START for one in new)
    assert any(one.at < newest for one in new), "nobody was late"
    assert before.keys() - after.keys() <= world.answers.gone
    assert before.keys() & world.answers.gone
    assert world.edits == any(before[key] != after[key] for key in before.keys() & after.keys())
    assert all(one.modified <= START + timedelta(days=3) for one in world.answers)


def test_polling_often_or_once_ends_with_the_same_answers():
    ends = []
    for step in (3_600, 3 * 86_400):
        clock = Clock.standing(START.timestamp())
        world = peopled("surveymonkey", clock)
        for _ in range(0, 3 * 86_400, step):
            clock.advance(step)
            world.truth()
        ends.append(world.truth())

    assert ends[0] == ends[1]


def test_people_given_by_name_are_who_answers(clock):
    world = WORLDS["retently"](1, clock)
    surveys.fill(world, 20, [("ann@x.example", "Ann Abel"), ("bob@x.example", "Bob Brandt")])

    assert {"ann@x.example", "bob@x.example"} == {one.email for one in world.truth()}


def test_times_are_no_finer_than_the_service_tells_them(clock):
    at = datetime(2026, 11, 1, 8, 0, 0, 123_456, tzinfo=UTC)
    told = {}
    for name in ("typeform", "retently", "zenloop"):
        world = WORLDS[name](1, clock)
        told[name] = world.truth()[0].at.microsecond if world.add(9, at=at) else None

    assert {"typeform": 0, "retently": 123_000, "zenloop": 123_456} == told


def test_what_is_deleted_by_hand_stays_deleted(clock):
    world = peopled("typeform", clock)
    for one in world.truth():
        world.delete(one.id)
    clock.advance(4 * 86_400)

    assert all(one.at > START - timedelta(hours=31) for one in world.truth())
    world.delete(next(iter(world.answers.gone)))
