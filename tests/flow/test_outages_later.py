"""A total outage while a run is taken back: nothing is lost, and undoing it again finishes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sync.undo_report import Wish
from tests.flow.outages import Outage, after, writes
from tests.flow.played import VENDORS, Crm

if TYPE_CHECKING:
    from pathlib import Path


def undo(outage: Outage, run: str) -> None:
    with outage.project() as project:
        project.undoer(outage.crm.vendor).undo(Wish(run=run, fields=frozenset(), object=None))


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("written", [0, 1])
def test_an_undo_that_meets_an_outage_is_finished_by_undoing_again(vendor: str, written: int, tmp_path: Path) -> None:
    with Crm(vendor, tmp_path, people=150) as crm:
        quiet = Outage(crm, "unavailable", begins=lambda _request: False)
        crm.export(1)
        assert 0 == quiet.sync().exit
        before = crm.held()
        crm.export(1, 2)
        second = quiet.sync()
        assert second.report is not None
        outage = Outage(crm, "unavailable", begins=after(written, writes(vendor)))
        outage.time = quiet.time

        undo(outage, second.report.run)

        assert 0 < outage.met <= 100
        assert outage.time.retries <= 100
        outage.end()
        undo(outage, second.report.run)
        now = crm.held()
        assert before == {kind: {name: now[kind][name] for name in records} for kind, records in before.items()}
