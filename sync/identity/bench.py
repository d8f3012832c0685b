"""The bench: hears the keys, the past and the people on each respondent, in their order of precedence.

Suppression, then a human `never`, then a human `pin`, then an existing link, then what the keys say.
"""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from sync.identity.evidence import (
    AMBIGUOUS,
    Decision,
    candidates_text,
    decisions_table,
    evidence_text,
    ids_text,
    person_of_identifier,
    person_of_record,
)
from sync.identity.history import became_one, candidates_of, nevers
from sync.identity.hits import SLOTS, Hit, keys_from
from sync.identity.judge import Asked, Verdict, judge, nobody_found
from sync.identity.mailboxes import domain_of, is_internal, is_nobody, is_role
from sync.identity.names import Agreement, name_of
from sync.identity.normalise import claimed_phone
from sync.identity.persons import level
from sync.identity.plain import NO_IDS, clear_cases

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sync.identity.accounts import AccountBook
    from sync.identity.gather import Gathering
    from sync.identity.history import Past, Row
    from sync.identity.persons import Candidate
    from sync.identity.settings import IdentitySettings, Rule

_ADDRESSES = frozenset({"email", "recipient_email"})


class Case(NamedTuple):
    """One respondent before the bench: a row of `CLAIMS_SCHEMA`."""

    respondent: str
    email: str | None
    recipient_email: str | None
    phone: str | None
    salesforce_id: str | None
    hubspot_id: str | None
    customer_id: str | None
    external_ref: str | None
    first_name: str | None
    last_name: str | None
    full_name: str | None
    company: str | None
    account_ref: str | None
    link: str | None


class _Heard(NamedTuple):
    """A case after its keys were judged."""

    case: Case
    #: Identifiers by slot, without those that mean nobody.
    usable: dict[str, str]
    asked: Asked
    verdict: Verdict
    not_these: frozenset[tuple[str, str]]


class Bench:
    """Decides for respondents, one by one, from rows that the kernel gathered."""

    def __init__(self, rules: Sequence[Rule], settings: IdentitySettings, accounts: AccountBook) -> None:
        self._rules = rules
        self._settings = settings
        self._accounts = accounts

    def clear(self, claims: pa.Table, gathering: Gathering, prior: pa.Table | None, human: pa.Table | None) -> pa.Table:
        """Return the decisions that need no judging, made in the kernel."""
        merged = self._accounts.merged
        clear = clear_cases(claims, gathering, self._rules, self._settings, (prior, human), merged)
        rows = zip(*(column.to_pylist() for column in clear.nowhere.itercolumns()), strict=True)
        return pa.concat_tables([clear.matched, decisions_table(list(starmap(self._nowhere, rows)))])

    def _nowhere(  # noqa: PLR0913 - one row of the kernel
        self, respondent: str, kind: str, value: str, account_ref: str | None, email: str | None, recipient: str | None
    ) -> Decision:
        account, how = self._accounts.account_of(_NONE, account_ref, email, recipient)
        person = person_of_identifier(kind, value)
        return Decision(respondent, "held", "none", None, None, None, person, account, how, "[]", "[]", "")

    def decide(self, claims: pa.Table, candidates: pa.Table, past: Past) -> Iterator[Decision]:
        """Yield a decision for each row of *claims*, in their order."""
        hits: dict[str, list[Hit]] = {}
        for hit in map(Hit._make, zip(*(column.to_pylist() for column in candidates.itercolumns()), strict=True)):
            hits.setdefault(hit.respondent, []).append(hit)
        for case in map(Case._make, zip(*(column.to_pylist() for column in claims.itercolumns()), strict=True)):
            yield self._decide(case, hits.get(case.respondent, ()), past)

    def _decide(self, case: Case, hits: Sequence[Hit], past: Past) -> Decision:
        usable = {
            slot: value for slot, value in zip(SLOTS, case[1:8], strict=True) if value and not self._nobody(slot, value)
        }
        people = past.human.get(case.respondent, ())
        name = name_of(case.first_name, case.last_name, case.full_name)
        asked = Asked(name, usable.get("email"), usable.get("recipient_email"))
        not_these = nevers(people, past.standing) if people else frozenset()
        excluded = self._excluded(case, usable) or ("dropped" if any(row["verb"] == "drop" for row in people) else None)
        verdict = Verdict("excluded", excluded) if excluded else self._by_keys(usable, asked, hits, not_these)
        heard = _Heard(case, usable, asked, verdict, not_these)
        if excluded or verdict.reason == "suppressed":
            return self._row(heard, verdict)
        if pins := [row for row in people if row["verb"] == "pin"]:
            return self._pinned(heard, max(pins, key=lambda row: (row["object"] or "", row["record"] or "")), past)
        prior = past.prior.get(case.respondent)
        return self._row(heard, verdict) if prior is None else self._after(heard, prior, past)

    def _by_keys(
        self, usable: dict[str, str], asked: Asked, hits: Sequence[Hit], not_these: frozenset[tuple[str, str]]
    ) -> Verdict:
        keys, struck = keys_from(hits, usable, not_these, self._rules, self._settings) if hits else ([], False)
        if not keys:
            return Verdict("excluded", "role_address") if _only_role(usable, asked) else nobody_found(asked)
        verdict = judge(asked, keys, self._rules, self._settings)
        if struck and verdict.outcome == "matched" and level(verdict.person, asked.name) < Agreement.FIRST_ONLY:
            # What is left once a person said "not this one" is no evidence by itself.
            return verdict._replace(outcome="held", reason="many", chosen=None, vetoes=("many",))
        return verdict

    def _excluded(self, case: Case, usable: dict[str, str]) -> str | None:
        """Return why nobody is to be looked for at all."""
        ours = self._settings.exclude.domains
        if ours and any(is_internal(domain_of(key), ours) for key in (case.email, case.recipient_email) if key):
            return "internal"
        if usable:
            return None
        if any(case[1:8]):
            return "blocked_value"
        named = case.first_name or case.last_name or case.full_name
        return None if named and case.company else "anonymous"

    def _nobody(self, slot: str, value: str) -> bool:
        """Tell an identifier that means nobody."""
        if value in self._settings.blocked_values:
            return True
        if slot in _ADDRESSES:
            return is_nobody(value)
        if slot == "phone":
            return claimed_phone(value).suffix is None
        return value.lower() in NO_IDS or not value.strip("0-")

    def _pinned(self, heard: _Heard, pin: Row, past: Past) -> Decision:
        """A person said which record it is; that holds while the record, or what it became, is there."""
        reached = past.standing.of(pin["object"], pin["record"])
        if any(c.suppressed for c in reached):
            return self._row(heard, Verdict("excluded", "suppressed"))
        live = [c for c in reached if not c.gone]
        if not live:
            return self._row(heard, Verdict("held", "tombstone"), candidates=ids_text([pin["record"] or ""]))
        return self._row(heard, _linked(heard, live[0], "pinned"))

    def _after(self, heard: _Heard, prior: Row, past: Past) -> Decision:
        """Weigh today's verdict against an earlier decision: links and doubts stay until something real happens."""
        outcome, reason = prior["outcome"], prior["reason"]
        if outcome == "matched":
            return self._link(heard, prior, past)
        if outcome == "held" and reason in AMBIGUOUS:
            only = became_one(prior, heard.asked.name, past.standing)
            if only is not None and only.ref not in heard.not_these:
                return self._row(heard, _linked(heard, only, "repointed"))
            # A person's "not this one" is a reason to look again; that records changed is none.
            return self._row(heard, heard.verdict) if heard.not_these else self._same(heard, prior)
        if reason in {"tombstone", "suppressed"}:
            reached = [c for record in candidates_of(prior) for c in past.standing.of(None, record)]
            if not any(not c.gone and not c.suppressed for c in reached):
                return self._same(heard, prior)
        return self._row(heard, heard.verdict)

    def _link(self, heard: _Heard, prior: Row, past: Past) -> Decision:
        """A link stays although its key moved; it follows merges, and ends with the record."""
        reached = past.standing.of(prior["object"], prior["record"])
        candidates = ids_text([prior["record"] or ""])
        if any(c.suppressed for c in reached):
            return self._row(heard, Verdict("excluded", "suppressed"), candidates=candidates)
        live = [c for c in reached if not c.gone]
        if not live:
            return self._row(heard, Verdict("held", "tombstone"), candidates=candidates)
        if live[0].ref in heard.not_these:
            return self._row(heard, heard.verdict)
        stayed = live[0].ref == (prior["object"], prior["record"])
        decision = self._row(heard, _linked(heard, live[0], "kept" if stayed else "repointed"))
        return decision._replace(rule=prior.get("rule"), evidence=prior.get("evidence") or decision.evidence)

    def _same(self, heard: _Heard, prior: Row) -> Decision:
        """Repeat an earlier decision; only its account is looked up again."""
        decision = self._row(heard, Verdict(prior["outcome"] or "", prior["reason"] or ""))
        return decision._replace(
            evidence=prior.get("evidence") or "[]",
            candidates=prior.get("candidates") or "[]",
            vetoes=prior.get("vetoes") or "",
        )

    def _row(self, heard: _Heard, verdict: Verdict, *, candidates: str | None = None) -> Decision:
        chosen, case = verdict.chosen, heard.case
        account, how = (None, None)
        if verdict.outcome != "excluded":
            account, how = self._accounts.account_of(verdict, case.account_ref, case.email, case.recipient_email)
        return Decision(
            case.respondent,
            verdict.outcome,
            verdict.reason,
            None if verdict.rule is None else str(self._rules[verdict.rule]),
            None if chosen is None else chosen.object,
            None if chosen is None else chosen.id,
            self._person(heard, verdict),
            account,
            how,
            evidence_text(verdict.findings, self._rules),
            candidates_text(verdict.candidates) if candidates is None else candidates,
            ", ".join(verdict.vetoes),
        )

    def _person(self, heard: _Heard, verdict: Verdict) -> str:
        if verdict.chosen is not None:
            return person_of_record(verdict.chosen.object, verdict.chosen.id)
        if verdict.reason in AMBIGUOUS:
            return heard.case.respondent  # his identifiers may be several people's
        for slot in self._settings.person_id:
            value = heard.usable.get(slot)
            if value and not (slot in _ADDRESSES and is_role(value)):
                return person_of_identifier("email" if slot in _ADDRESSES else slot, value)
        return heard.case.respondent


_NONE = Verdict("held", "none")


def _linked(heard: _Heard, candidate: Candidate, reason: str) -> Verdict:
    return Verdict("matched", reason, heard.verdict.findings, candidate, (candidate,))


def _only_role(usable: dict[str, str], asked: Asked) -> bool:
    return (
        bool(usable)
        and not asked.name.script
        and all(slot in _ADDRESSES and is_role(value) for slot, value in usable.items())
    )
