"""Answers that a good resolver finds: plain ones, and harmless ways of writing the same thing."""

from __future__ import annotations

from sync.identity.normalise import salesforce_id
from tests.population.people import nickname, surname
from tests.population.respondents import Answer, Respondents


class Findable(Respondents):
    """Answers of people in the CRM whose evidence settles the matter."""

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
        human = self._one()
        return self._answer("id_18", human, ids={"external_ref": salesforce_id(self._record(human)["id"])})

    def _id_lost_case(self) -> Answer:
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
