"""Segments as members of campaigns or lists: in the destination's own words, and complete when these change."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from tests.flow.world import MAPPING, SETTINGS, response

if TYPE_CHECKING:
    from tests.flow.world import World

MEMBERS = "SELECT customer_id, campaign_id, since FROM members ORDER BY customer_id"
NOW = "2026-11-22T07:00:00.000Z"


def campaigns(**values: str) -> dict[str, Any]:
    customer = {"from": "record.id", "object": "customers"}
    key = {"customer_id": customer, "campaign_id": {"from": "segment", "values": values}}
    return {"object": "members", "key": key, "fields": {"since": "since"}}


@pytest.fixture
def market(world: World) -> World:
    """A world in which those at risk are in a campaign, and advocates are not."""
    world.mapping = deepcopy(MAPPING) | {"segments": campaigns(at_risk="701")}
    world.settings = deepcopy(SETTINGS)
    world.settings["segments"] = {"at_risk": {"category": "detractor"}, "advocates": {"category": "promoter"}}
    world.source.add(response(1, 3, email="ada@acme.test"), response(2, 9, email="bob@acme.test"))
    return world


def test_a_segment_is_written_as_its_campaign_and_one_without_is_not(market: World) -> None:
    report = market.sync()

    assert [("C-1", "701", NOW)] == market.execute(MEMBERS)
    assert 1 == report.as_json()["writes"]["members"]
    assert 0 == sum(market.sync(full_refresh=True).as_json()["writes"].values())


def test_who_leaves_the_segment_leaves_the_campaign(market: World) -> None:
    market.sync()
    market.source.add(
        response(3, 8, email="ada@acme.test", days_ago=0), response(4, 2, email="bob@acme.test", days_ago=0)
    )
    market.sync()

    assert [("C-2", "701", NOW)] == market.execute(MEMBERS)


def test_a_campaign_that_is_named_later_gets_those_who_are_in_the_segment_already(market: World) -> None:
    market.sync()
    market.mapping["segments"] = campaigns(at_risk="701", advocates="702")
    market.now = market.now.replace(hour=9)
    report = market.sync()

    assert [("C-1", "701", NOW), ("C-2", "702", NOW)] == market.execute(MEMBERS)
    assert {"members": 1} == {name: count for name, count in report.as_json()["writes"].items() if count}
    assert 0 == sum(market.sync().as_json()["writes"].values())


def test_a_block_that_is_added_later_gets_everybody(market: World) -> None:
    block = market.mapping.pop("segments")
    market.sync()
    market.mapping["segments"] = block
    market.sync()

    assert [("C-1", "701", NOW)] == market.execute(MEMBERS)


def test_a_dry_run_shows_who_enters_and_who_leaves(market: World) -> None:
    """A member of a campaign may have no fields besides its key."""
    market.mapping["segments"]["fields"] = {}
    entering = market.sync(dry_run=True)
    market.sync()
    market.source.add(response(3, 8, email="ada@acme.test", days_ago=0))
    leaving = market.sync(dry_run=True)

    def shown(report: Any) -> list[tuple[str, str, Any, Any]]:
        return [(c.record, c.field, c.old, c.new) for c in report.changes if c.object == "members"]

    name = "C-1\x1f701"
    assert [(name, "campaign_id", None, "701"), (name, "customer_id", None, "C-1")] == shown(entering)
    assert [(name, "campaign_id", "701", None), (name, "customer_id", "C-1", None)] == shown(leaving)
    assert 1 == leaving.writes["members"]
