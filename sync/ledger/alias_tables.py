"""The table of records that are known by another id now, or are gone."""

from __future__ import annotations

from sqlalchemy import Column, Index, Text

from sync.ledger.tables import key, keyed

#: The stream under which is remembered up to where moves were followed.
MOVES = "@moves"
#: What became of records that the ledger knew. Chains are kept short: a row leads to where the record is now.
ALIASES = keyed(
    "aliases",
    key("mapping"),
    key("object"),
    key("record"),
    Column("new_object", Text),  # null, as `new`: deleted without a successor
    Column("new", Text),
    Column("run", Text, nullable=False),  # that learnt of it
    Column("at", Text, nullable=False),
    Index("aliases_by_new", "mapping", "new_object", "new"),
)
