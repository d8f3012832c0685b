"""Seven waves of one relationship survey over 18 months, as people really answer them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from people import LANGUAGES, Account, Person, about

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from phrases import Voices

LAST_DAY = date(2026, 11, 20)
WAVES = (
    date(2025, 5, 26),
    date(2025, 9, 1),
    date(2025, 12, 1),
    date(2026, 2, 23),
    date(2026, 5, 11),  # three weeks after the outage
    date(2026, 8, 17),
    date(2026, 11, 2),
)
#: Share of people who answer in a wave; the last three are asked more widely.
REACH = (0.20, 0.22, 0.24, 0.28, 0.34, 0.36, 0.42)
#: Points that a story adds in each wave.
SHIFTS: Mapping[str, tuple[float, ...]] = {
    "steady": (0.0, 0.0, 0.1, 0.1, 0.0, 0.1, 0.1),
    "incident": (0.3, 0.3, 0.4, 0.3, -4.2, -2.6, -1.3),
    "improving": (-3.4, -3.2, -2.4, -1.4, -0.4, 0.5, 0.9),
}
AVERAGE = 8.45
ALPHABET = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One row of the export. Text where a broken export can hold anything."""

    id: str
    score: str
    ended: datetime
    recorded: datetime
    comment: str = ""
    status: str = "0"
    progress: str = "100"
    finished: str = "1"
    seconds: int = 60
    given: str = ""
    family: str = ""
    recipient: str = ""
    reference: str = ""
    typed_email: str = ""
    phone: str = ""
    company: str = ""
    account: str = ""
    channel: str = "email"
    language: str = "EN"
    ip: str = "192.0.2.1"
    #: Qualtrics' own group: 1 detractor, 2 passive, 3 promoter.
    group: str = ""
    #: Written over the three dates, for rows whose dates are broken.
    broken_date: str | None = None
    #: Set for a row that a trap stands on already: no second trap may hide the first.
    trap: str = field(default="", compare=False)


def category(score: int) -> str:
    """Return `1`, `2` or `3`, as Qualtrics numbers its groups."""
    return "1" if score <= 6 else "2" if score <= 8 else "3"


class Survey:
    """Asks people, wave after wave."""

    def __init__(self, rng: Random, voices: Voices) -> None:
        self._rng = rng
        self._voices = voices
        self._ids: set[str] = set()

    def answers_of(self, person: Person) -> list[Answer]:
        """Return everything one person answered, oldest first; at least one answer."""
        waves = [wave for wave in range(len(WAVES)) if self._rng.random() < REACH[wave]]
        return [self.answer(person, wave) for wave in waves or [self._rng.choice(range(3, len(WAVES)))]]

    def answer(self, person: Person, wave: int) -> Answer:
        """Return one answer of *person*, reached by mail in *wave*."""
        score = self.score(person, wave)
        ended, seconds = self.moment(wave), 20 + int(self._rng.random() ** 3 * 900)
        language = LANGUAGES[person.account.country]
        if language != "en" and self._rng.random() < 0.2:
            language = "en"
        return Answer(
            id=self.fresh_id(),
            score=str(score),
            group=category(score),
            ended=ended,
            recorded=ended + timedelta(seconds=1),
            seconds=seconds,
            comment=self.comment(person.account, wave, score, language),
            given=person.given,
            family=person.family,
            recipient=person.email,
            reference=person.number,
            company=person.account.name if self._rng.random() < 0.8 else "",
            account=person.account.id if self._rng.random() < 0.3 and person.number else "",
            phone=person.phone if self._rng.random() < 0.15 else "",
            language=language.upper(),
            ip=f"{self._rng.choice(('192.0.2', '198.51.100', '203.0.113'))}.{self._rng.randrange(1, 255)}",
        )

    def by_link(self, answer: Answer) -> Answer:
        """Return *answer* as given through the open link in the product: the person types who he is."""
        return replace(
            answer, channel="anonymous", recipient="", reference="", typed_email=answer.recipient, account=""
        )

    def score(self, person: Person, wave: int) -> int:
        """Return 0 to 10: the average, the account's mood and story, the person's mood, and the day."""
        exact = AVERAGE + person.account.mood + person.mood + SHIFTS[person.account.story][wave]
        exact = about(self._rng, exact, 0.8)
        if exact < 4.0 and self._rng.random() < 0.5:
            return 0  # whoever is angry rarely weighs a 1 against a 3
        return max(0, min(10, int(exact + 0.5 if exact > 0 else 0)))

    def moment(self, wave: int) -> datetime:
        """Return when somebody answered: soon after the invitation, mostly in working hours."""
        day = WAVES[wave] + timedelta(days=self._rng.randrange(0, 10) + int(self._rng.random() ** 3 * 12))
        hour = self._rng.choices(range(6, 23), (2, 5, 9, 10, 9, 8, 5, 7, 8, 8, 7, 5, 3, 3, 3, 2, 1))[0]
        clock = time(hour, self._rng.randrange(60), self._rng.randrange(60))
        return datetime.combine(min(day, LAST_DAY), clock)

    def comment(self, account: Account, wave: int, score: int, language: str) -> str:
        """Return what the person adds to the score, or nothing."""
        band = "angry" if score <= 3 else "low" if score <= 6 else "mid" if score <= 8 else "high"
        if self._rng.random() > {"angry": 0.8, "low": 0.62, "mid": 0.42, "high": 0.46}[band]:
            return ""
        theme = None
        if account.story == "incident" and wave >= 4 and band != "high" and self._rng.random() < 0.75:
            theme = "outage"
        if account.story == "improving" and wave >= 4 and band in {"mid", "high"} and self._rng.random() < 0.4:
            theme = "better"
        return self._voices.say(band, language, theme)

    def fresh_id(self) -> str:
        """Return an id in Qualtrics' form, never given before."""
        while True:
            made = "R_" + "".join(self._rng.choices(ALPHABET, k=15))
            if made not in self._ids:
                self._ids.add(made)
                return made
