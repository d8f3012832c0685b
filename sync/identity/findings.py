"""What each key of a respondent says: one person, several, or nothing that can be trusted.

One function per kind of key; `judge` weighs the findings against each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sync.identity.mailboxes import is_role
from sync.identity.names import Agreement, Name
from sync.identity.persons import Candidate, Person, alive, level, persons_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sync.identity.settings import IdentitySettings, Rule

#: Slots whose value came with the delivery (the address invited, an id embedded in the link), not from the person's
#: hand.
SELF_REPORTED = frozenset({"email", "phone"})


class Key(NamedTuple):
    """One identifier of a respondent and the records that hold it."""

    slot: str
    kind: str
    #: Never leaves the decision: evidence names kinds and records, not addresses.
    value: str
    candidates: tuple[Candidate, ...]
    #: How many records hold it; above the limit there are no candidates.
    records: int
    #: A phone known for certain.
    certain: bool = True


class Finding(NamedTuple):
    """What one key says."""

    key: Key
    #: `person`, or why not: `many`, `name_conflict`, `role_mailbox`, `overshared`, `uncorroborated`.
    says: str
    persons: list[Person]
    person: Person = ()
    #: Several persons hold the key; the name told them apart.
    tiebreak: bool = False
    #: Strong enough to decide.
    auto: bool = True


def find(key: Key, name: Name, rules: Sequence[Rule], settings: IdentitySettings) -> Finding:
    """Say what *key* says of a respondent called *name*."""
    if not key.candidates:
        return Finding(key, "overshared", [], auto=False)
    persons = persons_of(key.candidates)
    if key.kind == "phone":
        return _by_phone(key, persons, name, rules, settings)
    if key.kind == "email" and is_role(key.value) and settings.veto.role_mailbox == "hold":
        same = [person for person in persons if level(person, name) >= Agreement.SAME]
        found = _chosen(key, persons, same[0], rules, tiebreak=len(persons) > 1) if len(same) == 1 else None
        return found or Finding(key, "role_mailbox", persons, auto=False)
    found = _by_name(key, persons, name, rules, settings)
    if found.says == "person" and rules[found.person[0].rule].require and not _confirmed(found.person, name, rules):
        return Finding(key, "uncorroborated", persons, auto=False)
    return found


def _by_name(key: Key, persons: list[Person], name: Name, rules: Sequence[Rule], settings: IdentitySettings) -> Finding:
    if len(persons) == 1:
        if (
            alive(persons[0])
            and level(persons[0], name) is Agreement.CONFLICT
            and settings.veto.name_conflict == "hold"
        ):
            return Finding(key, "name_conflict", persons, auto=False)
        return _chosen(key, persons, persons[0], rules)
    chosen = _told_apart(persons, name)
    return (
        Finding(key, "many", persons, auto=False)
        if chosen is None
        else _chosen(key, persons, chosen, rules, tiebreak=True)
    )


def _told_apart(persons: list[Person], name: Name) -> Person | None:
    """Return the one person whose first name agrees, unless another one's might as well."""
    ranked = sorted(((level(person, name), at) for at, person in enumerate(persons)), reverse=True)
    (best, at), (second, _) = ranked[0], ranked[1]
    if best < Agreement.FIRST_ONLY or second == best:
        return None
    if best < Agreement.SAME and second >= Agreement.COMPATIBLE:
        return None
    return persons[at]


def _by_phone(
    key: Key, persons: list[Person], name: Name, rules: Sequence[Rule], settings: IdentitySettings
) -> Finding:
    """A phone is shared by families: it needs the first name, and exactly one holder of that name."""
    unsure = Finding(key, "uncorroborated", persons, auto=False)
    if not key.certain or not any(candidate.sure for candidate in key.candidates):
        return unsure
    levels = [level(person, name) for person in persons]
    close = [person for person, at in zip(persons, levels, strict=True) if at >= Agreement.COMPATIBLE]
    agreeing = [person for person, at in zip(persons, levels, strict=True) if at >= Agreement.FIRST]
    exact = [person for person, at in zip(persons, levels, strict=True) if at is Agreement.EXACT]
    if len(exact) == 1 or (len(agreeing) == 1 and len(close) == 1):
        one = (exact or agreeing)[0]
        return _chosen(key, persons, one, rules, tiebreak=len(persons) > 1) if _surely(one) else unsure
    neutral = levels[0] in {Agreement.UNKNOWN, Agreement.COMPATIBLE}
    if settings.phone_alone == "accept" and len(persons) == 1 and neutral and _surely(persons[0]):
        return _chosen(key, persons, persons[0], rules)
    if len(close) > 1:
        return Finding(key, "many", persons, auto=False)
    return Finding(key, "name_conflict", persons, auto=False) if max(levels) is Agreement.CONFLICT else unsure


def _surely(person: Person) -> bool:
    return any(candidate.sure for candidate in person)


def _chosen(
    key: Key, persons: list[Person], person: Person, rules: Sequence[Rule], *, tiebreak: bool = False
) -> Finding:
    strong = "auto" in [rules[candidate.rule].strength for candidate in person]
    return Finding(key, "person" if strong else "uncorroborated", persons, person, tiebreak=tiebreak, auto=strong)


def _confirmed(person: Person, name: Name, rules: Sequence[Rule]) -> bool:
    return level(person, name) >= Agreement.FIRST_ONLY or not all(rules[c.rule].require for c in person)
