"""What HubSpot's refusals mean for the engine, as a table.

Every part of a refusal is optional, and a proxy between may answer in HTML: whatever is missing, the status decides.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.replies import Complaint, Meaning, Rule, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from connectors.replies import Reply
    from connectors.verdicts import Verdict

_SCOPES = "Add what is missing to the service key or app in HubSpot, then `npsync auth test CONNECTION`."
_NEXT_DAY = "Nothing to do: a run after midnight in the account's time zone goes on from here."

#: Where HubSpot has no code, its sentence is looked for. Those that may concern one row of a batch name no status.
RULES = (
    Rule(meaning=Meaning.REFUSED, code="MISSING_SCOPES", advice=_SCOPES),
    Rule(meaning=Meaning.REFUSED, code="USER_DOES_NOT_HAVE_PERMISSIONS", advice=_SCOPES),
    Rule(meaning=Meaning.REFUSED, statuses=(400, 401, 403), code="invalid_grant"),
    Rule(meaning=Meaning.REFUSED, statuses=(400, 401), code="invalid_client"),
    Rule(meaning=Meaning.SIGNED_OUT, statuses=(401,)),
    Rule(meaning=Meaning.REFUSED, statuses=(403,), advice=_SCOPES),
    Rule(meaning=Meaning.QUOTA, statuses=(429,), code="DAILY", advice=_NEXT_DAY),
    Rule(meaning=Meaning.QUOTA, statuses=(429,), text="daily limit", advice=_NEXT_DAY),
    # Search has a limit of its own, of a second, and names no policy.
    Rule(meaning=Meaning.BUSY, statuses=(429,), text="your secondly limit", wait_s=1.0),
    Rule(meaning=Meaning.BUSY, statuses=(429,), wait_s=10.0),
    # A lock is held for two seconds (HubSpot's guide to its objects, 2026-09).
    Rule(meaning=Meaning.LOCKED, statuses=(423,), wait_s=2.0),
    # The account is on its way to another data centre; it may take a day.
    Rule(meaning=Meaning.BUSY, statuses=(477,), wait_s=3600.0),
    Rule(meaning=Meaning.DRIFT, code="PROPERTY_DOESNT_EXIST"),
    Rule(meaning=Meaning.DRIFT, statuses=(0, 400), text=r"Property \S{1,100} does not exist"),
    Rule(meaning=Meaning.DRIFT, code="READ_ONLY_VALUE"),
    Rule(meaning=Meaning.DRIFT, statuses=(400, 404), text="infer object type"),
    Rule(meaning=Meaning.GONE, code="OBJECT_NOT_FOUND"),
    Rule(meaning=Meaning.CONFLICT, code="CONFLICT"),
    Rule(meaning=Meaning.CONFLICT, code="OBJECT_ALREADY_EXISTS"),
    Rule(meaning=Meaning.LOCKED, code="RATE_LIMITS"),
    Rule(meaning=Meaning.LOCKED, code="LOCKED"),
    Rule(meaning=Meaning.UNKNOWN, statuses=(0,), code="INTERNAL_ERROR"),
    Rule(meaning=Meaning.UNKNOWN, statuses=(0,), code="SERVICE_UNAVAILABLE"),
    # Of one row, without a property to blame: it says nothing of the row, so it is read back and tried again.
    Rule(meaning=Meaning.UNKNOWN, statuses=(0,), text=r"^There was a problem with the request\.?$"),
)


def complaints(told: Any) -> list[Complaint]:  # noqa: ANN401 - JSON
    """Return what a refusal complains of, the most precise words first.

    >>> told = {"category": "VALIDATION_ERROR", "errors": [{"code": "INVALID_INTEGER", "in": "nps_score"}]}
    >>> [(each.code, each.fields) for each in complaints(told)]
    [('INVALID_INTEGER', ('nps_score',)), ('VALIDATION_ERROR', ('nps_score',))]
    """
    if not isinstance(told, dict):
        return []
    parts = _parts(told)
    names = tuple(dict.fromkeys(name for part in (*parts, told) for name in _fields(part)))
    text = str(told.get("message") or "")
    found = dict.fromkeys(code for part in (*parts, told) for code in _codes(part))
    return [Complaint(code, text, names) for code in found] or [Complaint(text=text, fields=names)]


def resume_at(_reply: Reply, now: datetime) -> datetime:
    """Return the next full hour: the quota is full again at midnight in the account's time zone, whichever it is."""
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


TABLE = Table(system="HubSpot", rules=RULES, complaints=complaints, resume_at=resume_at)


def row_verdict(told: Mapping[str, Any]) -> Verdict:
    """Return what became of one refused row of a batch.

    >>> row_verdict({"category": "OBJECT_NOT_FOUND", "context": {"ids": ["7"]}}).kind
    <OutcomeKind.GONE: 'gone'>
    """
    said = complaints(told)
    known = (each for each in said if any(rule.fits(0, each) for rule in RULES))
    return TABLE.row(next(known, said[0]))


def _parts(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the complaints inside a refusal; older ones are JSON within the sentence."""
    parts, message = told.get("errors"), told.get("message")
    if not parts and isinstance(message, str) and "[{" in message:
        try:
            parts, _ = json.JSONDecoder().raw_decode(message, message.index("[{"))
        except ValueError:
            return []
    return [each for each in parts if isinstance(each, dict)] if isinstance(parts, list) else []


def _codes(part: Mapping[str, Any]) -> Iterator[str]:
    for name in ("code", "error", "subCategory", "policyName", "errorType", "category", "status"):
        text = part.get(name)
        # Subcategories come as `crm.associations.INVALID` too; the status of a whole refusal is the word `error`.
        if isinstance(text, str) and text and text != "error":
            yield text.rpartition(".")[2]


def _fields(part: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of properties, or of scopes, that a complaint is about."""
    context = part.get("context")
    held = context if isinstance(context, dict) else {}
    for name in ("propertyName", "requiredGranularScopes", "requiredScopes"):
        named = held.get(name)
        yield from (each for each in (named if isinstance(named, list) else [named]) if isinstance(each, str))
    yield from (text for name in ("in", "name") if isinstance(text := part.get(name), str) and text)
