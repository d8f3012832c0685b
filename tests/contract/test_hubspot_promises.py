"""HubSpot keeps what every destination promises: shown with a custom object whose key is a unique property."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import SchemaDrift
from connectors.values import Field
from sandbox.hubspot import Portal
from tests.contract.destination_contract import DestinationContract
from tests.contract.hubspot_account import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.hubspot.destination import HubSpot
    from tests.contract.hubspot_account import Account


class TestPromises(DestinationContract):
    CALLS_FOR_ONE_IN_A_HUNDRED = 3  # HubSpot tells the row by its trace id; beside the write there are two reads
    POISON_CODE = "INVALID_NUMBER"
    BLANK = None

    account: Account

    @pytest.fixture
    def destination(self) -> Iterator[HubSpot]:
        portal = Portal(seed=1)
        portal.add_type("people")
        portal.add_property("people", "id", hasUniqueValue=True)
        portal.add_property("people", "name", "string", "textarea")
        portal.add_property("people", "score", "number", "number")
        portal.add_property("people", "responded_at", "datetime", "date")
        portal.add_property("people", "current", "bool", "booleancheckbox")
        with opened(portal) as self.account:
            self.account.crm.ensure("people", ["id"], [])
            yield self.account.crm

    def test_missing_fields_are_added_and_nothing_else_changes(self, destination: HubSpot) -> None:
        """HubSpot is not ours to shape: in a sync that is said, and done only by who asks for it."""
        before, trend = destination.fields("people"), Field(name="trend", type="text")
        with pytest.raises(SchemaDrift, match="`trend`"):
            destination.ensure("people", ["id"], [trend])
        assert before == destination.fields("people")
        destination.make("people", ["id"], [trend])

        *same, added = destination.fields("people")
        assert list(before) == same
        assert ("trend", "text", True) == (added.name, added.type, added.writable)

    def calls(self, destination: Any) -> int:  # noqa: ARG002 - counted where they arrive
        return len(self.account.service.log)
