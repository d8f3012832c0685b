"""What a setup finds out: whether a sign-in works, which fields and responses there are. Nothing is changed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from connectors.contract import Schema
from connectors.errors import ConnectorError
from connectors.secrets import SecretStore, variable
from connectors.shaping import Guarded, Wanted
from sync.config.load import CONFIG_NAME, settings_of
from sync.config.yaml import parse
from sync.field_plan import plan
from sync.identity.settings import Rule
from sync.mapping.load import mapping_of
from sync.mapping.schema import record_columns, rules
from sync.sample import Sample, sample_of
from sync.setup.project_text import config_text
from sync.trial import Met, match
from sync.wiring import Project, kinds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from connectors.shaping import Rights
    from connectors.values import Field
    from sync.field_plan import FieldPlan
    from sync.mapping.schema import Mapping as MappingFile

#: Files that may be a survey's export.
_EXPORTS = (".csv", ".tsv", ".xlsx", ".xls", ".json", ".jsonl", ".ndjson")


@dataclass(slots=True)
class Bench:
    """A project that is not written yet.

    Args:
        root: The folder where its config will be.
        environment: Where secrets may be; those that no keyring keeps are added, for this process.
    """

    root: Path
    environment: dict[str, str]
    connections: dict[str, dict[str, Any]] = field(default_factory=dict)
    _project: Project | None = None
    _text: str = ""
    _samples: dict[str, Sample] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The config as it stands."""
        return config_text(self.connections)

    @property
    def project(self) -> Project:
        """The project as it stands; connections are opened when they are asked.

        Raises:
            UserError: Something is wrong with what was said of a connection.
        """
        if self._project is None or self._text != self.text:
            self.close()
            document = parse(self.text.encode(), CONFIG_NAME)
            settings = settings_of(document, self.root, kinds())
            secrets = SecretStore(environment=self.environment)
            self._project = Project(root=self.root, settings=settings, mappings={}, secrets=secrets)
            self._text = self.text
        return self._project

    def exports(self) -> list[str]:
        """Return the files of the folder that may hold responses."""
        files = (path for path in self.root.iterdir() if path.is_file() and path.suffix.lower() in _EXPORTS)
        return sorted(path.name for path in files)

    def missing(self, name: str) -> list[str]:
        """Return the secrets of a connection that no place has."""
        known = self.project.settings.connections[name].secrets()
        return [each for each in known if self.project.secrets.find(name, each) is None]

    def keep(self, name: str, secret: str, value: str) -> str:
        """Keep a secret in the keyring, else for this process; return where it is."""
        store = self.project.secrets
        trouble = store.probe()
        if not trouble:
            store.set(name, secret, value)
            return "the keyring"
        self.environment[variable(name, secret)] = value
        return f"this process only ({trouble}): later, give it as {variable(name, secret)}"

    def forget(self, name: str) -> None:
        """Forget the secrets of a connection that did not work, as far as this process and the keyring hold them."""
        for secret in self.project.settings.connections[name].secrets():
            self.environment.pop(variable(name, secret), None)
            if not self.project.secrets.keyring_trouble():
                self.project.secrets.delete(name, secret)
        self.close()

    def sample(self, name: str) -> Sample:
        """Return the newest responses of a source, read once."""
        if name not in self._samples:
            self._samples[name] = sample_of(self.project.connection(name))
        return self._samples[name]

    def who(self, name: str) -> dict[str, str]:
        """Sign in, and return who is.

        Raises:
            ConnectorError: Nobody is.
        """
        return dict(self.project.connection(name).who())

    def rights(self, name: str, wanted: Sequence[Wanted]) -> Rights | None:
        """Compare what is allowed with what is needed; None where the system does not tell."""
        connection = self.project.connection(name)
        return connection.rights(wanted) if isinstance(connection, Guarded) else None

    def fields(self, name: str, object_: str) -> Sequence[Field]:
        connection = self.project.connection(name)
        assert isinstance(connection, Schema)
        return connection.fields(object_)

    def mapping(self, text: str, name: str) -> MappingFile:
        """Return a mapping that is not written yet.

        Raises:
            UserError: Everything that is wrong with it.
        """
        return mapping_of(parse(text.encode(), f"mappings/{name}.yaml"), name, self.project.settings)

    def plan(self, mapping: MappingFile) -> FieldPlan:
        """Compare a mapping's fields with its destination's."""
        return plan(mapping, self.project.settings.segments, self.project.connection(mapping.to))

    def match(self, source: str, mapping: MappingFile) -> dict[str, Met]:
        """Decide for each response of the sample whose it is, as a first sync would."""
        columns = replace(record_columns(mapping)[0], written=())
        directory = self.project.connection(mapping.to).directory(columns, read_only=True)
        asked = [Rule(kind=rule.kind, object=rule.object) for rule in rules(mapping)]
        return match(self.sample(source).responses, directory, asked, self.project.settings.identity)

    def close(self) -> None:
        """Close what was opened."""
        if self._project is not None:
            with suppress(ConnectorError):
                self._project.close()
        self._project = None
        self._samples.clear()


def tool_of(connections: Mapping[str, Mapping[str, Any]], source: str, sample: Sample) -> str:
    """Return the tool that responses come from, as far as it is known."""
    return str(connections[source].get("service") or sample.preset)
