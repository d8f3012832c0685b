"""The ledger itself: `migrate` to this version, and `ledger convert` to the form that the config says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from sync.errors import Problem, UserError

if TYPE_CHECKING:
    from pathlib import Path

    from sync.cli.session import Session
    from sync.wiring import Project

ledger = typer.Typer(no_args_is_help=True, help="Encrypt the ledger's file, or make it plain again.")

PLAIN, ENCRYPTED = "plain", "encrypted"


def add_to(app: typer.Typer) -> None:
    """Put the commands of this module into the tree."""
    app.command()(migrate)
    app.add_typer(ledger, name="ledger")


def migrate(ctx: typer.Context) -> None:
    """Bring the ledger's tables to this version of npsync, and say from which they came.

    Every command that opens the ledger does it by itself. After an update, this one does it before the next job, and
    shows whether it can be done. An older npsync does not open the ledger any longer: make a copy first.
    """
    from sync.ledger import glance
    from sync.ledger.migrations import VERSION
    from sync.wiring import LEDGER, open_connections

    session: Session = ctx.obj
    with open_connections(session.config_path()) as project:
        url = project.settings.ledger
        seen = glance.at(url, project.secrets.get(LEDGER, "password"), project.clock())
        where = project.ledger.where  # opened, and so brought to this version
    before = None if seen is None else seen.version
    if session.screen.json:
        session.screen.object({"ledger": where, "before": before, "after": VERSION})
    elif seen is None:
        session.screen.data(f"{where}: made, of version {VERSION}.")
    elif before in (None, VERSION):
        session.screen.data(f"{where}: of version {VERSION}, as this npsync needs it.")
    else:
        session.screen.data(f"{where}: was of version {before}, and is of version {VERSION} now.")


@ledger.command("convert")
def convert(ctx: typer.Context) -> None:
    """Bring the ledger's file into the form that the config says.

    With `privacy: {encrypt_ledger: true}` a plain file is encrypted, and one under the secret old_key gets the new key;
    without it an encrypted file is made plain. No row is lost. Nothing else may run meanwhile.
    """
    from sync.wiring import open_connections

    session: Session = ctx.obj
    with open_connections(session.config_path()) as project:
        before, after = _converted(project)
    if session.screen.json:
        session.screen.object({"status": "kept" if before == after else "converted", "before": before, "after": after})
    elif before == after:
        session.screen.data(f"The ledger is {after}, as the config says; nothing was changed.")
    else:
        session.screen.data(f"The ledger was {before} and is {after} now.")
    if before == PLAIN and after == ENCRYPTED:
        session.screen.say("What the plain file was stays on the disk until it is overwritten, and in backups.")


def _converted(project: Project) -> tuple[str, str]:
    """Convert what must be; return what the file was and is."""
    from sync.ledger.conversion import convert as bring
    from sync.ledger.encryption import is_plain

    path = _path(project)
    wants = project.settings.privacy.encrypt_ledger
    match is_plain(path), wants:
        case True, True:
            bring(path, None, _secret(project, "key"))
            return PLAIN, ENCRYPTED
        case False, True:
            return _under_key(project, path)
        case False, False:
            bring(path, _fitting(project, path), None)
            return ENCRYPTED, PLAIN
        case _:
            return (ENCRYPTED, ENCRYPTED) if wants else (PLAIN, PLAIN)


def _under_key(project: Project, path: Path) -> tuple[str, str]:
    """Bring an encrypted file under today's key."""
    from sync.ledger.conversion import convert as bring

    key, fits = _secret(project, "key"), _fitting(project, path)
    if fits == key:
        return ENCRYPTED, ENCRYPTED
    bring(path, fits, key)
    return "encrypted with the old key", ENCRYPTED


def _path(project: Project) -> Path:
    from sync.ledger.store import path_of

    path = path_of(project.settings.ledger)
    if path is None:
        what = "the ledger is on PostgreSQL, which encrypts on its server"
        raise UserError("E105", Problem(where="command line", what=what, hint="See docs/how-to/encrypt-the-ledger.md."))
    return path


def _fitting(project: Project, path: Path) -> str:
    """Return the key that opens the file: today's, or the one before it."""
    from sync.ledger.conversion import opens
    from sync.ledger.encryption import wrong_key

    keys = [_secret(project, "key"), project.secrets.get("ledger", "old_key")]
    fitting = next((key for key in keys if key is not None and opens(path, key)), None)
    if fitting is None:
        raise wrong_key(path)
    return fitting


def _secret(project: Project, field: str) -> str:
    from sync.ledger.encryption import checked

    found = project.secrets.get("ledger", field)
    if found is None:
        raise project.secrets.missing("ledger", field)
    return checked(found, "ledger")
