"""The ledger's tables of who was asked; see `docs/reference/ledger.md`."""

from __future__ import annotations

from sqlalchemy import Column, Index, Text

from sync.ledger.tables import key, keyed

#: Surveys that were sent, as the source says it now. One row serves all mappings that read the source.
SENDS = keyed(
    "sends",
    key("key"),  # source:send_id
    Column("source", Text, nullable=False),
    Column("survey", Text, nullable=False),
    Column("state", Text, nullable=False),  # sent | opened | declined | answered | bounced
    Column("sent_at", Text, nullable=False),
    Column("opened_at", Text),
    Column("respondent", Text, nullable=False),
    Index("sends_by_respondent", "respondent"),
    Index("sends_by_time", "source", "sent_at", "state"),
)

#: Those who were asked and are matched to no record. Nobody is held for being asked, so they stand in no match.
WAITING_SENDS = keyed(
    "waiting_sends",
    key("mapping"),
    key("respondent"),
    Column("tried", Text, nullable=False),  # when last; empty: never
    Index("waiting_sends_by_time", "mapping", "tried"),
)
