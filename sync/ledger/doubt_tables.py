"""The tables that remember which writes may still be on their way."""

from __future__ import annotations

from sqlalchemy import Column, SmallInteger, Text

from sync.ledger.tables import key, keyed

#: Writes that were sent and not answered: they may arrive until then, after whatever is written meanwhile.
DOUBTS = keyed(
    "doubts",
    key("mapping"),
    key("object"),
    key("record"),
    key("until"),
    Column("keys", Text),  # as the outbox has them
    Column("sent", Text, nullable=False),  # as `changes` or `desired` of the outbox; `null`: it must not exist
)

#: The stretch of the outbox that is being sent; it stays when the process dies before it knows what became of it.
SENDINGS = keyed(
    "sendings",
    key("mapping"),
    *(
        Column(f"{name}_{end}", SmallInteger if name == "rank" else Text, nullable=False)
        for end in ("after", "last")
        for name in ("rank", "object", "record")
    ),
    Column("until", Text, nullable=False),
)
