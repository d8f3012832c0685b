"""Candidates: the records a key leads to, and which of them are one person.

A person exists only while a decision is made; nothing is ever merged.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from sync.identity.names import Agreement, Name, agreement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Candidate(NamedTuple):
    """A record that a key leads to, merges and conversions followed."""

    object: str
    id: str
    name: Name
    #: The name of the merged record that held the key, where it is another.
    former: Name | None = None
    account: str | None = None
    created_at: str | None = None
    #: Deleted without a successor, or its trail is lost: nothing is written there.
    gone: bool = False
    suppressed: bool = False
    #: False where a phone only might be this record's.
    sure: bool = True
    #: Position of the rule that compares this record by this key.
    rule: int = 0
    #: Spelling by which the key was found: `email`, `email_canonical`, `email_untagged`, or the kind.
    how: str = ""
    #: As the record holds them.
    emails: tuple[str | None, ...] = ()

    @property
    def ref(self) -> tuple[str, str]:
        return self.object, self.id

    def agrees(self, name: Name) -> Agreement:
        """Compare *name* with this record's, and with the name it had before a merge."""
        now = agreement(self.name, name)
        return now if self.former is None or now >= Agreement.FIRST_ONLY else max(now, agreement(self.former, name))


Person = tuple[Candidate, ...]


def persons_of(candidates: Sequence[Candidate]) -> list[Person]:
    """Sort the candidates of one key into persons: records of exactly one name, pair by pair, are one."""
    if len(candidates) == 1:
        return [(candidates[0],)]
    distinct: dict[tuple[str, str], Candidate] = {}
    for candidate in candidates:
        before = distinct.get(candidate.ref)
        distinct[candidate.ref] = candidate if before is None else _joined(before, candidate)
    rest = sorted(distinct.values(), key=lambda c: c.ref) if len(distinct) > 1 else list(distinct.values())
    if len(rest) < 2:
        return [tuple(rest)] if rest else []
    # A deleted record without a name says nothing against the live ones.
    rest = [c for c in rest if not c.gone or c.name.script] or rest
    return [tuple(group) for group in _alike(rest)]


def _joined(a: Candidate, b: Candidate) -> Candidate:
    """Join two ways by which one record was reached: the surer one is told, and any wish to be left alone counts."""
    told = min(a, b, key=lambda c: (not c.sure, c.rule, c.how, c.former is not None, c.former or ()))
    return told._replace(suppressed=a.suppressed or b.suppressed)


def _alike(candidates: list[Candidate]) -> Iterator[list[Candidate]]:
    """Group by name; where a chain of likenesses does not close (a name in two orders), nobody is grouped."""
    left = candidates
    while left:
        group, reached = [left[0]], 0
        while reached < len(group):
            here = group[reached]
            group += [c for c in left if c not in group and agreement(here.name, c.name) is Agreement.EXACT]
            reached += 1
        closed = all(agreement(a.name, b.name) is Agreement.EXACT for a, b in combinations(group, 2))
        ordered = sorted(group, key=lambda c: c.ref)
        yield from [ordered] if closed else [[candidate] for candidate in ordered]
        left = [c for c in left if c not in group]


def level(person: Person, name: Name) -> Agreement:
    """Return how well *name* agrees with the person's records; the best one counts."""
    return max([candidate.agrees(name) for candidate in person])


def alive(person: Person) -> bool:
    """Tell whether one of the records is still there to be written to."""
    return False in [candidate.gone for candidate in person]


def refs(person: Iterable[Candidate]) -> frozenset[tuple[str, str]]:
    """Return the live records."""
    return frozenset(candidate.ref for candidate in person if not candidate.gone)


def survivor(person: Person, prefer: Sequence[str]) -> Candidate:
    """Return the record to write to: the preferred object, then the oldest, then by id."""
    if len(person) == 1:
        return person[0]
    places = {name: at for at, name in enumerate(prefer)}
    return min(
        (c for c in person if not c.gone),
        key=lambda c: (places.get(c.object, len(places)), c.created_at is None, c.created_at or "", c.object, c.id),
    )
