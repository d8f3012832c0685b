"""Persons whose responses belong to no record: they are written nowhere, and count in the company's NPS.

Each of them is a row of `unmatched` as long as the response has not expired, and is counted in `totals` beside the
matched. Both move when a response is set aside, when its respondent is decided anew, and when it expires, so a run
never counts them all.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, and_, bindparam, delete, exists, insert, or_, select

from sync.ledger.profiles import move_totals
from sync.ledger.rows import MAPPING, RUN, among, fetch
from sync.ledger.tables import MATCHES, RESPONSES, RUN_ROWS, UNMATCHED
from sync.nps.category import category_of
from sync.report import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection

#: Left out on purpose: neither they nor what they said counts.
_NOT_COUNTED = ("internal", "suppressed", "blocked_value", "dropped", "tombstone")

_ANONYMOUS = "anonymous"


def set_aside(connection: Connection, mapping: str, run: str) -> None:
    """Count those whose responses wait in *run* and were not matched; to be called while they still wait."""
    given = {"mapping": mapping, "run": run}
    recount(connection, mapping, [respondent for (respondent,) in fetch(connection, _PERSONS, given)])
    # The anonymous share their respondent: counting that anew would count them all.
    if keys := [key for (key,) in fetch(connection, _ANSWERS, given)]:
        _remove(connection, mapping, among(connection, UNMATCHED.c.key, keys))
        _add(connection, mapping, among(connection, RESPONSES.c.key, keys))


_WAITING = (RUN_ROWS.c.mapping == MAPPING, RUN_ROWS.c.run == RUN, RUN_ROWS.c.state == State.PENDING.value)
_JOINED = RUN_ROWS.join(RESPONSES, RESPONSES.c.key == RUN_ROWS.c.key).join(
    MATCHES,
    and_(MATCHES.c.mapping == MAPPING, MATCHES.c.respondent == RESPONSES.c.respondent, MATCHES.c.outcome != "matched"),
)
_PERSONS = (
    select(RESPONSES.c.respondent).select_from(_JOINED).where(*_WAITING, MATCHES.c.reason != _ANONYMOUS).distinct()
)
_ANSWERS = select(RESPONSES.c.key).select_from(_JOINED).where(*_WAITING, MATCHES.c.reason == _ANONYMOUS)


def forget(connection: Connection, mapping: str, keys: Sequence[str], former: Sequence[str]) -> None:
    """Count responses no longer, because they were edited, and those anew who gave them before."""
    _remove(connection, mapping, among(connection, UNMATCHED.c.key, keys))
    these = (MATCHES.c.mapping == mapping, among(connection, MATCHES.c.respondent, former))
    persons = select(MATCHES.c.respondent).where(*these, MATCHES.c.reason != _ANONYMOUS)
    recount(connection, mapping, [respondent for (respondent,) in connection.execute(persons)])


def recount(connection: Connection, mapping: str, respondents: Sequence[str] | None) -> None:
    """Count *respondents* anew, as they stand now; None: everybody."""
    if respondents is None:
        _remove(connection, mapping)
        _add(connection, mapping)
    elif respondents:
        _remove(connection, mapping, among(connection, UNMATCHED.c.respondent, respondents))
        _add(connection, mapping, among(connection, MATCHES.c.respondent, respondents))


def expired(connection: Connection, mapping: str, after: str) -> bool:
    """Tell whether somebody is counted whose latest response is not of after *after*."""
    return connection.scalar(_EXPIRED, {"mapping": mapping, "after": after}) is not None


_EXPIRED = (
    select(UNMATCHED.c.key)
    .where(UNMATCHED.c.mapping == MAPPING, UNMATCHED.c.responded_at <= bindparam("after", type_=Text))
    .limit(1)
)


def expire(connection: Connection, mapping: str, after: str) -> None:
    """Count nobody whose latest response is not of after *after*."""
    _remove(connection, mapping, UNMATCHED.c.responded_at <= after)


def _remove(connection: Connection, mapping: str, *where: ColumnElement[bool]) -> None:
    gone = delete(UNMATCHED).where(UNMATCHED.c.mapping == mapping, *where)
    _move(connection, mapping, gone.returning(UNMATCHED.c.survey_kind, UNMATCHED.c.score), -1)


def _add(connection: Connection, mapping: str, *where: ColumnElement[bool]) -> None:
    """Add the latest response of each kind; of the anonymous every one: nobody knows which are one person's."""
    later = RESPONSES.alias()
    superseded = exists().where(
        later.c.respondent == RESPONSES.c.respondent,
        later.c.survey_kind == RESPONSES.c.survey_kind,
        or_(
            later.c.responded_at > RESPONSES.c.responded_at,
            and_(later.c.responded_at == RESPONSES.c.responded_at, later.c.key > RESPONSES.c.key),
        ),
    )
    response = (RESPONSES.c[name] for name in ("key", "respondent", "survey_kind", "score", "responded_at"))
    counted = (
        select(MATCHES.c.mapping, *response)
        .join_from(MATCHES, RESPONSES, RESPONSES.c.respondent == MATCHES.c.respondent)
        .where(MATCHES.c.mapping == mapping, MATCHES.c.outcome.in_(("held", "excluded")), *where)
        .where(MATCHES.c.reason.not_in(_NOT_COUNTED), or_(MATCHES.c.reason == _ANONYMOUS, ~superseded))
    )
    added = insert(UNMATCHED).from_select([column.name for column in UNMATCHED.columns], counted)
    _move(connection, mapping, added.returning(UNMATCHED.c.survey_kind, UNMATCHED.c.score), 1)


def _move(connection: Connection, mapping: str, changed: Any, step: int) -> None:  # noqa: ANN401 - either statement
    moves = Counter((kind, category_of(score).value) for kind, score in connection.execute(changed))
    move_totals(connection, mapping, {place: step * persons for place, persons in moves.items()})
