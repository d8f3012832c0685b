"""What Salesforce's error codes mean, as data (design facts A8), and where they stand in its replies.

A whole call answers with a list of `{errorCode, message, fields}`; a row of a collection with `{statusCode, ...}`; one
of a Bulk job with `CODE:message:fields --`; the token endpoint with `{error, error_description}`.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.replies import Complaint, Meaning, Rule, Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from connectors.replies import Reply

SYSTEM = "Salesforce"
#: Salesforce counts calls over a rolling day and does not say when it frees some: look again after an hour.
LOOK_AGAIN = timedelta(hours=1)
#: Seconds; too many long calls at once pass only as they end (A7: back off for minutes).
CONCURRENT_WAIT_S = 60.0
_FIELD_NAMED = re.compile(r"[Nn]o such column '([A-Za-z0-9_.]{1,120})'")
_ROW = re.compile(r"(?P<code>[A-Z][A-Z0-9_]*):(?P<text>.*?)(?::(?P<fields>[A-Za-z0-9_,. ]*) ?--)?", re.DOTALL)
_FIELDS = "Check that the mapping's fields exist in Salesforce and that its user may edit them (field-level security)."
_RIGHTS = "Give the integration user the right in Salesforce (a permission set), then run again."
_SIGN_IN = "Check the app and its user in Salesforce, and the secrets with `npsync auth test`."


def _all(meaning: Meaning, codes: str, **more: Any) -> tuple[Rule, ...]:  # noqa: ANN401 - a rule's own options
    return tuple(Rule(meaning=meaning, code=code, **more) for code in codes.split())


#: The first that fits decides, so the narrow ones come first.
RULES: tuple[Rule, ...] = (
    Rule(meaning=Meaning.LOCKED, code="CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", text="UNABLE_TO_LOCK_ROW"),
    Rule(meaning=Meaning.BUSY, code="REQUEST_LIMIT_EXCEEDED", text="(?i)concurrent", wait_s=CONCURRENT_WAIT_S),
    Rule(meaning=Meaning.QUOTA, code="REQUEST_LIMIT_EXCEEDED"),
    *_all(Meaning.SIGNED_OUT, "INVALID_SESSION_ID INVALID_AUTH_HEADER"),
    *_all(Meaning.LOCKED, "UNABLE_TO_LOCK_ROW"),
    # A call that is too much for the org may pass in halves.
    *_all(Meaning.REJECTED, "QUERY_TIMEOUT QUERY_TOO_COMPLICATED", statuses=(400,)),
    *_all(Meaning.BUSY, "SERVER_UNAVAILABLE QUERY_TIMEOUT"),
    *_all(Meaning.CONFLICT, "DUPLICATES_DETECTED DUPLICATE_VALUE DUPLICATE_EXTERNAL_ID"),
    Rule(meaning=Meaning.CONFLICT, statuses=(300,)),
    Rule(meaning=Meaning.REJECTED, code="INVALID_FIELD", text="(?i)foreign key external id"),
    *_all(Meaning.DRIFT, "INVALID_FIELD INVALID_FIELD_FOR_INSERT_UPDATE INVALID_TYPE", advice=_FIELDS),
    *_all(Meaning.DRIFT, "MALFORMED_QUERY INVALIDENTITY FIELDNOTFOUND", advice=_FIELDS),
    *_all(Meaning.GONE, "ENTITY_IS_DELETED NOT_FOUND CANNOT_UPDATE_CONVERTED_LEAD"),
    Rule(meaning=Meaning.GONE, code="INVALID_CROSS_REFERENCE_KEY", text="(?i)^invalid cross reference id$"),
    *_all(
        Meaning.REJECTED,
        "JSON_PARSER_ERROR INVALID_CROSS_REFERENCE_KEY MALFORMED_ID STRING_TOO_LONG REQUIRED_FIELD_MISSING",
    ),
    *_all(Meaning.REJECTED, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST FIELD_CUSTOM_VALIDATION_EXCEPTION"),
    *_all(
        Meaning.REJECTED,
        "INVALIDJOBSTATE FIELD_INTEGRITY_EXCEPTION INVALID_EMAIL_ADDRESS INVALID_TYPE_ON_FIELD_IN_RECORD "
        "INACTIVE_OWNER_OR_USER",
    ),
    *_all(Meaning.REJECTED, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY NUMBER_OUTSIDE_VALID_RANGE ENTITY_IS_LOCKED"),
    *_all(Meaning.REFUSED, "TXN_SECURITY_METERING_ERROR API_DISABLED_FOR_ORG INSUFFICIENT_ACCESS", advice=_RIGHTS),
    *_all(Meaning.REFUSED, "API_CURRENTLY_DISABLED FUNCTIONALITY_NOT_ENABLED FORBIDDEN", advice=_RIGHTS),
    *_all(Meaning.REFUSED, "INSUFFICIENT_ACCESS_OR_READONLY", statuses=(400, 403), advice=_RIGHTS),
    *_all(Meaning.REFUSED, "UNSUPPORTED_API_VERSION", advice="Set `api_version` to one that the org supports."),
    *_all(Meaning.REFUSED, "invalid_grant invalid_client invalid_client_id inactive_user", advice=_SIGN_IN),
    *_all(Meaning.REFUSED, "invalid_app_access inactive_org unsupported_grant_type", advice=_SIGN_IN),
    Rule(meaning=Meaning.REFUSED, statuses=(410,), advice="Set `api_version` to one that the org supports."),
    # Seen from Salesforce by others, though its own tables do not list them (A7).
    Rule(meaning=Meaning.BUSY, statuses=(406, 420, 429)),
)


def complaints_of(body: Any) -> Sequence[Complaint]:  # noqa: ANN401 - decoded JSON
    """Return what a decoded reply complains of."""
    if isinstance(body, dict):
        if "error" in body:
            return [Complaint(code=str(body["error"]), text=str(body.get("error_description") or ""))]
        body = body.get("errors") or [body]
    return [complaint_of(each) for each in body if isinstance(each, dict)] if isinstance(body, list) else []


def complaint_of(error: dict[str, Any]) -> Complaint:
    """Return one error of a call (`errorCode`) or of a row (`statusCode`).

    >>> complaint_of({"errorCode": "INVALID_FIELD", "message": "No such column 'Scoer__c' on sobject of type Contact"})
    Complaint(code='INVALID_FIELD', fields=('Scoer__c',))
    """
    text = str(error.get("message") or "")
    given = error.get("fields")
    if not isinstance(given, list) or not given:
        given = _FIELD_NAMED.findall(text)
    return Complaint(
        code=str(error.get("errorCode") or error.get("statusCode") or ""), text=text, fields=tuple(map(str, given))
    )


def complaint_of_row(text: str) -> Complaint:
    """Return what a Bulk job says of a row.

    >>> complaint_of_row("STRING_TOO_LONG:NPS: data value too large: x (max length=3):NPS__c --").fields
    ('NPS__c',)
    >>> complaint_of_row("DUPLICATES_DETECTED:Use one of these records?:--").code
    'DUPLICATES_DETECTED'
    """
    found = _ROW.fullmatch(text.strip())
    if found is None:
        return Complaint(text=text)
    fields = tuple(name.strip() for name in (found["fields"] or "").split(",") if name.strip())
    return Complaint(code=found["code"], text=found["text"], fields=fields)


def _resume_at(_reply: Reply, now: datetime) -> datetime:
    return now + LOOK_AGAIN


TABLE = Table(system=SYSTEM, rules=RULES, complaints=complaints_of, resume_at=_resume_at)
