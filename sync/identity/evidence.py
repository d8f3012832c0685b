"""Decisions as rows, and their evidence as JSON: rules, kinds and record ids, never an address, number or name."""

from __future__ import annotations

import json
from hashlib import md5  # the kernel's SQL has it as well
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from sync.identity.findings import SELF_REPORTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sync.identity.findings import Finding
    from sync.identity.persons import Candidate
    from sync.identity.settings import Rule

DECISION_COLUMNS = (
    "respondent",
    "outcome",
    "reason",
    "rule",
    "object",
    "record",
    "person",
    "account",
    "how_account",
    "evidence",
    "candidates",
    "vetoes",
)
DECISION_SCHEMA = pa.schema([(name, pa.string()) for name in DECISION_COLUMNS])

#: Every reason there is, by outcome; `docs/reference/reasons.md` explains each.
REASONS = {
    "matched": ("unique", "name_tiebreak", "pinned", "kept", "repointed"),
    "held": (
        "none",
        "no_create",
        "many",
        "name_conflict",
        "role_mailbox",
        "phone_uncorroborated",
        "uncorroborated",
        "evidence_conflict",
        "overshared",
        "tombstone",
    ),
    "excluded": ("anonymous", "role_address", "internal", "blocked_value", "suppressed", "dropped"),
}
#: Held because several answers are possible; only a person, or the records becoming one, settles these.
AMBIGUOUS = frozenset(REASONS["held"]) - {"none", "no_create", "tombstone"}


class Decision(NamedTuple):
    """One row of the decisions table; all text."""

    respondent: str
    #: `matched`, `held` or `excluded`.
    outcome: str
    #: One of `REASONS`.
    reason: str
    rule: str | None
    object: str | None
    record: str | None
    #: The person's id: of the record where matched, else of the first usable identifier.
    person: str
    account: str | None
    #: How the account was found: `person`, `account_ref`, `domain`; None without one.
    how_account: str | None
    #: JSON list, one entry per key: what was compared, and what it said.
    evidence: str
    #: JSON list of record ids.
    candidates: str
    #: Reasons against, gravest first, joined by `, `.
    vetoes: str


assert Decision._fields == DECISION_COLUMNS


def decisions_table(rows: Sequence[Decision]) -> pa.Table:
    """Return decisions as one Arrow table of `DECISION_SCHEMA`."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(DECISION_COLUMNS)
    return pa.table([pa.array(column, pa.string()) for column in columns], schema=DECISION_SCHEMA)


def person_of_record(object_: str, record: str) -> str:
    """Return the person id that a record gives: 32 hexadecimal digits."""
    return _hash("record", object_, record)


def person_of_identifier(kind: str, value: str) -> str:
    """Return the person id that an identifier gives while there is no record."""
    return _hash("identifier", kind, value)


def _hash(*parts: str) -> str:
    return md5("\x1f".join(parts).encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def evidence_text(findings: Iterable[Finding], rules: Sequence[Rule]) -> str:
    """Write findings as JSON, in the order of their slots."""
    return f"[{','.join([_entry(finding, rules) for finding in findings])}]"


def _entry(finding: Finding, rules: Sequence[Rule]) -> str:
    """Write one finding; only the records' names can hold anything that JSON must escape."""
    found = finding.person or tuple(c for person in finding.persons for c in person)
    first = min(found, key=lambda c: (c.rule, c.how, c.ref)) if found else None
    kind, rule = (finding.key.kind, "null") if first is None else (first.how, f'"{rules[first.rule]}"')
    source = source_of(finding.key.slot)
    persons = ",".join([f"[{','.join([_quoted(f'{c.object} {c.id}') for c in person])}]" for person in finding.persons])
    return (
        f'{{"slot":"{finding.key.slot}","kind":"{kind}","rule":{rule},"source":"{source}","says":"{finding.says}",'
        f'"persons":[{persons}],"holders":{finding.key.records}}}'
    )


def source_of(slot: str) -> str:
    """Return whether a claim was typed by the person or came with the delivery."""
    return "self_reported" if slot in SELF_REPORTED else "delivered_to"


def _quoted(text: str) -> str:
    return (
        f'"{text}"'
        if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text
        else json.dumps(text)
    )


def candidates_text(candidates: Iterable[Candidate]) -> str:
    """Write the candidates' record ids as a JSON list."""
    return ids_text([c.id for c in candidates])


def ids_text(ids: Iterable[str]) -> str:
    """Write record ids as a JSON list."""
    return f"[{','.join([_quoted(id_) for id_ in ids])}]"
