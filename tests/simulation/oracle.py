"""What the CRM must hold at the end, worked out anew from the survey's rows; the ledger is asked only who is who."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sync.nps.freshness import expired
from tests.reference_nps import Answered
from tests.reference_nps import profiles as reference_profiles
from tests.simulation.crm import ACCOUNT, CONTACT, MEMBER, RESPONSE, TASK
from tests.simulation.passing import EPOCH, Violation
from tests.simulation.setting import FIELDS, mapping, settings
from tests.simulation.survey import CANARY, SOURCE, mail

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from tests.simulation.crm import Ref
    from tests.simulation.survey import Row as Response
    from tests.simulation.world import World

Row = dict[str, Any]
_WORDS = {"key": "key", "answers": "responses", "previous": "previous_score"}


def check(world: World, look: sqlite3.Connection) -> None:
    """Compare the CRM with what it must hold."""
    matched = _matched(world, look)
    _right_person(world, matched)
    profiles = _profiles(world, look, matched)
    expected: dict[Ref, Row] = {(CONTACT, id_): _fields(profile) for id_, profile in profiles.items()}
    _blocks(world, look, matched, profiles, expected)
    for ref in sorted(expected.keys() | world.crm.held.keys()):
        _compare(world, ref, expected.get(ref))


def _matched(world: World, look: sqlite3.Connection) -> dict[int, str]:
    """Return the contact of each person that is matched."""
    person_of = {mail(person): person for person in range(world.knobs.persons)}
    rows = look.execute(
        "SELECT r.email, m.outcome, m.record FROM matches m JOIN respondents r ON r.respondent = m.respondent"
    )
    return {person_of[row["email"]]: row["record"] for row in rows if row["outcome"] == "matched"}


def _right_person(world: World, matched: Mapping[int, str]) -> None:
    """I4: a person is matched to a record that holds the person's address; to the only one, where there is one."""
    there = (row for row in world.survey.rows.values() if row.number not in world.survey.withdrawn)
    for person in {row.person for row in there if not world.gone(row)}:
        holders = [each for each in world.crm.contacts.values() if each.live and mail(person) in each.mails]
        record = matched.get(person)
        # After a deletion a person of ours decides who it is now.
        deleted = any(each.deleted and mail(person) in each.mails for each in world.crm.contacts.values())
        if len(holders) == 1 and record != holders[0].id and not deleted:
            raise Violation(f"I4 person {person} belongs to {holders[0].id} and is matched to {record}")
        if record is not None and record not in {each.id for each in holders}:
            raise Violation(f"I4 person {person} is matched to {record}, which does not hold the address")


def _profiles(world: World, look: sqlite3.Connection, matched: Mapping[int, str]) -> dict[str, Row]:
    answered = [
        Answered(
            subject=matched[row.person],
            key=row.key,
            score=row.score,
            at=EPOCH + timedelta(milliseconds=round(row.answered_s * 1000)),
            survey="nps",
            source=SOURCE,
            comment=f"{CANARY} says {row.score}",
        )
        for row in _read(world, look)
        if row.person in matched
    ]
    chosen = settings(world.version)
    found = reference_profiles(answered, world.time.now(), chosen.nps, chosen.segments)
    return {profile["subject"]: profile for profile in found}


def _read(world: World, look: sqlite3.Connection) -> list[Response]:
    """Return the survey's rows that we could read, as they are; one that was withdrawn as it was when we last did."""
    survey, found = world.survey, []
    for stored in look.execute("SELECT key, updated_at FROM responses").fetchall():
        row = survey.rows[int(stored["key"].removeprefix(f"{SOURCE}:r"))]
        if row.number in survey.withdrawn:
            read_s = (datetime.fromisoformat(stored["updated_at"]) - EPOCH).total_seconds()
            versions = [row, *(each for each in survey.earlier if each.number == row.number)]
            row = min(versions, key=lambda each: abs(each.changed_s - read_s))
        found.append(row)
    return found


def _fields(profile: Row) -> Row:
    values = {name: profile[_WORDS.get(name, name)] for name in FIELDS if name != "groups"}
    return values | {"groups": ";".join(sorted(profile["segments"])) or None}


def _blocks(
    world: World,
    look: sqlite3.Connection,
    matched: Mapping[int, str],
    profiles: Mapping[str, Row],
    expected: dict[Ref, Row],
) -> None:
    file = mapping(world.knobs.blocks)
    if file.responses is not None:
        for stored in _read(world, look):
            if stored.person in matched:
                expected[RESPONSE, stored.key] = {"contact": matched[stored.person], "score": stored.score}
    if file.segments is not None:
        for id_, profile in profiles.items():
            for name in profile["segments"]:
                expected[MEMBER, f"{id_}\x1f{name}"] = {}
    if file.rollup is not None:
        _accounts(world, profiles, expected)


def _accounts(world: World, profiles: Mapping[str, Row], expected: dict[Ref, Row]) -> None:
    now, nps = world.time.now(), settings(world.version).nps
    for account in {world.crm.contacts[id_].account for id_ in profiles}:
        scores = [
            profile["score"]
            for id_, profile in profiles.items()
            if world.crm.contacts[id_].account == account
            and not expired(EPOCH_1970 + timedelta(milliseconds=profile["responded_at"]), now, nps)
        ]
        expected[ACCOUNT, account] = {"answers": len(scores), "promoters": sum(score >= 9 for score in scores)}


EPOCH_1970 = EPOCH - timedelta(seconds=EPOCH.timestamp())


def _took_over(world: World, id_: str) -> bool:
    """Tell whether a contact took the place of one of which somebody else decided what it holds."""
    apart = [world.crm.contacts[each] for object_, each in world.apart if object_ == CONTACT]
    return any(each.merged_into is not None and world.crm.last(each).id == id_ for each in apart)


def _compare(world: World, ref: Ref, expected: Row | None) -> None:
    """I5: a record holds what follows from the newest response, or a reason is known why it does not."""
    held = world.crm.held.get(ref)
    if ref[0] == TASK:
        return  # it is people's from the moment at which it is there
    if ref in world.apart or (ref[0] == CONTACT and _took_over(world, ref[1])):
        return
    if expected is None:
        if ref[0] == RESPONSE and held is not None and world.crm.contacts[str(held["contact"])].deleted:
            return  # the history of who was deleted is left
        if ref not in world.complained and held is not None and any(value is not None for value in held.values()):
            raise Violation(f"I5 {ref} should hold nothing of ours and holds {held}")
        return
    wrong = {
        name: (value, (held or {}).get(name)) for name, value in expected.items() if (held or {}).get(name) != value
    }
    if held is None or wrong:
        if ref in world.complained:
            return
        raise Violation(f"I5 {ref} should hold, and holds: {wrong or 'nothing at all'}")
