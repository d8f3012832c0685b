"""What a sync does when it must not go on: it stops at the right place, says once what to do, and goes on later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.limits import Daily, Limits
from tests.flow.played import VENDORS, Crm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.flow.desk import Said

PEOPLE = 250
PERSON = {"salesforce": "Contact", "hubspot": "contacts"}
SCORE = {"salesforce": "NPS_Score__c", "hubspot": "nps_score"}
#: What a person may do, in the words of the vendor.
TO_DO = {"salesforce": "field-level security", "hubspot": "Settings > Properties"}


@pytest.fixture(params=VENDORS)
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crm]:
    with Crm(request.param, tmp_path, people=PEOPLE, oauth=True) as crm:
        yield crm


def written(crm: Crm) -> int:
    """How many people of the CRM have a score."""
    records = crm.world.records(PERSON[crm.vendor])
    return sum(record.get(SCORE[crm.vendor]) not in (None, "") for record in records)


def codes(said: Said) -> list[str]:
    """The error codes that a person is shown, which are one: everything else would hide what matters."""
    return [line for line in said.err.splitlines() if "npsync help E" in line]


def test_an_unknown_property_stops_before_anything_is_written(crm: Crm) -> None:
    if crm.vendor == "salesforce":
        crm.world.drop_field("Contact", SCORE[crm.vendor])
    else:
        crm.world.catalogue("contacts").archive(SCORE[crm.vendor], "2026-01-01T00:00:00.000Z")

    said = crm.sync(1)

    assert 2 == said.status
    assert SCORE[crm.vendor] in said.err
    assert TO_DO[crm.vendor] in said.err
    assert 1 == len(codes(said))
    assert [] == crm.writes()


def test_a_field_that_goes_between_two_syncs_stops_the_second(crm: Crm) -> None:
    crm.sync(1)
    calls = len(crm.service.log)
    if crm.vendor == "salesforce":
        crm.world.hide_field("Contact", SCORE[crm.vendor])
    else:
        crm.world.catalogue("contacts").archive(SCORE[crm.vendor], "2026-01-01T00:00:00.000Z")

    said = crm.sync(1, 2)

    assert 2 == said.status
    assert SCORE[crm.vendor] in said.err
    assert [] == crm.writes(calls)


def test_a_missing_permission_is_named_and_stops_the_run(crm: Crm) -> None:
    if crm.vendor == "salesforce":
        crm.world.allow("Contact")
    else:
        crm.world.doors.scopes = frozenset(
            f"crm.{area}.{kind}.read" for area in ("objects", "schemas") for kind in ("contacts", "companies")
        )

    said = crm.sync(1)

    assert 3 == said.status, said.err
    assert 1 == len(codes(said))
    assert 0 == written(crm)
    assert len(crm.writes()) <= 4, "a right that is missing for one is missing for all"


def test_a_spent_quota_stops_the_run_until_there_is_one_again(crm: Crm) -> None:
    """Nothing is tried again and again; what was written stays written, the rest is written next time."""
    limits = crm.service.limits
    spent = Limits([Daily(9 if crm.vendor == "salesforce" else 6, group=("api", "search"))], limits.group_of)
    crm.service.limits = spent

    said = crm.sync(1)

    assert said.status in (1, 5), said.err
    assert sum(entry.status in (403, 429) for entry in crm.service.log.entries) <= 4
    assert 1 == len(codes(said)), said.err
    first = written(crm)
    crm.service.limits = limits
    assert 0 == crm.sync(1).status
    assert first < PEOPLE == written(crm)


def test_a_token_that_ends_before_a_write_is_renewed_and_nobody_notices(crm: Crm) -> None:
    crm.service.faults.set("expired_token", 1, only="/composite/" if crm.vendor == "salesforce" else "/batch/update")

    assert 0 == crm.sync(1).status
    assert 1 == crm.service.faults.struck["expired_token"]
    assert PEOPLE == written(crm)


def test_a_token_that_no_renewal_helps_is_a_matter_of_signing_in(crm: Crm) -> None:
    """The library that we call with signs in for ever; we do so once for each call."""
    crm.service.faults.set("expired_token", 1.0)

    said = crm.sync(1)

    assert 3 == said.status
    assert "npsync auth" in said.err
    assert 1 == len(codes(said))
    assert sum("/oauth" in entry.path for entry in crm.service.log.entries) <= 3
    assert len(crm.since(0)) <= 4
