"""One person in the ledger: which respondents, responses and records are theirs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import or_, select

from sync.identity.claims import CLAIM_COLUMNS, Claims
from sync.identity.normalise import email_key, salesforce_id
from sync.ledger.alias_tables import ALIASES
from sync.ledger.forgotten import KINDS, marks_of
from sync.ledger.rows import among, fetch
from sync.ledger.tables import MATCHES, RESPONDENTS, RESPONSES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from sqlalchemy import ColumnElement, Connection

    from sync.ledger.forgotten import Mark


class Matched(NamedTuple):
    """A record that somebody is matched to, in one mapping."""

    mapping: str
    object: str
    record: str


class Severals(Exception):
    """The word leads to several persons."""

    def __init__(self, records: Collection[Matched]) -> None:
        self.records = sorted(records)
        super().__init__("several persons")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody, by everything that the ledger knows them by."""

    #: Claims that are wholly theirs.
    claims: tuple[Claims, ...] = ()
    #: Keys of their responses.
    keys: tuple[str, ...] = ()
    #: Records that no other respondent is matched to.
    records: tuple[Matched, ...] = ()
    #: Records that others are matched to as well.
    shared: tuple[Matched, ...] = ()
    #: Our ids of the person.
    persons: tuple[str, ...] = ()
    #: The address that was asked for, normalised.
    email: str | None = None

    @property
    def respondents(self) -> tuple[str, ...]:
        return tuple(claims.respondent for claims in self.claims)

    @property
    def known(self) -> bool:
        """Whether the ledger holds anything of them."""
        return bool(self.claims or self.keys or self.records)

    def records_of(self, mapping: str) -> list[tuple[str, str]]:
        """Return object and id of the records that are theirs alone in *mapping*."""
        return [(each.object, each.record) for each in self.records if each.mapping == mapping]


def find(connection: Connection, who: str, kinds: Callable[[Matched], Collection[str]]) -> Person:
    """Return the person that *who* names: a response's key, a respondent, a record's id, or an e-mail address.

    Whoever is matched to the same record is the same person, by whatever address they answered. A response that says
    nothing of who gave it is a person of its own. Nobody knows whose the responses are that were not matched; those
    that carry an address or an id of the person, and of nobody else, are taken for theirs.

    Args:
        connection: The ledger.
        who: As above.
        kinds: Tells by which kinds of claims a response can name a record itself.

    Raises:
        Severals: It names several persons.
    """
    email = email_key(who) if "@" in who else None
    respondents, lone = _by_key(connection, who)
    respondents |= _identifying(connection, [RESPONDENTS.c.respondent == who])
    if email is not None:
        holds = or_(RESPONDENTS.c.email == email, RESPONDENTS.c.recipient_email == email)
        respondents |= _identifying(connection, [holds])
    named = _named(connection, who)
    records = named | _records(connection, respondents)
    _check_one(records)
    if email is not None:
        _check_held(records, _candidates(connection, respondents))
    respondents |= _matched_to(connection, records)
    records |= _records(connection, respondents)
    respondents |= _unmatched(
        connection, respondents, {(kind, each.record) for each in records for kind in kinds(each)}
    )
    others = {record for record in records if _matched_to(connection, {record}, same_mapping=True) - respondents}
    keys = {*lone, *_keys(connection, respondents)}
    claims = _claims(connection, sorted(respondents))
    return Person(
        claims=tuple(claims),
        keys=tuple(sorted(keys)),
        records=tuple(sorted(records - others)),
        shared=tuple(sorted(others)),
        persons=tuple(sorted(_persons(connection, respondents))),
        email=email,
    )


def _by_key(connection: Connection, key: str) -> tuple[set[str], set[str]]:
    """Return the respondent of a response, or where nothing tells who gave it the response alone."""
    respondent = connection.scalar(select(RESPONSES.c.respondent).where(RESPONSES.c.key == key))
    if respondent is None:
        return set(), set()
    found = _identifying(connection, [RESPONDENTS.c.respondent == respondent])
    return (found, set()) if found else (set(), {key})


def _identifying(connection: Connection, where: Iterable[ColumnElement[bool]]) -> set[str]:
    """Return those of the respondents who said who they are, or whom a person linked to a record."""
    columns = (RESPONDENTS.c.respondent, *(RESPONDENTS.c[name] for name in KINDS))
    rows = fetch(connection, select(*columns).where(*where))
    silent = sorted(respondent for respondent, *claims in rows if not any(claims))
    linked = (MATCHES.c.outcome == "matched", among(connection, MATCHES.c.respondent, silent))
    matched = set(connection.scalars(select(MATCHES.c.respondent).where(*linked))) if silent else set()
    return {row[0] for row in rows}.difference(silent) | matched


def _named(connection: Connection, record: str) -> set[Matched]:
    """Return the records of that id, as they are known now."""
    moved = select(ALIASES.c.new).where(ALIASES.c.record == record, ALIASES.c.new.is_not(None))
    ids = {record, salesforce_id(record) or record, *connection.scalars(moved)}
    columns = (MATCHES.c.mapping, MATCHES.c.object, MATCHES.c.record)
    these = (MATCHES.c.outcome == "matched", among(connection, MATCHES.c.record, sorted(ids)))
    return {Matched._make(row) for row in fetch(connection, select(*columns).where(*these).distinct())}


def _records(connection: Connection, respondents: Collection[str]) -> set[Matched]:
    columns = (MATCHES.c.mapping, MATCHES.c.object, MATCHES.c.record)
    these = (MATCHES.c.outcome == "matched", among(connection, MATCHES.c.respondent, sorted(respondents)))
    return {Matched._make(row) for row in fetch(connection, select(*columns).where(*these).distinct())}


def _check_one(records: Collection[Matched]) -> None:
    """A person is one record of each object at most; a contact and a lead can be one."""
    if len({each[:2] for each in records}) < len(records):
        raise Severals(records)


def _check_held(records: Collection[Matched], candidates: Collection[Matched]) -> None:
    """An address by which somebody could be one of several records is not one person's."""
    known = {each.record for each in records}
    more = {each for each in candidates if each.record not in known}
    if len({each.record for each in more} | known) > 1:
        raise Severals({*records, *more})


def _matched_to(connection: Connection, records: Collection[Matched], *, same_mapping: bool = False) -> set[str]:
    found: set[str] = set()
    for mapping, object_, record in records:
        here = [MATCHES.c.object == object_, MATCHES.c.record == record, MATCHES.c.outcome == "matched"]
        if same_mapping:
            here.append(MATCHES.c.mapping == mapping)
        found.update(row[0] for row in fetch(connection, select(MATCHES.c.respondent).where(*here)))
    return found


def _unmatched(connection: Connection, respondents: Collection[str], ids: set[Mark]) -> set[str]:
    """Return the respondents who are matched to nobody and have an address or an id of the person, and only theirs."""
    own = ids | {mark for claims in _claims(connection, sorted(respondents)) for mark in marks_of(claims)}
    if not own:
        return set()
    columns = [RESPONDENTS.c[name] for name in KINDS]
    holds = or_(*(among(connection, column, sorted({value for _, value in own})) for column in columns))
    found = {
        row[0]: {*zip(KINDS.values(), row[1:], strict=True)} & own
        for row in fetch(connection, select(RESPONDENTS.c.respondent, *columns).where(holds))
    }
    linked = (MATCHES.c.outcome == "matched", among(connection, MATCHES.c.respondent, sorted(found)))
    matched = set(connection.scalars(select(MATCHES.c.respondent).where(*linked)))
    theirs = {mark for respondent in matched.difference(respondents) for mark in found[respondent]}
    loose = {each for each, marks in found.items() if each not in matched and marks - theirs}
    # Who could be somebody else as well is not taken.
    records = {value for _, value in ids}
    return {each for each in loose if not {one.record for one in _candidates(connection, {each})} - records}


def _candidates(connection: Connection, respondents: Collection[str]) -> set[Matched]:
    """Return the records that those of *respondents* could be who are held."""
    these = (MATCHES.c.outcome == "held", among(connection, MATCHES.c.respondent, sorted(respondents)))
    rows = fetch(connection, select(MATCHES.c.mapping, MATCHES.c.candidates).where(*these))
    return {Matched(mapping, "", record) for mapping, candidates in rows for record in json.loads(candidates)}


def _keys(connection: Connection, respondents: Collection[str]) -> set[str]:
    these = among(connection, RESPONSES.c.respondent, sorted(respondents))
    return {row[0] for row in fetch(connection, select(RESPONSES.c.key).where(these))}


def _claims(connection: Connection, respondents: list[str]) -> list[Claims]:
    columns = (RESPONDENTS.c.respondent, *(RESPONDENTS.c[name] for name in CLAIM_COLUMNS))
    statement = select(*columns).where(among(connection, RESPONDENTS.c.respondent, respondents))
    return [Claims._make(row) for row in fetch(connection, statement.order_by(RESPONDENTS.c.respondent))]


def _persons(connection: Connection, respondents: Collection[str]) -> set[str]:
    these = among(connection, MATCHES.c.respondent, sorted(respondents))
    return {row[0] for row in fetch(connection, select(MATCHES.c.person).where(these).distinct())}
