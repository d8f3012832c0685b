"""The config as frozen settings: the shape of `config.yaml`, with every default.

The comment above a field is its description in the JSON Schema, in `docs/reference/config.md` and in editors.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictInt, model_validator

from connectors.durations import Duration
from sync.config.connections import AnyConnection
from sync.config.findings import finding
from sync.config.percents import Percent
from sync.config.urls import DatabaseUrl, within
from sync.identity.settings import IdentitySettings
from sync.nps.settings import NpsSettings
from sync.segments import Segments

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")


class Limits(BaseModel):
    """When a run stops before it writes anything, and how much it may take."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: Stop when a run would change a larger share of the records it has written before.
    stop_if_changed: Percent = 0.10
    #: Stop when a run would empty a larger share of the values it has written before.
    stop_if_cleared: Percent = 0.01
    #: Stop when a larger share of the rows read cannot be trusted.
    stop_if_rejected: Percent = 0.10
    #: Stop when a larger share of the persons written before would change their category.
    stop_if_flipped: Percent = 1.0
    #: Stop when a file holds so much fewer rows than when it was read last.
    stop_if_shrunk: Percent = 0.20
    #: How many new customer records a run may create; 0 creates none.
    creates: Annotated[StrictInt, Field(ge=0)] = 0
    #: How many follow-up tasks a run may make.
    tasks: Annotated[StrictInt, Field(ge=0)] = 200
    #: Largest share of a service's daily calls that npsync may use.
    quota_share: Percent = 0.20


class Privacy(BaseModel):
    """How long npsync keeps what it needs only for looking back, and who can read it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: The log of what each run wrote over what; an older run can no longer be undone.
    keep_log: Duration = timedelta(days=90)
    #: Failures that were repaired or replaced; open ones are always kept.
    keep_failures: Duration = timedelta(days=90)
    #: Encrypt the ledger's file (SQLite only); its key is the secret NPSYNC_LEDGER_KEY.
    encrypt_ledger: StrictBool = False


def _some_time(every: timedelta) -> timedelta:
    """Refuse an interval in which no service could be asked; ValueError, as pydantic wants it."""
    if every < timedelta(minutes=1):
        raise ValueError("the shortest interval is `1m`")
    return every


class Schedule(BaseModel):
    """How often `npsync schedule` runs each mapping."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: Time from one run to the next, a minute at least; events of webhooks start a run at once.
    every: Annotated[Duration, AfterValidator(_some_time)] = timedelta(minutes=15)


class Settings(BaseModel):
    """What the user set in `config.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: Version of this format; this npsync knows 1.
    version: Literal[1]
    #: Where npsync remembers what it did: SQLite (relative to this file) or PostgreSQL.
    ledger: DatabaseUrl = "sqlite:///.npsync/ledger.db"
    #: The systems to read from and write to, by a name of your choice.
    connections: Annotated[dict[str, AnyConnection], Field(min_length=1)]
    #: What NPS means here; one definition, so that every destination agrees.
    nps: NpsSettings = NpsSettings()
    #: Groups of persons, by name; a person joins and leaves by itself.
    segments: Segments = Field(default_factory=dict)
    #: How responses are matched to customers; the defaults are the careful ones.
    identity: IdentitySettings = IdentitySettings()
    #: When a run stops before it writes.
    limits: Limits = Limits()
    #: How long npsync keeps what it needs only for looking back, and who can read it.
    privacy: Privacy = Privacy()
    #: How often `npsync schedule` runs each mapping.
    schedule: Schedule = Schedule()
    #: Folder of the mappings, relative to this file.
    mappings: Annotated[str, Field(min_length=1)] = "mappings"

    @model_validator(mode="after")
    def _encrypts(self) -> Self:
        if self.privacy.encrypt_ledger and not self.ledger.startswith("sqlite:"):
            raise finding(
                "only a ledger in a file of its own can be encrypted by npsync",
                "PostgreSQL encrypts on its server: its disk, or its own encryption. Drop this line.",
                at=("privacy", "encrypt_ledger"),
            )
        return self

    @model_validator(mode="after")
    def _names(self) -> Self:
        seen: dict[str, str] = {}
        for name in self.connections:
            variable = name.replace("-", "_").upper()
            if not _NAME.fullmatch(name):
                raise finding(
                    f"`{name[:60]}` cannot name a connection",
                    "Take letters, digits, `_` and `-`, a letter first: the name is part of NPSYNC_<NAME>_PASSWORD.",
                    at=("connections", name),
                )
            if variable in seen or variable == "LEDGER":
                other = seen.get(variable, "ledger")
                raise finding(
                    f"`{name}` and `{other}` would share the secret NPSYNC_{variable}_PASSWORD",
                    "Give one of them another name.",
                    at=("connections", name),
                )
            seen[variable] = name
        return self

    def within(self, root: Path) -> Settings:
        """Return the settings with relative database addresses counted from *root*, the config's folder."""
        connections = {name: connection.within(root) for name, connection in self.connections.items()}
        return self.model_copy(update={"ledger": within(self.ledger, root), "connections": connections})
