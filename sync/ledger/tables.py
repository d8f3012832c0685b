"""The ledger's tables, the same on SQLite and PostgreSQL.

Times are ISO-8601 text in UTC with milliseconds and a `Z` (`2026-11-22T07:21:00.000Z`): readable with plain SQL,
sorted as text, equal on both engines. `docs/reference/ledger.md` describes every table for readers.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Float, Index, Integer, MetaData, SmallInteger, Table, Text

from sync.identity.claims import CLAIM_COLUMNS

METADATA = MetaData()


def keyed(name: str, *columns: Column[Any] | Index) -> Table:
    """A table whose primary key is its storage order: one B-tree less on SQLite."""
    return Table(name, METADATA, *columns, sqlite_with_rowid=False)


def key(name: str) -> Column[Any]:
    """A text of the primary key."""
    return Column(name, Text, primary_key=True)


SCHEMA_VERSION = Table("schema_version", METADATA, Column("version", Integer, primary_key=True))

RESPONSES = Table(
    "responses",
    METADATA,
    key("key"),  # source:response_id
    Column("source", Text, nullable=False),
    Column("response_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("survey", Text, nullable=False),
    Column("survey_kind", Text, nullable=False),
    Column("score", SmallInteger, nullable=False),
    Column("comment", Text),
    Column("responded_at", Text, nullable=False),
    Column("updated_at", Text),
    Column("respondent", Text, nullable=False),
    Column("extra", Text),
    Column("file", Text, nullable=False),
    Column("row", Integer),
    Index("responses_by_respondent", "respondent"),
)

#: The identity claims of a respondent; equal claims are one row.
RESPONDENTS = keyed("respondents", key("respondent"), *(Column(name, Text) for name in CLAIM_COLUMNS))

#: Rows that cannot be trusted, each with its place; read again, a row replaces what was said of it before.
REJECTS = keyed(
    "rejects",
    key("mapping"),
    key("file"),
    Column("row", Integer, primary_key=True, autoincrement=False),  # 0: the whole file
    key("column"),
    Column("run", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("next_step", Text, nullable=False),
    Index("rejects_by_run", "mapping", "run"),
)

CURSORS = keyed("cursors", key("mapping"), key("stream"), Column("cursor", Text, nullable=False))

#: How many rows each stream holds that can be read whole: as it was accepted last, and as it was seen last.
STREAMS = keyed(
    "streams",
    key("mapping"),
    key("stream"),
    Column("rows", Integer, nullable=False),
    Column("seen", Integer, nullable=False),
)

MATCHES = keyed(
    "matches",
    key("mapping"),
    key("respondent"),
    Column("outcome", Text, nullable=False),  # matched | held | excluded
    Column("reason", Text, nullable=False),
    Column("rule", Text),
    Column("object", Text),
    Column("record", Text),
    Column("person", Text, nullable=False),
    Column("account", Text),
    Column("evidence", Text, nullable=False),
    Column("candidates", Text, nullable=False),
    Column("run", Text, nullable=False),
    Column("decided_at", Text, nullable=False),
    Index("matches_by_record", "mapping", "object", "record"),
    Index("matches_by_outcome", "mapping", "outcome", "reason"),
)

#: What a person decided; it outranks every rule and survives every rebuild.
DECISIONS = keyed(
    "decisions",
    key("mapping"),
    key("respondent"),
    Column("verb", Text, nullable=False),  # pin | never | drop
    Column("object", Text),
    Column("record", Text),
    Column("decided_at", Text, nullable=False),
    Column("run", Text),  # the run that acted on it; null: none yet
)

PROFILE_COLUMNS: tuple[Column[Any], ...] = (
    Column("person", Text, nullable=False),
    Column("account", Text),
    # The latest response, and what it says; null: there was none, and yet the person was asked.
    Column("key", Text),
    Column("score", SmallInteger),
    Column("category", Text),
    Column("survey_kind", Text),
    Column("responded_at", Text),
    Column("previous_score", SmallInteger),
    Column("trend", Text),
    Column("status", Text, nullable=False),
    Column("responses", Integer, nullable=False),
    Column("promoters", Integer, nullable=False),
    Column("passives", Integer, nullable=False),
    Column("detractors", Integer, nullable=False),
    # Surveys delivered within `expires_after`, and how many of them were answered; null: nobody tells.
    Column("sends", Integer),
    Column("answered", Integer),
    Column("last_sent_at", Text),
    Column("segments", Text, nullable=False),  # names joined by ;
    Column("due_at", Text),  # when it changes by time alone
    # What counts for an account, per survey kind: the two are never mixed.
    *(
        Column(f"{kind}_{name}", Text if name == "responded_at" else Integer)
        for kind in ("relational", "transactional")
        for name in ("score", "responded_at", "promoters", "passives", "detractors", "total")
    ),
)
PROFILES = keyed(
    "profiles",
    key("mapping"),
    key("object"),
    key("record"),
    *PROFILE_COLUMNS,
    Index("profiles_by_due", "mapping", "due_at"),
    Index("profiles_by_account", "mapping", "account"),
)

ROLLUPS = keyed(
    "rollups",
    key("mapping"),
    key("account"),
    Column("nps", Float),
    Column("nps_low", Float),
    Column("nps_high", Float),
    Column("responses", Integer, nullable=False),
    Column("contacts", Integer, nullable=False),
    Column("promoters", Integer, nullable=False),
    Column("passives", Integer, nullable=False),
    Column("detractors", Integer, nullable=False),
    Column("coverage", Float),
    Column("declining", Integer, nullable=False),
    Column("sends", Integer),
    Column("answered", Integer),
    Column("response_rate", Float),
)

#: Who is in which segment since when.
MEMBERSHIPS = keyed(
    "memberships",
    key("mapping"),
    key("object"),
    key("record"),
    key("segment"),
    Column("since", Text, nullable=False),
)

#: Unexpired responses of persons without a record, each of which counts one of them in `totals`.
UNMATCHED = keyed(
    "unmatched",
    key("mapping"),
    key("key"),
    Column("respondent", Text, nullable=False),
    Column("survey_kind", Text, nullable=False),
    Column("score", SmallInteger, nullable=False),
    Column("responded_at", Text, nullable=False),
    Index("unmatched_by_respondent", "mapping", "respondent"),
    Index("unmatched_by_time", "mapping", "responded_at"),
)

#: Persons by the category of their latest unexpired response of each survey kind, moved with every profile.
#: The kind `` (empty) counts all profiles, the expired too, as `persons`.
TOTALS = keyed(
    "totals",
    key("mapping"),
    key("survey_kind"),
    key("category"),
    Column("persons", Integer, nullable=False),
)

#: Records and accounts whose profile or rollup must be computed again.
TOUCHED = keyed("touched", key("mapping"), key("kind"), key("object"), key("record"))

OUTBOX = keyed(
    "outbox",
    key("mapping"),
    Column("rank", SmallInteger, primary_key=True, autoincrement=False),  # objects are delivered in this order
    key("object"),
    key("record"),
    Column("keys", Text),  # JSON: key column → value; null: the one key column holds the record's id
    Column("changes", Text),  # JSON: field → value, where it differs from what is acknowledged; null: all of desired
    Column("desired", Text),  # JSON: field → value; null: the record must not exist
    Column("cleared", SmallInteger, nullable=False),  # values that would become empty
    Column("cause", Text),  # the response that led to it
    Column("run", Text, nullable=False),
    Column("parked", Text),  # not sent now: an error code, or a word of `sync.ledger.outbox`
)

ACKNOWLEDGED = keyed(
    "acknowledged",
    key("mapping"),
    key("object"),
    key("record"),
    Column("desired", Text, nullable=False),
    Column("run", Text, nullable=False),
)

#: Writes that were refused, or sent and never confirmed. Repaired ones stay, to say what became of them.
FAILURES = keyed(
    "failures",
    key("mapping"),
    key("object"),
    key("record"),
    Column("state", Text, nullable=False),  # open | given_up | delivered | superseded
    Column("kind", Text, nullable=False),  # data | conflict | gone | transient | ours
    Column("code", Text, nullable=False),
    Column("fields", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_at", Text, nullable=False),
    Column("last_at", Text, nullable=False),
    Column("next_at", Text),  # transient: not before
    Column("run", Text, nullable=False),  # in which it failed last
    Column("cause", Text),  # the response that led to the write
    Column("closed_by", Text),  # the run that delivered or replaced it
    # What it was made of, as digests: where one differs, another try may end otherwise.
    Column("input", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("schema", Text, nullable=False),
    Index("failures_by_state", "mapping", "state"),
    Index("failures_by_run", "mapping", "run"),
)

RUNS = Table(
    "runs",
    METADATA,
    key("run"),
    Column("mapping", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text),
    Column("unsettled", Boolean, nullable=False),  # it may still own pending rows
    Column("report", Text),
    Index("runs_by_mapping", "mapping", "started_at"),
)

#: Where each response stands for each mapping, and the run that handled it last.
RUN_ROWS = keyed(
    "run_rows",
    key("mapping"),
    key("key"),
    Column("run", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("run_rows_by_run", "mapping", "run"),
)

#: Rows of a run that left nothing else behind (skipped, rejected, unchanged), counted.
RUN_COUNTS = keyed(
    "run_counts",
    key("run"),
    key("state"),
    key("reason"),
    Column("rows", Integer, nullable=False),
)

LEASES = keyed(
    "leases",
    key("mapping"),
    Column("epoch", Integer, nullable=False),
    Column("holder", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
)

#: What a mapping's computed values were made with; another hash means: compute them all again.
DEFINITIONS = keyed("definitions", key("mapping"), Column("hash", Text, nullable=False))
