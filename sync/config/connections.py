"""The `connections` block: one model for each type of connection, whose keys are its connector's options."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    Tag,
    ValidationInfo,
    field_validator,
)

from connectors.values import SurveyKind
from sync.config.columns import Columns, Zone  # noqa: TC001 - pydantic reads it
from sync.config.connection import Connection
from sync.config.findings import choices, finding
from sync.config.services import HubSpotConnection, SalesforceConnection
from sync.config.singer import SingerConnection
from sync.config.survey import SurveyConnection
from sync.config.urls import DatabaseUrl, within

if TYPE_CHECKING:
    from pathlib import Path

#: Types described here; others come from connectors that are installed beside npsync.
OWN_TYPES = ("file", "hubspot", "salesforce", "singer", "survey", "warehouse")


#: Delimiters that have a name; `connectors.files` knows what they mean.
_NAMED_DELIMITERS = ("tab", "\\t", "comma", "semicolon", "pipe")


def _encoding(name: str) -> str:
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):
        raise finding(
            f"there is no encoding `{name[:60]}`", "Such as utf-8, cp1252 or utf-16; or leave it out."
        ) from None
    return name


def _delimiter(word: str) -> str:
    if len(word) != 1 and word not in _NAMED_DELIMITERS:
        what = f"`{word[:60]}` is not one character"
        raise finding(what, f"Write the character, or one of: {', '.join(_NAMED_DELIMITERS)}; or leave it out.")
    return word


class FileConnection(Connection):
    """Survey exports: CSV, TSV, XLSX, XLS, JSON or JSON Lines."""

    #: Survey exports in files.
    type: Literal["file"]
    #: A file, a folder or a pattern such as `exports/*.csv`; relative to this file.
    path: Annotated[str, Field(min_length=1)]
    #: The layout of the export; `auto` recognises the known ones and says which it took.
    preset: Annotated[str, Field(min_length=1)] = "auto"
    #: Your own column names, our field first: `{email: "E-mail address"}`.
    columns: Columns = Field(default_factory=dict)
    #: Name of the survey, where the file does not say it.
    survey: str | None = None
    #: `relational` (how is it in general) or `transactional` (how was this contact); never mixed in one NPS.
    kind: SurveyKind = SurveyKind.RELATIONAL
    #: The scale of the score column when it is not evidently 0 to 10: `0-10`. Other scales are refused.
    scale: str | None = None
    #: Keep only rows whose column holds this value: `{Question: NPS}`.
    where: dict[str, str] = Field(default_factory=dict)
    #: Order of day, month and year when the dates of a file leave it open.
    date_order: Literal["auto", "dmy", "mdy", "ymd"] = "auto"
    #: Time zone of dates that name none, such as `Europe/Paris`.
    time_zone: Zone = "UTC"
    #: Character between the columns, such as `;`, or its name; found out by itself when left out.
    delimiter: Annotated[str, AfterValidator(_delimiter)] | None = None
    #: Encoding of a text file, such as `cp1252`; found out by itself when left out.
    encoding: Annotated[str, AfterValidator(_encoding)] | None = None
    #: Sheet of a workbook; the first one when left out.
    sheet: str | None = None


class WarehouseConnection(Connection):
    """Customer profiles in SQLite or PostgreSQL: written to, and what responses are matched against."""

    #: Customer profiles in a database.
    type: Literal["warehouse"]
    #: Address of the database; relative SQLite paths start at this file. The password is set elsewhere.
    url: DatabaseUrl
    #: Schema of a PostgreSQL database; its default one when left out.
    schema_: Annotated[str | None, Field(alias="schema")] = None
    #: Whether npsync may add an index to the columns that responses are matched by.
    index: StrictBool = True

    def options(self) -> dict[str, Any]:
        """See `Connection.options`."""
        return self.model_dump(exclude={"type"}, by_alias=True)

    def within(self, root: Path) -> Connection:
        """See `Connection.within`."""
        return self.model_copy(update={"url": within(self.url, root)})

    def secrets(self) -> tuple[str, ...]:
        """See `Connection.secrets`; SQLite has none."""
        return ("password",) if "@" in self.url else ()


class OtherConnection(Connection):
    """A connection of a type that another package brings; its options are checked by that package."""

    model_config = ConfigDict(extra="allow", frozen=True)

    #: Name of the connector, as its package registers it.
    type: Annotated[str, Field(json_schema_extra={"not": {"enum": list(OWN_TYPES)}})]

    @field_validator("type")
    @classmethod
    def _known(cls, kind: str, info: ValidationInfo) -> str:
        known = (info.context or {}).get("kinds", OWN_TYPES)
        if kind not in known:
            raise finding(f"there is no connection type `{kind}`", choices(kind, known, "Known types"), unknown="type")
        return kind


def _type_of(value: Any) -> str | None:  # noqa: ANN401 - whatever YAML holds
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    if kind is None or not isinstance(kind, str):
        return None
    return kind if kind in OWN_TYPES else "other"


AnyConnection = Annotated[
    Annotated[FileConnection, Tag("file")]
    | Annotated[WarehouseConnection, Tag("warehouse")]
    | Annotated[SalesforceConnection, Tag("salesforce")]
    | Annotated[HubSpotConnection, Tag("hubspot")]
    | Annotated[SingerConnection, Tag("singer")]
    | Annotated[SurveyConnection, Tag("survey")]
    | Annotated[OtherConnection, Tag("other")],
    Discriminator(_type_of),
]
