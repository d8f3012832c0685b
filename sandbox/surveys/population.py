"""A seeded population of respondents: a month of answers that are there, and days of them still to come.

Among them: bursts within one second, rows that arrive late, edits, deletions, anonymous people, people who answer
more than once, zeros, comments that break what is careless, and rows that no reader of NPS may take.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.surveys.world import SurveyWorld

HOUR = 3_600
#: Seconds after which a service shows what it took in.
LAG_S = 40
FIRST = "Ann Bob Cem Dörte Émile Fatou Guo Hana Iván Jürgen Kim Lara Mo Nils Olu Pia Qi Rosa Søren Tom Ulla".split()
LAST = "Abel Brandt Çelik Dupont Eriksson Fischer García Huber Ito Jansen Kowalski Lopez Meyer Novák O'Neil".split()
COMMENTS = (
    *("Great service", "Too slow &amp; too dear", "n/a", "-", "Ünïcödé 🙂 and more", "two\nlines, and a comma"),
    *('says "quoted"', "=SUM(A1:A9)", "10", "long " * 60, "<b>bold</b>", "call me: +49 170 1234567"),
    *(None, None, None, ""),
)


def people(seed: str, count: int) -> list[tuple[str, str]]:
    """Make e-mail and name of *count* people; some addresses have capitals or a plus in them."""
    draw = random.Random(f"people {seed}")
    made = []
    for number in range(count):
        first, last = draw.choice(FIRST), draw.choice(LAST)
        box = f"{first}.{last}".encode("ascii", "ignore").decode().replace("'", "").lower() or "someone"
        email = f"{box}{'+nps' if draw.random() < 0.05 else ''}{number}@example-{draw.randrange(9)}.com"
        made.append((email.title() if draw.random() < 0.1 else email, f"{first} {last}"))
    return made


def fill(
    world: SurveyWorld,
    count: int,
    residents: Sequence[tuple[str, str]] | None = None,
    *,
    days: float = 30,
    ahead_days: float = 3,
) -> None:
    """Let *count* answers that count, and a quarter more that do not, come in between *days* ago and *ahead_days*.

    *residents*: e-mail and name of those who answer; made up where None.
    """
    draw = random.Random(f"fill {world.name} {world.seed}")
    known = residents or people(str(world.seed), max(1, count * 2 // 3))
    now = world.answers.clock()
    moment = now
    for number in range(count):
        if number < len(SURE) or draw.random() > 0.3:  # else within the second of the one before
            ahead = SURE[number].answered_h / 24 if number < len(SURE) else draw.uniform(-days, ahead_days)
            moment = float(int(now + ahead * 24 * HOUR))
        fate = SURE[number] if number < len(SURE) else _fate(draw)
        _one(world, draw, moment, draw.choice(known), fate)
        if number % 4 == 0 and world.odd:
            _one(world, draw, moment, draw.choice(known), Fate(), world.odd[number // 4 % len(world.odd)])
    world.answers.settle()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """When an answer is given, and what becomes of it; in hours."""

    #: From now; less than nothing: ago.
    answered_h: float = 0
    #: Until the service takes it in.
    late_h: float = 0
    #: From then until it is changed and until it is deleted; 0: never.
    edited_h: float = 0
    deleted_h: float = 0


#: Whatever the seed: one has just come, one older is on its way, one will be changed, one will be deleted.
SURE = (
    Fate(answered_h=-0.5),
    Fate(answered_h=-5, late_h=7),
    Fate(answered_h=-24, edited_h=44),
    Fate(answered_h=-20, deleted_h=50),
)


def _fate(draw: random.Random) -> Fate:
    return Fate(
        late_h=draw.uniform(1, 30) if draw.random() < 0.06 else 0,
        edited_h=draw.uniform(1, 60) if draw.random() < 0.06 else 0,
        deleted_h=62 if draw.random() < 0.03 else 0,
    )


def _one(
    world: SurveyWorld,
    draw: random.Random,
    moment: float,
    who: tuple[str, str],
    fate: Fate,
    odd: dict[str, Any] | None = None,
) -> None:
    """Plan one answer, and what becomes of it."""
    email, name = who if world.named or draw.random() > 0.08 else (None, None)
    fields: dict[str, Any] = {
        "score": draw.choice((0, 3, 6, 6, 7, 8, 8, 9, 9, 9, 10, 10, 10)),
        "comment": draw.choice(COMMENTS),
        "email": email,
        "name": name,
        **(odd or {}),
    }
    fields.setdefault("survey", world.survey_of(fields.get("kind", "nps"), draw))
    key = world.answers.name()
    taken = moment + draw.randint(0, LAG_S) + fate.late_h * HOUR
    at = datetime.fromtimestamp(moment, UTC)
    modified = datetime.fromtimestamp(int(taken) - draw.randint(0, LAG_S), UTC) if fate.late_h else at
    world.answers.plan(taken, lambda: world.answers.put(key, at, modified=world.answers.cut(modified), **fields))
    if world.edits and fate.edited_h:
        change = {"score": draw.randrange(11), "comment": draw.choice(COMMENTS)}
        world.answers.plan(taken + fate.edited_h * HOUR, lambda: world.answers.change(key, **change))
    if fate.deleted_h:
        world.answers.plan(taken + fate.deleted_h * HOUR, lambda: world.answers.drop(key))
