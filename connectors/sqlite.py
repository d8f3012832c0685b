"""SQLite through Python's driver: many rows in one statement, because a statement for each costs more than its row."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

#: Values in one statement; what every build of SQLite takes.
VALUES_AT_ONCE = 999
_NOTHING: dict[None, None] = {}
_ROW = re.compile(r"VALUES (\((?:\?, )*\?\))")


def insert_at_once(engine: Engine) -> None:
    """Let every `INSERT … VALUES (?, …)` for many rows on *engine* go out as statements of many rows each."""
    driver: Any = engine.dialect.loaded_dbapi  # SQLite's, or that of encrypted files

    # Asked how to store None, the driver looks for a method of it, and for one of its protocol, and fails twice:
    # ten times the cost of a text. An adapter is found before that; this one gives None back.
    driver.register_adapter(type(None), _NOTHING.get)
    event.listen(engine, "do_executemany", _insert)


def _insert(cursor: Any, statement: str, rows: Sequence[Sequence[Any]], _context: object) -> bool:  # noqa: ANN401 - the driver's
    """Run *statement* for *rows*; False: it is none that can carry several."""
    size = VALUES_AT_ONCE // max(1, len(rows[0]))
    text = _widened(statement, size)
    if text is None or len(rows) < size:
        return False
    whole = len(rows) - len(rows) % size
    for start in range(0, whole, size):
        cursor.execute(text, tuple(chain.from_iterable(rows[start : start + size])))
    if whole < len(rows):
        cursor.executemany(statement, rows[whole:])
    return True


@lru_cache(maxsize=128)
def _widened(statement: str, rows: int) -> str | None:
    """Return *statement* with *rows* rows of values; None: it does not have one row of nothing but placeholders.

    >>> _widened("INSERT INTO t (a, b) VALUES (?, ?) ON CONFLICT DO NOTHING", 2)
    'INSERT INTO t (a, b) VALUES (?, ?), (?, ?) ON CONFLICT DO NOTHING'
    >>> _widened("DELETE FROM t WHERE a = ?", 2)
    """
    found = _ROW.search(statement)
    if rows < 2 or found is None or statement.count("?") != found[1].count("?"):
        return None
    return statement[: found.start(1)] + ", ".join([found[1]] * rows) + statement[found.end(1) :]
