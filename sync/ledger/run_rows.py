"""What a run did to each row: where its responses stand, and what it wrote over what. A page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from sync.ledger.log_tables import WRITES
from sync.ledger.rows import fetch
from sync.ledger.tables import RUN_ROWS
from sync.packed import unpack

if TYPE_CHECKING:
    from sqlalchemy import Connection


def rows(connection: Connection, mapping: str, run: str, most: int, skip: int = 0) -> list[dict[str, str]]:
    """Return responses that *run* handled last, with their state and its reason; those that need a look come first."""
    names = ("key", "state", "reason")
    here = (RUN_ROWS.c.mapping == mapping, RUN_ROWS.c.run == run)
    # The alphabet has them in this order: held, pending, rejected, skipped, unchanged, written.
    order = (RUN_ROWS.c.state, RUN_ROWS.c.reason, RUN_ROWS.c.key)
    statement = select(*(RUN_ROWS.c[name] for name in names)).where(*here).order_by(*order).limit(most).offset(skip)
    return [dict(zip(names, row, strict=True)) for row in fetch(connection, statement)]


def changes(connection: Connection, run: str, most: int, skip: int = 0) -> list[dict[str, Any]]:
    """Return the writes of *run*, each with its fields: old and new value, where they differ."""
    names = ("object", "record", "before", "after", "made")
    statement = select(*(WRITES.c[name] for name in names)).where(WRITES.c.run == run)
    found = fetch(connection, statement.order_by(WRITES.c.object, WRITES.c.record).limit(most).offset(skip))
    return [_told(*row) for row in found]


def _told(object_: str, record: str, before: str | None, after: str | None, made: int) -> dict[str, Any]:
    was = {} if before is None else unpack(before)
    now = dict.fromkeys(was) if after is None else unpack(after)
    done = "deleted" if after is None else "made" if made else "changed"
    fields = {name: {"old": was.get(name), "new": value} for name, value in now.items() if was.get(name) != value}
    return {"object": object_, "record": record, "done": done, "fields": fields}
