"""How long is kept what only looks back: once a day at most, the run that ends drops what is older."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sync.ledger import failures, inbox, undos, writes
from sync.times import to_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sync.config.schema import Privacy
    from sync.run import Run

#: The stream under which is remembered when that was done last.
TRIMMED = "@trimmed"
EVERY = timedelta(days=1)


def trim(connection: Connection, run: Run, privacy: Privacy, last: str | None) -> None:
    """Drop what is older than *privacy* says.

    Args:
        connection: The transaction that ends the run.
        run: Which.
        privacy: How long what is kept.
        last: When it was done last, empty: never. None: the run did not look it up, and leaves it to another.
    """
    if last is None or (last and run.now - datetime.fromisoformat(last) < EVERY):
        return
    log = to_text(run.now - privacy.keep_log)
    writes.trim(connection, log)
    undos.trim(connection, log)
    failures.forget(connection, to_text(run.now - privacy.keep_failures))
    inbox.move_cursor(connection, run.name, TRIMMED, to_text(run.now))
