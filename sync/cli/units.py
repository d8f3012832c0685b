"""What a scheduler must know of this project to start its syncs; how it is told is up to `unit_*`."""

from __future__ import annotations

import getpass
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sync.cli.session import chosen
from sync.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from sync.cli.session import Session
    from sync.wiring import Project

#: A secret that is replaced at each use; only a keyring can keep the next one.
ROTATING = "refresh_token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One project's syncs, for a scheduler on this machine or another."""

    #: The program and its first arguments.
    program: tuple[str, ...]
    config: Path
    #: Files of the project by their path from the config's folder, with their text: the config and its mappings.
    files: Mapping[str, str]
    #: The mappings to run; none: all.
    mappings: tuple[str, ...]
    every: timedelta
    user: str
    #: Names of secrets, as a credential file is called: `crm.token`.
    secrets: tuple[str, ...]
    #: Folders that a sync writes to.
    writes: tuple[Path, ...]

    @property
    def root(self) -> Path:
        return self.config.parent

    def command(self, *words: str) -> tuple[str, ...]:
        """Return the whole command, which never asks."""
        return (*self.program, "-C", str(self.config), "--no-input", *words, *self.mappings)

    @property
    def rotating(self) -> tuple[str, ...]:
        """The secrets that a job cannot keep without a keyring."""
        return tuple(name for name in self.secrets if name.endswith(f".{ROTATING}"))


def job_of(session: Session, names: Sequence[str]) -> Job:
    """Return what the config says of its job; nothing is connected and no secret is looked up.

    Raises:
        UserError: The config, a mapping or a name cannot be used.
    """
    from sync.mapping.load import mapping_files
    from sync.wiring import open_project

    config = session.config_path().absolute()
    with open_project(config) as project:
        known = chosen(names, project.mappings)
        files = [config, *mapping_files(config, project.settings)]
        job = Job(
            program=_program(),
            config=config,
            files={path.absolute().relative_to(config.parent).as_posix(): _text(path) for path in files},
            mappings=tuple(known) if names else (),
            every=project.settings.schedule.every,
            user=getpass.getuser(),
            secrets=tuple(_secrets(project, known)),
            writes=tuple(_writes(project)),
        )
    for name in job.rotating:
        session.screen.warn(
            f"warning: {name} changes at each use, and a job without a keyring cannot keep the new one. "
            "Sign in with `auth: client_credentials`, `jwt` or `service_key`, or run `npsync schedule run` where the "
            "keyring is open."
        )
    return job


def show(session: Session, files: Mapping[str, str], folder: Path | None) -> None:
    """Print *files*, or write them into *folder*."""
    if folder is None:
        if session.screen.json:
            session.screen.object({"files": dict(files)})
            return
        session.screen.data("\n".join(files.values()).rstrip("\n"))
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    if session.screen.json:
        session.screen.object({"written": [str(folder / name) for name in files]})
    else:
        session.screen.data("\n".join(str(folder / name) for name in files))


def not_sayable(scheduler: str, every: str, hint: str) -> UserError:
    """Return the error for an interval that a scheduler has no words for."""
    return UserError("E105", Problem(where="schedule.every", what=f"{scheduler} cannot say `every {every}`", hint=hint))


def _program() -> tuple[str, ...]:
    """Return how npsync is started from anywhere: the installed command, or this Python."""
    beside = Path(sys.executable).with_name("npsync")
    found = str(beside) if beside.is_file() else shutil.which("npsync")
    return (str(Path(found).absolute()),) if found else (sys.executable, "-m", "sync.cli")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig")


def _secrets(project: Project, names: Sequence[str]) -> list[str]:
    used = dict.fromkeys(end for name in names for end in (project.mappings[name].from_, project.mappings[name].to))
    found = [f"{name}.{field}" for name in used for field in project.settings.connections[name].secrets()]
    if "@" in project.settings.ledger:
        found.append("ledger.password")
    if project.settings.privacy.encrypt_ledger:
        found.append("ledger.key")
    return found


def _writes(project: Project) -> list[Path]:
    """Folders of databases that are files: SQLite makes more files beside its own."""
    from sync.ledger.store import path_of

    urls = [project.settings.ledger]
    urls += [each.options().get("url") or "" for each in project.settings.connections.values()]
    paths = [path_of(url) for url in urls if url.startswith("sqlite:")]
    return list(dict.fromkeys(path.absolute().parent for path in paths if path is not None))
