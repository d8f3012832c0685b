"""Every row of the ledger that is about one person: told, or erased.

Tables are found by their columns and not by a list of names, so that a table that is added later is covered as well:
`respondent`, `key` and `cause` name a person's respondents and responses, and `object` and `record` what was written.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, false, or_, select, tuple_, update

from sync.ledger.alias_tables import ALIASES
from sync.ledger.forgotten import KINDS
from sync.ledger.rows import among, fetch
from sync.ledger.tables import (
    ACKNOWLEDGED,
    DECISIONS,
    MATCHES,
    METADATA,
    PROFILES,
    REJECTS,
    RESPONDENTS,
    RESPONSES,
    RUNS,
    TOUCHED,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Table

    from sync.ledger.forgotten import Mark
    from sync.ledger.person import Person
    from sync.shapes import Shapes

#: What stands between the values of a key of several columns.
_JOINT = "\x1f"
#: The queue of the next run: it is asked for more after rows are erased.
_QUEUES = (TOUCHED,)


def tables() -> list[Table]:
    """Return the tables that can hold rows of a person."""
    telling = {"respondent", "key", "cause", "record"}
    return [
        table
        for table in METADATA.sorted_tables
        if table not in _QUEUES and telling & set(table.columns.keys()) and table.name != "forgetting"
    ] + [REJECTS]


def told(connection: Connection, person: Person, shapes: Mapping[str, Shapes]) -> dict[str, list[dict[str, Any]]]:
    """Return every row about *person*, by table."""
    found = {}
    for table, where in _about(connection, person, shapes):
        rows = [dict(row) for row in connection.execute(select(table).where(where)).mappings()]
        if rows:
            found[table.name] = sorted(rows, key=repr)
    return found


def erase(connection: Connection, person: Person, shapes: Mapping[str, Shapes]) -> dict[str, int]:
    """Delete every row about *person*; return how many those were, by table."""
    # Conditions look at other tables, so all of them are worked out before anything is gone.
    about = list(_about(connection, person, shapes))
    counts = {table.name: connection.execute(delete(table).where(where)).rowcount for table, where in about}
    counts[MATCHES.name] += _forget_candidates(connection, person)
    return {name: number for name, number in counts.items() if number}


def shared(connection: Connection, marks: Collection[Mark]) -> set[Mark]:
    """Return those of *marks* that a respondent has; asked when a person's rows are gone, it is somebody else."""
    wanted = sorted({value for _, value in marks})
    columns = [RESPONDENTS.c[name] for name in KINDS]
    holds = or_(*(among(connection, column, wanted) for column in columns))
    rows = fetch(connection, select(*columns).where(holds)) if wanted else []
    return {mark for row in rows for mark in zip(KINDS.values(), row, strict=True) if mark in marks}


def _about(
    connection: Connection, person: Person, shapes: Mapping[str, Shapes]
) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    for table in tables():
        if table is REJECTS:
            yield table, _rejected(connection, person)
        else:
            yield table, _condition(connection, table, person, shapes)


def _condition(
    connection: Connection, table: Table, person: Person, shapes: Mapping[str, Shapes]
) -> ColumnElement[bool]:
    columns = table.columns
    ways: list[ColumnElement[bool]] = []
    if table is RESPONSES:
        return among(connection, columns.key, person.keys)
    if "respondent" in columns:
        ways.append(among(connection, columns.respondent, person.respondents))
    ways += [among(connection, columns[name], person.keys) for name in ("key", "cause") if name in columns]
    # What somebody else is not is a decision about that other person, and stays.
    if "record" in columns and table not in (DECISIONS, PROFILES):
        ways += [_written(connection, table, person, name, shapes.get(name)) for name in _mappings(connection)]
    if table is PROFILES:
        ways = [_own(table, person, name) for name in _mappings(connection)]
    return or_(*ways) if ways else false()


def _mappings(connection: Connection) -> list[str]:
    return sorted(connection.scalars(select(RUNS.c.mapping).distinct()))


def _own(table: Table, person: Person, mapping: str) -> ColumnElement[bool]:
    places = person.records_of(mapping)
    return and_(table.c.mapping == mapping, tuple_(table.c.object, table.c.record).in_(places)) if places else false()


def _written(
    connection: Connection, table: Table, person: Person, mapping: str, shapes: Shapes | None
) -> ColumnElement[bool]:
    """Return what was written of a person in one mapping: the records, and what is made for responses and segments.

    An account can have the same id as a record, but is of another object.
    """
    columns, here = table.columns, _of_mapping(table, mapping)
    places = set(person.records_of(mapping))
    if shapes is not None:
        places |= {(shapes.record_of(object_).object, record) for object_, record in places}
    ids = sorted({record for _, record in places} | set(person.persons))
    joined = _joined(connection, table, here, ids)
    ways = [among(connection, columns.record, [*person.keys, *person.persons, *joined])]
    if places:
        ways.append(tuple_(columns.object, columns.record).in_(sorted(places)))
    if table is ALIASES and places:
        ways.append(tuple_(columns.new_object, columns.new).in_(sorted(places)))
    return and_(here, or_(*ways))


def _of_mapping(table: Table, mapping: str) -> ColumnElement[bool]:
    if "mapping" in table.columns:
        return table.c.mapping == mapping
    return table.c.run.in_(select(RUNS.c.run).where(RUNS.c.mapping == mapping))


def _joined(connection: Connection, table: Table, here: ColumnElement[bool], ids: Sequence[str]) -> list[str]:
    """Return the rows named by several values, one of which is among *ids*."""
    record = table.c.record
    if not ids:
        return []
    several = record.contains(_JOINT, autoescape=True)
    rows = fetch(connection, select(record).where(here, several, or_(*_parts(record, ids))).distinct())
    wanted = set(ids)
    return sorted(name for (name,) in rows if wanted & set(name.split(_JOINT)))


def joined_names(connection: Connection, mapping: str, object_: str, ids: Sequence[str]) -> list[str]:
    """Return the rows of *object_* whose names are of several values, one of them among *ids*."""
    here = and_(ACKNOWLEDGED.c.mapping == mapping, ACKNOWLEDGED.c.object == object_)
    return _joined(connection, ACKNOWLEDGED, here, ids)


def _parts(record: ColumnElement[str], ids: Iterable[str]) -> list[ColumnElement[bool]]:
    return [record.contains(each, autoescape=True) for each in ids]


def _rejected(connection: Connection, person: Person) -> ColumnElement[bool]:
    """What was said of the places in which the person's responses stand."""
    places = select(RESPONSES.c.file, RESPONSES.c.row).where(among(connection, RESPONSES.c.key, person.keys))
    found = [(file, row) for file, row in fetch(connection, places) if row is not None]
    return tuple_(REJECTS.c.file, REJECTS.c.row).in_(found) if found else false()


def _forget_candidates(connection: Connection, person: Person) -> int:
    """Take the person's records out of what was weighed for others; return in how many decisions."""
    changed = 0
    for mapping in _mappings(connection):
        refs = person.records_of(mapping)
        if not refs:
            continue
        texts = [text for _, record in refs for text in _quoted(record)]
        named = or_(
            *(MATCHES.c[name].contains(t, autoescape=True) for name in ("evidence", "candidates") for t in texts)
        )
        statement = select(MATCHES.c.respondent, MATCHES.c.evidence, MATCHES.c.candidates)
        for respondent, evidence, candidates in fetch(connection, statement.where(MATCHES.c.mapping == mapping, named)):
            told_ = {"evidence": _less_evidence(evidence, refs), "candidates": _less(candidates, refs)}
            here = (MATCHES.c.mapping == mapping, MATCHES.c.respondent == respondent)
            changed += connection.execute(update(MATCHES).where(*here).values(told_)).rowcount
    return changed


def _quoted(record: str) -> tuple[str, str]:
    inner = json.dumps(record)[1:-1]
    return f'"{inner}"', f' {inner}"'


def _less(candidates: str, refs: Iterable[tuple[str, str]]) -> str:
    gone = {record for _, record in refs}
    return json.dumps([each for each in json.loads(candidates) if each not in gone], separators=(",", ":"))


def _less_evidence(evidence: str, refs: Iterable[tuple[str, str]]) -> str:
    gone = {f"{object_} {record}" for object_, record in refs}
    entries = json.loads(evidence)
    for entry in entries:
        persons = [[one for one in person if one not in gone] for person in entry.get("persons", [])]
        entry["persons"] = [person for person in persons if person]
    return json.dumps(entries, separators=(",", ":"), ensure_ascii=False)
