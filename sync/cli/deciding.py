"""A person decides about a held respondent: it is this record, or nobody."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from connectors.errors import ConnectorError
from sync.errors import Problem, UserError
from sync.identity.resolve import KEYS_SCHEMA, RECORD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sync.cli.session import Session
    from sync.wiring import Project


def decide(
    session: Session, project: Project, names: Sequence[str], *, link: tuple[str, str] | None, drop: str | None
) -> tuple[dict[str, Any], str]:
    """Keep the decision in the ledger; return it as JSON and as text.

    Raises:
        UserError: The respondent or the record is unknown, several mappings could be meant, or both decisions were
            given.
        ConnectorError: The record cannot be looked up.
    """
    if link and drop:
        raise _stop("--link and --drop together", "Decide one respondent at a time.")
    if len(names) != 1:
        raise _stop("which mapping?", f"Name one: {', '.join(names)}")
    from sync.ledger.matching import record_human
    from sync.ledger.waiting import respondent_of
    from sync.mapping.schema import record_columns
    from sync.times import to_text

    name, word = names[0], link[0] if link else str(drop)
    with project.ledger.read() as connection:
        respondent = respondent_of(connection, name, word)
    if respondent is None:
        raise _stop(f"no respondent `{word}`", f"See who is held: npsync held {name}")
    objects = [columns.object for columns in record_columns(project.mappings[name])]
    ref = _ref(link[1], objects) if link else None
    if ref is not None:
        _look_up(session, project, name, ref)
    with project.ledger.write() as connection:
        at = to_text(datetime.now(UTC))
        record_human(connection, name, respondent, verb="pin" if link else "drop", ref=ref, at=at)
    told = {
        "mapping": name,
        "respondent": respondent,
        "verb": "pin" if link else "drop",
        "object": ref[0] if ref else None,
        "record": ref[1] if ref else None,
    }
    text = f"{respondent} is {ref[0]} {ref[1]}." if ref else f"{respondent} is dropped."
    session.screen.say(f"The next run acts on it: npsync sync {name}")
    return told, text


def _ref(word: str, objects: Sequence[str]) -> tuple[str, str]:
    """Read `RECORD`, which is of the first of *objects*, or `OBJECT:RECORD`.

    >>> _ref("C-7", ["Contact"]), _ref("Lead:L-7", ["Contact", "Lead"]), _ref("urn:7", ["Contact", "Lead"])
    (('Contact', 'C-7'), ('Lead', 'L-7'), ('Contact', 'urn:7'))
    """
    object_, colon, record = word.partition(":")
    return (object_, record) if colon and object_ in objects else (objects[0], word)


def _look_up(session: Session, project: Project, name: str, ref: tuple[str, str]) -> None:
    """Make sure that a record exists: a slip of the pen would be held as a deleted record from the next run on."""
    object_, record = ref
    keys = pa.table({"kind": [RECORD], "value": [record]}, schema=KEYS_SCHEMA)
    mapping = project.mappings[name]
    try:
        found = [row for table in project.directory(mapping).find(keys) for row in _named(table, record)]
    except ConnectorError:
        session.screen.warn(f"Nothing was linked: {object_} {record} could not be looked up in `{mapping.to}`.")
        raise
    if not found:
        hint = f"Its id stands in the evidence, and in `{mapping.to}` itself: npsync held {name}"
        raise _stop(f"no record `{record}` among the {object_} of `{mapping.to}`; nothing was linked", hint)
    if all(row["deleted"] and row["merged_into"] is None for row in found):
        raise _stop(f"{object_} {record} is deleted; nothing was linked", "Link a record that still exists.")


def _named(table: pa.Table, record: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.filter(pc.equal(table["id"], record)).to_pylist()
    return rows


def _stop(what: str, hint: str) -> UserError:
    return UserError("E105", Problem(where="command line", what=what, hint=hint))
