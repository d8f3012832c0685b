"""The org that the sandbox plays, and a connection to it, for tests of the Salesforce connector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.faults import Faults
from sandbox.salesforce import Org, serve
from tests.salesforce import connected, with_nps_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.salesforce.destination import Salesforce


@pytest.fixture
def org() -> Org:
    """Return an org without people, with the fields of the ready mapping."""
    made: Org = with_nps_fields(Org(None))
    return made


@pytest.fixture
def service(org: Org) -> Iterator[Any]:
    """Serve the org, without faults at first."""
    with serve(org, faults=Faults()) as running:
        yield running


@pytest.fixture
def salesforce(service: Any) -> Iterator[Salesforce]:
    """Connect to the org."""
    made = connected(service)
    yield made
    made.close()
