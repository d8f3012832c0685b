"""Contacts that are merged or archived in HubSpot between two runs; a merge gives the survivor an id of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.hubspot import Portal, serve
from tests.flow.test_hubspot import Crm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def crm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crm]:
    portal = Portal(seed=1)
    monkeypatch.setenv("NPSYNC_HUBSPOT_TOKEN", "pat-na1-0000")
    with serve(portal, tier="enterprise") as service:
        yield Crm(tmp_path, service, portal)


def test_both_sides_of_a_merge_are_one_contact_with_a_new_id(crm: Crm) -> None:
    """Bob answered last; the next answer from either address counts for the same contact."""
    crm.sync()
    new = crm.portal.merge("contacts", crm.ada, crm.bob)
    assert new not in (crm.ada, crm.bob)

    crm.sync()

    assert ("3", "9") == (crm.contact(new)["nps_score"], crm.contact(new)["nps_previous_score"])
    assert "1" == crm.portal.get("companies", crm.company)["nps_responses"]
    before = crm.writes()
    crm.sync()
    assert before == crm.writes()


def test_a_merge_of_a_merge_is_followed(crm: Crm) -> None:
    crm.sync()
    first = crm.portal.merge("contacts", crm.ada, crm.bob)
    crm.sync()
    second = crm.portal.merge("contacts", crm.eve, first)

    crm.sync()

    assert ("3", "9") == (crm.contact(second)["nps_score"], crm.contact(second)["nps_previous_score"])


def test_an_archived_contact_is_not_made_again(crm: Crm) -> None:
    crm.sync()
    contacts = crm.portal.store("contacts")
    crm.portal.archive(contacts, contacts.records[crm.bob], crm.portal.clock())

    crm.sync()

    assert 2 == len(crm.portal.records("contacts"))
    assert ("100", "1") == tuple(crm.portal.get("companies", crm.company)[name] for name in ("nps", "nps_responses"))
    before = crm.writes()
    crm.sync()
    assert before == crm.writes()
