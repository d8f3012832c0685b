"""Whoever answers: one response at a time, with its trap and the truth."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.values import Place, SurveyResponse
from tests.population.traps import PLAIN, TRAPS

if TYPE_CHECKING:
    from tests.population.crm import Crm
    from tests.population.people import Human


class Answer(NamedTuple):
    """A response and what is true of it."""

    response: SurveyResponse
    trap: str
    #: The human who answered; None: nobody of the CRM.
    human: int | None
    #: The account it counts for, if any.
    account: str | None


class Respondents:
    """Answers in the name of the CRM's people and of strangers."""

    def __init__(self, crm: Crm, seed: int, profile: str = "default") -> None:
        self.random = Random(f"answers {seed} {profile}")
        self.crm = crm
        hostile = profile == "hostile"
        weights = {name: weight / (2 if hostile else 1) for name, weight in PLAIN.items()}
        weights |= {name: weight * (3 if hostile else 1) for name, weight in TRAPS.items()}
        self._names, self._weights = list(weights), list(weights.values())
        special = {number for numbers in crm.planted.values() for number in numbers}
        self._plain = [h for h in crm.humans if h.number not in special and h.number in crm.of_human and self._whole(h)]
        self._aliased = [h for h in self._plain if crm.companies[h.company].aliases and "." in self._domain(h)
                         and self._domain(h) == crm.companies[h.company].domain]  # fmt: skip
        self._gmail = [h for h in self._plain if self._domain(h) in {"gmail.com", "googlemail.com"}]
        subsidiaries = {company.domain for company in crm.companies if company.stem}
        self._subsidiary = [h for h in self._plain if self._domain(h) in subsidiaries]
        self._count = 0

    def _whole(self, human: Human) -> bool:
        record = self.crm.records[self.crm.of_human[human.number][0]]
        return bool(record["emails"]) and record["emails"][0].lower() == human.email

    @staticmethod
    def _domain(human: Human) -> str:
        return human.email.rpartition("@")[2]

    def make(self, count: int) -> list[Answer]:
        made: list[Answer] = []
        while len(made) < count:
            trap = self.random.choices(self._names, self._weights)[0]
            answer = getattr(self, f"_{trap}")()
            if answer is not None:
                made.append(answer)
        return made

    def _answer(
        self, trap: str, human: Human | None, known: bool = True, account: str | None = None, **fields: Any
    ) -> Answer:
        self._count += 1
        if human is not None and account is None and known:
            account = self._record(human)["account"] or None
        response = SurveyResponse(
            response_id=f"r{self._count}", survey="s", score=9, responded_at=datetime(2026, 1, 1, tzinfo=UTC),
            place=Place(file="made.csv", row=self._count), **{k: v for k, v in fields.items() if v},
        )  # fmt: skip
        return Answer(response, trap, human.number if human is not None and known else None, account)

    def _record(self, human: Human, *, live: bool = True) -> dict[str, Any]:
        rows = [self.crm.records[at] for at in self.crm.of_human[human.number]]
        return min(
            (r for r in rows if not r["deleted"] and not r["merged_into"] and live),
            key=lambda r: r["object"],
            default=rows[0],
        )

    def _one(self) -> Human:
        return self.random.choice(self._plain)

    def _of(self, trap: str) -> Human | None:
        numbers = self.crm.planted.get(trap)
        return self.crm.humans[self.random.choice(numbers)] if numbers else None

    def _names_of(self, human: Human) -> dict[str, Any]:
        if self.random.random() < 0.3:
            return {"full_name": f"{human.first} {human.last}"}
        return {"first_name": human.first, "last_name": human.last}

    def _customer(self, human: Human) -> str:
        return str(next(pair["value"] for pair in self._record(human)["ids"] if pair["kind"] == "customer_id"))

    def _with_phone(self) -> Human | None:
        human = self._one()
        record = self._record(human)
        return human if record["phones"] and record["country"] else None

    def _flip(self) -> bool:
        return self.random.random() < 0.5
