"""Connections to Singer taps."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, WithJsonSchema

from connectors.durations import Duration  # noqa: TC001 - pydantic reads it
from connectors.values import SurveyKind
from sync.config.columns import Columns, Zone  # noqa: TC001 - pydantic reads it
from sync.config.connection import Connection
from sync.config.findings import finding
from sync.config.secrets import names_secret

_Word = Annotated[str, Field(min_length=1)]
_COMMAND: dict[str, Any] = {
    "anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
    "examples": ["taps/typeform/bin/tap-typeform"],
}


def _words(command: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
    return [command] if isinstance(command, str) else command


def _open_words(config: dict[str, Any]) -> dict[str, Any]:
    for key in config:
        if names_secret(key):
            hint = f"Delete it here, and write `private: [{key}]`: its value is looked up as secrets are."
            raise finding(f"`{key[:60]}` is a secret, and secrets do not stand in YAML", hint, at=(key,))
    return config


class SingerConnection(Connection):
    """A Singer tap: a program that reads any other service."""

    #: A Singer tap: a program that reads any other service.
    type: Literal["singer"]
    #: The tap's program, or a list of it and its arguments; a path is relative to this file. No shell reads it.
    command: Annotated[list[_Word], BeforeValidator(_words), Field(min_length=1), WithJsonSchema(_COMMAND)]
    #: The tap's streams that hold responses, as it calls them.
    streams: Annotated[list[_Word], Field(min_length=1)]
    #: The tap's own config, as its documentation says, without secrets.
    config: Annotated[dict[str, Any], AfterValidator(_open_words)] = Field(default_factory=dict)
    #: Names in the tap's config whose values are secrets: `[access_token]`; see `npsync auth`.
    private: list[Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]] = Field(default_factory=list)
    #: A catalog of your own, relative to this file; the tap is asked for one when left out.
    catalog: _Word | None = None
    #: Whether the tap can be asked for its catalog (`--discover`).
    discover: StrictBool = True
    #: A file for what the tap logs, relative to this one; it may name people, so nothing is kept when left out.
    log: _Word | None = None
    #: How long the tap may say nothing before it is ended.
    silence: Duration = timedelta(minutes=30)
    #: Your own column names, our field first: `{email: hidden.email}`; names inside others are joined with dots.
    columns: Columns = Field(default_factory=dict)
    #: The layout of the records, as of files; `auto` recognises the known ones and says which it took.
    preset: _Word = "auto"
    #: Name of the survey, where the records do not say it.
    survey: str | None = None
    #: `relational` (how is it in general) or `transactional` (how was this contact); never mixed in one NPS.
    kind: SurveyKind = SurveyKind.RELATIONAL
    #: The scale of the score when it is not evidently 0 to 10: `0-10`. Other scales are refused.
    scale: str | None = None
    #: Take only records that hold this value: `{question_id: abc}`.
    where: dict[str, str] = Field(default_factory=dict)
    #: Order of day, month and year where a date leaves it open.
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    #: Time zone of dates that name none, such as `Europe/Paris`.
    time_zone: Zone = "UTC"

    def within(self, root: Path) -> SingerConnection:
        """See `Connection.within`."""
        first = Path(self.command[0]).expanduser()
        if os.sep not in self.command[0]:
            return self
        return self.model_copy(update={"command": [str(root / first), *self.command[1:]]})

    def secrets(self) -> tuple[str, ...]:
        """See `Connection.secrets`."""
        return tuple(dict.fromkeys(self.private))
