"""The Arrow schemas of what goes in and comes out. Times are epoch milliseconds, UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: One row per response; keys are unique, an edited response is one row with its newest values.
RESPONSES = pa.schema(
    [
        ("subject", pa.string()),
        ("key", pa.string()),
        ("score", pa.int32()),
        ("responded_at", pa.int64()),
        ("survey", pa.string()),
        ("survey_kind", pa.string()),
        ("source", pa.string()),
        ("comment", pa.string()),
        ("account", pa.string()),
    ]
)

#: One row per survey that was sent; keys are unique.
SENDS = pa.schema(
    [
        ("subject", pa.string()),
        ("account", pa.string()),
        ("key", pa.string()),
        ("state", pa.string()),
        ("sent_at", pa.int64()),
    ]
)

_BY_KIND = [
    (f"{kind}_{name}", pa.int32() if name == "score" else pa.int64())
    for kind in ("relational", "transactional")
    for name in ("score", "responded_at", "promoters", "passives", "detractors", "total")
]

#: One row per subject, ordered by subject; `docs/reference/nps.md` defines the columns.
#: Who never responded has neither key nor score.
PROFILES = pa.schema(
    [
        ("subject", pa.string()),
        ("account", pa.string()),
        ("key", pa.string()),
        ("score", pa.int32()),
        ("points", pa.int32()),
        ("category", pa.string()),
        ("comment", pa.string()),
        ("survey", pa.string()),
        ("survey_kind", pa.string()),
        ("source", pa.string()),
        ("responded_at", pa.int64()),
        ("previous_score", pa.int32()),
        ("previous_responded_at", pa.int64()),
        ("first_responded_at", pa.int64()),
        ("responses", pa.int64()),
        ("promoters", pa.int64()),
        ("passives", pa.int64()),
        ("detractors", pa.int64()),
        ("surveyed", pa.int64()),
        ("trend", pa.string()),
        ("status", pa.string()),
        ("risk", pa.bool_()),
        ("risk_reasons", pa.list_(pa.string())),
        *_BY_KIND,
        ("sends", pa.int64()),
        ("answered", pa.int64()),
        ("last_sent_at", pa.int64()),
        ("responded", pa.bool_()),
        ("segments", pa.list_(pa.string())),
        ("due_at", pa.int64()),
    ]
)

#: Contacts that a company's own records hold for an account.
SIZES = pa.schema([("account", pa.string()), ("contacts_known", pa.int64())])

#: One row per account, ordered by account. `nps` and its limits are null below `min_responses`.
ROLLUPS = pa.schema(
    [
        ("account", pa.string()),
        ("survey_kind", pa.string()),
        ("nps", pa.float64()),
        ("nps_low", pa.float64()),
        ("nps_high", pa.float64()),
        ("responses", pa.int64()),
        ("contacts", pa.int64()),
        ("promoters", pa.int64()),
        ("passives", pa.int64()),
        ("detractors", pa.int64()),
        ("coverage", pa.float64()),
        ("declining", pa.int64()),
        ("sends", pa.int64()),
        ("answered", pa.int64()),
        ("response_rate", pa.float64()),
        ("as_of", pa.int64()),
        ("due_at", pa.int64()),
    ]
)


def epoch_ms(moment: datetime) -> int:
    """Return an aware moment as epoch milliseconds, the part of a millisecond cut off.

    >>> epoch_ms(datetime(1970, 1, 2, tzinfo=UTC))
    86400000
    """
    return (moment - EPOCH) // timedelta(milliseconds=1)
