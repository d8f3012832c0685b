"""Fixtures of the flow tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.flow.desk import Desk
from tests.flow.forgetting import fill
from tests.flow.world import World

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A project that has not been synced yet."""
    made = Desk(tmp_path)
    made.set_up()
    return made


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world with customers and an empty source."""
    return World(tmp_path).make_customers()


@pytest.fixture
def filled(ledger_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> World:
    """A world in which Ada answered three times; its store stands on the engine of its ledger."""
    if ledger_url.startswith("postgresql"):
        server = request.getfixturevalue("postgres")
        return fill(World(tmp_path, ledger_url=ledger_url, store_url=server.url(server.create())))
    return fill(World(tmp_path))
