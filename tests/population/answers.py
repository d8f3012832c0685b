"""Answers that must not be matched rashly: shared, recycled, passed on, misspelt, unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.population.findable import Findable
from tests.population.people import FREE, first_name, slug, spell_phone, surname

if TYPE_CHECKING:
    from tests.population.crm import Crm
    from tests.population.respondents import Answer


class Everybody(Findable):
    """Everybody who answers, the hard cases too."""

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
    return Everybody(crm, seed, profile).make(count)
