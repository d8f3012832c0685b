"""What stores the events of calls: one at a time, and nobody waits longer than the service does."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Never

import pytest

from sync.errors import Problem, UserError
from sync.listening import Keeper

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Busy:
    """A ledger that somebody else holds until it is told otherwise."""

    def __init__(self) -> None:
        self.asked, self.free = threading.Event(), threading.Event()

    def write(self) -> Never:
        self.asked.set()
        assert self.free.wait(60)
        raise UserError("E601", Problem(where="ledger.db", what="is held by another program"))


def test_a_call_does_not_wait_behind_another_that_waits() -> None:
    """Each would wait as long as the ledger may be busy, and the service for none of them."""
    ledger, said = Busy(), list[str]()
    keeper = Keeper(ledger, lambda: NOW, patience_s=0.01)  # type: ignore[arg-type] # all that is asked of a ledger

    def first() -> None:
        with pytest.raises(UserError) as told:
            keeper("survey", [])
        said.append(told.value.problems[0].what)

    thread = threading.Thread(target=first)
    thread.start()
    assert ledger.asked.wait(60)
    with pytest.raises(UserError) as told:
        keeper("survey", [])
    ledger.free.set()
    thread.join(60)

    assert "E601" == told.value.code
    assert "another call waits" in told.value.problems[0].what
    assert ["is held by another program"] == said
