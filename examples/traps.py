"""The trouble that real exports and real customer tables hold, planted and counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from answers import WAVES, Answer, Survey, category
from people import plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from people import Crowd, Person
    from phrases import Voices


@dataclass(kw_only=True)
class Field:
    """Everything generated so far; the traps change it in place and count what they did."""

    rng: Random
    crowd: Crowd
    survey: Survey
    voices: Voices
    customers: list[Person]
    answers: list[Answer]
    planted: Counter[str] = field(default_factory=Counter)
    taken: set[str] = field(default_factory=set)

    def change(self, trap: str, count: int, how: Callable[[Answer], Answer], which: Callable[[Answer], bool]) -> None:
        """Rewrite *count* untouched answers for which *which* holds."""
        places = [at for at, answer in enumerate(self.answers) if not answer.trap and which(answer)]
        for at in self.rng.sample(places, count):
            self.answers[at] = replace(how(self.answers[at]), trap=trap)
            self.planted[trap] += 1

    def add(self, trap: str, answer: Answer) -> None:
        """Append an answer that exists for its trap alone."""
        self.answers.append(replace(answer, trap=trap))
        self.planted[trap] += 1

    def pick(self, count: int, *, answers: bool = True) -> list[Person]:
        """Return customers that no trap has used yet."""
        free = [p for p in self.customers if p.number not in self.taken and p.answers == answers]
        chosen = self.rng.sample(free, count)
        self.taken |= {person.number for person in chosen}
        return chosen

    def swap(self, old: Person, new: Person) -> None:
        """Put *new* in the place of *old* in the customers table."""
        self.customers[self.customers.index(old)] = new


def plant_customers(field: Field) -> None:
    """Plant what a customers table holds: double rows, merges, shared mailboxes, people who want to be left alone."""
    for person in field.pick(14):
        twin = field.crowd.twin_record(person)
        field.customers.append(twin)
        field.taken.add(twin.number)
        field.planted["customers: same person twice"] += 1
    for person in field.pick(10):
        old = replace(field.crowd.twin_record(person), merged_into=person.number, since=person.since)
        field.customers.append(old)
        field.taken.add(old.number)
        field.planted["customers: merged into another"] += 1
        late = field.survey.answer(person, 6)
        field.add("reference of a merged customer", replace(late, reference=old.number, recipient="", account=""))
    for person in field.pick(8):
        field.swap(person, replace(person, do_not_process=True))
        field.planted["customers: do not process"] += 1
    for person, other in zip(field.pick(8), field.pick(8, answers=False), strict=True):
        shared = f"{plain(person.family)}-{plain(other.family)}@{person.account.domain}"
        _share_mailbox(field, person, other, shared)
    for person in field.pick(12, answers=False):
        field.swap(person, replace(person, phone=field.rng.choice(("0000000000", "999-999-9999", "n/a", "TBC"))))
        field.planted["customers: phone is no phone"] += 1


def _share_mailbox(field: Field, person: Person, other: Person, shared: str) -> None:
    field.swap(person, replace(person, email=shared))
    field.swap(other, replace(other, email=shared, account=person.account))
    field.planted["customers: two with one mailbox"] += 2
    field.answers[:] = [
        replace(answer, recipient=shared) if answer.recipient == person.email else answer for answer in field.answers
    ]
    told = field.survey.by_link(replace(field.survey.answer(person, 6), recipient=shared, phone=""))
    field.add("shared mailbox, name given", replace(told, company=""))
    untold = field.survey.by_link(replace(field.survey.answer(person, 5), recipient=shared, phone=""))
    field.add("shared mailbox, no name", replace(untold, given="", family="", company=""))


def plant_identities(field: Field) -> None:
    """Plant what makes it hard to say who answered."""
    safe = {person.email for person in field.pick(300)}

    def lone(answer: Answer) -> bool:
        return _by_mail(answer) and answer.recipient in safe

    field.change("answered by the open link", 210, field.survey.by_link, _by_mail)
    field.change("e-mail in mixed case or with spaces", 120, lambda a: _untidy(a, field.rng), _by_mail)
    field.change("reference with spaces around", 12, lambda a: replace(a, reference=f" {a.reference} "), _by_mail)
    field.change("no customer number", 160, lambda a: replace(a, reference=""), _by_mail)
    field.change("typo in the e-mail", 10, lambda a: _mistyped(a, field), lone)
    field.change("mailbox passed on to somebody else", 8, lambda a: _inherited(a, field), lone)
    field.change("link forwarded to a colleague", 6, lambda a: _forwarded(a, field), lone)
    for at, mailbox in enumerate(("info", "office", "sales", "support", "billing", "admin") * 2):
        person = field.pick(1)[0]
        asked = field.survey.by_link(field.survey.answer(person, 3 + at % 4))
        role = replace(
            asked, typed_email=f"{mailbox}@{person.account.domain}", given="", family="", phone="", company=""
        )
        field.add("role mailbox", role)
    _plant_phones(field)
    for at in range(45):
        person = field.rng.choice(field.customers)
        asked = field.survey.by_link(field.survey.answer(person, at % len(WAVES)))
        field.add("anonymous", replace(asked, typed_email="", given="", family="", company="", phone=""))
    for placeholder in ("anonymous", "none", "test@test.test", "n/a", "-"):
        asked = field.survey.by_link(field.survey.answer(field.rng.choice(field.customers), 6))
        field.add(
            "placeholder instead of an e-mail",
            replace(asked, typed_email=placeholder, given="", family="", company="", phone=""),
        )


def _plant_phones(field: Field) -> None:
    """Plant people who left a phone number only; of those, some say their name."""
    callable_ = [p for p in field.customers if p.phone.startswith(("+49", "+1")) and p.number not in field.taken]
    for at, person in enumerate(field.rng.sample(callable_, 10)):
        asked = replace(
            field.survey.by_link(field.survey.answer(person, 6)), typed_email="", phone=person.phone, company=""
        )
        if at % 2:
            field.add("only a phone, name given", asked)
        else:
            field.add("only a phone, no name", replace(asked, given="", family=""))


def _by_mail(answer: Answer) -> bool:
    return answer.channel == "email" and answer.reference != ""


def _completed(answer: Answer) -> bool:
    return answer.status == "0"


def _untidy(answer: Answer, rng: Random) -> Answer:
    forms: tuple[Callable[[str], str], ...] = (
        str.upper,
        str.title,
        "  {} ".format,
        "{}\u00a0".format,
        "mailto:{}".format,
    )
    return replace(answer, recipient=rng.choice(forms)(answer.recipient))


def _mistyped(answer: Answer, field: Field) -> Answer:
    asked = field.survey.by_link(answer)
    name, _, domain = asked.typed_email.partition("@")
    return replace(asked, typed_email=f"{name}@{domain[:2]}{domain[3:]}", phone="")


def _inherited(answer: Answer, field: Field) -> Answer:
    stranger = field.rng.choice([p for p in field.customers if p.account.country not in {"GB", "US"}])
    return replace(field.survey.by_link(answer), given=stranger.given, family=f"{stranger.family}-Neumann", phone="")


def _forwarded(answer: Answer, field: Field) -> Answer:
    here = next(p for p in field.customers if p.email == answer.recipient)
    others = [p for p in field.customers if p.account.id == here.account.id and p.number not in field.taken]
    colleague = field.rng.choice(others or [p for p in field.customers if p.number not in field.taken])
    return replace(answer, typed_email=colleague.email, given="", family="", phone="")


def plant_rows(field: Field) -> None:
    """Plant what is wrong with rows, whoever wrote them."""
    for trap, status, count in (("preview", "1", 12), ("test", "2", 8), ("spam", "8", 3)):
        for _ in range(count):
            person = field.rng.choice(field.customers)
            asked = field.survey.answer(person, field.rng.randrange(len(WAVES)))
            field.add(trap, replace(asked, status=status, comment="test" if trap != "spam" else "Cheap watches!!!"))
    for at in range(40):
        person = field.rng.choice(field.customers)
        asked = field.survey.answer(person, at % len(WAVES))
        half = replace(asked, finished="0", progress=field.rng.choice(("12", "33", "67")), comment="")
        field.add("not finished", half if at % 2 else replace(half, score="", group=""))
    for at in range(15):
        asked = field.survey.answer(field.rng.choice(field.customers), at % len(WAVES))
        field.add("finished without a score", replace(asked, score="", group=""))
    for score in ("11", "-1", "8.5", "100", "very likely", "7 or 8"):
        asked = field.survey.answer(field.rng.choice(field.customers), 6)
        field.add("score that is none", replace(asked, score=score, group=""))
    for text in ("2026-02-30 10:15:00", "", "2062-11-12 09:41:07", "last week"):
        asked = field.survey.answer(field.rng.choice(field.customers), 6)
        field.add("date that is none", replace(asked, broken_date=text))
    field.change("score written otherwise (10.0)", 11, lambda a: replace(a, score=f"{a.score}.0"), _completed)
    wrong = {"1": "3", "2": "1", "3": "2"}
    field.change("group disagrees with the score", 4, lambda a: replace(a, group=wrong[a.group]), _completed)
    for line in field.voices.odd_lines():
        field.change("odd comment", 1, partial(_commented, line), _completed)
    field.change("very long comment", 3, lambda a: replace(a, comment=field.voices.rant("en")), _completed)
    field.change(
        "phone with a leading apostrophe", 9, lambda a: replace(a, phone=f"'{a.phone}"), lambda a: a.phone != ""
    )


def _commented(line: str, answer: Answer) -> Answer:
    return replace(answer, comment=line)


def plant_copies(field: Field) -> None:
    """Plant what a second export adds: the same rows again, edited rows, and old answers at the end of the file."""
    free = [answer for answer in field.answers if not answer.trap]
    chosen = field.rng.sample(free, 35 + 14)
    for answer in chosen[:35]:
        field.add("same row twice", answer)
    for answer in chosen[35:]:
        score = max(0, min(10, int(answer.score) + field.rng.choice((-2, -1, 1, 2))))
        later = answer.recorded + timedelta(days=2, minutes=11)
        edited = replace(answer, score=str(score), group=category(score), recorded=later)
        field.add("edited later", edited)


def late(field: Field) -> list[Answer]:
    """Take out answers that are older than another of the same person, to stand at the end of the file."""
    newest: dict[str, Answer] = {}
    for answer in field.answers:
        if answer.recipient and answer.ended >= newest.get(answer.recipient, answer).ended:
            newest[answer.recipient] = answer
    old = [a for a in field.answers if not a.trap and a.recipient and newest[a.recipient].ended > a.ended]
    copied = Counter(answer.id for answer in field.answers)
    chosen = field.rng.sample([answer for answer in old if copied[answer.id] == 1], 14)
    field.planted["older answer after a newer one"] = len(chosen)
    gone = {answer.id for answer in chosen}
    field.answers[:] = [answer for answer in field.answers if answer.id not in gone]
    return chosen
