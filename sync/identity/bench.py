"""The bench: hears the keys, the past and the people on each respondent, in their order of precedence.

Suppression, then a human `never`, then a human `pin`, then an existing link, then what the keys say.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from sync.identity.claims import CLAIM_COLUMNS
from sync.identity.evidence import (
    AMBIGUOUS,
    Decision,
    candidates_text,
    evidence_text,
    person_of_identifier,
    person_of_record,
)
from sync.identity.history import Past, Row, became_one, candidates_of, nevers
from sync.identity.hits import SLOTS, Hit, keys_from
from sync.identity.judge import Asked, Verdict, judge
from sync.identity.mailboxes import domain_of, is_internal, is_nobody, is_role
from sync.identity.names import Agreement, name_of
from sync.identity.normalise import phone_keys
from sync.identity.persons import level
from sync.identity.plain import NO_IDS, plain_matches

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from sync.identity.accounts import AccountBook
    from sync.identity.gather import Gathering
    from sync.identity.persons import Candidate
    from sync.identity.settings import IdentitySettings, Rule

_ADDRESSES = frozenset({"email", "recipient_email"})


class _Case(NamedTuple):
    """One respondent before the bench."""

    respondent: str
    claim: Row
    #: Identifiers by slot, without those that mean nobody.
    usable: dict[str, str]
    asked: Asked
    verdict: Verdict
    not_these: frozenset[tuple[str, str]] = frozenset()


class Bench:
    """Decides for respondents, one by one, from rows that the kernel gathered."""

    def __init__(self, rules: Sequence[Rule], settings: IdentitySettings, accounts: AccountBook) -> None:
        self._rules = rules
        self._settings = settings
        self._accounts = accounts

    def plain(
        self, claims: pa.Table, gathering: Gathering, prior: pa.Table | None, human: pa.Table | None
    ) -> pa.Table:
        """Return the decisions that need no judging, made in the kernel."""
        merged = self._accounts.merged
        return plain_matches(claims, gathering, self._rules, self._settings, (prior, human), merged)

    def decide(self, claims: pa.Table, candidates: pa.Table, past: Past) -> Iterator[Decision]:
        """Yield a decision for each row of *claims*, in their order."""
        hits: dict[str, list[Hit]] = {}
        for hit in map(Hit._make, zip(*(column.to_pylist() for column in candidates.itercolumns()), strict=True)):
            hits.setdefault(hit.respondent, []).append(hit)
        for respondent, *values in zip(*(column.to_pylist() for column in claims.itercolumns()), strict=True):
            yield self._decide(respondent, dict(zip(CLAIM_COLUMNS, values, strict=True)), hits.get(respondent, ()), past)

    def _decide(self, respondent: str, claim: Row, hits: Sequence[Hit], past: Past) -> Decision:
        usable = {slot: value for slot in SLOTS if (value := claim[slot]) and not self._means_nobody(slot, value)}
        name = name_of(claim["first_name"], claim["last_name"], claim["full_name"])
        asked = Asked(name, usable.get("email"), usable.get("recipient_email"))
        people = past.human.get(respondent, [])
        case = _Case(respondent, claim, usable, asked, Verdict("excluded", "dropped"), nevers(people, past.standing))
        if excluded := self._excluded(claim, usable):
            return self._row(case, Verdict("excluded", excluded))
        if any(row["verb"] == "drop" for row in people):
            return self._row(case, case.verdict)
        case = case._replace(verdict=self._by_keys(case, hits))
        if case.verdict.reason == "suppressed":
            return self._row(case, case.verdict)
        pins = sorted((row for row in people if row["verb"] == "pin"), key=lambda row: (row["object"] or "", row["record"] or ""))
        if pins:
            return self._pinned(case, pins, past)
        prior = past.prior.get(respondent)
        return self._row(case, case.verdict) if prior is None else self._after(case, prior, past)

    def _by_keys(self, case: _Case, hits: Sequence[Hit]) -> Verdict:
        keys, struck = keys_from(hits, case.usable, case.not_these, self._rules, self._settings)
        if not keys and _only_role(case.usable, case.asked):
            return Verdict("excluded", "role_address")
        verdict = judge(case.asked, keys, self._rules, self._settings)
        if struck and verdict.outcome == "matched" and level(verdict.person, case.asked.name) < Agreement.FIRST_ONLY:
            # What is left once a person said "not this one" is no evidence by itself.
            return verdict._replace(outcome="held", reason="many", chosen=None, vetoes=("many",))
        return verdict

    def _excluded(self, claim: Row, usable: dict[str, str]) -> str | None:
        """Return why nobody is to be looked for at all."""
        ours = self._settings.exclude.domains
        if ours and any(is_internal(domain_of(key), ours) for key in (claim["email"], claim["recipient_email"]) if key):
            return "internal"
        if usable:
            return None
        if any(claim[slot] for slot in SLOTS):
            return "blocked_value"
        named = claim["first_name"] or claim["last_name"] or claim["full_name"]
        return None if named and claim["company"] else "anonymous"

    def _means_nobody(self, slot: str, value: str) -> bool:
        if value in self._settings.blocked_values:
            return True
        if slot in _ADDRESSES:
            return is_nobody(value)
        if slot == "phone":
            return phone_keys(value).suffix is None
        return value.lower() in NO_IDS or not value.strip("0-")

    def _pinned(self, case: _Case, pins: Sequence[Row], past: Past) -> Decision:
        """A person said which record it is; that holds while the record, or what it became, is there."""
        pin = pins[-1]
        reached = past.standing.of(pin["object"], pin["record"])
        live = [c for c in reached if not c.gone]
        if any(c.suppressed for c in reached):
            return self._row(case, Verdict("excluded", "suppressed"))
        if not live:
            return self._row(case, case.verdict._replace(outcome="held", reason="tombstone", chosen=None))
        return self._row(case, _linked(case, live[0], "pinned"))

    def _after(self, case: _Case, prior: Row, past: Past) -> Decision:
        """Weigh today's verdict against an earlier decision; links stay, doubts stay, both until something real happens."""
        match prior["outcome"], prior["reason"]:
            case "matched", _:
                return self._link_kept(case, prior, past)
            case "held", reason if reason in AMBIGUOUS:
                only = became_one(prior, case.asked.name, past.standing)
                if only is not None and only.ref not in case.not_these:
                    return self._row(case, _linked(case, only, "repointed"))
                if not case.not_these:
                    return self._same(case, prior)
            case (("held", "tombstone") | ("excluded", "suppressed")) as before:
                reached = [c for record in candidates_of(prior) for c in past.standing.of(None, record)]
                if not any(not c.gone and not c.suppressed for c in reached):
                    return self._same(case, prior) if before[1] == "suppressed" or not reached else self._row(
                        case, Verdict("held", "tombstone"), candidates=prior["candidates"]
                    )
        return self._row(case, case.verdict)

    def _link_kept(self, case: _Case, prior: Row, past: Past) -> Decision:
        """A link stays although its key moved; it follows merges, and ends with the record."""
        reached = past.standing.of(prior["object"], prior["record"])
        if any(c.suppressed for c in reached):
            return self._row(case, Verdict("excluded", "suppressed"), candidates=_list_of(prior["record"]))
        live = [c for c in reached if not c.gone]
        if not live:
            return self._row(case, Verdict("held", "tombstone"), candidates=_list_of(prior["record"]))
        if live[0].ref in case.not_these:
            return self._row(case, case.verdict)
        stayed = live[0].ref == (prior["object"], prior["record"])
        decision = self._row(case, _linked(case, live[0], "kept" if stayed else "repointed"))
        return decision._replace(rule=prior.get("rule"), evidence=prior.get("evidence") or decision.evidence)

    def _same(self, case: _Case, prior: Row) -> Decision:
        """Repeat an earlier decision; only its account is looked up again."""
        decision = self._row(case, Verdict(prior["outcome"] or "", prior["reason"] or ""))
        evidence, candidates = prior.get("evidence") or "[]", prior.get("candidates") or "[]"
        vetoes = prior.get("vetoes") or decision.reason
        return decision._replace(evidence=evidence, candidates=candidates, vetoes=vetoes)

    def _row(self, case: _Case, verdict: Verdict, *, candidates: str | None = None) -> Decision:
        chosen = verdict.chosen
        claim = case.claim
        account, how = self._accounts.account_of(verdict, claim["account_ref"], claim["email"], claim["recipient_email"])
        return Decision(
            case.respondent,
            verdict.outcome,
            verdict.reason,
            None if verdict.rule is None else str(self._rules[verdict.rule]),
            None if chosen is None else chosen.object,
            None if chosen is None else chosen.id,
            self._person(case, verdict),
            None if verdict.outcome == "excluded" else account,
            None if verdict.outcome == "excluded" else how,
            evidence_text(verdict.findings, self._rules),
            candidates_text(verdict.candidates) if candidates is None else candidates,
            ", ".join(verdict.vetoes),
        )

    def _person(self, case: _Case, verdict: Verdict) -> str:
        if verdict.chosen is not None:
            return person_of_record(verdict.chosen.object, verdict.chosen.id)
        if verdict.reason in AMBIGUOUS:
            return case.respondent  # his identifiers may be several people's
        for slot in self._settings.person_id:
            value = case.usable.get(slot)
            if value and not (slot in _ADDRESSES and is_role(value)):
                return person_of_identifier("email" if slot in _ADDRESSES else slot, value)
        return case.respondent


def _linked(case: _Case, candidate: Candidate, reason: str) -> Verdict:
    return Verdict("matched", reason, case.verdict.findings, candidate, (candidate,))


def _list_of(record: str | None) -> str:
    return json.dumps([record] if record else [])


def _only_role(usable: dict[str, str], asked: Asked) -> bool:
    return bool(usable) and not asked.name.script and all(slot in _ADDRESSES and is_role(value) for slot, value in usable.items())
