"""The traps of a made-up CRM, each planted by its own method."""

from __future__ import annotations

from tests.population.crm import Crm, Maker
from tests.population.people import FREE, cyrillic, han, slug, spell_phone


class Planter(Maker):
    """Plants the traps that `SHARES` names."""

    def _couple_mail(self) -> None:
        one = self.human(woman=True)
        two = self.human(like=one, last=one.last, woman=False)
        two.email = one.email
        self.record(one), self.record(two)
        self.plant("couple_mail", one, two)

    def _family_phone(self) -> None:
        one = self.human(woman=True)
        two = self.human(like=one, last=one.last, woman=False)
        two.phone, two.country = one.phone, one.country
        for human in (one, two):
            self.record(human, phones=[spell_phone(self.random, human.phone, human.country, international=0.6)])
        self.plant("family_phone", one, two)

    def _twins_phone(self) -> None:
        one = self.human(woman=True)
        two = self.human(like=one, last=one.last, woman=True)
        one.first, two.first = self.random.choice((("Alina", "Elina"), ("Jana", "Dana"), ("Marcella", "Marcelle")))
        two.phone, two.country = one.phone, one.country
        for human in (one, two):
            self.record(human, phones=[f"+{human.phone}"])
        self.plant("twins_phone", one, two)

    def _duplicate(self) -> None:
        human = self.plain()
        self.record(human)
        self.plant("duplicate", human)

    def _lead_too(self) -> None:
        human = self.plain()
        self.record(human, object="Lead")
        self.plant("lead_too", human)

    def _merged(self) -> None:
        human = self.plain()
        into = self.crm.records[-1]
        old = human.email
        human.email = self.mail(human)
        into["emails"] = [human.email]
        loser = self.record(human, merged_into=into["id"], deleted=True, emails=[old])
        if self.random.random() < 0.3:
            self.record(human, merged_into=loser["id"], deleted=True, emails=[])
        self.plant("merged", human)

    def _converted(self) -> None:
        human = self.plain()
        self.record(human, object="Lead", merged_into=self.crm.records[-1]["id"])
        self.plant("converted", human)

    def _deleted(self) -> None:
        human = self.human()
        self.record(human, deleted=True)
        self.plant("deleted", human)

    def _suppressed(self) -> None:
        human = self.human()
        self.record(human, suppressed=True)
        self.plant("suppressed", human)

    def _plus_people(self) -> None:
        one = self.human()
        two = self.human(like=one)
        stem, _, domain = one.email.partition("@")
        one.email, two.email = f"{stem}+{slug(one.first)}@{domain}", f"{stem}+{slug(two.first)}x@{domain}"
        self.record(one), self.record(two)
        self.plant("plus_people", one, two)

    def _plus_alone(self) -> None:
        self.plant("plus_alone", self.plain())

    def _dots_people(self) -> None:
        one = self.human()
        two = self.human(like=one)
        domain = self.crm.companies[one.company].domain
        if domain in FREE:
            return
        letter, last = slug(one.first)[0], slug(one.last)
        one.email, two.email = f"{letter}.{last}{one.number}@{domain}", f"{letter}{last}{one.number}@{domain}"
        self.record(one), self.record(two)
        self.plant("dots_people", one, two)

    def _role_holder(self) -> None:
        human = self.human()
        domain = self.crm.companies[human.company].domain
        if domain in FREE:
            return
        human.email = f"{self.random.choice(('info', 'office', 'sales', 'support', 'buchhaltung'))}@{domain}"
        self.record(human)
        self.plant("role_holder", human)

    def _recycled_mail(self) -> None:
        """The address was one person's and is now another's record; the first one still answers from memory."""
        old = self.human()
        new = self.another(old)
        new.email = old.email
        self.record(new)
        if self.random.random() < 0.5:
            self.record(old, deleted=True)
        self.plant("recycled_mail", old)

    def _recycled_phone(self) -> None:
        old = self.human()
        new = self.another(old)
        new.phone, new.country = old.phone, old.country
        self.record(new, phones=[f"+{new.phone}"])
        self.plant("recycled_phone", old)

    def _unreadable_phone(self) -> None:
        human = self.human()
        other = self.another(human, last=human.last)
        other.phone, other.country = human.phone, human.country
        self.record(human, phones=[f"+{human.phone}"])
        self.record(other, country=None, phones=[human.phone[-9:]])
        self.plant("unreadable_phone", human, other)

    def _nameless(self) -> None:
        human = self.human()
        self.record(human, first_name=None, last_name=None)
        self.plant("nameless", human)

    def _junk_mail(self) -> None:
        self.record(self.human(), emails=[self.random.choice(("test@test.com", "none@none.com"))])

    def _junk_phone(self) -> None:
        self.record(self.human(), phones=[self.random.choice(("000 000 0000", "999-999-9999", "1234567890"))])

    def _reception(self) -> None:
        """A desk's number on many records: one number per 400 companies' worth of people."""
        self.record(self.human(), phones=["+1 212 555 0188"])

    def _native_name(self) -> None:
        human = self.human()
        native = han(self.random) if self.random.random() < 0.5 else cyrillic(self.random)
        human.native = native
        if self.random.random() < 0.5:
            self.record(human, first_name=native[0], last_name=native[1])
        else:
            self.record(human)
        self.plant("native_name", human)

    def _no_account(self) -> None:
        self.record(self.human(), account=None)


def make_crm(contacts: int, seed: int, profile: str = "default") -> Crm:
    """Return a CRM of about *contacts* records."""
    return Planter(contacts, seed, profile).make()
