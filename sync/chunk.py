"""The records that one transaction of `compute` stores: their profiles now and before, and what follows. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from connectors.values import SurveyKind
from sync.intents import membership
from sync.nps.category import category_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from sync.intents import Confirmed, Intent
    from sync.shapes import Shape
    from sync.words import Columns


#: Words of a profile that say something of those who never answered.
_OF_SILENCE = frozenset(
    {"status", "segments", "risk", "risk_reasons", "responded", "sends", "answered", "last_sent_at"}
)


def hears(words: Collection[str]) -> bool:
    """Tell whether *words* of a mapping's records say anything of those who never answered."""
    return not _OF_SILENCE.isdisjoint(words)


class Before(NamedTuple):
    """What the ledger held of a record's profile, as far as others depend on it."""

    person: str
    account: str | None
    #: Names joined by `;`.
    segments: str
    relational_score: int | None
    transactional_score: int | None
    #: The latest response; None: there was none, and yet the person was asked.
    key: str | None = ""


@dataclass(slots=True)
class Chunk:
    """Touched records of one object, and what their transaction will store."""

    object: str
    #: All that were touched, in order.
    records: Sequence[str]
    #: Of the records that have responses, in order.
    profiles: Columns
    #: Who the records of `profiles` are.
    persons: Sequence[str]
    before: Mapping[str, Before]
    #: Records that are to be made, or were and go by their person's id until their own is known.
    unnamed: frozenset[str] = frozenset()
    intents: list[Intent] = field(default_factory=list)
    #: By rank and object, records of which something waits to be sent.
    queued: dict[tuple[int, str], set[str]] = field(default_factory=dict)
    #: Responses whose writes are planned: they stay pending until these are confirmed.
    causes: set[str] = field(default_factory=set)
    entered: list[tuple[str, str]] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    #: Where responses stand that need no write: key, state, reason.
    standing: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def subjects(self) -> list[str]:
        return self.profiles["subject"]

    @property
    def latest(self) -> list[str | None]:
        """Keys of the responses that speak for the records; None: there was none."""
        return self.profiles["key"]

    def unheard(self, words: Collection[str], known: Collection[str]) -> set[str]:
        """Return the records of which nothing is worth telling: nobody answered, and none of *words* is of silence.

        What is *known* to hold something of ours is kept up to date.
        """
        if hears(words):
            return set()
        return {record for record, key in zip(self.subjects, self.latest, strict=True) if key is None} - {*known}

    def replace(self, shape: Shape, queued: Iterable[str]) -> None:
        """Have what waits for the records *queued* sent no longer, unless it is planned again."""
        self.queued.setdefault((shape.rank, shape.object), set()).update(queued)

    def unwanted(self) -> dict[tuple[int, str], list[str]]:
        """Return what waits and was not planned again: what was confirmed before is right."""
        planned = {intent[:3] for intent in self.intents}
        return {
            place: [record for record in sorted(records) if (*place, record) not in planned]
            for place, records in self.queued.items()
        }

    def rows(self, names: Sequence[str]) -> Iterable[tuple[Any, ...]]:
        """Return the profiles as the ledger keeps them: the record, then *names*."""
        own: dict[str, Sequence[Any]] = {"person": self.persons, "segments": self.profiles.joined("segments")}
        columns = [own[name] if name in own else self.profiles[name] for name in names]
        return zip(self.subjects, *columns, strict=True)

    def lost(self) -> list[str]:
        """Return the records that had a profile and have no response any longer."""
        return [] if not self.before else sorted(self.before.keys() - set(self.subjects))

    def moves(self) -> dict[tuple[str, str], int]:
        """Return how the sums over all profiles move with this chunk."""
        moved: Counter[tuple[str, str]] = Counter({("", ""): len(self.profiles) - len(self.before)})
        moved["silent", ""] = self.latest.count(None) - sum(was.key is None for was in self.before.values())
        for kind in SurveyKind:
            name = f"{kind.value}_score"
            was = [getattr(profile, name) for profile in self.before.values()]
            for sign, scores in ((1, self.profiles[name]), (-1, was)):
                for score, number in Counter(scores).items():
                    if score is not None:
                        moved[kind.value, category_of(score).value] += sign * number
        return {place: number for place, number in moved.items() if number}

    def accounts(self) -> list[str]:
        """Return the accounts whose rollup may have changed: those of the profiles now and before."""
        return sorted({*self.profiles["account"], *(was.account for was in self.before.values())} - {None, ""})

    def plan_segments(self, shape: Shape | None, since: str) -> None:
        """Plan who enters and who leaves which segment at *since*, and with a *shape* the rows that say so."""
        joined = self.profiles.joined("segments")
        for record, now, key, person in zip(self.subjects, joined, self.latest, self.persons, strict=True):
            if now or record in self.before:
                self._move(shape, since, record, now, key, person)
        for record in self.lost():
            self._move(shape, since, record, "", None, self.before[record].person)

    def _move(  # noqa: PLR0913 - one record's whole case
        self, shape: Shape | None, since: str, record: str, now: str, key: str | None, person: str
    ) -> None:
        was = self.before[record].segments if record in self.before else ""
        if now == was:
            return
        now_in, was_in = set(now.split(";")) - {""}, set(was.split(";")) - {""}
        self.entered += zip(repeat(record), sorted(now_in - was_in))
        self.left += zip(repeat(record), sorted(was_in - now_in))
        if shape is None or record in self.unnamed:
            return
        for name in filter(shape.covers, sorted(now_in ^ was_in)):
            values = self._membership(record, name, since, person)
            self.intents.append(membership(shape, values, key, left=name not in now_in))

    def plan_standing(
        self, shape: Shape, joined: Mapping[tuple[str, str], str], known: Callable[[list[str]], Mapping[str, Confirmed]]
    ) -> None:
        """Plan the rows of those who stay in their segments, where the destination does not hold them as they are now.

        What a person undid is left as it is.

        Args:
            shape: The object.
            joined: (record, segment) → since when.
            known: Returns what memberships, by id, were confirmed to hold.
        """
        joined_texts = self.profiles.joined("segments")
        planned = [
            membership(shape, self._membership(record, name, joined[record, name], person), key, left=False)
            for record, now, key, person in zip(self.subjects, joined_texts, self.latest, self.persons, strict=True)
            for name in filter(shape.covers, now.split(";") if now else ())
            if (record, name) in joined and record not in self.unnamed
        ]
        held = known([intent[2] for intent in planned])
        for intent in planned:
            desired, _, undone, _ = held.get(intent[2], (None, None, None, False))
            if intent[5] not in (desired, undone):
                self.intents.append(intent)

    def _membership(self, record: str, segment: str, since: str, person: str) -> dict[str, str]:
        """Return what the columns of a membership are made of, by word."""
        of = {"record.id": record, "record.object": self.object, "person.id": person}
        return of | {"since": since, "segment": segment}

    def named(self, history: pa.Table) -> pa.Table:
        """Leave out what hangs on records whose own ids are not known yet: it names these."""
        if not self.unnamed:
            return history
        these = pa.array(sorted(self.unnamed), pa.string())
        return history.filter(pc.invert(pc.is_in(history["subject"], these)))


def without_name(subjects: Sequence[str], persons: Sequence[str], before: Mapping[str, Before]) -> frozenset[str]:
    """Return the records that go by their person's id, now or before."""
    now = (record for record, person in zip(subjects, persons, strict=True) if record == person)
    return frozenset({*now, *(record for record, was in before.items() if record == was.person)})
