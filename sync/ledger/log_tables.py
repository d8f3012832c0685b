"""The tables that remember what was written over what, so that a run can be undone.

The log is history: its rows are added and dropped with age, never changed, whatever becomes of a record later.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, SmallInteger, Text

from sync.ledger.tables import key, keyed

#: One row for each write of a run that the destination confirmed.
WRITES = keyed(
    "writes",
    key("run"),
    key("object"),
    key("record"),
    Column("mapping", Text, nullable=False),
    Column("keys", Text),  # as in `outbox`
    Column("before", Text),  # JSON: what the record held of the mapping's fields; null: nothing that we know of
    Column("after", Text),  # JSON: field → value as written; null: the record was deleted
    Column("made", SmallInteger, nullable=False),  # 1: there was no such record before
)

#: What records held that we are about to write for the first time; goes when the write is confirmed.
EARLIER = keyed(
    "earlier",
    key("mapping"),
    key("object"),
    key("record"),
    Column("fields", Text),  # JSON: field → value; null: there was no such record
    Column("run", Text, nullable=False),  # that read it
)

#: Which objects hold nothing but what we wrote, because they were empty before our first write.
OWNED = keyed(
    "owned",
    key("mapping"),
    key("object"),
    Column("ours", Boolean, nullable=False),
)

#: Runs that undo another.
UNDOS = keyed(
    "undos",
    key("mapping"),
    key("run"),
    Column("undone", Text, nullable=False),
)

#: What an undo left as it was, and why.
LEFT = keyed(
    "left_alone",
    key("run"),
    key("object"),
    key("record"),
    key("field"),  # empty: the whole record
    Column("reason", Text, nullable=False),
)

#: What npsync wanted a record to hold when a person undid it: it is not written again until it is another.
DECLINED = keyed(
    "declined",
    key("mapping"),
    key("object"),
    key("record"),
    Column("desired", Text, nullable=False),  # JSON, as `acknowledged` had it
)
