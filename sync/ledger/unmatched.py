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
from sync.ledger.rows import MAPPING, RUN, among, as_list, fetch, listed, once
from sync.ledger.tables import MATCHES, RESPONSES, RUN_ROWS, UNMATCHED
from sync.nps.category import category_of
from sync.report import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Executable
    from sqlalchemy.sql.dml import ReturningDelete, ReturningInsert

#: Left out on purpose: neither they nor what they said counts.
_NOT_COUNTED = ("internal", "suppressed", "blocked_value", "dropped", "tombstone")

_ANONYMOUS = "anonymous"


def set_aside(connection: Connection, mapping: str, run: str) -> None:
    """Count those whose responses wait in *run* and were not matched; to be called while they still wait."""
    given = {"mapping": mapping, "run": run}
    recount(connection, mapping, [respondent for (respondent,) in fetch(connection, _PERSONS, given)])
    # The anonymous share their respondent: counting that anew would count them all.
    if keys := [key for (key,) in fetch(connection, _ANSWERS, given)]:
        these = {"this_mapping": mapping, "these": as_list(connection, keys)}
        _move(connection, _remove_answers(connection), these, -1)
        _move(connection, _add_answers(connection), these, 1)


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
    _move(connection, _remove_answers(connection), {"this_mapping": mapping, "these": as_list(connection, keys)}, -1)
    these = (MATCHES.c.mapping == mapping, among(connection, MATCHES.c.respondent, former))
    persons = select(MATCHES.c.respondent).where(*these, MATCHES.c.reason != _ANONYMOUS)
    recount(connection, mapping, [respondent for (respondent,) in connection.execute(persons)])


def recount(connection: Connection, mapping: str, respondents: Sequence[str] | None) -> None:
    """Count *respondents* anew, as they stand now; None: everybody."""
    if respondents is None:
        _move(connection, _REMOVE_ALL, {"this_mapping": mapping}, -1)
        _move(connection, _ADD_ALL, {"this_mapping": mapping}, 1)
    elif respondents:
        given = {"this_mapping": mapping, "these": as_list(connection, respondents)}
        _move(connection, _remove_persons(connection), given, -1)
        _move(connection, _add_persons(connection), given, 1)


def expired(connection: Connection, mapping: str, after: str) -> bool:
    """Tell whether somebody is counted whose latest response is not of after *after*."""
    return connection.scalar(_EXPIRED, {"mapping": mapping, "after": after}) is not None


def expire(connection: Connection, mapping: str, after: str) -> None:
    """Count nobody whose latest response is not of after *after*."""
    _move(connection, _EXPIRE, {"this_mapping": mapping, "after": after}, -1)


#: Not `MAPPING`: a parameter of an insert must not be called like a column.
_OF = bindparam("this_mapping", type_=Text)


def _remove(*where: ColumnElement[bool]) -> ReturningDelete[tuple[str, int]]:
    gone = delete(UNMATCHED).where(UNMATCHED.c.mapping == _OF, *where)
    return gone.returning(UNMATCHED.c.survey_kind, UNMATCHED.c.score)


def _add(*where: ColumnElement[bool]) -> ReturningInsert[tuple[str, int]]:
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
        .where(MATCHES.c.mapping == _OF, MATCHES.c.outcome.in_(("held", "excluded")), *where)
        .where(MATCHES.c.reason.not_in(_NOT_COUNTED), or_(MATCHES.c.reason == _ANONYMOUS, ~superseded))
    )
    added = insert(UNMATCHED).from_select([column.name for column in UNMATCHED.columns], counted)
    return added.returning(UNMATCHED.c.survey_kind, UNMATCHED.c.score)


_TOO_OLD = UNMATCHED.c.responded_at <= bindparam("after", type_=Text)
_EXPIRED = select(UNMATCHED.c.key).where(UNMATCHED.c.mapping == MAPPING, _TOO_OLD).limit(1)
_EXPIRE, _REMOVE_ALL, _ADD_ALL = _remove(_TOO_OLD), _remove(), _add()


@once
def _remove_persons(connection: Connection) -> ReturningDelete[tuple[str, int]]:
    return _remove(listed(connection, UNMATCHED.c.respondent, "these"))


@once
def _add_persons(connection: Connection) -> ReturningInsert[tuple[str, int]]:
    return _add(listed(connection, MATCHES.c.respondent, "these"))


@once
def _remove_answers(connection: Connection) -> ReturningDelete[tuple[str, int]]:
    return _remove(listed(connection, UNMATCHED.c.key, "these"))


@once
def _add_answers(connection: Connection) -> ReturningInsert[tuple[str, int]]:
    return _add(listed(connection, RESPONSES.c.key, "these"))


def _move(connection: Connection, changed: Executable, given: Mapping[str, Any], step: int) -> None:
    moves = Counter((kind, category_of(score).value) for kind, score in connection.execute(changed, given))
    move_totals(connection, given["this_mapping"], {place: step * persons for place, persons in moves.items()})
