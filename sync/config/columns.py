"""What a connection's columns are called, and how its dates are read: the same for files and for taps."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator

from sync.config.findings import closest, finding

#: What a column of a survey export can hold; `connectors.files` fills these, a test holds the lists equal.
RESPONSE_FIELDS = (
    *("response_id", "survey", "score", "comment", "responded_at", "updated_at", "email", "recipient_email", "phone"),
    *("first_name", "last_name", "full_name", "company", "account_ref", "salesforce_id", "hubspot_id"),
    *("customer_id", "external_ref", "link", "vendor_category"),
)
#: `emial` and `e_mail` are slips of `email` (0.8, 0.91); `phone2` is longer and therefore meant.
SLIP = 0.8


def _zone(name: str) -> str:
    if name != "UTC":
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            close = closest(name, available_timezones())
            hint = f"Did you mean `{close}`?" if close else "Take a name such as `Europe/Paris` or `UTC`."
            what = f"there is no time zone `{name[:60]}`"
            raise finding(what, hint) from None
    return name


def _no_slips(columns: dict[str, str]) -> dict[str, str]:
    """Refuse a slip of the pen: any other word would be carried along, and the field would be missed in silence."""
    for word in columns:
        close = get_close_matches(word.lower(), RESPONSE_FIELDS, n=1, cutoff=SLIP)
        if word not in RESPONSE_FIELDS and close and len(word) <= len(close[0]):
            what = f"`{word[:60]}` is none of our fields, and looks like `{close[0]}`"
            raise finding(what, f"Write `{close[0]}`, or call it less alike to carry it along.", at=(word,))
    return columns


Columns = Annotated[dict[str, str], AfterValidator(_no_slips)]
Zone = Annotated[str, AfterValidator(_zone)]
