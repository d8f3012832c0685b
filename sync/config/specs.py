"""The specs of survey services: which ones are shipped, how one is read, and what a connection must say for it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from connectors import surveys
from connectors.surveys.spec import Spec
from sync.config.findings import choices
from sync.config.load import read, validate
from sync.config.survey import SurveyConnection
from sync.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.surveys.access import Auth
    from sync.config.document import Document
    from sync.config.document import Path as KeyPath
    from sync.config.schema import Settings

_SHIPPED = Path(surveys.__file__).parent / "specs"


@cache
def shipped() -> dict[str, Path]:
    """Return the services that npsync brings, and where they are described."""
    return {path.stem: path for path in sorted(_SHIPPED.glob("*.yaml"))}


def spec_of(connection: SurveyConnection) -> Spec:
    """Return the spec of a connection whose service is known.

    Raises:
        UserError: E110 there is no such file, E102 it is not the YAML we take, E103 anything else that is wrong in it.
    """
    return load_spec(Path(connection.spec) if connection.spec else shipped()[connection.service or ""])


def way_of(connection: SurveyConnection) -> Auth:
    """Return how a connection whose service is known signs in."""
    ways = spec_of(connection).auth
    return ways[connection.auth or next(iter(ways))]


@cache
def load_spec(path: Path) -> Spec:
    """Read a spec; see `spec_of`."""
    return validate(read(path, missing="E110"), Spec, context={})


def check(document: Document, settings: Settings) -> None:
    """Compare what connections say with the specs of their services.

    Raises:
        UserError: With all problems of one file.
    """
    found = [
        document.problem(("connections", name, *path), what, hint)
        for name, connection in settings.connections.items()
        if isinstance(connection, SurveyConnection)
        for path, what, hint in _problems(connection)
    ]
    if found:
        raise UserError("E103", tuple[Problem, ...](found))


def _problems(connection: SurveyConnection) -> Iterator[tuple[KeyPath, str, str]]:
    if connection.service and connection.service not in shipped():
        hint = choices(connection.service, shipped(), "Services")
        yield ("service",), f"no service is called `{connection.service[:60]}`", f"{hint} Or bring your own: `spec:`."
        return
    spec = spec_of(connection)
    if connection.auth and connection.auth not in spec.auth:
        what = f"{spec.title} knows no `auth: {connection.auth[:60]}`"
        yield ("auth",), what, choices(connection.auth, spec.auth, "It can be")
    yield from _settings(connection, spec)
    if connection.surveys and spec.surveys is None:
        yield ("surveys",), f"{spec.title} has one list of responses for all surveys", "Delete `surveys`."
    if spec.surveys is not None and spec.surveys.request is None and not connection.surveys:
        yield (), f"{spec.title} does not tell which surveys there are", "Name them: `surveys: [ID]`."
    if connection.webhooks and spec.hooks is None:
        yield ("webhooks",), f"{spec.title} calls nobody that we know of", "Delete `webhooks`: polling finds all."
    if connection.questions and not (spec.responses.answers and spec.responses.answers.lookup):
        yield ("questions",), f"{spec.title} gives the score by itself", "Delete `questions`."


def _settings(connection: SurveyConnection, spec: Spec) -> Iterator[tuple[KeyPath, str, str]]:
    for word in connection.settings:
        if word not in spec.settings:
            what = f"{spec.title} has no setting `{word[:60]}`"
            yield ("settings", word), what, choices(word, spec.settings, "Settings") or "Delete it."
    for word, setting in spec.settings.items():
        value = connection.settings.get(word, setting.default)
        if value is None:
            yield ("settings",), f"{spec.title} needs the setting `{word}`", f"{setting.title}."
        elif not re.fullmatch(setting.form, value):
            yield ("settings", word), f"`{value[:60]}` is no `{word}` of {spec.title}", f"{setting.title}."
