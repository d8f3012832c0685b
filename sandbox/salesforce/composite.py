"""Several calls in one: `composite`, whose parts may refer to each other, and `composite/batch`, whose may not."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from sandbox.exchange import Headers, Reply, Request
from sandbox.salesforce import dispatch
from sandbox.salesforce.refusal import Refusal, not_found, wrong_method
from sandbox.salesforce.rest import body_of

if TYPE_CHECKING:
    from sandbox.salesforce.org import Org

MOST = 25
REFERENCE = re.compile(r"@\{(\w+)((?:\.\w+|\[\d+\])*)\}")
NOT_BEGUN = {
    "errorCode": "BATCH_PROCESSING_HALTED",
    "message": "Batch processing halted per request. No further processing will be done.",
}
#: Only these of a part's headers go on, and only these of its reply's come back.
SHOWN = frozenset({"ETag", "Last-Modified"})


def answer(org: Org, request: Request, version: str, path: list[str]) -> Reply | None:
    """Answer `composite` and `composite/batch`; None for other paths.

    Raises:
        Refusal: It cannot be answered.
    """
    match path:
        case ["composite"]:
            return _composite(org, request)
        case ["composite", "batch"]:
            return _batch(org, request, version)
    return None


def _parts(request: Request, name: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    if request.method != "POST":
        raise wrong_method(request.method, "POST")
    body = body_of(request)
    parts = body.get(name) if isinstance(body, dict) else None
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
        raise Refusal(400, "INVALID_INPUT", f"The request must contain {name}")
    if len(parts) > MOST:
        raise Refusal(400, "LIMIT_EXCEEDED", f"You can't have more than {MOST} requests in a single call.")
    return body, parts


def _composite(org: Org, request: Request) -> Reply:
    body, parts = _parts(request, "compositeRequest")
    replies: dict[str, Any] = {}
    answers: list[dict[str, Any]] = []
    with org.undoable() as undo:
        for part in parts:
            name = str(part.get("referenceId", ""))
            try:
                reply = _asked(org, request, _filled(part, replies))
            except Refusal as refusal:
                reply = refusal.reply()
            answers.append(_shown(reply, name))
            if reply.status < 300:
                replies[name] = answers[-1]["body"]
        if body.get("allOrNone") is True and any(each["httpStatusCode"] >= 400 for each in answers):
            undo()
            answers = [_halted(each) for each in answers]
    return Reply.json({"compositeResponse": answers}, rows=sum(each["httpStatusCode"] < 300 for each in answers))


def _halted(shown: dict[str, Any]) -> dict[str, Any]:
    if shown["httpStatusCode"] >= 400:
        return shown
    halted = [
        {
            "errorCode": "PROCESSING_HALTED",
            "message": "The transaction was rolled back since another operation in the same transaction failed.",
        }
    ]
    return shown | {"body": halted, "httpHeaders": {}, "httpStatusCode": 400}


def _filled(part: dict[str, Any], replies: dict[str, Any]) -> dict[str, Any]:
    """Return *part* with references to earlier replies put in.

    Raises:
        Refusal: One refers to a part that has no reply.
    """

    def found(match: re.Match[str]) -> str:
        value = replies.get(match[1])
        for step in re.findall(r"\w+", match[2]):
            value = (
                value[int(step)] if isinstance(value, list) else value.get(step) if isinstance(value, dict) else None
            )
        if value is None:
            raise Refusal(
                400, "PROCESSING_HALTED", f"Invalid reference specified. No value for {match[1]}{match[2]} found"
            )
        return str(value)

    if "@{" not in json.dumps(part):
        return part
    filled: dict[str, Any] = json.loads(REFERENCE.sub(found, json.dumps(part)))
    return filled


def _asked(org: Org, outer: Request, part: dict[str, Any]) -> Reply:
    """Answer one part, as if it had come by itself."""
    headers = part.get("httpHeaders")
    lines = headers.items() if isinstance(headers, dict) else ()
    url = str(part.get("url", ""))
    inner = Request.of(
        str(part.get("method", "GET")),
        url if url.startswith("/") else f"/{url}",
        json.dumps(part["body"]) if "body" in part else b"",
        Headers((str(name), str(value)) for name, value in lines),
    )
    inner.arrived, inner.allowances, inner.switch = outer.arrived, outer.allowances, outer.switch
    segments = list(inner.segments)
    try:
        nested = segments[3:4] == ["composite"] and len(segments) < 6
        if segments[:2] != ["services", "data"] or len(segments) < 4 or nested:
            raise not_found()
        return dispatch.answer(org, inner, segments[2], segments[3:])
    except Refusal as refusal:
        return refusal.reply()


def _shown(reply: Reply, name: str) -> dict[str, Any]:
    return {
        "body": json.loads(reply.body) if reply.body else None,
        "httpHeaders": {k: v for k, v in reply.headers.items() if k in SHOWN and reply.status == 304},
        "httpStatusCode": reply.status,
        "referenceId": name,
    }


def _batch(org: Org, request: Request, version: str) -> Reply:
    asked, parts = _parts(request, "batchRequests")
    results: list[dict[str, Any]] = []
    for part in parts:
        if asked.get("haltOnError") is True and any(each["statusCode"] >= 400 for each in results):
            results.append({"statusCode": 412, "result": [NOT_BEGUN]})
            continue
        url = str(part.get("url", "")).lstrip("/").removeprefix("services/data/")
        body = {"body": part["richInput"]} if "richInput" in part else {}
        url = url if url.startswith("v") else f"{version}/{url}"
        reply = _asked(org, request, {"method": part.get("method", "GET"), "url": f"/services/data/{url}", **body})
        results.append({"statusCode": reply.status, "result": json.loads(reply.body) if reply.body else None})
    failed = any(result["statusCode"] >= 400 for result in results)
    return Reply.json({"hasErrors": failed, "results": results}, rows=len(results))
