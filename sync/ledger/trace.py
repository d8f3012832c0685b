"""One response's way through the ledger, for `explain`: place, respondent, decision, profile, writes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, or_, select

from sync.identity.claims import CLAIM_COLUMNS
from sync.ledger.failures import OPEN
from sync.ledger.log_tables import DECLINED
from sync.ledger.tables import (
    ACKNOWLEDGED,
    DECISIONS,
    FAILURES,
    MATCHES,
    OUTBOX,
    PROFILES,
    REJECTS,
    RESPONDENTS,
    RESPONSES,
    RUN_ROWS,
)
from sync.ledger.waiting import told_match
from sync.nps.category import category_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, RowMapping

#: Namesakes shown when a response id stands in several sources.
MOST = 5


def find(connection: Connection, word: str) -> list[str]:
    """Return the keys of the responses that *word* names: a key, a source's own id, or `FILE:ROW`."""
    named = [RESPONSES.c.key == word, RESPONSES.c.response_id == word]
    file, _, row = word.rpartition(":")
    if file and row.isdigit():
        named.append(and_(RESPONSES.c.file == file, RESPONSES.c.row == int(row)))
    statement = select(RESPONSES.c.key).where(or_(*named)).order_by(RESPONSES.c.key).limit(MOST)
    return list(connection.scalars(statement))


def rejected(connection: Connection, word: str) -> list[dict[str, Any]]:
    """Return the rejects at `FILE:ROW`."""
    file, _, row = word.rpartition(":")
    if not file or not row.isdigit():
        return []
    statement = select(REJECTS).where(REJECTS.c.file == file, REJECTS.c.row == int(row))
    return [dict(one) for one in connection.execute(statement).mappings()]


def trace(connection: Connection, key: str, objects: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return everything that is known of how a response was used.

    Args:
        connection: The ledger.
        key: `source:response_id`.
        objects: Mapping → the objects it writes, of which the records behind this response are looked up.
    """
    response = connection.execute(select(RESPONSES).where(RESPONSES.c.key == key)).mappings().one()
    names = (
        "key",
        "source",
        "response_id",
        "survey",
        "survey_kind",
        "score",
        "responded_at",
        "respondent",
        "file",
        "row",
    )
    stands = select(RUN_ROWS).where(RUN_ROWS.c.key == key).order_by(RUN_ROWS.c.mapping)
    return {
        "response": {name: response[name] for name in names} | {"category": category_of(response["score"]).value},
        "claims": _claims(connection, response["respondent"]),
        "mappings": [
            _way(connection, dict(row), response["respondent"], objects.get(row["mapping"], ()))
            for row in connection.execute(stands).mappings()
        ],
    }


def _claims(connection: Connection, respondent: str) -> list[str]:
    """The kinds of identifiers that the response carried; the values stay in the ledger."""
    row = connection.execute(select(RESPONDENTS).where(RESPONDENTS.c.respondent == respondent)).mappings().first()
    return [name for name in CLAIM_COLUMNS if row is not None and row[name]]


def _way(connection: Connection, row: dict[str, Any], respondent: str, objects: Sequence[str]) -> dict[str, Any]:
    mapping, key = row["mapping"], row["key"]
    of_respondent = (MATCHES.c.mapping == mapping, MATCHES.c.respondent == respondent)
    match = connection.execute(select(MATCHES).where(*of_respondent)).mappings().first()
    decided = (DECISIONS.c.mapping == mapping, DECISIONS.c.respondent == respondent)
    human = connection.execute(select(DECISIONS).where(*decided)).mappings().first()
    # A response's own row has its key as record; the customer's row the record's id.
    records = [key, *([match["record"], match["account"]] if match is not None else [])]
    return {
        "mapping": mapping,
        "key": key,
        "run": row["run"],
        "state": row["state"],
        "reason": row["reason"],
        "decision": None if match is None else told_match(match),
        "human": None if human is None else {name: human[name] for name in ("verb", "object", "record", "decided_at")},
        "profile": None if match is None else _profile(connection, mapping, match),
        "writes": _writes(connection, mapping, objects, [record for record in records if record]),
    }


def _profile(connection: Connection, mapping: str, match: RowMapping) -> dict[str, Any] | None:
    where = (PROFILES.c.mapping == mapping, PROFILES.c.object == match["object"], PROFILES.c.record == match["record"])
    row = connection.execute(select(PROFILES).where(*where)).mappings().first()
    if row is None:
        return None
    names = ("key", "score", "category", "responded_at", "previous_score", "trend", "status", "responses", "due_at")
    return {name: row[name] for name in names} | {"segments": [name for name in row["segments"].split(";") if name]}


def _writes(
    connection: Connection, mapping: str, objects: Sequence[str], records: Sequence[str]
) -> list[dict[str, Any]]:
    """What the destination confirmed to hold, what it was not given yet, and what a person undid."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for table in (ACKNOWLEDGED, OUTBOX, FAILURES, DECLINED):
        here = (table.c.mapping == mapping, table.c.object.in_(objects), table.c.record.in_(records))
        waits = (FAILURES.c.state.in_(OPEN),) if table is FAILURES else ()
        for row in connection.execute(select(table).where(*here, *waits)).mappings():
            empty = {
                "object": row["object"],
                "record": row["record"],
                "run": None,
                "fields": {},
                "waiting": [],
                "code": None,
                "undone": {},
            }
            write = found.setdefault((row["object"], row["record"]), empty)
            if table is ACKNOWLEDGED:
                write |= {"run": row["run"], "fields": json.loads(row["desired"])}
            elif table is OUTBOX:
                write["waiting"] = sorted(json.loads(row["changes"] or row["desired"] or "{}"))
            elif table is DECLINED:
                wanted = json.loads(row["desired"])
                write["undone"] = {name: value for name, value in wanted.items() if write["fields"].get(name) != value}
            else:
                write["code"] = row["code"]
    order = {name: place for place, name in enumerate(objects)}
    return sorted(found.values(), key=lambda write: (order[write["object"]], write["record"]))
