"""A made-up CRM with the traps of identity resolution planted, and who everybody really is."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from connectors.records import RECORD_FIELDS
from tests.population.people import (
    FREE,
    Company,
    Human,
    crm_id,
    first_name,
    phone_number,
    slug,
    spell_phone,
    surname,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Record = dict[str, Any]
#: Shares of contacts per trap, in the default profile; the hostile one multiplies them by three.
SHARES = {
    "couple_mail": 0.010, "family_phone": 0.012, "twins_phone": 0.003, "duplicate": 0.015, "lead_too": 0.015,
    "merged": 0.015,
    "converted": 0.010, "deleted": 0.012, "suppressed": 0.004, "plus_people": 0.002, "dots_people": 0.002,
    "role_holder": 0.006,
    "recycled_mail": 0.006, "recycled_phone": 0.004, "unreadable_phone": 0.03, "nameless": 0.02, "junk_mail": 0.002,
    "junk_phone": 0.004, "reception": 0.004, "plus_alone": 0.004, "native_name": 0.01, "no_account": 0.03,
}  # fmt: skip


@dataclass(slots=True)
class Crm:
    """Records, accounts, and the truth about both."""

    companies: list[Company]
    humans: list[Human]
    records: list[Record]
    #: (object, id) → human number.
    owner: dict[tuple[str, str], int] = field(default_factory=dict)
    #: Trap → human numbers.
    planted: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    #: Human number → positions of his records.
    of_human: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def table(self) -> pa.Table:
        return pa.Table.from_pylist(self.records, RECORD_FIELDS)

    def chunks(self, size: int) -> Iterator[pa.Table]:
        for start in range(0, len(self.records), size):
            yield pa.Table.from_pylist(self.records[start : start + size], RECORD_FIELDS)

    def accounts(self) -> pa.Table:
        from sync.identity.accounts import ACCOUNT_FIELDS

        rows = [
            {"id": c.id, "name": c.name, "domains": [f"https://www.{c.domain}/", *c.aliases], "merged_into": None}
            for c in self.companies
        ]
        return pa.Table.from_pylist(rows, ACCOUNT_FIELDS)

    def alias_domains(self) -> list[tuple[str, ...]]:
        return [(c.domain, *c.aliases) for c in self.companies if c.aliases]


class Maker:
    """Plants a CRM from a seed."""

    def __init__(self, contacts: int, seed: int, profile: str = "default") -> None:
        self.random = Random(f"crm {seed} {profile}")
        self.contacts = contacts
        self.factor = 3.0 if profile == "hostile" else 1.0
        self.crm = Crm(self._companies(max(4, contacts // 9)), [], [])
        self._mails: set[str] = set()
        self._ids = 0

    def _companies(self, count: int) -> list[Company]:
        random = self.random
        made: list[Company] = []
        for number in range(count):
            stem = slug(surname(random)) + slug(surname(random))[:4] + (str(number) if random.random() < 0.7 else "")
            country = random.choice(("US", "US", "DE", "GB", "FR"))
            tld = {"US": "com", "DE": "de", "GB": "co.uk", "FR": "fr"}[country]
            company = Company(
                number, crm_id("001", number)[:15], stem.capitalize() + " Ltd", f"{stem}{number}.{tld}", country
            )
            if random.random() < 0.05:
                company.aliases.append(f"{stem}{number}.eu")
            elif made and random.random() < 0.05:
                parent = made[-1]
                company.domain = f"{parent.domain.partition('.')[0]}.nl"
                company.stem = parent.domain.partition(".")[0]
            if random.random() < 0.002:
                company.domain = "gmail.com"
            made.append(company)
        return made

    def make(self) -> Crm:
        while len(self.crm.records) < self.contacts:
            trap = self._trap()
            getattr(self, f"_{trap}")() if trap else self.plain()
        self.random.shuffle(self.crm.records)
        for at, record in enumerate(self.crm.records):
            self.crm.of_human[self.crm.owner[record["object"], record["id"]]].append(at)
        return self.crm

    def _trap(self) -> str | None:
        at = self.random.random()
        for name, share in SHARES.items():
            at -= share * self.factor
            if at < 0:
                return name
        return None

    def human(self, *, like: Human | None = None, last: str | None = None, woman: bool | None = None) -> Human:
        """Make a person; *like* gives the company."""
        random = self.random
        company = random.choice(self.crm.companies) if like is None else self.crm.companies[like.company]
        woman = random.random() < 0.5 if woman is None else woman
        first, last = first_name(random, woman=woman), last or surname(random)
        human = Human(len(self.crm.humans), first, last, woman, company.number, company.country, "", "")
        if company.country == "FR":
            human.country = random.choice(("FR", "DE", "GB"))
        human.email = self.mail(human)
        human.phone = phone_number(random, human.country)
        self.crm.humans.append(human)
        return human

    def another(self, human: Human, **like: Any) -> Human:
        """Make a colleague with another first name, so that the trap is one that can be seen."""
        while True:
            other = self.human(like=human, **like)
            if other.first != human.first:
                return other

    def mail(self, human: Human) -> str:
        random, company = self.random, self.crm.companies[human.company]
        first, last = slug(human.first), slug(human.last)
        free = random.random() < 0.2 or company.domain == "gmail.com"
        domain = random.choice(FREE) if free else company.domain
        forms = (f"{first}.{last}", f"{first[0]}{last}", f"{first}{last}", f"{first}_{last}")
        local = random.choice(forms[:2] if not free else forms)
        at = 0
        while self._key(f"{local}@{domain}") in self._mails:
            at += 1
            local = f"{random.choice(forms)}{random.randrange(10, 99) if at < 20 else random.randrange(10**6)}"
        self._mails.add(self._key(f"{local}@{domain}"))
        return f"{local}@{domain}"

    @staticmethod
    def _key(mail: str) -> str:
        # Nobody gets an address that differs by dots only, except where that is the trap.
        return mail.replace(".", "").replace("googlemail", "gmail").replace("_", "")

    def record(self, human: Human, **changes: Any) -> Record:
        """Add a record of *human*."""
        random = self.random
        self._ids += 1
        object_ = changes.pop("object", "Contact")
        company = self.crm.companies[human.company]
        row: Record = {
            "object": object_,
            "id": crm_id("003" if object_ == "Contact" else "00Q", self._ids),
            "emails": [human.email.title() if random.random() < 0.05 else human.email],
            "phones": [spell_phone(random, human.phone, human.country, international=0.5)] * (random.random() < 0.7),
            "first_name": human.first, "last_name": human.last, "full_name": None,
            "account": None if object_ == "Lead" else company.id,
            "account_name": company.name,
            "country": human.country,
            "created_at":
            f"20{random.randrange(15, 25)}-0{random.randrange(1, 10)}-{random.randrange(10, 29)}T08:00:00Z",
            "merged_into": None, "deleted": False, "suppressed": False,
        }  # fmt: skip
        row["ids"] = [
            {"kind": "salesforce_id", "value": row["id"]},
            {"kind": "customer_id", "value": f"C-{self._ids:08}"},
        ]
        row |= changes
        self.crm.records.append(row)
        self.crm.owner[object_, row["id"]] = human.number
        return row

    def plant(self, trap: str, *humans: Human) -> None:
        self.crm.planted[trap] += [human.number for human in humans]

    def plain(self) -> Human:
        human = self.human()
        self.record(human)
        return human
