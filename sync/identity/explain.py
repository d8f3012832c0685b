"""A decision in words, step by step."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SLOT = {
    "email": "the e-mail address given",
    "recipient_email": "the address the survey was sent to",
    "phone": "the phone number",
    "salesforce_id": "the Salesforce id",
    "hubspot_id": "the HubSpot id",
    "customer_id": "the customer id",
    "external_ref": "the reference in the link",
}
_HOW = {
    "email_canonical": ", compared as one mailbox whatever its spelling (Gmail dots, declared alias domains)",
    "email_untagged": ", compared without its +tag, which no other record uses",
}
_SAYS = {
    "person": "leads to one person",
    "many": "is held by several people, and the name does not tell them apart",
    "name_conflict": "leads to somebody whose name contradicts the response's",
    "role_mailbox": "is a function's mailbox, which identifies nobody by itself",
    "overshared": "is held by so many records that it identifies nobody",
    "uncorroborated": "is no proof by itself: the first name does not confirm it, or the number or rule only suggests",
}
_REASON = {
    "unique": "everything that decides leads to this one person.",
    "name_tiebreak": "several people share an identifier; exactly one has this name.",
    "pinned": "a person decided this.",
    "kept": "it was linked before, and a link stays although identifiers move.",
    "repointed": "the record it was linked to, or the records it hung between, became this one.",
    "none": "no record holds any of its identifiers.",
    "no_create": "no record holds its address, and it is a function's or a throw-away one.",
    "many": "several people fit, and nothing tells them apart.",
    "name_conflict": "an identifier leads to somebody with another name.",
    "role_mailbox": "the only clue is a function's mailbox.",
    "phone_uncorroborated": "the only clue is a phone number that the first name does not confirm.",
    "uncorroborated": "the only clues are ones that suggest and do not decide.",
    "evidence_conflict": "identifiers contradict each other: the survey may have been passed on.",
    "overshared": "the identifier, or the person, has more records than is believable.",
    "tombstone": "the record it belongs to was deleted.",
    "anonymous": "there is nothing by which anybody could be found.",
    "role_address": "there is only a function's mailbox and no name.",
    "internal": "it comes from our own staff.",
    "blocked_value": "its identifiers are ones that mean nobody.",
    "suppressed": "this person asked not to be processed.",
    "dropped": "a person decided to leave it out.",
}
_NEXT = {
    "many": "Choose one with `npsync held --link`.",
    "name_conflict": "If it is the same person, link it with `npsync held --link`; else drop it with `--drop`.",
    "evidence_conflict": "Decide with `npsync held --link` or `--drop`.",
    "role_mailbox": "Link it with `npsync held --link` if you know who answered.",
    "phone_uncorroborated": "Link it with `npsync held --link` if you know who answered.",
    "uncorroborated": "Link it with `npsync held --link` if you know who answered.",
    "overshared": "Clear the shared value in those records, or link it by hand with `npsync held --link`.",
    "none": "It is tried again whenever records change.",
}


def explain(decision: Mapping[str, Any]) -> Iterator[str]:
    """Yield the steps of one decision row, one sentence each; no address, number or name is in them.

    >>> row = {"outcome": "held", "reason": "none", "evidence": "[]", "candidates": "[]", "account": None}
    >>> list(explain(row))
    ['Held (none): no record holds any of its identifiers.', 'It is tried again whenever records change.']
    """
    for step in json.loads(decision["evidence"] or "[]"):
        yield _step(step)
    reason = str(decision["reason"])
    told = _REASON.get(reason, "")
    if decision["outcome"] == "matched":
        yield f"Matched to {decision['object']} {decision['record']} ({reason}): {told}"
    else:
        yield f"{str(decision['outcome']).capitalize()} ({reason}): {told}"
    candidates = json.loads(decision["candidates"] or "[]")
    if decision["outcome"] == "held" and candidates:
        yield f"Candidates: {', '.join(candidates)}."
    if decision.get("account"):
        yield f"Account {decision['account']}, {_account(decision.get('how_account'))}."
    if decision["outcome"] == "held" and reason in _NEXT:
        yield _NEXT[reason]


def _step(step: Mapping[str, Any]) -> str:
    slot = _SLOT.get(step["slot"], step["slot"])
    how = _HOW.get(step["kind"], "")
    rule = f" (rule {step['rule']})" if step["rule"] else ""
    people = step["persons"]
    records = "; ".join(" = ".join(person) for person in people)
    text = f"{slot[0].upper()}{slot[1:]}{rule}{how} {_SAYS.get(step['says'], step['says'])}"
    return f"{text}: {records}." if records else f"{text} ({step['holders']} records)."


def _account(how: object) -> str:
    return {
        "person": "the record's own",
        "account_ref": "named by the response",
        "domain": "the only one with its mail domain",
    }.get(str(how), "as decided before")
