"""The calls about the account itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.exchange import Reply

if TYPE_CHECKING:
    from sandbox.hubspot.calls import Call
    from sandbox.hubspot.portal import Portal


def details(portal: Portal, call: Call) -> Reply:
    """Return the account."""
    hours, minutes = divmod(abs(portal.ahead_s) // 60, 60)
    return Reply.json(
        {
            "portalId": portal.id,
            "accountType": "STANDARD",
            "timeZone": "UTC",
            "companyCurrency": "EUR",
            "additionalCurrencies": [],
            "utcOffset": f"{'-' if portal.ahead_s < 0 else '+'}{hours:02d}:{minutes:02d}",
            "utcOffsetMilliseconds": portal.ahead_s * 1000,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        }
    )


def usage(portal: Portal, call: Call) -> Reply:
    """Return how much of the day's limit is used, as far as this very call knows."""
    daily = next((one for one in call.request.allowances if one.name == "DAILY"), None)
    if daily is None:
        return Reply.json({"results": []})
    return Reply.json(
        {
            "results": [
                {
                    "name": "private-apps-api-calls-daily",
                    "usageLimit": daily.most,
                    "currentUsage": daily.most - daily.left,
                    "collectedAt": call.stamp,
                    "fetchStatus": "SUCCESS",
                    "resetsAt": portal.stamp(),
                }
            ]
        }
    )


def me(portal: Portal, call: Call) -> Reply:
    """Return the account in the oldest form, which older clients ask for."""
    return Reply.json({"portalId": portal.id, "timeZone": "UTC", "currency": "EUR", "utcOffset": "+00:00"})


def old_properties(portal: Portal, call: Call, kind: str) -> Reply:
    """List properties for clients that still ask the paths from before v3."""
    return Reply.json([one.json() for one in portal.catalogue(kind).listed()])
