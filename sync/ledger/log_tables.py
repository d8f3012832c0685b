"""The tables that remember what was written over what, so that a run can be undone.

The log is history: its rows are added and dropped with age, never changed, whatever becomes of a record later.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, SmallInteger, Table, Text

from sync.ledger.tables import METADATA


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


#: One row for each write of a run that the destination confirmed.
WRITES = Table(
    "writes",
    METADATA,
    _key("run"),
    _key("object"),
    _key("record"),
    Column("mapping", Text, nullable=False),
    Column("keys", Text),  # as in `outbox`
    Column("before", Text),  # JSON: what the record held of the mapping's fields; null: nothing that we know of
    Column("after", Text),  # JSON: field → value as written; null: the record was deleted
    Column("made", SmallInteger, nullable=False),  # 1: there was no such record before
    sqlite_with_rowid=False,
)

#: What records held that we are about to write for the first time; goes when the write is confirmed.
EARLIER = Table(
    "earlier",
    METADATA,
    _key("mapping"),
    _key("object"),
    _key("record"),
    Column("fields", Text),  # JSON: field → value; null: there was no such record
    Column("run", Text, nullable=False),  # that read it
    sqlite_with_rowid=False,
)

#: Which objects hold nothing but what we wrote, because they were empty before our first write.
OWNED = Table(
    "owned",
    METADATA,
    _key("mapping"),
    _key("object"),
    Column("ours", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

#: Runs that undo another.
UNDOS = Table(
    "undos",
    METADATA,
    _key("mapping"),
    _key("run"),
    Column("undone", Text, nullable=False),
    sqlite_with_rowid=False,
)

#: What an undo left as it was, and why.
LEFT = Table(
    "left_alone",
    METADATA,
    _key("run"),
    _key("object"),
    _key("record"),
    _key("field"),  # empty: the whole record
    Column("reason", Text, nullable=False),
    sqlite_with_rowid=False,
)

#: What npsync wanted a record to hold when a person undid it: it is not written again until it is another.
DECLINED = Table(
    "declined",
    METADATA,
    _key("mapping"),
    _key("object"),
    _key("record"),
    Column("desired", Text, nullable=False),  # JSON, as `acknowledged` had it
    sqlite_with_rowid=False,
)
