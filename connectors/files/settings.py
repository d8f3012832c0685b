"""What the user says about a file connection, checked once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connectors.errors import Refused
from connectors.scores import LOWEST
from connectors.values import SurveyKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import tzinfo

    from connectors.dates import DateOrder

#: Raise when the same bytes are read differently than before, so that known files are read again.
READER_VERSION = 2

#: Our fields that a column can hold; any other word is carried as `extra`.
FIELDS = frozenset(
    {"response_id", "survey", "score", "comment", "responded_at", "updated_at", "email", "recipient_email", "phone"}
    | {"first_name", "last_name", "full_name", "company", "account_ref", "salesforce_id", "hubspot_id"}
    | {"customer_id", "external_ref", "link", "vendor_category"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSettings:
    """The options of a file connection."""

    preset: str = "auto"
    columns: Mapping[str, str] = field(default_factory=dict)
    survey: str | None = None
    kind: SurveyKind = SurveyKind.RELATIONAL
    #: The declared scale; None when the user declared none.
    scale: str | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    #: The declared order of day and month; None to decide it per file.
    date_order: DateOrder | None = None
    time_zone: str = "UTC"
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None

    def zone(self, name: str | None = None) -> tzinfo:
        """Return the zone of dates that state none."""
        return zone_named(name or self.time_zone)

    def mark(self, name: str, preset_text: str) -> str:
        """Return a text that changes when the same file would be read differently."""
        parts = [getattr(self, slot) for slot in self.__slots__]
        told = json.dumps([READER_VERSION, name, preset_text, parts], default=dict, sort_keys=True)
        return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()


def zone_named(name: str) -> tzinfo:
    """Return a time zone; plain UTC is Python's own, which is faster than the database's.

    Raises:
        Refused: There is no such zone.
    """
    from datetime import UTC

    if name.upper() in ("UTC", "Z", "GMT", "ETC/UTC"):
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Refused(
            f"no time zone `{name}`", code="E103", next_step="Use a name such as `Europe/Berlin` or `UTC`."
        ) from None


def checked_word(option: str, word: str, known: Iterable[str]) -> str:
    """Return *word* when it is one that an option can have.

    Raises:
        Refused: It is not (E103).
    """
    words = list(known)
    if word in words:
        return word
    raise Refused(f"`{option}: {word}` has no meaning", code="E103", next_step=f"Use one of: {', '.join(words)}.")


def checked_encoding(encoding: str | None) -> str | None:
    """Return the declared encoding.

    Raises:
        Refused: There is none of that name, or it is not one of text (E103).
    """
    try:
        if encoding is None or isinstance("".encode(encoding), bytes):
            return encoding
    except LookupError:
        pass
    raise Refused(f"no encoding `{encoding}`", code="E103", next_step="Use a name such as `utf-8` or `cp1252`.")


def checked_delimiter(delimiter: str | None) -> str | None:
    """Return the declared delimiter, also where it is called by name.

    Raises:
        Refused: It is not one character (E103).
    """
    named = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
    plain = named.get(delimiter, delimiter) if delimiter else None
    if plain is None or (len(plain) == 1 and plain not in '"\r\n'):
        return plain
    raise Refused(
        f"`delimiter: {delimiter}` is not one character", code="E103", next_step="Use `;`, `,`, `tab` or `|`."
    )


def checked_scale(scale: str | None) -> str | None:
    """Return the declared scale.

    Raises:
        Refused: Its numbers do not mean promoter, passive and detractor.
    """
    plain = None if scale is None else scale.replace("–", "-").replace(" ", "").replace("to", "-")
    if plain is None or plain in LOWEST:
        return plain
    raise Refused(
        f"scale `{scale}` is not NPS",
        code="E114",
        next_step='NPS is asked from 0 to 10 (`scale: "0-10"`; `"1-10"` where 0 was not offered). '
        "Other scales are not stretched into it: leave these answers out.",
    )
