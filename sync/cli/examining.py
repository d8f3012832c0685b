"""What `doctor` looks at on this machine: config, packages, secrets, ledger. Judged in `sync.doctor`."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from socket import gethostname
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from connectors import keyring_state
from connectors.errors import Refused
from sync.cli.failures import as_user_error
from sync.doctor import keys, machine, memory
from sync.doctor.finding import Finding, State
from sync.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sync.cli.session import Session
    from sync.wiring import Project

ROOT = Path(__file__).parents[2]


def examine(session: Session) -> list[Finding]:
    """Look at everything; what cannot be looked at without something that is wrong is left out or said to be unseen."""
    found = [_names()]
    config, project = _project(session)
    found += config
    if project is None:
        found.append(keys.keyring(*keyring_state.state(), needed=False))
        return found
    with TemporaryDirectory() as folder, project:
        project.locks = Path(folder)
        project.apart = f"sqlite:///{folder}/calls.db"  # what doctor asks is counted nowhere
        secrets = [_secrets(project, name) for name in _signing_in(project)]
        lacking = {each.about for each in secrets if each.state is State.WRONG}
        found.append(keys.keyring(*keyring_state.state(), needed=bool(lacking)))
        found += secrets
        found += _ledger(project)
        from sync.cli.examining_ends import ends

        found += ends(replace(session, screen=replace(session.screen, quiet=True, json=False)), project, lacking)
    return found


def _names() -> Finding:
    places = {}
    for name in machine.NAMES:
        with suppress(ImportError, ValueError):
            spec = find_spec(name)
            if spec is not None and spec.submodule_search_locations:
                places[name] = Path(next(iter(spec.submodule_search_locations))).absolute().as_posix()
    return machine.names(_owners(), places, ROOT.as_posix())


def _owners() -> dict[str, list[str]]:
    """Return the installed packages that bring one of our names; their own lists of files say so."""
    owners: dict[str, list[str]] = {}
    for package in distributions():
        listed = f"\n{package.read_text('RECORD') or ''}"
        for name in machine.NAMES:
            if f"\n{name}/" in listed or f"\n{name}.py," in listed:
                owners.setdefault(name, []).append(package.name)
    return owners


def _project(session: Session) -> tuple[list[Finding], Project | None]:
    """Open the project, without its mappings if they are wrong; say what is wrong with the config."""
    from sync.wiring import open_connections, open_project

    try:
        config = session.config_path().absolute()
    except UserError as error:
        return _all_of(error, check="config"), None
    try:
        project = open_project(config)
    except UserError as error:
        found = _all_of(error, check="config")
        with suppress(UserError):
            return found, open_connections(config)
        return found, None
    told = f"valid, {len(project.settings.connections)} connections, {len(project.mappings)} mappings"
    return [Finding(check="config", about=str(config), found=told)], project


def _of(error: UserError, *, check: str) -> Finding:
    problem = error.problems[0]
    return Finding(
        check=check, about=problem.where, state=State.WRONG, found=problem.what, fix=problem.hint, code=error.code
    )


def _all_of(error: UserError, *, check: str) -> list[Finding]:
    return [_of(UserError(error.code, each), check=check) for each in error.problems]


def _signing_in(project: Project) -> list[str]:
    """Return the connections that need secrets, and `ledger` where it does."""
    from sync.wiring import LEDGER

    needing = [name for name, each in project.settings.connections.items() if each.secrets()]
    return [*needing, *([LEDGER] if "@" in project.settings.ledger or project.settings.privacy.encrypt_ledger else [])]


def _secrets(project: Project, name: str) -> Finding:
    origins, troubles = {}, {}
    if name in project.settings.connections:
        wanted: tuple[str, ...] = project.settings.connections[name].secrets()
    else:
        wanted = ("key",) if project.settings.privacy.encrypt_ledger else ("password",)
    for field in wanted:
        try:
            secret = project.secrets.find(name, field)
            if secret is not None:
                origins[field] = secret.origin
                continue
            refused = project.secrets.missing(name, field)
        except Refused as error:
            refused = error
        troubles[field] = (str(refused), refused.next_step)
    return keys.secrets(name, origins, troubles)


def _ledger(project: Project) -> list[Finding]:
    from sync.ledger import glance
    from sync.ledger.migrations import VERSION
    from sync.ledger.store import path_of
    from sync.wiring import LEDGER

    path = path_of(project.settings.ledger)
    try:
        seen = glance.at(project.settings.ledger, project.secrets.get(LEDGER, "password"), project.clock())
    except Exception as error:  # noqa: BLE001 - whatever it is, the other checks go on
        return [_of(as_user_error(error), check="ledger")]
    found = [] if path is None else _file(path)
    if seen is None:
        return [*found, memory.version(str(path), None, VERSION)]
    if seen.version is None:
        told = "it is encrypted, and doctor does not open it"
        return [*found, Finding(check="version", about=seen.where, state=State.UNSEEN, found=told)]
    found += [memory.version(seen.where, seen.version, VERSION), memory.at_work(seen.holders, gethostname())]
    if seen.service is not None:
        found.append(memory.service(seen.service.state, seen.service.host, seen.service.process))
    return found


def _file(path: Path) -> list[Finding]:
    folder = next(each for each in path.absolute().parents if each.exists())
    return [
        memory.writable(str(path), next(_blocked(path, folder), "")),
        machine.disk(str(folder), shutil.disk_usage(folder).free, path.stat().st_size if path.exists() else 0),
    ]


def _blocked(path: Path, folder: Path) -> Iterator[str]:
    """What SQLite must write, and this user may not."""
    for each in (folder, path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        if each.exists() and not os.access(each, os.W_OK):
            yield str(each)
