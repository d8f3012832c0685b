"""The Arrow form in which a directory hands records to identity resolution."""

from __future__ import annotations

import pyarrow as pa

_IDS = pa.list_(pa.struct([("kind", pa.string()), ("value", pa.string())]))

#: One row per record. Values are raw, as the system holds them; `sync.identity` normalises them.
RECORD_FIELDS = pa.schema(
    [
        ("object", pa.string()),
        ("id", pa.string()),
        # Every e-mail address and phone number the record holds.
        ("emails", pa.list_(pa.string())),
        ("phones", pa.list_(pa.string())),
        # Ids by kind, as the mapping's rules name them: {kind: customer_id, value: C-0042}.
        ("ids", _IDS),
        ("first_name", pa.string()),
        ("last_name", pa.string()),
        ("full_name", pa.string()),
        ("account", pa.string()),
        ("account_name", pa.string()),
        # Two-letter country of the record, where known: phones are parsed with it, never with a guess.
        ("country", pa.string()),
        # ISO text; the oldest record survives among duplicates.
        ("created_at", pa.string()),
        # Id of the record this one was merged into or converted to.
        ("merged_into", pa.string()),
        ("deleted", pa.bool_()),
        # The person asked not to be processed.
        ("suppressed", pa.bool_()),
    ]
)
