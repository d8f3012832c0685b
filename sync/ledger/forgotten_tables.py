"""The tables that remember that persons were forgotten, without remembering the persons."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from sync.ledger.tables import METADATA

#: One row, made when somebody is forgotten for the first time: what the digests of `forgotten` are keyed with.
FORGETTING = Table("forgetting", METADATA, Column("key", Text, primary_key=True), sqlite_with_rowid=False)

#: Digests of what a forgotten person was known by.
FORGOTTEN = Table(
    "forgotten",
    METADATA,
    Column("digest", Text, primary_key=True),
    Column("receipt", Text, nullable=False),
    Column("at", Text, nullable=False),
    sqlite_with_rowid=False,
)
