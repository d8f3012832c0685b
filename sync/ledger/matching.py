"""Decisions: which record each respondent belongs to, and what that makes of his responses."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from sqlalchemy import Integer, Text, and_, bindparam, delete, literal, select

from sync.identity.claims import CLAIM_COLUMNS, CLAIMS_SCHEMA
from sync.identity.evidence import DECISION_COLUMNS
from sync.ledger import unmatched
from sync.ledger.rows import MAPPING, RUN, among, arrow, as_list, fetch, listed, once, table, text, tuples, upsert
from sync.ledger.tables import (
    CURSORS,
    DECISIONS,
    DEFINITIONS,
    MATCHES,
    RESPONDENTS,
    RESPONSES,
    RUN_ROWS,
    TOUCHED,
)
from sync.report import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Select

#: The stream under which the version of the directory is remembered that the held were last tried against.
DIRECTORY = "@directory"
#: Of a decision, what is stored; how an account was found and the vetoes stand in the evidence.
_DECIDED = tuple(name for name in DECISION_COLUMNS if name not in {"how_account", "vetoes"})
PRIOR_SCHEMA = pa.schema([(name, pa.string()) for name in _DECIDED])
HUMAN_SCHEMA = pa.schema([(name, pa.string()) for name in ("respondent", "verb", "object", "record")])

_CLAIMS = (RESPONDENTS.c.respondent, *(RESPONDENTS.c[name] for name in CLAIM_COLUMNS))


def undecided(connection: Connection, mapping: str, run: str, after: str, most: int) -> tuple[pa.Table, str | None]:
    """Return the claims of respondents that wait for their first decision, and where to go on.

    Args:
        connection: A transaction.
        mapping: Whose.
        run: In which they wait.
        after: The key of the last response that was looked at; empty for the first time.
        most: Responses to look at.

    Returns:
        Their claims, ordered by respondent, and the key to go on after; None: there are no more.
    """
    rows = fetch(connection, _UNDECIDED, {"mapping": mapping, "run": run, "after": after, "most": most})
    if not rows:
        return CLAIMS_SCHEMA.empty_table(), None
    respondents = as_list(connection, sorted({respondent for _, respondent in rows}))
    given = {"respondents": respondents}
    found = table(arrow(connection, _claims(connection), CLAIMS_SCHEMA, given), CLAIMS_SCHEMA)
    return found, rows[-1][0] if len(rows) == most else None


_QUEUED = (RUN_ROWS.c.mapping == MAPPING, RUN_ROWS.c.run == RUN, RUN_ROWS.c.state == State.PENDING.value)
_WITHOUT = and_(MATCHES.c.mapping == MAPPING, MATCHES.c.respondent == RESPONSES.c.respondent)
_UNDECIDED = (
    select(RUN_ROWS.c.key, RESPONSES.c.respondent)
    .select_from(RUN_ROWS.join(RESPONSES, RESPONSES.c.key == RUN_ROWS.c.key).outerjoin(MATCHES, _WITHOUT))
    .where(*_QUEUED, RUN_ROWS.c.key > bindparam("after", type_=Text), MATCHES.c.respondent.is_(None))
    .order_by(RUN_ROWS.c.key)
    .limit(bindparam("most", type_=Integer))
)


@once
def _claims(connection: Connection) -> Select[Any]:
    these = listed(connection, RESPONDENTS.c.respondent, "respondents")
    return select(*_CLAIMS).where(these).order_by(RESPONDENTS.c.respondent)


def any_waiting(connection: Connection, mapping: str, run: str) -> bool:
    """Tell whether any response waits in *run*."""
    return connection.scalar(_ANY_WAITING, {"mapping": mapping, "run": run}) is not None


_ANY_WAITING = select(RUN_ROWS.c.key).where(*_QUEUED).limit(1)


def held(  # noqa: PLR0913 - a page of a list, and what is on it
    connection: Connection, mapping: str, run: str, after: str, most: int, *, unmade: bool = False
) -> pa.Table:
    """Return claims of respondents to be tried again, ordered by id, after *after*.

    These are the ones that earlier runs held, the ones that a person has decided on since, and with *unmade* those for
    whom a record is to be made: somebody else may have made it meanwhile.
    """
    given = {"mapping": mapping, "run": run, "after": after, "most": most}
    return table(arrow(connection, _held(unmade), CLAIMS_SCHEMA, given), CLAIMS_SCHEMA)


@cache
def _held(unmade: bool) -> Select[Any]:  # noqa: FBT001 - one of two statements
    decided = select(DECISIONS.c.respondent).where(DECISIONS.c.mapping == MAPPING, DECISIONS.c.run.is_(None))
    again = (MATCHES.c.outcome == "held") | MATCHES.c.respondent.in_(decided)
    if unmade:
        again |= (MATCHES.c.outcome == "matched") & (MATCHES.c.reason == "none")
    return (
        select(*_CLAIMS)
        .join(MATCHES, and_(MATCHES.c.mapping == MAPPING, MATCHES.c.respondent == RESPONDENTS.c.respondent))
        .where(again)
        .where(MATCHES.c.run != RUN, RESPONDENTS.c.respondent > bindparam("after", type_=Text))
        .order_by(RESPONDENTS.c.respondent)
        .limit(bindparam("most", type_=Integer))
    )


def prior(connection: Connection, mapping: str, respondents: Sequence[str]) -> pa.Table:
    """Return the earlier decisions of *respondents*."""
    given = {"mapping": mapping, "respondents": as_list(connection, respondents)}
    return table(arrow(connection, _prior(connection), PRIOR_SCHEMA, given), PRIOR_SCHEMA)


@once
def _prior(connection: Connection) -> Select[Any]:
    these = (MATCHES.c.mapping == MAPPING, listed(connection, MATCHES.c.respondent, "respondents"))
    return select(*(MATCHES.c[name] for name in _DECIDED)).where(*these)


def human(connection: Connection, mapping: str) -> pa.Table:
    """Return what people decided for this mapping."""
    return table(arrow(connection, _HUMAN, HUMAN_SCHEMA, {"mapping": mapping}), HUMAN_SCHEMA)


_HUMAN = select(DECISIONS.c.respondent, DECISIONS.c.verb, DECISIONS.c.object, DECISIONS.c.record).where(
    DECISIONS.c.mapping == MAPPING
)


def record_human(  # noqa: PLR0913 - a decision is one row
    connection: Connection, mapping: str, respondent: str, *, verb: str, ref: tuple[str, str] | None, at: str
) -> None:
    """Keep a person's decision: `pin` or `never` with a record, or `drop`; the next run acts on it."""
    columns = ("mapping", "respondent", "verb", "object", "record", "decided_at", "run")
    object_, record = ref or (None, None)
    upsert(connection, DECISIONS, columns, [(mapping, respondent, verb, object_, record, at, None)])
    connection.execute(delete(CURSORS).where(CURSORS.c.mapping == mapping, CURSORS.c.stream == DIRECTORY))


def store(connection: Connection, mapping: str, run: str, at: str, decided: pa.Table) -> None:
    """Store decisions; the records they name, now or before, are computed again."""
    touch(connection, mapping, decided.column("respondent").to_pylist())
    rows = [(mapping, *values, run, at) for values in tuples(decided, _DECIDED)]
    upsert(connection, MATCHES, ("mapping", *_DECIDED, "run", "decided_at"), rows)


def touch(connection: Connection, mapping: str, respondents: Sequence[str]) -> None:
    """Have the records that *respondents* are matched to computed again."""
    given = {"mapping": mapping, "respondents": as_list(connection, respondents)}
    rows = fetch(connection, _matched(connection), given)
    upsert(connection, TOUCHED, ("mapping", "kind", "object", "record"), rows, update=False)


@once
def _matched(connection: Connection) -> Select[Any]:
    columns = (MATCHES.c.mapping, literal("record", Text), MATCHES.c.object, MATCHES.c.record)
    these = (MATCHES.c.mapping == MAPPING, listed(connection, MATCHES.c.respondent, "respondents"))
    return select(*columns).where(*these, MATCHES.c.outcome == "matched").distinct()


def settle(connection: Connection, mapping: str, run: str) -> None:
    """Queue the records that waiting responses are matched to, and set the others to held or skipped."""
    values = {"mapping": mapping, "run": run, "pending": State.PENDING.value}
    connection.execute(text(_TOUCH_MATCHED), values)
    unmatched.set_aside(connection, mapping, run)
    connection.execute(text(_SET_ASIDE), values | {"held": State.HELD.value, "skipped": State.SKIPPED.value})


def reopen(connection: Connection, mapping: str, run: str, respondents: Sequence[str]) -> int:
    """Queue every response of *respondents* again in *run*, because their decision changed.

    Returns:
        How many of them came into the run by this: not those that it read itself.
    """
    unmatched.recount(connection, mapping, respondents)
    keys = select(RESPONSES.c.key).where(among(connection, RESPONSES.c.respondent, respondents))
    where = (RUN_ROWS.c.mapping == mapping, RUN_ROWS.c.key.in_(keys), RUN_ROWS.c.state != State.PENDING.value)
    values = {"run": run, "state": State.PENDING.value, "reason": ""}
    connection.execute(RUN_ROWS.update().where(*where, RUN_ROWS.c.run == run).values(values))
    return connection.execute(RUN_ROWS.update().where(*where, RUN_ROWS.c.run != run).values(values)).rowcount


def creates(connection: Connection, mapping: str) -> int:
    """Return how many records the outbox would create because nobody was found (`on_none: create`)."""
    return connection.scalar(text(_CREATES), {"mapping": mapping}) or 0


def acted_upon(connection: Connection, mapping: str, run: str) -> None:
    """Remember that *run* acted on everything that people decided."""
    connection.execute(text(_ACTED_UPON), {"mapping": mapping, "run": run})


_ACTED_UPON = "UPDATE decisions SET run = :run WHERE mapping = :mapping AND run IS NULL"


def definition(connection: Connection, mapping: str) -> str | None:
    """Return the hash of the definitions that this mapping's values were last computed with."""
    return connection.scalar(_DEFINITION, {"mapping": mapping})


_DEFINITION = select(DEFINITIONS.c.hash).where(DEFINITIONS.c.mapping == MAPPING)


def define(connection: Connection, mapping: str, digest: str) -> None:
    """Remember what this mapping's values were computed with."""
    upsert(connection, DEFINITIONS, ("mapping", "hash"), [(mapping, digest)])


_TOUCH_MATCHED = """
INSERT INTO touched (mapping, kind, object, record)
SELECT m.mapping, 'record', m.object, m.record
FROM run_rows w JOIN responses r ON r.key = w.key
JOIN matches m ON m.mapping = w.mapping AND m.respondent = r.respondent
WHERE w.mapping = :mapping AND w.run = :run AND w.state = :pending AND m.outcome = 'matched'
GROUP BY m.mapping, m.object, m.record
ON CONFLICT DO NOTHING
"""

_CREATES = """
SELECT count(DISTINCT m.record) FROM matches m
JOIN outbox o ON o.mapping = m.mapping AND o.object = m.object AND o.record = m.record AND o.changes IS NULL
WHERE m.mapping = :mapping AND m.outcome = 'matched' AND m.rule = 'create'
"""

_SET_ASIDE = """
UPDATE run_rows SET state = CASE m.outcome WHEN 'held' THEN :held ELSE :skipped END, reason = m.reason
FROM responses r, matches m
WHERE run_rows.mapping = :mapping AND run_rows.run = :run AND run_rows.state = :pending
  AND r.key = run_rows.key AND m.mapping = run_rows.mapping AND m.respondent = r.respondent AND m.outcome <> 'matched'
"""
