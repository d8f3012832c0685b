"""The verdict on one respondent: what all keys say together. When in doubt, hold.

All findings are weighed; the order of the rules only names one and never hides a contradiction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sync.identity.findings import SELF_REPORTED, Finding, Key, find
from sync.identity.mailboxes import domain_of, is_disposable, is_nobody, is_role
from sync.identity.names import Agreement, Name, agreement, one_slip
from sync.identity.normalise import email_key
from sync.identity.persons import Person, alive, level, refs, survivor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sync.identity.persons import Candidate
    from sync.identity.settings import IdentitySettings, Rule

#: Reasons of a held response, gravest first; the gravest one is told.
_GRAVITY = ("name_conflict", "many", "evidence_conflict", "role_mailbox", "overshared", "uncorroborated")


class Asked(NamedTuple):
    """A respondent as the judge sees him."""

    name: Name
    email: str | None
    recipient_email: str | None


class Verdict(NamedTuple):
    """What the keys say together, before earlier and human decisions are heard."""

    outcome: str
    reason: str
    findings: Sequence[Finding] = ()
    #: The record to write to.
    chosen: Candidate | None = None
    person: Person = ()
    rule: int | None = None
    vetoes: tuple[str, ...] = ()

    @property
    def candidates(self) -> list[Candidate]:
        """Every record that any key led to, or the matched person's, in a stable order."""
        found = self.person if self.outcome == "matched" else _all(self.findings)
        return list({c.ref: c for c in sorted(found, key=lambda c: c.ref)}.values())


def judge(asked: Asked, keys: Iterable[Key], rules: Sequence[Rule], settings: IdentitySettings) -> Verdict:
    """Decide from the candidates alone."""
    findings = [find(key, asked.name, rules, settings) for key in keys]
    if len(findings) == 1 and (alone := _alone(asked, findings[0])) is not None:
        return alone
    said = [finding for finding in findings if finding.says == "person"]
    if any(_suppressed(finding.person) for finding in said) or _only_suppressed(findings):
        return Verdict("excluded", "suppressed", findings)
    doubts = _doubts(asked, findings, said, settings)
    living = [finding for finding in said if alive(finding.person)]
    if doubts:
        return Verdict("held", doubts[0], findings, vetoes=doubts)
    if not living:
        reason = "tombstone" if said else _weak(findings)
        return Verdict("held", reason, findings, vetoes=(reason,))
    together = {candidate.ref: candidate for finding in living for candidate in finding.person}
    if len(refs(together.values())) > settings.protect.max_records_per_person:
        return Verdict("held", "overshared", findings, vetoes=("overshared",))
    person = tuple(sorted(together.values(), key=lambda c: c.ref))
    return Verdict(
        "matched",
        "name_tiebreak" if any(finding.tiebreak for finding in living) else "unique",
        findings,
        survivor(person, settings.prefer),
        person,
        min(candidate.rule for finding in living for candidate in finding.person),
    )


def _alone(asked: Asked, finding: Finding) -> Verdict | None:
    """Decide the commonest case, one key that leads to one living record, as `judge` would, without weighing."""
    if finding.says != "person" or len(finding.person) != 1:
        return None
    (only,) = finding.person
    if only.gone or only.suppressed or _other_address(asked, finding.key):
        return None
    reason = "name_tiebreak" if finding.tiebreak else "unique"
    return Verdict("matched", reason, (finding,), only, finding.person, only.rule)


def _other_address(asked: Asked, key: Key) -> bool:
    return any(address and address != key.value for address in (asked.email, asked.recipient_email))


def nobody_found(asked: Asked) -> Verdict:
    """No candidate; an address that is nobody's own must not become a new record either."""
    keys = [key for key in (asked.email, asked.recipient_email) if key]
    barred = bool(keys) and all(is_role(key) or is_disposable(domain_of(key)) for key in keys)
    return Verdict("held", "no_create" if barred else "none")


def _doubts(
    asked: Asked, findings: Sequence[Finding], said: Sequence[Finding], settings: IdentitySettings
) -> tuple[str, ...]:
    """Return the reasons to hold although somebody was found, gravest first."""
    doubts = {
        f.says for f in findings if f.key.kind != "phone" and f.says in {"name_conflict", "many"} and not _all_gone(f)
    }
    found = {ref for finding in said for ref in refs(finding.person)}
    for finding in findings:
        if finding.says == "role_mailbox" and found and not _backed(finding, asked.name, said, found):
            doubts.add("role_mailbox")
    heard = settings.veto.evidence_conflict == "hold" and said
    if heard and (_disagree(said) or _forwarded(asked, findings, said) or _phone_of_others(asked, findings, said)):
        doubts.add("evidence_conflict")
    return tuple(reason for reason in _GRAVITY if reason in doubts)


def _backed(role: Finding, name: Name, said: Sequence[Finding], found: set[tuple[str, str]]) -> bool:
    """A role's mailbox does no harm where another key found one of its holders alone, or the name agrees."""
    holders = {candidate.ref for person in role.persons for candidate in person}
    return holders <= found or all(level(finding.person, name) >= Agreement.FIRST for finding in said)


def _disagree(said: Sequence[Finding]) -> bool:
    """Two keys that lead to different persons contradict each other."""
    first, *others = said
    return any(not _one(first.person, other.person) for other in others)


def _one(a: Person, b: Person) -> bool:
    if {c.ref for c in a} & {c.ref for c in b}:
        return True
    if alive(a) and alive(b):
        return False
    # A deleted record is the same person as a live one only by name; without one it says nothing.
    return all(
        not (x.name.script and y.name.script) or agreement(x.name, y.name) >= Agreement.SAME for x in a for y in b
    )


def _forwarded(asked: Asked, findings: Sequence[Finding], said: Sequence[Finding]) -> bool:
    """Tell whether the survey was delivered to one address and another, unknown one stands in it."""
    reached = {finding.key.value for finding in findings if finding.key.kind == "email"}
    typed = asked.email if asked.email and asked.email not in reached else None
    delivered = asked.recipient_email if asked.recipient_email and asked.recipient_email not in reached else None
    sources = {finding.key.slot in SELF_REPORTED for finding in said if finding.key.slot != "phone"}
    unknown = typed if sources == {False} else delivered if sources == {True} else None
    if unknown is None or is_nobody(unknown) or is_role(unknown):
        return False
    person = tuple(candidate for finding in said for candidate in finding.person)
    if level(person, asked.name) >= Agreement.FIRST_ONLY:
        return False
    known = [key for candidate in person for text in candidate.emails if (key := email_key(text))]
    return bool(known) and not any(_misspelt(unknown, key) for key in known)


def _phone_of_others(asked: Asked, findings: Sequence[Finding], said: Sequence[Finding]) -> bool:
    """Tell whether the survey was delivered to one person, and a phone that only others have stands in it, unnamed."""
    person = tuple(candidate for finding in said for candidate in finding.person)
    if any(finding.key.slot in SELF_REPORTED for finding in said) or level(person, asked.name) >= Agreement.FIRST_ONLY:
        return False
    holders = [
        [holder for holder in finding.persons if alive(holder) and any(candidate.sure for candidate in holder)]
        for finding in findings
        if finding.key.kind == "phone" and finding.key.certain
    ]
    return any(found and not any(_one(person, holder) for holder in found) for found in holders)


def _misspelt(a: str, b: str) -> bool:
    (name, _, host), (other, _, other_host) = a.rpartition("@"), b.rpartition("@")
    return (name == other and one_slip(host, other_host)) or (host == other_host and one_slip(name, other))


def _weak(findings: Sequence[Finding]) -> str:
    """Return why what was found does not decide."""
    says = {finding.says for finding in findings if not _all_gone(finding)}
    if not says:
        return "tombstone"
    gravest = next(reason for reason in _GRAVITY if reason in says)
    phones = all(finding.key.kind == "phone" for finding in findings if finding.says == gravest)
    return "phone_uncorroborated" if gravest == "uncorroborated" and phones else gravest


def _all_gone(finding: Finding) -> bool:
    return bool(finding.persons) and not any(alive(person) for person in finding.persons)


def _suppressed(person: Person) -> bool:
    return any(candidate.suppressed for candidate in person)


def _only_suppressed(findings: Sequence[Finding]) -> bool:
    everyone = _all(findings)
    return bool(everyone) and all(candidate.suppressed for candidate in everyone)


def _all(findings: Sequence[Finding]) -> list[Candidate]:
    return [candidate for finding in findings for person in finding.persons for candidate in person]
