"""The numbers of a run and of its mapping, read from the ledger: rows by state, persons by category."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.values import SurveyKind
from sync.ledger import inbox, profiles, sends
from sync.nps.category import Category
from sync.nps.interval import Counts
from sync.nps.rollup import response_rate, summary
from sync.report import Rows, SendSummary, State
from sync.times import to_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sync.nps.settings import NpsSettings
    from sync.report import NpsSummary
    from sync.run import Run


def rows(connection: Connection, run: Run) -> Rows:
    """Return where every row of *run* stands; pending rows have no reason of their own."""
    by_state: dict[State, dict[str, int]] = {}
    entered, counts = inbox.counts(connection, run.name, run.id)
    for (state, reason), number in counts.items():
        shown = "" if state is State.PENDING else reason
        reasons = by_state.setdefault(state, {})
        reasons[shown] = reasons.get(shown, 0) + number
    return Rows(entered=entered, by_state=by_state)


def nps(connection: Connection, run: Run, settings: NpsSettings) -> NpsSummary:
    """Return the NPS over everybody whose latest response has not expired, matched to a record or not."""
    persons = profiles.totals(connection, run.name)
    by_kind = {kind: Counts(*(persons.get((kind.value, each.value), 0) for each in Category)) for kind in SurveyKind}
    return summary(by_kind, settings)


def asked(connection: Connection, run: Run, settings: NpsSettings) -> SendSummary | None:
    """Return what became of the surveys that were sent; None, without a look: the source does not tell."""
    if not run.asks:
        return None
    count, answered = sends.delivered(connection, run.mapping.from_, to_text(run.now - settings.expires_after))
    return SendSummary(sends=count, answered=answered, response_rate=response_rate(count, answered))
