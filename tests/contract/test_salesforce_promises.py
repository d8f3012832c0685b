"""Salesforce keeps what every destination and directory promises: shown with custom objects of the played org."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import SchemaDrift
from connectors.values import Field
from sandbox.faults import Faults
from sandbox.salesforce import Field as Column
from sandbox.salesforce import Org, serve
from tests.contract.destination_contract import DestinationContract
from tests.contract.directory_contract import FLAGS, TEXTS, DirectoryContract
from tests.salesforce import connected

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.salesforce.destination import Salesforce
    from tests.contract.directory_contract import Fill, Row


class TestPromises(DestinationContract):
    CALLS_FOR_ONE_IN_A_HUNDRED = 2  # what does not fit its field is not sent
    BLANK = None
    KEY = "key"

    service: Any

    @pytest.fixture
    def destination(self) -> Iterator[Salesforce]:
        org = Org(None)
        fields = [
            Column(name="key", length=255, external_id=True, unique=True, case_sensitive=True),
            Column(name="name", type="textarea", length=32_000),
            Column(name="score", type="double", precision=18, scale=2),
            Column(name="responded_at", type="datetime"),
            Column(name="current", type="boolean"),
        ]
        org.add_object("people", fields=fields)
        with serve(org, faults=Faults()) as self.service:
            made = connected(self.service)
            made.ensure("people", ["key"], [])
            yield made
            made.close()

    def kept(self, value: str) -> str | None:
        """Salesforce trims text, and its times have whole seconds."""
        return value.replace(".250Z", ".000Z").strip() or None

    def calls(self, destination: Any) -> int:  # noqa: ARG002 - counted where they arrive
        return sum(1 for each in self.service.log.entries if "/query" not in each.path)

    def test_missing_fields_are_added_and_nothing_else_changes(self, destination: Salesforce) -> None:
        """An org is not ours to shape: in a sync that is said, and done only by who asks for it."""
        before, trend = destination.fields("people"), Field(name="Trend__c", type="text")
        with pytest.raises(SchemaDrift, match="`Trend__c`"):
            destination.ensure("people", ["key"], [trend])
        assert before == destination.fields("people")
        destination.make("people", ["key"], [trend])

        *same, added = destination.fields("people")
        assert list(before) == same
        assert ("Trend__c", "text", True) == (added.name, added.type, added.writable)


class TestFinding(DirectoryContract):
    #: No condition of SOQL fits them: letters with nothing between, other scripts' digits, an address's other alphabet.
    MISSED = frozenset({"a\u200bnn@example.com", "٠١٧٠١٢٣٤٥٦٧", "ann@faß.de"})

    @pytest.fixture
    def fill(self) -> Iterator[Fill]:
        org = Org(None)
        texts = [Column(name=name, length=255, external_id=name == "customer_no") for name in TEXTS]
        org.add_object("customers", fields=[*texts, *(Column(name=name, type="boolean") for name in FLAGS)])
        with serve(org, faults=Faults()) as service:
            made = connected(service)

            def filled(rows: Sequence[Row]) -> Salesforce:
                for row in rows:
                    org.insert("customers", row)
                return made

            yield filled
            made.close()
