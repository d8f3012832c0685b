"""A total outage in the middle of a replay: few calls into it, one message, nothing lost and nothing written twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sync.engine import Choices
from sync.ledger.failures import Selection
from tests.flow.outages import Outage, after, writes
from tests.flow.played import HEAD, Crm, email
from tests.flow.test_replay_crm import CAUSES, CONTACTS, low

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.flow.outages import Ran

#: After one and ten, two batches of HubSpot's are left.
PEOPLE = 130
MOST = 100
REPLAY = Choices(replay=Selection())


@pytest.fixture(params=["rule", "option"])
def refused(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crm]:
    """A CRM that refused everybody, and would not any more."""
    cause = CAUSES[request.param]
    with Crm(cause.vendor, tmp_path, people=PEOPLE) as crm:
        cause.begin(crm)
        rows = (f"r{n},{low(n)},2026-11-20 10:00:00,{email(n)},\n" for n in range(PEOPLE))
        crm.desk.write("responses.csv", HEAD + "".join(rows))
        assert 1 == Outage(crm, "unavailable", begins=lambda _request: False).sync().exit
        assert set(scores(crm).values()) == {None}
        cause.end(crm)
        yield crm


def scores(crm: Crm) -> dict[str, float | None]:
    kind, name, score = CONTACTS[crm.vendor]
    held = {each[name]: each.get(score) for each in crm.world.records(kind)}
    return {who: None if held[who] in (None, "") else float(held[who]) for who in map(email, range(PEOPLE))}


def counted(ran: Ran) -> tuple[int, int, int, int]:
    assert ran.report is not None
    assert ran.report.replayed is not None
    [told] = ran.report.replayed
    return told.delivered, told.failed, told.left, told.superseded


def written(crm: Crm, *runs: Ran) -> int:
    return sum(ran.report.writes.get(CONTACTS[crm.vendor][0], 0) for ran in runs if ran.report is not None)


def replayed_into(outage: Outage) -> Ran:
    """Replay into an outage; what is told of it is what arrived."""
    ran = outage.sync(REPLAY)
    assert (5, ("E501",)) == (ran.exit, ran.codes)
    assert max(outage.met, ran.retries) <= MOST
    delivered, failed, left, superseded = counted(ran)
    assert delivered == written(outage.crm, ran)
    assert (PEOPLE - delivered, 0, 0) == (left, failed, superseded)
    assert left > 0
    outage.end()
    return ran


def is_whole(outage: Outage, *runs: Ran) -> None:
    """Everybody's record is right, each was confirmed once, and nothing is left to do."""
    crm, idle = outage.crm, outage.sync(REPLAY)
    assert (0, 0, ()) == (runs[-1].exit, runs[-1].pending, runs[-1].codes)
    assert {email(n): low(n) for n in range(PEOPLE)} == scores(crm)
    assert PEOPLE == written(crm, *runs)
    assert (0, 0, 0, PEOPLE) == counted(idle)
    assert 0 == written(crm, idle)


@pytest.mark.parametrize("before", [0, 1, 2])
@pytest.mark.parametrize("kind", ["unavailable", "unanswered"])
def test_the_next_replay_makes_up_for_it(refused: Crm, kind: str, before: int) -> None:
    outage = Outage(refused, kind, begins=after(before, writes(refused.vendor)))

    ran = replayed_into(outage)

    is_whole(outage, ran, outage.sync(REPLAY))


@pytest.mark.parametrize("refused", ["option"], indirect=True)
@pytest.mark.parametrize("kind", ["unavailable", "unanswered"])
def test_in_the_middle_of_a_wave_the_next_sync_makes_up_for_it_where_it_sees_the_cause_gone(
    refused: Crm, kind: str
) -> None:
    """A part of the last wave had arrived, and was told as not sent; which of its two calls is met is chance."""
    outage = Outage(refused, kind, begins=after(3, writes(refused.vendor)))

    ran = replayed_into(outage)

    assert counted(ran)[0] in {1 + 10 + 100, 1 + 10 + 19}
    is_whole(outage, ran, outage.sync())
