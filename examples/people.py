"""The company's own side: accounts, the customers in its table, and people whom it does not know."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from phrases import sections

if TYPE_CHECKING:
    from random import Random

HERE = Path(__file__).parent
LANGUAGES = {"GB": "en", "US": "en", "DE": "de", "FR": "fr", "ES": "es", "NL": "nl"}
#: Customers who answered at least once, and those who never did (they make coverage less than whole).
ANSWERING, SILENT, UNKNOWN = 840, 330, 60
INCIDENT, IMPROVING = 26, 12
START = date(2025, 5, 26)


@dataclass(frozen=True, kw_only=True)
class Account:
    """A company that buys from us."""

    id: str
    name: str
    domain: str
    country: str
    #: `steady`, `incident` (the outage of spring 2026 hit it) or `improving`.
    story: str
    #: How much better or worse than the average its people answer, in points of the scale.
    mood: float
    size: int


@dataclass(frozen=True, kw_only=True)
class Person:
    """One human; `number` is empty for those whom the customers table does not hold."""

    number: str
    given: str
    family: str
    email: str
    phone: str
    account: Account
    since: date
    mood: float
    answers: bool
    merged_into: str = ""
    do_not_process: bool = False


def about(rng: Random, middle: float, spread: float) -> float:
    """Return a number near *middle*, bell-shaped; only additions, so every platform agrees on the last digit."""
    return middle + spread * (sum(rng.random() for _ in range(12)) - 6)


def plain(text: str) -> str:
    """Return *text* in the letters of an e-mail address: `Jürgen` gives `juergen`, `O'Rourke` gives `orourke`."""
    german = text.lower()
    for letter, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("\u0131", "i")):
        german = german.replace(letter, letters)
    bare = unicodedata.normalize("NFKD", german).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z-]", "", bare.replace(" ", ""))


def accounts(rng: Random) -> list[Account]:
    """Return the 120 accounts, each with its story."""
    names = _names("company")
    every = [(country, name) for country, own in names.items() for name in own]
    rng.shuffle(every)
    stories = ["incident"] * INCIDENT + ["improving"] * IMPROVING
    stories += ["steady"] * (len(every) - len(stories))
    return [
        Account(
            id=f"A-{2001 + at}",
            name=name,
            domain=re.sub(r"-+", "-", plain(name.replace("&", "and").replace(" ", "-"))) + ".example",
            country=country,
            story=story,
            mood=about(rng, 0.0, 1.1),
            size=rng.choices((1, 2, 3, 5, 8), (30, 30, 25, 10, 5))[0],
        )
        for at, ((country, name), story) in enumerate(zip(every, stories, strict=True))
    ]


class Crowd:
    """Makes people, no two of the same name at one account and no two with one address."""

    def __init__(self, rng: Random, firms: list[Account]) -> None:
        self._rng = rng
        self._firms = firms
        self._given = _names("given")
        self._family = _names("family")
        self._addresses: set[str] = set()
        self._phones = _phones(rng)
        self._next = 10_001

    def customers(self) -> list[Person]:
        """Return the customers table's people, before any trap is planted."""
        firms = self._firms * 3  # three people each at least; then the large accounts get more
        firms += self._rng.choices(self._firms, [firm.size for firm in self._firms], k=ANSWERING + SILENT - len(firms))
        return [self.person(firm, known=True, answers=at < ANSWERING) for at, firm in enumerate(firms)]

    def strangers(self) -> list[Person]:
        """Return people at our accounts and elsewhere who are in no table of ours."""
        firms = self._rng.choices(self._firms, k=UNKNOWN)
        return [self.person(firm, known=False, answers=True) for firm in firms]

    def person(self, firm: Account, *, known: bool, answers: bool) -> Person:
        """Return somebody new at *firm*."""
        while True:
            given = self._rng.choice(self._given[firm.country])
            family = self._rng.choice(self._family[firm.country])
            domain = firm.domain if known or self._rng.random() < 0.6 else "freepost.test"
            address = f"{self._local_part(given, family)}@{domain}"
            if address not in self._addresses and f"{given} {family} {firm.id}" not in self._addresses:
                break
        self._addresses |= {address, f"{given} {family} {firm.id}"}
        number = f"C-{self._next}" if known else ""
        self._next += known
        phones = self._phones.get(firm.country)
        phone = phones.pop() if phones and self._rng.random() < 0.55 else ""
        since = START - timedelta(days=self._rng.randrange(30, 2600))
        mood = about(self._rng, 0.0, 1.3)
        return Person(
            number=number, given=given, family=family, email=address, phone=phone,
            account=firm, since=since, mood=mood, answers=answers,
        )  # fmt: skip

    def twin_record(self, person: Person) -> Person:
        """Return a second, younger row of the same customer, as double entry leaves it."""
        number = f"C-{self._next}"
        self._next += 1
        return replace(person, number=number, since=person.since + timedelta(days=400), answers=False)

    def _local_part(self, given: str, family: str) -> str:
        first, last = plain(given), plain(family)
        return self._rng.choices(
            (f"{first}.{last}", f"{first[0]}.{last}", f"{first}", f"{last}", f"{first}_{last}"), (60, 22, 8, 5, 5)
        )[0]


def _names(what: str) -> dict[str, list[str]]:
    return {
        head.split()[1]: [word.strip() for line in lines for word in line.split(", ")]
        for head, lines in sections(HERE / "names.txt").items()
        if head.startswith(what)
    }


def _phones(rng: Random) -> dict[str, list[str]]:
    """Return numbers that regulators keep for fiction: Ofcom, NANP 555-01xx, Bundesnetzagentur, Arcep."""
    numbers = {
        "GB": [f"+44 7700 900{last:03}" for last in range(1000)],
        "US": [f"+1 {area} 555 {last:04}" for area in (206, 303, 405, 512, 615) for last in range(100, 200)],
        "DE": [f"+49 30 23125{last:03}" for last in range(1000)],
        "FR": [f"+33 6 39 98 {last // 100:02} {last % 100:02}" for last in range(10_000)],
    }
    for own in numbers.values():
        rng.shuffle(own)
    return numbers
