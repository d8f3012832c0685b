"""Builds the objects of one project from its config; the only place that knows every room.

The registry is imported here alone, so that nothing else can name a vendor.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from connectors import locks, registry
from connectors.connection_secrets import ConnectionSecrets
from connectors.contract import Matchable
from connectors.errors import ConnectorError
from connectors.secrets import SecretStore
from sync.config.load import load_settings
from sync.config.services import HubSpotConnection, SalesforceConnection, ServiceConnection
from sync.config.singer import SingerConnection
from sync.config.specs import spec_of, way_of
from sync.config.survey import SurveyConnection
from sync.directories import Directories
from sync.engine import Ends, Engine
from sync.errors import Problem, UserError
from sync.forgetting import Forgetter
from sync.identity.settings import Rule
from sync.ledger.budgets import SharedMeter
from sync.ledger.jobs import KeptJobs
from sync.ledger.side import Side
from sync.ledger.store import BUSY_TIMEOUT_S, Ledger
from sync.mapping.load import load_mappings
from sync.mapping.schema import record_columns, rules
from sync.run import Silent, calls_of
from sync.spills import remove_dead
from sync.undo import Undoer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from connectors.contract import Directory, SurveySource
    from connectors.files.records import FileDirectory
    from connectors.files.response_claims import ClaimsFile
    from sync.config.connections import AnyConnection
    from sync.config.schema import Settings
    from sync.mapping.schema import Mapping as MappingFile
    from sync.run import Progress

#: The secret that a ledger on PostgreSQL needs: NPSYNC_LEDGER_PASSWORD.
LEDGER = "ledger"


def _now() -> datetime:
    return datetime.now(tz=UTC)


@dataclass(slots=True)
class Project:
    """A config, its mappings, and the ledger, open until `close`."""

    root: Path
    settings: Settings
    mappings: Mapping[str, MappingFile]
    clock: Callable[[], datetime] = _now
    progress: Progress | None = None
    secrets: SecretStore = field(default_factory=lambda: SecretStore(environment=os.environ))
    #: A user's own folder, whatever the project: a secret in the keyring belongs to the user.
    locks: Path = field(default_factory=lambda: locks.folder(os.environ))
    #: URL of a database for what runs share, in place of the one beside the ledger.
    apart: str = ""
    _ledger: Ledger | None = None
    _side: Side | None = None
    _open: dict[str, Any] = field(default_factory=dict)

    @property
    def ledger(self) -> Ledger:
        """The ledger, opened when it is first asked for."""
        if self._ledger is None:
            self._ledger = self.another_ledger()
            if self._ledger.encrypted:
                remove_dead()  # what a killed run could not remove lies there in the clear
        return self._ledger

    def another_ledger(self, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Ledger:
        """Open the ledger once more, for another thread; whoever asked closes it."""
        password, key = self._password(LEDGER, self.settings.ledger), self._key()
        return Ledger(self.settings.ledger, password=password, key=key, busy_timeout_s=busy_timeout_s)

    @property
    def side(self) -> Side:
        """What runs share beside the ledger; see `ledger`."""
        if self._side is None:
            url = self.apart or self.settings.ledger
            self._side = Side(url, password=self._password(LEDGER, url))
        return self._side

    def engine(
        self,
        mapping: str,
        *,
        step: Callable[[str], None] = lambda _name: None,
        begun: Callable[[str], None] = lambda _run: None,
        source: SurveySource | None = None,
    ) -> Engine:
        """Return the engine of one mapping; its ends are opened when it runs. *source* stands in for its own.

        Raises:
            UserError: There is no such mapping (E105).
        """
        if mapping not in self.mappings:
            hint = f"Mappings here: {', '.join(sorted(self.mappings)) or 'none'}."
            raise UserError("E105", Problem(where="mappings", what=f"no mapping is called `{mapping}`", hint=hint))
        chosen = self.mappings[mapping]
        return Engine(
            mapping=chosen,
            settings=self.settings,
            ledger=self.ledger,
            ends=lambda dry_run: self._ends(chosen, source, read_only=dry_run),
            clock=self.clock,
            progress=self.progress,
            step=step,
            begun=begun,
        )

    def undoer(self, mapping: str, *, begun: Callable[[str], None] = lambda _run: None) -> Undoer:
        """Return what undoes runs of one mapping; its destination is opened when it runs."""
        chosen = self.mappings[mapping]
        return Undoer(
            mapping=chosen,
            ledger=self.ledger,
            destination=lambda: self.connection(chosen.to),
            clock=self.clock,
            timer=time.monotonic,
            progress=self.progress or Silent(),
            begun=begun,
        )

    def forgetter(self) -> Forgetter:
        """Return what forgets persons; a destination is opened when it must be cleared."""
        return Forgetter(
            ledger=self.ledger,
            beside=[path for path in (self.side.path,) if path is not None],
            mappings=self.mappings,
            settings=self.settings,
            destination=lambda mapping: self.connection(mapping.to),
            clock=self.clock,
        )

    def _ends(self, mapping: MappingFile, source: SurveySource | None = None, *, read_only: bool) -> Ends:
        source, destination = source or self.connection(mapping.from_), self.connection(mapping.to)
        called = calls_of(source, destination)
        return Ends(
            source=source,
            destination=destination,
            called=called,
            directory=self.directory(mapping, read_only=read_only),
            rules=[Rule(kind=rule.kind, object=rule.object) for rule in rules(mapping)],
        )

    def directory(self, mapping: MappingFile, *, read_only: bool = False) -> Directory:
        """Return where the records of *mapping* are found; *read_only* leaves no trace there.

        Raises:
            UserError: Its destination holds no records (E103).
            ConnectorError: It cannot be reached, or lacks a column that the mapping names.
        """
        destination = self.connection(mapping.to)
        if not isinstance(destination, Matchable):
            hint = "Match against a connection that holds records, such as `type: warehouse`."
            raise UserError(
                "E103", Problem(where=f"mapping {mapping.name}", what=f"`{mapping.to}` has no records", hint=hint)
            )
        home, *others = (destination.directory(each, read_only=read_only) for each in record_columns(mapping))
        return Directories(home, others) if others else home

    def connection(self, name: str) -> Any:  # noqa: ANN401 - whatever its kind is
        """Return the connection *name*, opened once."""
        if name not in self._open:
            self._open[name] = self._build(name, self.settings.connections[name])
        return self._open[name]

    def _build(self, name: str, connection: AnyConnection) -> Any:  # noqa: ANN401 - whatever its kind is
        kind, options = connection.type, connection.options()
        made = registry.load(kind)
        if kind == "file":
            return made(name=name, root=self.root, now=self.clock, **options)
        if isinstance(connection, SingerConnection):
            secrets = ConnectionSecrets(name, self.secrets, locks=self.locks)
            return made(name=name, root=self.root, now=self.clock, secrets=secrets, **options)
        if isinstance(connection, ServiceConnection):
            return made(name=name, **options, **self._means(name, connection))
        password = self._password(name, options.get("url", ""))
        return made(name=name, password=password, **options)

    def _means(self, name: str, connection: ServiceConnection) -> dict[str, Any]:
        """Return what a service's connector needs besides its options."""
        share = connection.share(self.settings.limits.quota_share)
        rotating: frozenset[str] = frozenset()
        means: dict[str, Any] = {"meter": SharedMeter(self.side), "clock": self.clock}
        match connection:
            case SalesforceConnection():
                rotating = frozenset({"refresh_token"})
                means |= {"quota_share": share, "jobs": KeptJobs(self.side, name, clock=self.clock)}
            case HubSpotConnection():
                means["daily_calls"] = connection.daily_calls(share)
            case SurveyConnection():
                spec = spec_of(connection)
                daily = spec.limits.daily
                rotating = frozenset({"refresh_token"} if way_of(connection).rotates else ())
                means |= {"spec": spec, "daily_calls": int(daily * share) if daily else None}
        means["secrets"] = ConnectionSecrets(name, self.secrets, locks=self.locks, rotating=rotating)
        return means

    def _password(self, name: str, url: str) -> str | None:
        """Look the password up where the URL names a user without one; SQLite has none."""
        if "@" not in url:
            return None
        return self.secrets.get(name, "password")

    def _key(self) -> str | None:
        """Look the ledger's key up; None: it is not encrypted."""
        if not self.settings.privacy.encrypt_ledger:
            return None
        key = self.secrets.get(LEDGER, "key")
        if key is None:
            raise self.secrets.missing(LEDGER, "key")
        return key

    def close(self) -> None:
        for connection in self._open.values():
            close = getattr(connection, "close", None)
            if close is not None:
                with suppress(ConnectorError):
                    close()
        if self._ledger is not None:
            self._ledger.close()
        if self._side is not None:
            self._side.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_project(config: Path, *, clock: Callable[[], datetime] = _now, progress: Progress | None = None) -> Project:
    """Read the config and its mappings; nothing is connected yet.

    Raises:
        UserError: Everything that is wrong in them, at once.
    """
    settings = load_settings(config, registry.kinds())
    mappings = {mapping.name: mapping for mapping in load_mappings(config, settings)}
    return Project(root=config.parent, settings=settings, mappings=mappings, clock=clock, progress=progress)


def kinds() -> tuple[str, ...]:
    """Return every type of connection that is installed."""
    return tuple(registry.kinds())


def open_connections(config: Path) -> Project:
    """Read the config without its mappings, which may not be there before anybody has signed in.

    Raises:
        UserError: Everything that is wrong in it, at once.
    """
    return Project(root=config.parent, settings=load_settings(config, registry.kinds()), mappings={})


def records_of(
    paths: Sequence[Path], given: Mapping[str, Sequence[str]], own_kind: str | None, *, bare_ids: bool
) -> FileDirectory:
    """Return exported files as a directory, outside any config."""
    from connectors.files.records import FileDirectory

    return FileDirectory(paths, given=given, own_kind=own_kind, bare_ids=bare_ids)


def claims_of(path: Path, given: Mapping[str, str]) -> ClaimsFile:
    """Return a response file as what its rows claim, outside any config."""
    from connectors.files.response_claims import ClaimsFile

    return ClaimsFile(path, given=given)
