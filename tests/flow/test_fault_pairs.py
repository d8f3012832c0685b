"""Two kinds of trouble at once, in both vendors: once it is over, the CRM is as if there had been none.

Whole syncs by the command line, with the ready mappings. `python -m tests.flow.fault_pairs` tries every pair.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.flow.fault_pairs import OF_JOBS, chosen, compared, every, names
from tests.flow.played import VENDORS, Crm, email

PAIRS, PEOPLE = 16, 20
#: Faults of replies that few people do not bring about: second pages, refusals, reading back.
RARE = {"short_page", "bare_errors", "stale_read"}


@pytest.fixture(scope="module")
def pool():
    """Most of the time goes by in waiting before another try."""
    with ProcessPoolExecutor(3, multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.mark.timeout(600)
@pytest.mark.parametrize("vendor", VENDORS)
def test_after_any_two_faults_the_crm_is_as_without_them(vendor, pool):
    pairs = chosen(vendor, PAIRS)

    found = list(pool.map(compared, [vendor] * PAIRS, pairs, [PEOPLE] * PAIRS))

    assert [] == [(each.faults, each.wrong) for each in found if each.wrong]
    idle = {name for each in found for name in each.faults} - {name for each in found for name in each.struck}
    assert idle <= RARE, f"these struck nothing: {idle}"


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_fault_has_its_turn_in_the_ordinary_run(vendor):
    met = {name for pair in chosen(vendor, PAIRS) for name in pair}

    assert set(names(vendor)) - OF_JOBS == met
    count = len(names(vendor))
    assert count + count * (count - 1) // 2 == len(every(vendor))


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_fault_that_is_not_noticed_would_be_told_of(vendor, tmp_path):
    """The comparison itself: a wrong value in one record, and a record too many, do not look alike."""
    with Crm(vendor, tmp_path, people=5) as crm:
        assert 0 == crm.sync(1).status
        before = crm.held()
        kind, field = ("Contact", "NPS_Score__c") if vendor == "salesforce" else ("contacts", "nps_score")
        crm.world.update(kind, next(iter(_ids(crm, kind))), {field: 1})

        assert before != crm.held()
        assert email(0) in before[kind]


def _ids(crm, kind):
    return [record.get("Id") or record.get("hs_object_id") for record in crm.world.records(kind)]
