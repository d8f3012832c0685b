"""What the ledger tells people: where mappings stand, what runs did, what is held and why.

Plain dictionaries, ready to be printed as text or JSON. Nothing here changes anything.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from sync.ledger.outbox import unpack
from sync.ledger.tables import (
    ACKNOWLEDGED,
    CLAIM_COLUMNS,
    DECISIONS,
    FAILURES,
    MATCHES,
    OUTBOX,
    PROFILES,
    REJECTS,
    RESPONDENTS,
    RESPONSES,
    ROLLUPS,
    RUN_ROWS,
    RUNS,
)
from sync.nps.category import category_of
from sync.report import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

_STATES = ("in", *(state.value for state in State))


def status(connection: Connection, mappings: Sequence[str]) -> list[dict[str, Any]]:
    """Say where each mapping stands."""
    return [_standing_of(connection, mapping) for mapping in mappings]


def _standing_of(connection: Connection, mapping: str) -> dict[str, Any]:
    last = runs(connection, [mapping], most=1)
    by_state = select(RUN_ROWS.c.state, func.count()).where(RUN_ROWS.c.mapping == mapping).group_by(RUN_ROWS.c.state)
    rows = {row[0]: row[1] for row in connection.execute(by_state)}
    held_ = select(func.count()).select_from(MATCHES).where(MATCHES.c.mapping == mapping, MATCHES.c.outcome == "held")
    rejected = select(func.count()).select_from(REJECTS).where(REJECTS.c.mapping == mapping)
    failed = select(func.count()).select_from(FAILURES).where(FAILURES.c.mapping == mapping)
    return {
        "mapping": mapping,
        "last_run": last[0] if last else None,
        "responses": sum(rows.values()),
        "held": connection.scalar(held_),
        "pending": rows.get(State.PENDING.value, 0),
        "rejected": connection.scalar(rejected),
        "failures": connection.scalar(failed),
    }


def runs(connection: Connection, mappings: Sequence[str] | None = None, *, most: int = 20) -> list[dict[str, Any]]:
    """Return the last runs, newest first."""
    statement = select(RUNS).order_by(RUNS.c.started_at.desc(), RUNS.c.run.desc()).limit(most)
    if mappings is not None:
        statement = statement.where(RUNS.c.mapping.in_(mappings))
    return [_run(row) for row in connection.execute(statement).mappings()]


def run(connection: Connection, run_: str) -> dict[str, Any] | None:
    """Return one run with its report, its rejected rows and its refused writes; None: there is no such run."""
    row = connection.execute(select(RUNS).where(RUNS.c.run == run_)).mappings().first()
    if row is None:
        return None
    rejects = select(REJECTS).where(REJECTS.c.mapping == row["mapping"], REJECTS.c.run == run_)
    failures = select(FAILURES).where(FAILURES.c.mapping == row["mapping"], FAILURES.c.run == run_)
    return _run(row) | {
        "rejects": [dict(one) for one in connection.execute(rejects.order_by(REJECTS.c.file, REJECTS.c.row)).mappings()],
        "failures": [
            dict(one) | {"fields": [name for name in one["fields"].split(";") if name]}
            for one in connection.execute(failures).mappings()
        ],
    }


def _run(row: Mapping[str, Any]) -> dict[str, Any]:
    report = json.loads(row["report"]) if row["report"] else {}
    found = {name: row[name] for name in ("run", "mapping", "status", "started_at", "finished_at")}
    return found | {"rows": {state: report.get("rows", {}).get(state) for state in _STATES}, "report": report or None}


def held(connection: Connection, mapping: str) -> list[dict[str, Any]]:
    """Return the respondents that need a person, with candidates, evidence and their responses."""
    statement = (
        select(MATCHES, RESPONSES.c.key)
        .select_from(MATCHES.outerjoin(RESPONSES, RESPONSES.c.respondent == MATCHES.c.respondent))
        .where(MATCHES.c.mapping == mapping, MATCHES.c.outcome == "held")
        .order_by(MATCHES.c.reason, MATCHES.c.respondent, RESPONSES.c.key)
    )
    found: dict[str, dict[str, Any]] = {}
    for row in connection.execute(statement).mappings():
        one = found.setdefault(row["respondent"], _decision(row) | {"mapping": mapping, "responses": []})
        if row["key"] is not None:
            one["responses"].append(row["key"])
    return list(found.values())


def explain(connection: Connection, key: str) -> dict[str, Any] | None:
    """Return the whole way of one response: row, claims, decision, profile, writes; None: it is not in the ledger."""
    response = connection.execute(select(RESPONSES).where(RESPONSES.c.key == key)).mappings().first()
    if response is None:
        return None
    claims = connection.execute(
        select(*(RESPONDENTS.c[name] for name in CLAIM_COLUMNS)).where(
            RESPONDENTS.c.respondent == response["respondent"]
        )
    ).mappings()
    kinds = [name for name, value in (claims.first() or {}).items() if value is not None]
    places = select(RUN_ROWS).where(RUN_ROWS.c.key == key).order_by(RUN_ROWS.c.mapping)
    return {
        "response": {
            name: response[name]
            for name in ("key", "source", "file", "row", "survey", "survey_kind", "score", "responded_at", "respondent")
        }
        | {"category": category_of(response["score"]).value},
        "claims": kinds,
        "mappings": [
            _way(connection, dict(place), response["respondent"]) for place in connection.execute(places).mappings()
        ],
    }


def keys_of(connection: Connection, response_id: str) -> list[str]:
    """Return the keys of the responses that a user may mean by *response_id*: the key itself, or the source's id."""
    same = (RESPONSES.c.key == response_id) | (RESPONSES.c.response_id == response_id)
    return [row.key for row in connection.execute(select(RESPONSES.c.key).where(same).order_by(RESPONSES.c.key))]


def _way(connection: Connection, place: dict[str, Any], respondent: str) -> dict[str, Any]:
    mapping = place["mapping"]
    here = (MATCHES.c.mapping == mapping, MATCHES.c.respondent == respondent)
    decided = connection.execute(select(MATCHES).where(*here)).mappings().first()
    said = connection.execute(
        select(DECISIONS).where(DECISIONS.c.mapping == mapping, DECISIONS.c.respondent == respondent)
    ).mappings()
    decision = None if decided is None else _decision(decided)
    matched = decided is not None and decided["outcome"] == "matched"
    profile = _profile(connection, mapping, decided) if matched and decided is not None else None
    return place | {
        "decision": decision,
        "human": dict(one) if (one := said.first()) else None,
        "profile": profile,
        "writes": _writes(connection, mapping, place["key"], decided["record"] if matched and decided else None),
    }


def _decision(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("respondent", "outcome", "reason", "rule", "object", "record", "person", "account", "decided_at")
    return {name: row[name] for name in names} | {
        "evidence": json.loads(row["evidence"] or "[]"),
        "candidates": json.loads(row["candidates"] or "[]"),
    }


def _profile(connection: Connection, mapping: str, decided: Mapping[str, Any]) -> dict[str, Any] | None:
    where = and_(
        PROFILES.c.mapping == mapping, PROFILES.c.object == decided["object"], PROFILES.c.record == decided["record"]
    )
    row = connection.execute(select(PROFILES).where(where)).mappings().first()
    if row is None:
        return None
    return dict(row) | {"segments": [name for name in row["segments"].split(";") if name]}


def _writes(connection: Connection, mapping: str, key: str, record: str | None) -> list[dict[str, Any]]:
    """Return what was written, or waits to be, for the response's own record and for its person's."""
    ids = [key] if record is None else [key, record]
    found: dict[tuple[str, str], dict[str, Any]] = {}
    done = select(ACKNOWLEDGED).where(ACKNOWLEDGED.c.mapping == mapping, ACKNOWLEDGED.c.record.in_(ids))
    for row in connection.execute(done):
        one = {"object": row.object, "record": row.record, "run": row.run, "fields": unpack(row.desired)}
        found[row.object, row.record] = one | {"waiting": [], "code": None}
    queued = select(OUTBOX).where(OUTBOX.c.mapping == mapping, OUTBOX.c.record.in_(ids))
    for row in connection.execute(queued):
        blank = {"object": row.object, "record": row.record, "run": None, "fields": {}}
        one = found.setdefault((row.object, row.record), blank)
        packed = row.changes or row.desired
        found[row.object, row.record] = one | {"waiting": sorted(unpack(packed)) if packed else [], "code": row.parked}
    return [found[place] for place in sorted(found)]


def standing(connection: Connection, mapping: str, *, accounts: int = 10) -> dict[str, Any]:
    """Return how persons, segments and accounts stand; reads every profile of the mapping."""
    here = PROFILES.c.mapping == mapping

    def by(column: Any) -> dict[str, int]:  # noqa: ANN401 - a column
        rows = connection.execute(select(column, func.count()).where(here).group_by(column).order_by(column))
        return {row[0]: row[1] for row in rows if row[0]}

    segments: dict[str, int] = {}
    for names, number in by(PROFILES.c.segments).items():
        for name in names.split(";"):
            segments[name] = segments.get(name, 0) + number
    listed = select(ROLLUPS).where(ROLLUPS.c.mapping == mapping, ROLLUPS.c.nps.is_not(None))
    total = connection.scalar(select(func.count()).select_from(ROLLUPS).where(ROLLUPS.c.mapping == mapping))
    by_reason = (
        select(RUN_ROWS.c.state, RUN_ROWS.c.reason, func.count())
        .where(RUN_ROWS.c.mapping == mapping)
        .group_by(RUN_ROWS.c.state, RUN_ROWS.c.reason)
        .order_by(RUN_ROWS.c.reason)
    )
    reasons: dict[str, dict[str, int]] = {}
    for state, reason, number in connection.execute(by_reason):
        reasons.setdefault(state, {})[reason] = number
    rejects = select(REJECTS.c.reason, func.count()).where(REJECTS.c.mapping == mapping).group_by(REJECTS.c.reason)
    return {
        "mapping": mapping,
        "people": connection.scalar(select(func.count()).select_from(PROFILES).where(here)),
        "by_status": by(PROFILES.c.status),
        "by_trend": by(PROFILES.c.trend),
        "segments": dict(sorted(segments.items())),
        "accounts": [
            dict(row) for row in connection.execute(listed.order_by(ROLLUPS.c.nps, ROLLUPS.c.account).limit(accounts)).mappings()
        ],
        "accounts_total": total,
        "held_by_reason": reasons.get(State.HELD.value, {}),
        "skipped_by_reason": reasons.get(State.SKIPPED.value, {}),
        "rejected_by_reason": {row[0]: row[1] for row in connection.execute(rejects)},
    }
