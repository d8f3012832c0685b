"""Responses of the made-up world, each with its trap and the truth."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.values import Place, SurveyResponse
from tests.population.people import FREE, Human, first_name, han, nickname, phone_number, slug, spell_phone, surname

if TYPE_CHECKING:
    from tests.population.crm import Crm

#: Weight of each trap among responses; the hostile profile halves the plain ones and triples the rest.
PLAIN = {"mail": 26, "mail_name": 22, "id": 8, "id_mail_name": 8, "phone_name": 5, "mail_phone_name": 4}
TRAPS = {
    "mail_messy": 3, "mail_nick": 2, "mail_initial": 0.7, "mail_married": 0.5, "mail_swapped": 0.4,
    "mail_one_name": 0.5,
    "mail_other_script": 0.4, "plus_tag": 1.2, "gmail_dots": 0.6, "alias_domain": 0.4, "id_18": 1.2,
    "id_lost_case": 0.4,
    "number_padded": 1, "merged_mail": 0.7, "merged_id": 0.6, "converted_mail": 0.5, "duplicate": 0.8, "lead_too": 0.8,
    "couple_named": 0.8, "couple_nameless": 0.4, "family_phone": 0.7, "family_phone_nameless": 0.2, "twins_phone": 0.3,
    "phone_nameless": 2.6, "phone_national": 0.6, "role_named": 0.3, "role_nameless": 0.5, "role_stranger": 0.2,
    "recycled_mail": 0.4, "recycled_phone": 0.3, "plus_distinct": 0.2, "dots_nongmail": 0.2, "deleted_mail": 0.5,
    "deleted_id": 0.3, "suppressed": 0.3, "internal": 0.3, "junk_mail": 0.4, "junk_phone": 0.3, "anonymous": 1.5,
    "forwarded_seen": 0.4, "forwarded_unseen": 0.1, "typo_mail": 1.2, "typo_colleague": 0.02, "unknown_colleague": 2,
    "unknown_free": 2.5, "subsidiary_homonym": 0.3, "name_company": 0.7, "nameless_record": 0.5,
    "unreadable_phone": 0.5,
    "reception_phone": 0.2, "homonym_company": 0.3,
}  # fmt: skip
#: Traps whose answer the evidence settles: a good resolver finds the record.
DETERMINISTIC = frozenset(PLAIN) | {
    "mail_messy", "mail_nick", "mail_initial", "mail_married", "mail_swapped", "mail_one_name", "mail_other_script",
    "plus_tag",
    "gmail_dots", "alias_domain", "id_18", "id_lost_case", "number_padded", "merged_mail", "merged_id",
    "converted_mail",
    "duplicate", "lead_too", "couple_named", "family_phone", "phone_nameless", "role_named", "nameless_record",
}  # fmt: skip
UNDETECTABLE = frozenset({"forwarded_unseen"})


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
        return record["emails"][0].lower() == human.email if human else None

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

    def _mail(self) -> Answer:
        human = self._one()
        return self._answer("mail", human, email=human.email)

    def _mail_name(self) -> Answer:
        human = self._one()
        return self._answer("mail_name", human, email=human.email, **self._names_of(human))

    def _id(self) -> Answer:
        human = self._one()
        ids = (
            {"customer_id": self._customer(human)}
            if self.random.random() < 0.5
            else {"external_ref": self._record(human)["id"]}
        )
        return self._answer("id", human, ids=ids)

    def _id_mail_name(self) -> Answer:
        human = self._one()
        return self._answer(
            "id_mail_name",
            human,
            email=human.email,
            ids={"customer_id": self._customer(human)},
            **self._names_of(human),
        )

    def _with_phone(self) -> Human | None:
        human = self._one()
        record = self._record(human)
        return human if record["phones"] and record["country"] else None

    def _phone_name(self) -> Answer | None:
        human = self._with_phone()
        return self._answer("phone_name", human, phone=f"+{human.phone}", **self._names_of(human)) if human else None

    def _mail_phone_name(self) -> Answer:
        human = self._one()
        return self._answer(
            "mail_phone_name", human, email=human.email, phone=f"+{human.phone}", **self._names_of(human)
        )

    def _mail_messy(self) -> Answer:
        human, random = self._one(), self.random
        forms = ("  {} ", "mailto:{}", "Someone <{}>", "{}.", "\u200b{}", "{}\xa0", "<{}>")
        return self._answer("mail_messy", human, email=random.choice(forms).format(human.email.upper()))

    def _mail_nick(self) -> Answer | None:
        human = self._one()
        nick = nickname(human.first)
        if nick == human.first:
            return None
        return self._answer("mail_nick", human, email=human.email, first_name=nick, last_name=human.last)

    def _mail_initial(self) -> Answer:
        human = self._one()
        return self._answer(
            "mail_initial", human, email=human.email, first_name=human.first[0] + ".", last_name=human.last
        )

    def _mail_married(self) -> Answer:
        human = self._one()
        return self._answer(
            "mail_married", human, email=human.email, first_name=human.first, last_name=surname(self.random)
        )

    def _mail_swapped(self) -> Answer:
        human = self._one()
        return self._answer("mail_swapped", human, email=human.email, first_name=human.last, last_name=human.first)

    def _mail_one_name(self) -> Answer:
        human = self._one()
        return self._answer(
            "mail_one_name", human, email=human.email, first_name=self.random.choice((human.first, human.last))
        )

    def _mail_other_script(self) -> Answer | None:
        human = self._of("native_name")
        if human is None or human.native is None:
            return None
        return self._answer(
            "mail_other_script", human, email=human.email, first_name=human.native[0], last_name=human.native[1]
        )

    def _plus_tag(self) -> Answer:
        human = self._of("plus_alone") or self._one()
        return self._answer("plus_tag", human, email=human.email.replace("@", "+nps@"))

    def _gmail_dots(self) -> Answer | None:
        if not self._gmail:
            return None
        human = self.random.choice(self._gmail)
        local = human.email.partition("@")[0].replace(".", "")
        return self._answer(
            "gmail_dots", human, email=f"{local[:2]}.{local[2:]}@{self.random.choice(('gmail', 'googlemail'))}.com"
        )

    def _alias_domain(self) -> Answer | None:
        if not self._aliased:
            return None
        human = self.random.choice(self._aliased)
        alias = self.crm.companies[human.company].aliases[0]
        return self._answer("alias_domain", human, email=f"{human.email.partition('@')[0]}@{alias}")

    def _id_18(self) -> Answer:
        from sync.identity.normalise import salesforce_id

        human = self._one()
        return self._answer("id_18", human, ids={"external_ref": salesforce_id(self._record(human)["id"])})

    def _id_lost_case(self) -> Answer:
        from sync.identity.normalise import salesforce_id

        human = self._one()
        whole = salesforce_id(self._record(human)["id"]) or ""
        return self._answer(
            "id_lost_case", human, ids={"salesforce_id": self.random.choice((whole.lower(), whole.upper()))}
        )

    def _number_padded(self) -> Answer:
        human = self._one()
        digits = self._customer(human).removeprefix("C-").lstrip("0")
        return self._answer(
            "number_padded", human, ids={"customer_id": self.random.choice((digits, f"CUST-{digits}", f"C{digits}"))}
        )

    def _merged_mail(self) -> Answer | None:
        human = self._of("merged")
        losers = (
            [r for at in self.crm.of_human[human.number] if (r := self.crm.records[at])["merged_into"] and r["emails"]]
            if human
            else []
        )
        return self._answer("merged_mail", human, email=losers[0]["emails"][0]) if human else None

    def _merged_id(self) -> Answer | None:
        human = self._of("merged")
        losers = (
            [r for at in self.crm.of_human[human.number] if (r := self.crm.records[at])["merged_into"]] if human else []
        )
        return (
            self._answer("merged_id", human, ids={"salesforce_id": self.random.choice(losers)["id"]}) if human else None
        )

    def _converted_mail(self) -> Answer | None:
        human = self._of("converted")
        return self._answer("converted_mail", human, email=human.email) if human else None

    def _duplicate(self) -> Answer | None:
        human = self._of("duplicate")
        return (
            self._answer("duplicate", human, email=human.email, **(self._names_of(human) if self._flip() else {}))
            if human
            else None
        )

    def _lead_too(self) -> Answer | None:
        human = self._of("lead_too")
        return (
            self._answer("lead_too", human, email=human.email, **(self._names_of(human) if self._flip() else {}))
            if human
            else None
        )

    def _flip(self) -> bool:
        return self.random.random() < 0.5

    def _couple_named(self) -> Answer | None:
        human = self._of("couple_mail")
        return self._answer("couple_named", human, email=human.email, **self._names_of(human)) if human else None

    def _couple_nameless(self) -> Answer | None:
        human = self._of("couple_mail")
        return self._answer("couple_nameless", human, email=human.email) if human else None

    def _family_phone(self) -> Answer | None:
        human = self._of("family_phone")
        return self._answer("family_phone", human, phone=f"+{human.phone}", **self._names_of(human)) if human else None

    def _family_phone_nameless(self) -> Answer | None:
        human = self._of("family_phone")
        return self._answer("family_phone_nameless", human, phone=f"+{human.phone}") if human else None

    def _twins_phone(self) -> Answer | None:
        human = self._of("twins_phone")
        return self._answer("twins_phone", human, phone=f"+{human.phone}", **self._names_of(human)) if human else None

    def _phone_nameless(self) -> Answer | None:
        human = self._with_phone()
        return self._answer("phone_nameless", human, phone=f"+{human.phone}") if human else None

    def _phone_national(self) -> Answer | None:
        human = self._with_phone()
        return (
            self._answer(
                "phone_national",
                human,
                phone=spell_phone(self.random, human.phone, human.country, international=0),
                **self._names_of(human),
            )
            if human
            else None
        )

    def _role_named(self) -> Answer | None:
        human = self._of("role_holder")
        return self._answer("role_named", human, email=human.email, **self._names_of(human)) if human else None

    def _role_nameless(self) -> Answer | None:
        human = self._of("role_holder")
        return self._answer("role_nameless", human, email=human.email) if human else None

    def _role_stranger(self) -> Answer | None:
        human = self._of("role_holder")
        return (
            self._answer(
                "role_stranger",
                None,
                email=human.email,
                first_name=first_name(self.random, woman=self._flip()),
                last_name=surname(self.random),
            )
            if human
            else None
        )

    def _recycled_mail(self) -> Answer | None:
        human = self._of("recycled_mail")
        return (
            self._answer("recycled_mail", human, known=False, email=human.email, **self._names_of(human))
            if human
            else None
        )

    def _recycled_phone(self) -> Answer | None:
        human = self._of("recycled_phone")
        return (
            self._answer("recycled_phone", human, known=False, phone=f"+{human.phone}", **self._names_of(human))
            if human
            else None
        )

    def _plus_distinct(self) -> Answer | None:
        human = self._of("plus_people")
        stem, _, domain = human.email.partition("@") if human else ("", "", "")
        return (
            self._answer(
                "plus_distinct", None, email=f"{stem.partition('+')[0]}{self.random.choice(('', '+third'))}@{domain}"
            )
            if human
            else None
        )

    def _dots_nongmail(self) -> Answer | None:
        human = self._of("dots_people")
        return self._answer("dots_nongmail", human, email=human.email) if human else None

    def _deleted_mail(self) -> Answer | None:
        human = self._of("deleted")
        return self._answer("deleted_mail", human, known=False, email=human.email) if human else None

    def _deleted_id(self) -> Answer | None:
        human = self._of("deleted")
        return (
            self._answer("deleted_id", human, known=False, ids={"salesforce_id": self._record(human)["id"]})
            if human
            else None
        )

    def _suppressed(self) -> Answer | None:
        human = self._of("suppressed")
        return self._answer("suppressed", human, known=False, email=human.email) if human else None

    def _internal(self) -> Answer:
        return self._answer("internal", None, email=f"{slug(surname(self.random))}@ours.example")

    def _junk_mail(self) -> Answer:
        return self._answer(
            "junk_mail", None, email=self.random.choice(("test@test.com", "none@none.com", "asdf@asdf.com"))
        )

    def _junk_phone(self) -> Answer:
        return self._answer(
            "junk_phone", None, phone=self.random.choice(("000 000 0000", "+1 999 999 9999", "1234567890"))
        )

    def _anonymous(self) -> Answer:
        return self._answer("anonymous", None)

    def _forwarded_seen(self) -> Answer:
        """Delivered to one person, answered by a colleague who says who he is."""
        owner, other = self._one(), self._one()
        while other.first == owner.first:
            other = self._one()
        who = {"email": other.email} if self._flip() else self._names_of(other)
        into = {"recipient_email": owner.email} if self._flip() else {"ids": {"customer_id": self._customer(owner)}}
        return self._answer("forwarded_seen", other, **who, **into)

    def _forwarded_unseen(self) -> Answer:
        return self._answer("forwarded_unseen", None, ids={"customer_id": self._customer(self._one())})

    def _typo_mail(self) -> Answer:
        human = self._one()
        at = self.random.randrange(1, max(2, human.email.index("@")))
        typo = human.email[:at] + self.random.choice("abcdefghijklmnoprstuvw") + human.email[at + 1 :]
        known = typo == human.email
        return self._answer(
            "mail" if known else "typo_mail", human, email=typo, **(self._names_of(human) if self._flip() else {})
        )

    def _typo_colleague(self) -> Answer:
        human, other = self._one(), self._one()
        while other.first == human.first:
            other = self._one()
        return self._answer("typo_colleague", human, email=other.email, **self._names_of(human))

    def _unknown_colleague(self) -> Answer:
        company = self.crm.companies[self._one().company]
        first, last = first_name(self.random, woman=self._flip()), surname(self.random)
        account = None if company.domain in FREE else company.id
        mail = f"{slug(first)}.{slug(last)}.{self.random.randrange(10**7)}@{company.domain}"
        named: dict[str, Any] = {"first_name": first, "last_name": last} if self._flip() else {}
        return self._answer("unknown_colleague", None, account=account, email=mail, **named)

    def _unknown_free(self) -> Answer:
        first, last = first_name(self.random, woman=self._flip()), surname(self.random)
        mail = f"{slug(first)}{slug(last)}{self.random.randrange(10**7)}@{self.random.choice(FREE)}"
        return self._answer("unknown_free", None, email=mail, first_name=first, last_name=last)

    def _subsidiary_homonym(self) -> Answer | None:
        """Same name and stem, another company of the group: another person."""
        if not self._subsidiary:
            return None
        human = self.random.choice(self._subsidiary)
        local, _, domain = human.email.partition("@")
        return self._answer(
            "subsidiary_homonym", None, email=f"{local}@{domain.partition('.')[0]}.ch", **self._names_of(human)
        )

    def _name_company(self) -> Answer:
        human = self._one()
        return self._answer(
            "name_company", human, company=self.crm.companies[human.company].name, **self._names_of(human)
        )

    def _homonym_company(self) -> Answer:
        human = self._one()
        return self._answer(
            "homonym_company", None, company=self.crm.companies[human.company].name, **self._names_of(human)
        )

    def _nameless_record(self) -> Answer | None:
        human = self._of("nameless")
        return self._answer("nameless_record", human, email=human.email, **self._names_of(human)) if human else None

    def _unreadable_phone(self) -> Answer | None:
        human = self._of("unreadable_phone")
        return (
            self._answer(
                "unreadable_phone", human, phone=f"+{human.phone}", **({} if self._flip() else self._names_of(human))
            )
            if human
            else None
        )

    def _reception_phone(self) -> Answer:
        first, last = first_name(self.random, woman=self._flip()), surname(self.random)
        return self._answer("reception_phone", None, phone="+1 212 555 0188", first_name=first, last_name=last)


def make_answers(crm: Crm, count: int, seed: int, profile: str = "default") -> list[Answer]:
    """Return *count* responses to the CRM's people and strangers."""
    return Respondents(crm, seed, profile).make(count)


__all__ = ["DETERMINISTIC", "PLAIN", "TRAPS", "UNDETECTABLE", "Answer", "han", "make_answers", "phone_number"]
