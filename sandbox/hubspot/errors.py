"""HubSpot's refusals: what is raised inside the portal, and the JSON that leaves it.

Every field of an error body is optional in the vendor's own description, so each can be left out
by name (`Portal.omit`), and a client that relies on one shows.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

SCOPES_PAGE = "https://developers.hubspot.com/scopes"


class Refusal(Exception):
    """A request, or one row of it, that HubSpot would not accept."""

    def __init__(
        self,
        status: int,
        message: str,
        category: str | None = "VALIDATION_ERROR",
        *,
        errors: Sequence[dict[str, Any]] = (),
        **more: Any,
    ) -> None:
        """Remember the answer.

        Args:
            status: The HTTP status.
            message: HubSpot's sentence.
            category: HubSpot's category; None where it sends none.
            errors: Details: message, code, context.
            more: Other top-level fields (`context`, `subCategory`, `links`, `policyName`, ...).
        """
        super().__init__(message)
        self.status = status
        self.message = message
        self.category = category
        self.errors = list(errors)
        self.more = more

    def body(self, correlation: str, omit: Collection[str] = ()) -> dict[str, Any]:
        """Return the JSON of the whole answer."""
        found: dict[str, Any] = {"status": "error", "message": self.message, "correlationId": correlation}
        if self.category is not None:
            found["category"] = self.category
        if self.errors:
            found["errors"] = self.errors
        found |= self.more
        return {name: value for name, value in found.items() if name not in omit}

    def row(self, context: dict[str, list[str]], omit: Collection[str] = ()) -> dict[str, Any]:
        """Return the JSON of this refusal as one entry of a 207's `errors`."""
        found = {
            "status": "error",
            "category": self.category or "VALIDATION_ERROR",
            "message": self.message,
            "context": self.more.get("context", {}) | context,
            "errors": self.errors,
            "links": {},
        }
        return {name: value for name, value in found.items() if name not in omit}


def invalid_values(problems: Sequence[tuple[str, str, str]]) -> Refusal:
    """Refuse property values; *problems* are (property, code, message)."""
    listed = [
        {"isValid": False, "message": message, "error": code, "name": name, "localizedErrorMessage": message}
        for name, code, message in problems
    ]
    details = [
        {"message": message, "code": code, "context": {"propertyName": [name]}} for name, code, message in problems
    ]
    text = json.dumps(listed, separators=(",", ":"), ensure_ascii=False)
    return Refusal(400, f"Property values were not valid: {text}", errors=details)


def bad_json(detail: str) -> Refusal:
    """Refuse a body that does not have the shape of the request."""
    return Refusal(400, f"Invalid input JSON on line 1, column 1: {detail}")


def not_found(what: str = "resource not found") -> Refusal:
    """Refuse because there is nothing at that place."""
    return Refusal(404, what, "OBJECT_NOT_FOUND")


def gone_objects(singular: str, ids: Sequence[str]) -> Refusal:
    """Say which ids of a batch lead to no record, the way a 207 does."""
    return Refusal(
        404,
        f"Could not get some {singular.upper()} objects, they may be deleted or not exist. Check that ids are valid.",
        "OBJECT_NOT_FOUND",
        context={"ids": list(ids)},
    )


def missing_scopes(scopes: Sequence[str]) -> Refusal:
    """Refuse because the token was not granted *scopes*."""
    return Refusal(
        403,
        "This app hasn't been granted all required scopes to make this call. "
        f"Read more about required scopes here: {SCOPES_PAGE}.",
        "MISSING_SCOPES",
        errors=[
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": list(scopes)},
            }
        ],
        links={"scopes": SCOPES_PAGE},
    )
