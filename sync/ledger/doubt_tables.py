"""The tables that remember which writes may still be on their way."""

from __future__ import annotations

from sqlalchemy import Column, SmallInteger, Table, Text

from sync.ledger.tables import METADATA


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


#: Writes that were sent and not answered: they may arrive until then, after whatever is written meanwhile.
DOUBTS = Table(
    "doubts",
    METADATA,
    _key("mapping"),
    _key("object"),
    _key("record"),
    _key("until"),
    Column("sent", Text, nullable=False),  # as `changes` or `desired` of the outbox; `null`: it must not exist
    sqlite_with_rowid=False,
)

#: The stretch of the outbox that is being sent; it stays when the process dies before it knows what became of it.
SENDINGS = Table(
    "sendings",
    METADATA,
    _key("mapping"),
    *(
        Column(f"{name}_{end}", SmallInteger if name == "rank" else Text, nullable=False)
        for end in ("after", "last")
        for name in ("rank", "object", "record")
    ),
    Column("until", Text, nullable=False),
    sqlite_with_rowid=False,
)
