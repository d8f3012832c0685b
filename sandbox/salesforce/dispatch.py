"""From a request's path to what answers it; any version `vNN.N`, with or without a slash at the end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.exchange import Reply
from sandbox.salesforce import (
    bulk_first,
    bulk_rest,
    changes,
    composite,
    oauth,
    rest,
    row_sets,
    soql_rest,
    sosl,
    tooling,
    trees,
    uris,
)
from sandbox.salesforce.refusal import Refusal, not_found

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.exchange import Request
    from sandbox.limits import Verdict
    from sandbox.salesforce.org import Org

    Answerer = Callable[[Org, Request, str, list[str]], Reply | None]

VERSION = re.compile(r"v(\d\d)\.0$")
#: Answered from 31.0 on; 30.0 and older are gone since Summer '25.
OLDEST, LATEST = 31, 67
#: Three releases a year; Winter '26 came in autumn 2025.
SEASONS = ("Winter", "Spring", "Summer")
FIRST_OF_2026 = 65
#: SOAP is not played; new orgs refuse its login like this.
NO_LOGIN = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:sf="urn:fault.partner.soap.sforce.com"><soapenv:Body><soapenv:Fault>'
    "<faultcode>sf:INVALID_OPERATION</faultcode>"
    "<faultstring>INVALID_OPERATION: SOAP API login() is disabled by default in this org.</faultstring>"
    "<detail><sf:UnexpectedErrorFault><sf:exceptionCode>INVALID_OPERATION</sf:exceptionCode>"
    "<sf:exceptionMessage>SOAP API login() is disabled by default in this org.</sf:exceptionMessage>"
    "</sf:UnexpectedErrorFault></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
)
#: The rows of limits that clients look at, besides DailyApiRequests.
LIMITS = {
    "DailyAsyncApexExecutions": 250_000,
    "DailyBulkApiBatches": 15_000,
    "DailyBulkV2QueryFileStorageMB": 976_562,
    "DailyBulkV2QueryJobs": 10_000,
    "DailyStreamingApiEvents": 200_000,
    "DataStorageMB": 10_240,
    "FileStorageMB": 10_240,
    "HourlyTimeBasedWorkflow": 1_000,
    "MassEmail": 5_000,
    "SingleEmail": 5_000,
}


def handled(org: Org, request: Request) -> Reply:
    """Answer any request; what cannot be understood gets a refusal in Salesforce's words."""
    try:
        if request.segments[:2] == ("services", "async"):
            return bulk_first.answer(org, request)
        return _answered(org, request)
    except Refusal as refusal:
        return _with_usage(org, request, refusal.reply())


def _answered(org: Org, request: Request) -> Reply:
    too_long = uris.too_long(request)
    if too_long is not None:
        return too_long
    if request.method == "POST" and "_HttpMethod" in request.query:
        # For clients that know no PATCH.
        request.method = request.first("_HttpMethod").upper()
    segments = list(request.segments)
    if segments[:2] == ["services", "oauth2"]:
        return _signing_in(org, request, segments[2:])
    if segments[:2] == ["services", "data"]:
        if len(segments) == 2:
            return Reply.json(versions())
        version = _version(segments[2])
        org.oauth.signed_in(request)
        org.calls += 1
        org.grants.drifted = request.fires("schema_drift")
        return _with_usage(org, request, answer(org, request, version, segments[3:]))
    if segments[:2] == ["services", "Soap"]:
        return Reply.text(NO_LOGIN, status=500, kind="text/xml")
    if segments[:1] == ["id"] and len(segments) == 3:
        org.oauth.signed_in(request)
        return Reply.json(identity(org, request))
    raise not_found()


def _signing_in(org: Org, request: Request, rest_of_path: list[str]) -> Reply:
    match rest_of_path:
        case ["token"]:
            if request.method != "POST":
                return Reply.json({"error": "invalid_request", "error_description": "must use HTTP POST"}, status=400)
            return org.oauth.token(request)
        case ["revoke"]:
            return org.oauth.revoke(request)
        case ["userinfo"]:
            org.oauth.signed_in(request)
            who = identity(org, request)
            return Reply.json(
                who | {"sub": who["id"], "preferred_username": who["username"], "name": who["display_name"]}
            )
    raise not_found()


def answer(org: Org, request: Request, version: str, path: list[str]) -> Reply:
    """Answer a request below /services/data/vNN.N, from a client that has signed in.

    Raises:
        Refusal: It cannot be.
    """
    bulk_rest.advance(org, org.clock())
    match path:
        case []:
            return Reply.json(resources(version))
        case ["limits"]:
            return Reply.json(limits(org, request))
        case ["limits", "recordCount"]:
            return Reply.json(record_count(org, request))
    answerers: tuple[Answerer, ...] = (
        composite.answer,
        trees.answer,
        row_sets.answer,
        changes.answer,
        rest.answer,
        soql_rest.answer,
        sosl.answer,
        bulk_rest.answer,
        tooling.answer,
    )
    for each in answerers:
        reply = each(org, request, version, path)
        if reply is not None:
            return reply
    raise not_found()


def _version(segment: str) -> str:
    """Return the version that a path names.

    Raises:
        Refusal: There is no such version, or it has been retired.
    """
    found = VERSION.match(segment)
    if found is None or int(found[1]) > LATEST:
        raise not_found()
    if int(found[1]) < OLDEST:
        raise Refusal(410, "UNSUPPORTED_API_VERSION", "The requested API version is no longer supported")
    return segment


def versions() -> list[dict[str, str]]:
    """Return the versions that are answered, oldest first.

    >>> versions()[-1]
    {'label': "Summer '26", 'url': '/services/data/v67.0', 'version': '67.0'}
    """
    return [
        {
            "label": f"{SEASONS[(number - FIRST_OF_2026) % 3]} '{26 + (number - FIRST_OF_2026) // 3}",
            "url": f"/services/data/v{number}.0",
            "version": f"{number}.0",
        }
        for number in range(OLDEST, LATEST + 1)
    ]


def resources(version: str) -> dict[str, str]:
    """Return the places below a version."""
    names = "composite jobs limits query queryAll sobjects tooling".split()
    return {name: f"/services/data/{version}/{name}" for name in names}


def identity(org: Org, request: Request) -> dict[str, object]:
    """Return who is signed in."""
    user = org.get("User", org.api_user_id) or {}
    where = oauth.instance_url(request)
    return {
        "id": f"{where}/id/{org.organization_id}/{org.api_user_id}",
        "user_id": org.api_user_id,
        "organization_id": org.organization_id,
        "username": user.get("Username"),
        "display_name": user.get("Name"),
        "email": user.get("Email"),
        "active": True,
        "urls": {
            "rest": f"{where}/services/data/v{{version}}/",
            "sobjects": f"{where}/services/data/v{{version}}/sobjects/",
        },
    }


def _usage(org: Org, request: Request) -> tuple[int, int]:
    """Return today's calls and how many there may be."""
    daily = next((each for each in request.allowances if each.name == "daily"), None)
    return (daily.most - daily.left, daily.most) if daily else (org.calls, org.daily_calls)


def _with_usage(org: Org, request: Request, reply: Reply) -> Reply:
    used, most = _usage(org, request)
    reply.headers.setdefault("Sforce-Limit-Info", f"api-usage={used}/{most}")
    return reply


def limits(org: Org, request: Request) -> dict[str, dict[str, int]]:
    """Return what `/limits` tells: how much there is of each, and how much is left."""
    used, most = _usage(org, request)
    rows = {name: {"Max": each, "Remaining": each} for name, each in LIMITS.items()}
    rows["DailyBulkApiBatches"]["Remaining"] = max(0, org.bulk.batches_left(org.clock()))
    return {**rows, "DailyApiRequests": {"Max": most, "Remaining": max(0, most - used)}}


def record_count(org: Org, request: Request) -> dict[str, object]:
    """Return about how many records there are; kinds without any are left out, as recorded."""
    wanted = [name for name in request.first("sObjects").split(",") if name] or list(org.kinds)
    kinds = [kind for kind in map(org.kind, wanted) if kind is not None]
    counts = [{"count": org.store.count(kind), "name": kind.name} for kind in kinds]
    return {"sObjects": [each for each in counts if each["count"]]}


def throttled(verdict: Verdict) -> Reply:
    """Refuse a call beyond a limit: always 403, never with Retry-After."""
    spent = "ConcurrentRequests (Concurrent API Requests)" if verdict.name == "concurrent" else "TotalRequests"
    return Refusal(403, "REQUEST_LIMIT_EXCEEDED", f"{spent} Limit exceeded.").reply()


def troubled(status: int) -> Reply:
    """Answer in trouble, as the balancers and servers of Salesforce do."""
    code = {503: "SERVER_UNAVAILABLE", 404: "NOT_FOUND", 401: "INVALID_SESSION_ID"}.get(status, "UNKNOWN_EXCEPTION")
    message = "Session expired or invalid" if status == 401 else "An unexpected error occurred."
    return Refusal(
        status, code, f"{message} ErrorId: 1094827416-1834 (-1482301923)" if status >= 500 else message
    ).reply()
