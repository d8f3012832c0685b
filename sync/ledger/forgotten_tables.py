"""The tables that remember that persons were forgotten, without remembering the persons."""

from __future__ import annotations

from sqlalchemy import Column, Text

from sync.ledger.tables import key, keyed

#: One row, made when somebody is forgotten for the first time: what the digests of `forgotten` are keyed with.
FORGETTING = keyed("forgetting", key("key"))

#: Digests of what a forgotten person was known by.
FORGOTTEN = keyed(
    "forgotten",
    key("digest"),
    Column("receipt", Text, nullable=False),
    Column("at", Text, nullable=False),
)
