"""The values that cross the connector contract.

Everything here is immutable and knows nothing of HTTP, YAML or SQL.
Sources build these; `sync` decides with them; destinations consume them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

#: A single value of a record's field, as every connector must accept and return it.
FieldValue = str | int | float | bool | None

#: Longest text that becomes a field of a response, in characters. A comment that long is a log file.
MAX_TEXT = 1 << 17

_NOTHING: Mapping[str, str] = MappingProxyType({})


class SurveyKind(StrEnum):
    """Two programmes that are never mixed in one NPS (`design.md` §8)."""

    RELATIONAL = "relational"
    TRANSACTIONAL = "transactional"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a source something stands, for messages and for `explain`."""

    #: File path as the user wrote it (relative stays relative), or the API stream.
    file: str
    #: Line of the spreadsheet or CSV as an editor shows it; the first line is 1. None when the whole file is meant.
    row: int | None = None
    #: Column header as it stands in the file.
    column: str | None = None

    def __str__(self) -> str:
        row = "" if self.row is None else f":{self.row}"
        column = "" if self.column is None else f" [{self.column}]"
        return f"{self.file}{row}{column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyResponse:
    """One person's whole submission to one survey, with the score already certain.

    Text is as the source gave it, outer white space trimmed; `sync.clean` normalises it.
    None means "the source has no such value"; an empty text never appears.
    """

    #: Unique within the source; the idempotency key is `source:response_id`.
    response_id: str
    #: Name or id of the survey.
    survey: str
    survey_kind: SurveyKind = SurveyKind.RELATIONAL
    #: Likelihood to recommend, 0 to 10 inclusive. Zero is a score.
    score: int
    comment: str | None = None
    #: When the person answered. Aware, UTC.
    responded_at: datetime
    #: When the source last changed the response, where it says so. Aware, UTC.
    updated_at: datetime | None = None
    #: The address the person typed or the tool calls theirs (self-reported evidence).
    email: str | None = None
    #: The address the invitation was delivered to, where the export has both (delivered-to evidence).
    recipient_email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    #: The whole name in one field, where the source does not split it.
    full_name: str | None = None
    company: str | None = None
    #: The account's id in the company's systems.
    account_ref: str | None = None
    #: Ids by kind: `salesforce_id`, `hubspot_id`, `customer_id`, `external_ref` (a reference of unstated kind).
    ids: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    #: The survey link or distribution token, where one link can be answered by several people.
    link: str | None = None
    #: The tool's own category, kept only to report that it disagrees with the score.
    vendor_category: str | None = None
    #: Further columns the user asked to carry, by his own names.
    extra: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """A service has said that there is a response, or that one has changed. What it is like must be asked for."""

    number: int
    #: The survey's id; empty where the service has one list for all.
    survey: str
    response: str
    #: When we were told.
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A row that cannot be trusted. It is kept with its reason; the run goes on."""

    place: Place
    #: A stable word, such as `score_out_of_range`; `docs/reference/reasons.md` lists them all.
    reason: str
    #: What was found, without anything a person wrote: no e-mail, name or comment.
    detail: str
    #: What the user can do about it.
    next_step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """A row that is rightly left out (preview, test, partial, no score), with its reason."""

    place: Place
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRef:
    """A row in a CRM or customer store."""

    object: str
    id: str

    def __str__(self) -> str:
        return f"{self.object} {self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A record that is known by another id now, or is gone."""

    old: RecordRef
    #: The record that took its place, after a merge or a conversion; None: deleted.
    new: RecordRef | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """Make one record hold these values; fields not named are not touched."""

    object: str
    #: The record's key: column (or external-id field) → value. One column, or several for a compound key.
    key: Mapping[str, FieldValue]
    values: Mapping[str, FieldValue]
    #: True when the record must not exist any longer (a segment that was left).
    delete: bool = False

    @property
    def id(self) -> str:
        """The key as one text, the same in `Outcome` and in the ledger."""
        return "\x1f".join(str(value) for value in self.key.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Many writes of one form: the same object, key columns and fields."""

    object: str
    key: tuple[str, ...]
    #: Fields that are set; none of them is in the key.
    fields: tuple[str, ...]
    #: For each write the values of the key, then those of the fields.
    rows: Sequence[tuple[FieldValue, ...]]
    #: See `Write.delete`; there are no fields then.
    delete: bool = False

    def ids(self) -> list[str]:
        """Return the id of each write, as `Write.id` says it."""
        if len(self.key) == 1:
            return [str(row[0]) for row in self.rows]
        width = len(self.key)
        return ["\x1f".join(map(str, row[:width])) for row in self.rows]

    def writes(self) -> list[Write]:
        """Return the writes one by one, for destinations that take them so."""
        width = len(self.key)
        return [
            Write(
                object=self.object,
                key=dict(zip(self.key, row, strict=False)),
                values=dict(zip(self.fields, row[width:], strict=True)),
                delete=self.delete,
            )
            for row in self.rows
        ]


class OutcomeKind(StrEnum):
    """What a destination says of one write."""

    WRITTEN = "written"
    REJECTED = "rejected"
    CONFLICT = "conflict"
    GONE = "gone"
    #: It may have been applied: read it back.
    UNKNOWN = "unknown"
    #: Not applied, and nothing is wrong with it: the destination takes no more now.
    DEFERRED = "deferred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one write, matched to it by (object, id) and never by position."""

    object: str
    id: str
    kind: OutcomeKind
    #: The destination's error code, where there is one.
    code: str | None = None
    #: Names of the fields that the destination complained about.
    fields: tuple[str, ...] = ()
    #: The same write was sent before and not answered: it may arrive a second time, later.
    in_doubt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field that a destination can show or hold, or that a mapping wants there."""

    name: str
    #: `text`, `number`, `datetime`, `date`, `boolean` or `other`.
    type: str
    #: Longest text in characters, where there is a limit.
    length: int | None = None
    writable: bool = True
    unique: bool = False
    #: The values that may be chosen, in the system's spelling; empty where any may be written, or nobody says.
    values: tuple[str, ...] = ()
    #: Whether the system refuses what is not among `values`.
    restricted: bool = False
    #: Whether it holds several of them, joined by `;`.
    several: bool = False
    #: Whether a record cannot be made without it.
    required: bool = False
    #: Whether records can be found by it when they are written.
    key: bool = False
    #: The objects whose ids it holds, where it leads to records.
    refers_to: tuple[str, ...] = ()
    #: Digits after the point, where there is a limit.
    decimals: int | None = None
    #: What people see it called; empty where nobody says.
    label: str = ""
    #: The system's own word for what it is (`currency`, `textarea`), or `formula`; empty where it says none.
    native: str = ""
