"""How large the streams of a source are: so that one that shrank is noticed, until somebody says that it is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from sync.ledger.rows import MAPPING, upsert
from sync.ledger.tables import STREAMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection


def saw(connection: Connection, mapping: str, found: Mapping[str, int]) -> None:
    """Remember how many rows streams hold that were read whole; a new stream is taken as it is."""
    rows = [(mapping, stream, number, number) for stream, number in found.items()]
    upsert(connection, STREAMS, ("mapping", "stream", "rows", "seen"), rows, update=False)
    for stream, number in found.items():
        here = (STREAMS.c.mapping == mapping, STREAMS.c.stream == stream)
        connection.execute(update(STREAMS).where(*here).values(seen=number))


def shrunk(connection: Connection, mapping: str) -> list[tuple[str, int, int]]:
    """Return the streams that hold fewer rows than were accepted: name, rows then, rows now."""
    return [(stream, rows, seen) for stream, rows, seen in connection.execute(_SHRUNK, {"mapping": mapping})]


_SHRUNK = (
    select(STREAMS.c.stream, STREAMS.c.rows, STREAMS.c.seen)
    .where(STREAMS.c.mapping == MAPPING, STREAMS.c.seen < STREAMS.c.rows)
    .order_by(STREAMS.c.stream)
)


def accept(connection: Connection, mapping: str) -> None:
    """Take every stream as it was seen last."""
    here = (STREAMS.c.mapping == mapping, STREAMS.c.seen != STREAMS.c.rows)
    connection.execute(update(STREAMS).where(*here).values(rows=STREAMS.c.seen))


def any_moved(connection: Connection, mapping: str) -> bool:
    """Tell whether any stream is not of the size that was accepted."""
    return connection.scalar(_MOVED, {"mapping": mapping}) is not None


_MOVED = select(STREAMS.c.stream).where(STREAMS.c.mapping == MAPPING, STREAMS.c.seen != STREAMS.c.rows).limit(1)
