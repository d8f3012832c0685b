"""What waits for a person: held respondents, rejected rows, refused writes; and what a person said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from sync.ledger.failures import is_open
from sync.ledger.rows import among
from sync.ledger.tables import DECISIONS, FAILURES, MATCHES, REJECTS, RESPONSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Table


def held(connection: Connection, mapping: str, most: int | None = None) -> list[dict[str, Any]]:
    """Return held respondents whom no person has decided yet, each with its responses, candidates and evidence."""
    decided = and_(
        DECISIONS.c.mapping == MATCHES.c.mapping,
        DECISIONS.c.respondent == MATCHES.c.respondent,
        DECISIONS.c.run.is_(None),
    )
    statement = (
        select(MATCHES)
        .outerjoin(DECISIONS, decided)
        .where(MATCHES.c.mapping == mapping, MATCHES.c.outcome == "held", DECISIONS.c.respondent.is_(None))
        .order_by(MATCHES.c.reason, MATCHES.c.respondent)
        .limit(most)
    )
    found = [told_match(row) for row in connection.execute(statement).mappings()]
    keys = _keys(connection, [one["respondent"] for one in found])
    return [{"mapping": mapping, "responses": keys.get(one["respondent"], [])} | one for one in found]


def held_by_reason(connection: Connection, mapping: str) -> dict[str, int]:
    """Return how many respondents are held, by reason; those decided since the last run still count."""
    where = (MATCHES.c.mapping == mapping, MATCHES.c.outcome == "held")
    return _by(connection, MATCHES, "reason", *where)


def rejected_by_reason(connection: Connection, mapping: str) -> dict[str, int]:
    """Return how many rows stand rejected, by reason."""
    return _by(connection, REJECTS, "reason", REJECTS.c.mapping == mapping)


def rejects(connection: Connection, run: str) -> list[dict[str, Any]]:
    """Return the rows that a run could not trust, in the order of their files."""
    statement = select(REJECTS).where(REJECTS.c.run == run).order_by(REJECTS.c.file, REJECTS.c.row, REJECTS.c.column)
    return [dict(row) for row in connection.execute(statement).mappings()]


def failures(connection: Connection, mapping: str, run: str | None = None) -> list[dict[str, Any]]:
    """Return the writes that were not taken: those that still wait, or those that failed last in *run*."""
    here = (FAILURES.c.mapping == mapping, FAILURES.c.run == run) if run is not None else is_open(mapping)
    statement = select(FAILURES).where(*here).order_by(FAILURES.c.object, FAILURES.c.record)
    return [dict(row) | {"fields": _names(row["fields"])} for row in connection.execute(statement).mappings()]


def respondent_of(connection: Connection, mapping: str, word: str) -> str | None:
    """Return the respondent that *word* names, by its own id or by the key of one of its responses."""
    by_key = select(RESPONSES.c.respondent).where(RESPONSES.c.key == word)
    by_id = select(MATCHES.c.respondent).where(MATCHES.c.mapping == mapping, MATCHES.c.respondent == word)
    return connection.scalar(by_key) or connection.scalar(by_id)


def said(connection: Connection, mapping: str | None = None) -> list[dict[str, Any]]:
    """Return what people decided."""
    statement = select(DECISIONS).order_by(DECISIONS.c.mapping, DECISIONS.c.respondent)
    if mapping is not None:
        statement = statement.where(DECISIONS.c.mapping == mapping)
    return [dict(row) for row in connection.execute(statement).mappings()]


def told_match(row: Any) -> dict[str, Any]:  # noqa: ANN401 - SQLAlchemy's row
    """A decision as `held` and `explain` show it."""
    names = ("respondent", "outcome", "reason", "rule", "object", "record", "person", "account", "run", "decided_at")
    return {name: row[name] for name in names} | {name: _unpack(row[name]) for name in ("evidence", "candidates")}


def _keys(connection: Connection, respondents: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    these = among(connection, RESPONSES.c.respondent, respondents)
    statement = select(RESPONSES.c.respondent, RESPONSES.c.key).where(these)
    for respondent, key in connection.execute(statement.order_by(RESPONSES.c.responded_at, RESPONSES.c.key)):
        found.setdefault(respondent, []).append(key)
    return found


def _by(connection: Connection, table: Table, column: str, *where: Any) -> dict[str, int]:  # noqa: ANN401 - conditions
    statement = select(table.c[column], func.count()).where(*where).group_by(table.c[column])
    counted = [(name, number) for name, number in connection.execute(statement)]
    return dict(sorted(counted, key=lambda pair: (-pair[1], pair[0])))


def _unpack(text: str | None) -> list[Any]:
    """Read a stored list; a single thing is a list of one."""
    stored = json.loads(text) if text else []
    return stored if isinstance(stored, list) else [stored]


def _names(text: str) -> list[str]:
    return [str(name) for name in _unpack(text)] if text.startswith("[") else [name for name in text.split(";") if name]
