"""From a path to what answers it: the same functions for v3, v4 and date-versioned paths."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.exchange import Reply
from sandbox.hubspot import account, associations, definitions, lists, oauth, objects, owners
from sandbox.hubspot.calls import Call
from sandbox.hubspot.errors import Refusal, missing_scopes, not_found

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.exchange import Request
    from sandbox.hubspot.oauth import Token
    from sandbox.hubspot.portal import Portal
    from sandbox.limits import Verdict

DATES = ("2025-09", "2026-03", "2026-09", "2026-09-beta")
WINDOW, DAILY, SECONDLY = "TEN_SECONDLY_ROLLING", "DAILY", "SECONDLY"
_VERSION = re.compile(r"v[1-4]|" + "|".join(DATES))
_DOORS = "oauth"

#: `methods path function scope`; a scope without a right takes it from the method.
_TABLE: tuple[tuple[str, str, Callable[..., Reply], str], ...] = (
    ("GET", "objects/{kind}", objects.listed, "objects.read"),
    ("POST", "objects/{kind}", objects.create, "objects.write"),
    ("POST", "objects/{kind}/search", objects.searched, "objects.read"),
    ("POST", "objects/{kind}/merge", objects.merge, "objects.write"),
    ("POST", "objects/{kind}/gdpr-delete", objects.erase, "objects.write"),
    ("POST", "objects/{kind}/batch/{verb}", objects.batch, "objects"),
    ("GET", "objects/{kind}/{id_}", objects.get, "objects.read"),
    ("PATCH", "objects/{kind}/{id_}", objects.update, "objects.write"),
    ("DELETE", "objects/{kind}/{id_}", objects.delete, "objects.write"),
    ("GET", "objects/{kind}/{id_}/associations/{to_type}", associations.listed, "objects.read"),
    ("PUT", "objects/{kind}/{id_}/associations/{to_type}/{to_id}", associations.put, "objects.write"),
    ("DELETE", "objects/{kind}/{id_}/associations/{to_type}/{to_id}", associations.delete, "objects.write"),
    ("PUT", "objects/{kind}/{id_}/associations/default/{to_type}/{to_id}", associations.put_default, "objects.write"),
    ("GET POST PUT", "associations/{from_type}/{to_type}/labels", associations.labels, "objects"),
    ("DELETE", "associations/{from_type}/{to_type}/labels/{type_id}", associations.end_label, "objects"),
    ("GET", "associations/{from_type}/{to_type}/types", associations.types, "objects.read"),
    ("POST", "associations/{from_type}/{to_type}/batch/read", associations.batch_read, "objects.read"),
    ("POST", "associations/{from_type}/{to_type}/batch/create", associations.batch_create, "objects.write"),
    ("POST", "associations/{from_type}/{to_type}/batch/archive", associations.batch_archive, "objects.write"),
    ("POST", "associations/{from_type}/{to_type}/batch/associate/default", associations.batch_default, "objects.write"),
    (
        "POST",
        "associations/{from_type}/{to_type}/batch/labels/archive",
        associations.batch_archive_labels,
        "objects.write",
    ),
    ("GET POST", "properties/{kind}", definitions.properties, "schemas"),
    ("POST", "properties/{kind}/batch/create", definitions.create_properties, "schemas.write"),
    ("POST", "properties/{kind}/batch/read", definitions.read_properties, "schemas.read"),
    ("POST", "properties/{kind}/batch/archive", definitions.archive_properties, "schemas.write"),
    ("GET POST", "properties/{kind}/groups", definitions.groups, "schemas"),
    ("GET PATCH DELETE", "properties/{kind}/groups/{name}", definitions.a_group, "schemas"),
    ("GET PATCH DELETE", "properties/{kind}/{name}", definitions.a_property, "schemas"),
    ("GET POST", "schemas", definitions.schemas, "crm.schemas.custom"),
    ("GET PATCH DELETE", "schemas/{kind}", definitions.a_schema, "crm.schemas.custom"),
    ("POST", "schemas/{kind}/associations", definitions.connect, "crm.schemas.custom"),
    ("DELETE", "schemas/{kind}/associations/{type_id}", definitions.disconnect, "crm.schemas.custom"),
    ("GET", "pipelines/{kind}", definitions.pipelines, "objects.read"),
    ("GET", "pipelines/{kind}/{id_}", definitions.pipelines, "objects.read"),
    ("GET", "owners", owners.listed, "crm.objects.owners"),
    ("GET", "owners/{id_}", owners.get, "crm.objects.owners"),
    ("GET", "lists", lists.fetch, "crm.lists"),
    ("POST", "lists", lists.create, "crm.lists.write"),
    ("POST", "lists/search", lists.search, "crm.lists.read"),
    ("POST", "lists/records/memberships/batch/read", lists.of_records, "crm.lists.read"),
    ("GET", "lists/records/{kind}/{id_}/memberships", lists.of_record, "crm.lists.read"),
    ("GET", "lists/object-type-id/{kind}/name/{name}", lists.by_name, "crm.lists.read"),
    ("GET", "lists/{id_}", lists.get, "crm.lists"),
    ("DELETE", "lists/{id_}", lists.delete, "crm.lists"),
    ("PUT", "lists/{id_}/restore", lists.restore, "crm.lists"),
    ("PUT", "lists/{id_}/update-list-name", lists.rename, "crm.lists"),
    ("PUT", "lists/{id_}/update-list-filters", lists.refilter, "crm.lists"),
    ("GET DELETE", "lists/{id_}/memberships", lists.memberships, "crm.lists"),
    ("GET", "lists/{id_}/memberships/join-order", lists.memberships, "crm.lists"),
    ("PUT", "lists/{id_}/memberships/{verb}", lists.change, "crm.lists"),
    ("PUT", "lists/{id_}/memberships/add-from/{source}", lists.add_from, "crm.lists"),
    ("GET", "account/details", account.details, ""),
    ("GET", "account/api-usage/daily/private-apps", account.usage, ""),
    ("GET", "integrations/me", account.me, ""),
    ("GET", "old-properties/{kind}", account.old_properties, "schemas.read"),
    ("POST", "oauth/token", oauth.token, _DOORS),
    ("POST", "oauth/token/introspect", oauth.introspect, _DOORS),
    ("POST", "oauth/private-apps/get/access-token-info", oauth.private_app, _DOORS),
    ("POST", "oauth/token/revoke", oauth.revoke, _DOORS),
    ("GET", "oauth/access-tokens/{text}", oauth.introspect, _DOORS),
    ("GET", "oauth/refresh-tokens/{text}", oauth.introspect, _DOORS),
    ("DELETE", "oauth/refresh-tokens/{text}", oauth.revoke, _DOORS),
)


@dataclass(frozen=True, slots=True)
class Route:
    """One way to be answered."""

    methods: frozenset[str]
    parts: tuple[str, ...]
    function: Callable[..., Reply]
    scope: str

    def fits(self, parts: tuple[str, ...]) -> dict[str, str] | None:
        """Return the values of the placeholders, None if the path is another."""
        found = {}
        for mine, theirs in zip(self.parts, parts, strict=True):
            if mine.startswith("{"):
                found[mine[1:-1]] = theirs
            elif mine != theirs:
                return None
        return found


_BY_LENGTH: dict[int, list[Route]] = {}
for _methods, _path, _function, _scope in _TABLE:
    _route = Route(frozenset(_methods.split()), tuple(_path.split("/")), _function, _scope)
    _BY_LENGTH.setdefault(len(_route.parts), []).append(_route)
for _routes in _BY_LENGTH.values():
    _routes.sort(key=lambda route: [part.startswith("{") for part in route.parts])


def answer(portal: Portal, request: Request) -> Reply:
    """Answer *request*, refusals included."""
    token = None
    try:
        version, parts = versioned(request.segments)
        route, values = _route_of(request.method, parts)
        call = Call(request, version, portal.clock())
        if route.scope != _DOORS:
            token = portal.doors.enter(request, call.at)
            _check_scope(portal, token, route, request.method, values)
        reply = route.function(portal, call, **values)
    except Refusal as refusal:
        reply = _refused(portal, refusal, request)
    reply.headers |= _allowances(request, token)
    return reply


def throttled(portal: Portal, verdict: Verdict) -> Reply:
    """Refuse a call beyond a limit: by day, by ten seconds, or (searches) by the second."""
    name = WINDOW if verdict.name == "fault" else verdict.name
    refusal = Refusal(429, f"You have reached your {name.lower()} limit.", None, errorType="RATE_LIMIT")
    if name != SECONDLY:  # whether HubSpot names the policy there is not known
        refusal.more["policyName"] = name
    return Reply.json(refusal.body(portal.correlation(), portal.omit), 429)


def troubled(portal: Portal, status: int) -> Reply:
    """Answer with an error of the server's own."""
    match status:
        case 502 | 504 | 521 | 522 | 523 | 524:
            return Reply.text(f"<html><body><h1>{status}</h1>cloudflare</body></html>", status, kind="text/html")
        case 477:
            refusal = Refusal(477, "This account is being moved to another data center.", "MIGRATION_IN_PROGRESS")
            return Reply.json(refusal.body(portal.correlation(), portal.omit), 477, {"Retry-After": "3600"})
        case 423:
            refusal = Refusal(423, "The requested objects are locked. Wait at least 2 seconds.", "LOCKED")
        case _:
            refusal = Refusal(status, "internal error" if status < 503 else "Service Unavailable", None)
    return Reply.json(refusal.body(portal.correlation(), portal.omit), status)


def versioned(segments: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return a path's version, and its parts without it.

    >>> versioned(("crm", "objects", "2026-09", "contacts")) == ("2026-09", ("objects", "contacts"))
    True
    >>> versioned(("crm", "v3", "objects", "contacts"))
    ('v3', ('objects', 'contacts'))
    """
    match segments:
        case ("crm" | "crm-object-schemas", version, *rest) if _VERSION.fullmatch(version):
            return version, tuple(rest)
        case ("crm", family, version, *rest) if _VERSION.fullmatch(version):
            return version, (family, *rest)
        case ("oauth" | "integrations" as family, version, *rest) if _VERSION.fullmatch(version):
            return version, (family, *rest)
        case ("account-info", version, *rest) if _VERSION.fullmatch(version):
            return version, ("account", *rest)
        case (kind, "v1" | "v2" as version, "properties") | ("properties", "v1" | "v2" as version, kind, "properties"):
            return version, ("old-properties", kind)
    raise not_found()


def group_of(request: Request) -> str:
    """Name the limits that a request counts under: search, associations, oauth, api."""
    segments = request.segments
    if "search" in segments[-1:] and "lists" not in segments:
        return "search"
    if segments[:1] == ("oauth",):
        return "oauth"
    return "associations" if "associations" in segments else "api"


def _route_of(method: str, parts: tuple[str, ...]) -> tuple[Route, dict[str, str]]:
    fitting = [(route, values) for route in _BY_LENGTH.get(len(parts), ()) if (values := route.fits(parts)) is not None]
    if not fitting:
        raise not_found()
    for route, values in fitting:
        if method in route.methods:
            return route, values
    raise Refusal(405, "HTTP 405 Method Not Allowed", None)


def _check_scope(portal: Portal, token: Token, route: Route, method: str, values: Mapping[str, str]) -> None:
    if not route.scope:
        return
    area, _, right = route.scope.removeprefix("crm.").partition(".")
    if route.scope.startswith("crm."):
        wanted = route.scope
        right = wanted.rpartition(".")[2]
    else:
        kind = portal.kind(values.get("kind") or values.get("from_type", ""))
        wanted = f"crm.{area}.{kind.scope}" + (f".{right}" if right else "")
    if right not in {"read", "write"}:
        reads = method == "GET" or values.get("verb") == "read"
        wanted += ".read" if reads else ".write"
    if wanted not in token.scopes and not (wanted.endswith("feedback_submissions.write")):
        raise missing_scopes([wanted])


def _refused(portal: Portal, refusal: Refusal, request: Request) -> Reply:
    omit = {"category", "errors", "context", "correlationId", "status"} if request.fires("bare_errors") else portal.omit
    return Reply.json(refusal.body(portal.correlation(), omit), refusal.status)


def _allowances(request: Request, token: Token | None) -> dict[str, str]:
    """Tell how the limits stand; not of searches, and of the day only to service keys."""
    found: dict[str, Any] = {}
    for one in request.allowances:
        if one.name == WINDOW and "X-HubSpot-RateLimit-Max" not in found:
            found["X-HubSpot-RateLimit-Max"] = one.most
            found["X-HubSpot-RateLimit-Remaining"] = one.left
            found["X-HubSpot-RateLimit-Interval-Milliseconds"] = round(one.seconds * 1000)
        elif one.name == DAILY and token is not None and token.ends is None and group_of(request) != "search":
            found["X-HubSpot-RateLimit-Daily"] = one.most
            found["X-HubSpot-RateLimit-Daily-Remaining"] = one.left
    return {name: str(value) for name, value in found.items()}
