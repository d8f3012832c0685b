"""Edited responses: what another version of a response undoes, for the mapping that read it and for all others.

The ledger keeps a response once, whichever mapping read it, so that a mapping must not take a version that another one
stored for one that it has handled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from sync.ledger import matching, unmatched
from sync.ledger.rows import among
from sync.ledger.tables import DEFINITIONS, RUN_ROWS, RUNS
from sync.report import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection


def replaced(connection: Connection, mapping: str, keys: Sequence[str], former: Sequence[str]) -> None:
    """Take back what was said of the earlier versions of responses that *mapping* just stored anew.

    Args:
        connection: The transaction that stored them.
        mapping: Who read them; it has them wait already.
        keys: The responses.
        former: Respondents that lost one of them.
    """
    if not keys:
        return
    others = select(DEFINITIONS.c.mapping).where(DEFINITIONS.c.mapping != mapping)
    for other in sorted(name for (name,) in connection.execute(others)):
        _wait_again(connection, other, keys)
        _forget(connection, other, keys, former)
    _forget(connection, mapping, keys, former)


def _forget(connection: Connection, mapping: str, keys: Sequence[str], former: Sequence[str]) -> None:
    matching.touch(connection, mapping, former)
    unmatched.forget(connection, mapping, keys, former)


def _wait_again(connection: Connection, mapping: str, keys: Sequence[str]) -> None:
    """Leave the responses to the next run of *mapping*; a run under way reads them as they are now."""
    over = select(RUNS.c.run).where(RUNS.c.mapping == mapping, RUNS.c.finished_at.is_not(None))
    handled = (RUN_ROWS.c.mapping == mapping, among(connection, RUN_ROWS.c.key, keys), RUN_ROWS.c.run.in_(over))
    runs = [run for (run,) in connection.execute(select(RUN_ROWS.c.run).where(*handled).distinct())]
    if runs:
        connection.execute(update(RUN_ROWS).where(*handled).values(state=State.PENDING.value, reason=""))
        connection.execute(update(RUNS).where(RUNS.c.run.in_(runs)).values(unsettled=True))
