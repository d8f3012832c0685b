"""A total outage, whenever it begins: few calls into it, one message, nothing lost, and one sync makes up for it.

The bar (issue 4): at most 100 repetitions for each destination, nothing called any longer after a minute.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from tests.flow.outages import KINDS, Outage, after, writes
from tests.flow.played import VENDORS, Crm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.exchange import Request
    from tests.flow.outages import Ran

#: Three batches of people at HubSpot, two at Salesforce; and further objects after them.
PEOPLE = 220
MOST = 100
MINUTE = 60.0
#: Seconds that a run may go on where no call is answered: each takes 110 s, and it takes three to know.
SILENT = 3 * 110.0 + MINUTE
#: Parts of the paths of calls that look records up.
LOOKS = {"salesforce": ("/query",), "hubspot": ("/batch/read", "/search")}


@cache
def expected(vendor: str, people: int = PEOPLE) -> tuple[dict[str, Any], dict[str, int]]:
    """Return what a CRM holds after a sync that met no fault, and how much that sync wrote."""
    with TemporaryDirectory() as folder, Crm(vendor, Path(folder), people=people) as crm:
        outage = Outage(crm, "unavailable", begins=lambda _request: False)
        crm.export(1)
        ran = outage.sync()
        assert ran.exit == 0
        assert ran.report is not None
        return crm.held(), dict(ran.report.writes)


@pytest.fixture(params=VENDORS)
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crm]:
    with Crm(request.param, tmp_path, people=PEOPLE, oauth=True) as crm:
        crm.export(1)
        yield crm


def is_token(request: Request) -> bool:
    return "/oauth" in request.path


def looks(vendor: str) -> Callable[[Request], bool]:
    return lambda request: any(part in request.path for part in LOOKS[vendor])


def ended_well(outage: Outage, ran: Ran, most_s: float = MINUTE) -> None:
    """See the module."""
    assert 5 == ran.exit
    assert ("E501",) == ran.codes
    assert outage.began_at is not None
    assert outage.met <= MOST
    assert ran.retries <= MOST
    assert ran.lasted_s <= most_s


def makes_up_for_it(outage: Outage, *before: Ran, people: int = PEOPLE) -> None:
    """One sync after the outage brings everything, each row confirmed once, and the next one has nothing to do."""
    crm = outage.crm
    outage.end()
    ran, idle = outage.sync(), outage.sync()
    held, written = expected(crm.vendor, people)

    assert (0, 0, ()) == (ran.exit, ran.pending, ran.codes)
    assert held == crm.held()
    reports = [each.report for each in (*before, ran) if each.report is not None]
    assert written == {name: sum(report.writes.get(name, 0) for report in reports) for name in written}
    assert idle.report is not None
    assert {} == idle.report.writes


@pytest.mark.parametrize("kind", KINDS)
def test_from_the_start(crm: Crm, kind: str) -> None:
    outage = Outage(crm, kind)
    if kind == "gone":
        outage.gone()

    ran = outage.sync()

    ended_well(outage, ran, SILENT if kind == "silent" else MINUTE)
    assert outage.met <= 4, "one call, tried again"
    makes_up_for_it(outage, ran)


@pytest.mark.parametrize("kind", KINDS)
def test_in_the_middle_of_the_writes(crm: Crm, kind: str) -> None:
    outage = Outage(crm, kind, begins=after(1, writes(crm.vendor)))

    ran = outage.sync()

    ended_well(outage, ran, SILENT if kind == "silent" else MINUTE)
    assert 0 < ran.pending < PEOPLE + 1
    makes_up_for_it(outage, ran)


def test_of_looking_records_up_alone(crm: Crm) -> None:
    outage = Outage(crm, "unavailable", meets=looks(crm.vendor))

    ran = outage.sync()

    ended_well(outage, ran)
    assert [] == crm.writes()
    makes_up_for_it(outage, ran)


def test_while_writes_are_read_back(crm: Crm) -> None:
    """A write was applied and its answer lost; then nothing works, so nobody can say what became of it."""
    faults = crm.service.faults
    outage = Outage(crm, "unavailable", begins=lambda _request: bool(faults.struck["cut_after"]))
    faults.set("cut_after", 1, only=after(1, writes(crm.vendor)))

    ran = outage.sync()

    ended_well(outage, ran)
    assert 0 < ran.pending
    makes_up_for_it(outage, ran)


def test_of_signing_in(crm: Crm) -> None:
    outage = Outage(crm, "unavailable", meets=is_token)

    ran = outage.sync()

    ended_well(outage, ran)
    assert [] == crm.since(0)
    makes_up_for_it(outage, ran)


def test_of_signing_in_when_the_token_ends_in_the_middle_of_the_writes(crm: Crm) -> None:
    outage = Outage(crm, "unavailable", begins=after(1, is_token), meets=is_token)
    crm.service.faults.set("expired_token", 1.0, only=after(1, writes(crm.vendor)))

    ran = outage.sync()

    ended_well(outage, ran)
    assert 0 < ran.pending
    makes_up_for_it(outage, ran)
