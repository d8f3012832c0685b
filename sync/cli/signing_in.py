"""The secrets that connections sign in with: `auth set`, `auth test`, `auth clear`.

A secret is read from a prompt that does not show it, or from stdin; never from the command line, where every process of
the machine and the shell's history would see it. A word that may be one is not repeated in a message.
"""

from __future__ import annotations

import getpass
import secrets
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sync.errors import Exit, Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sync.cli.session import Session
    from sync.wiring import Project

auth = typer.Typer(no_args_is_help=True, help="Give, try or remove the secrets of a connection.")

#: The one secret that has lines.
KEY_FILE = "private_key"
#: Of an encrypted ledger: today's, and the one before it until every ledger has today's.
LEDGER_KEY, OLD_KEY = "key", "old_key"
#: More than a person types; a key of 16,384 bits has 13,000 characters.
LONGEST = 65_536
_IN_HISTORY = "If that was the secret itself, replace it where it was made: it stands in your shell's history now."

Name = Annotated[str, typer.Argument(metavar="CONNECTION", help="As the config names it; or `ledger`.")]
Fields = Annotated[list[str] | None, typer.Argument(metavar="SECRET", help="Which one; all of them by default.")]


def add_to(app: typer.Typer) -> None:
    """Put the commands of this module into the tree."""
    app.add_typer(auth, name="auth")


@auth.command("set")
def set_(
    ctx: typer.Context,
    name: Name,
    fields: Fields = None,
    make: Annotated[bool, typer.Option("--make", help="Make the key of an encrypted ledger, of random bits.")] = False,
) -> None:
    """Keep the secrets of a connection in the system's keyring.

    They are asked for without showing them. From a pipe or a file one of them is read: npsync auth set crm
    private_key < key.pem
    """
    session: Session = ctx.obj
    with _connections(session) as project:
        wanted = _wanted(project, name, fields)
        trouble = project.secrets.probe()
        if trouble:
            raise _no_keyring(name, wanted[0], trouble)
        if make and wanted != [LEDGER_KEY]:
            raise _usage("only the key of an encrypted ledger can be made", "npsync auth set ledger --make")
        for field in wanted:
            value = secrets.token_hex(32) if make else _asked(session, name, field, alone=len(wanted) == 1)
            if name == "ledger" and field == LEDGER_KEY:
                _exchange(session, project, value)
            project.secrets.set(name, field, value)
            session.screen.say(f"kept {name}.{field} in the keyring")
    if session.screen.json:
        session.screen.object({"status": "kept", "connection": name, "secrets": wanted})
    elif name != "ledger":
        session.screen.say(f"Try them: npsync auth test {name}")
    elif wanted == [LEDGER_KEY]:
        session.screen.say("Without it the ledger is lost: keep a copy of this entry apart from the ledger's backups.")


@auth.command("test")
def test(ctx: typer.Context, name: Name) -> None:
    """Sign in, and say as whom and with which rights."""
    from sync.cli.rights import as_object, rights_of, show
    from sync.cli.screen import table

    session: Session = ctx.obj
    with _connections(session) as project:
        origins = _origins(project, name, _wanted(project, name, None))
        for field, origin in origins.items():
            session.screen.say(f"{field} comes from the {origin}")
        rights = None if name == "ledger" else rights_of(session, project, name)
        missing = bool(rights and rights.missing)
        found = {"ledger": project.ledger.where} if name == "ledger" else who(project, name, may_fail=missing)
        kind = "ledger" if name == "ledger" else project.settings.connections[name].type
    if session.screen.json:
        status = "rights missing" if missing else "signed in"
        told = {"status": status, "connection": name, "type": kind, "secrets": origins, "who": found}
        session.screen.object(told | as_object(rights))
    else:
        session.screen.data(f"{name}: signed in ({kind})")
        if found:
            session.screen.data(table(["what", "value"], list(found.items())))
    show(session, rights)


@auth.command("clear")
def clear(ctx: typer.Context, name: Name, fields: Fields = None) -> None:
    """Remove the secrets of a connection from the keyring."""
    session: Session = ctx.obj
    with _connections(session) as project:
        wanted = _wanted(project, name, fields)
        _sure(session, name)
        trouble = project.secrets.keyring_trouble()
        if trouble:
            raise _no_keyring(name, wanted[0], trouble)
        removed = [field for field in wanted if project.secrets.delete(name, field)]
        left = {field: found.origin for field in wanted if (found := project.secrets.find(name, field)) is not None}
    for field in removed:
        session.screen.say(f"removed {name}.{field} from the keyring")
    for field, origin in left.items():
        session.screen.warn(f"{name}.{field} is still there: {origin}")
    if session.screen.json:
        session.screen.object({"status": "cleared", "connection": name, "removed": removed, "left": left})
    elif not removed:
        session.screen.say("The keyring held none of them.")


def _connections(session: Session) -> Project:
    from sync.wiring import open_connections

    return open_connections(session.config_path())


def who(project: Project, name: str, *, may_fail: bool = False) -> dict[str, str]:
    """Return who is signed in; where rights are missing, nobody may be told that either."""
    from connectors.contract import Schema
    from connectors.errors import Refused

    connection = project.connection(name)
    who = getattr(connection, "who", None)
    if who is not None:
        try:
            return dict(who())
        except Refused:
            if not may_fail:
                raise
            return {}
    if isinstance(connection, Schema):
        connection.fields("-")  # there is no such table; the question needs a connection all the same
    return {}


def _wanted(project: Project, name: str, fields: Sequence[str] | None) -> list[str]:
    """Return the names of the secrets that are meant.

    Raises:
        UserError: There is no such connection or secret; neither word is repeated.
    """
    if name == "ledger":
        known = _of_ledger(project, fields)
    elif name in project.settings.connections:
        known = project.settings.connections[name].secrets()
    else:
        hint = f"Connections: {', '.join(project.settings.connections)}. {_IN_HISTORY}"
        raise _usage("the config has no connection of this name", hint)
    other = name in project.settings.connections and project.settings.connections[name].model_extra is not None
    if fields and other and not known:  # only its own package knows what it needs
        return list(fields)
    if not known:
        raise _usage(f"connection `{name}` signs in without a secret", "Name one that does.")
    spare = project.settings.connections[name].spare_secrets() if name != "ledger" else ()
    if fields and not set(fields) <= {*known, *spare}:
        raise _usage("a word after the connection names no secret of it", f"It has: {', '.join(known)}. {_IN_HISTORY}")
    return list(fields or known)


def _of_ledger(project: Project, fields: Sequence[str] | None) -> tuple[str, ...]:
    if not project.settings.ledger.startswith("sqlite:"):
        return ("password",) if "@" in project.settings.ledger else ()
    if fields and OLD_KEY in fields:
        return LEDGER_KEY, OLD_KEY
    return (LEDGER_KEY,) if fields or project.settings.privacy.encrypt_ledger else ()


def _exchange(session: Session, project: Project, value: str) -> None:
    """Keep the key that another takes the place of: ledgers of this user are still encrypted with it."""
    from sync.ledger.encryption import checked

    checked(value, "ledger.key")
    before = project.secrets.find("ledger", LEDGER_KEY)
    if before is None or before.value == value or not before.origin.startswith("keyring"):
        return
    if project.secrets.find("ledger", OLD_KEY) is not None:
        hint = "Give `npsync ledger convert` in each project, then `npsync auth clear ledger old_key`."
        raise _usage("the key was changed before, and the one before that is still kept", hint)
    project.secrets.set("ledger", OLD_KEY, before.value)
    session.screen.say("kept the key before it as ledger.old_key; npsync ledger convert brings a ledger to the new one")


def _asked(session: Session, name: str, field: str, *, alone: bool) -> str:
    """Return a secret as the person gives it."""
    if not sys.stdin.isatty():
        if not alone:
            raise _usage("stdin holds one secret, and several are needed", f"Name it: npsync auth set {name} {field}")
        return _clean(field, sys.stdin.read(LONGEST + 1))
    if field == KEY_FILE:
        raise _usage("a key has many lines, which a prompt cannot take", f"npsync auth set {name} {KEY_FILE} < key.pem")
    if session.no_input:
        raise _usage("a secret is needed, and --no-input forbids to ask", f"npsync auth set {name} {field} < FILE")
    return _clean(field, getpass.getpass(f"{name} {field} (not shown): ", stream=sys.stderr))


def _clean(field: str, text: str) -> str:
    """Return *text* without what surrounds a secret; refuse what cannot be one."""
    if field == KEY_FILE:
        value = text.strip().replace("\r\n", "\n")
        good = value.startswith("-----BEGIN ") and "PRIVATE KEY-----" in value and "ENCRYPTED" not in value
        hint = (
            "It begins with `-----BEGIN PRIVATE KEY-----`. Without its passphrase: `openssl pkey -in KEY -out PLAIN`."
        )
    else:
        value = text.strip()
        good = bool(value) and value.isprintable() and " " not in value
        if field == "password":
            value, good = text.rstrip("\r\n"), bool(text.strip()) and "\n" not in text.rstrip("\r\n")
        hint = "It is one word without spaces or line breaks. Nothing was stored."
    if not good or len(value) > LONGEST:
        raise UserError("E302", Problem(where=field, what="this cannot be the secret", hint=hint), exit_=Exit.SIGN_IN)
    return value


def _origins(project: Project, name: str, fields: Sequence[str]) -> dict[str, str]:
    """Return where each secret comes from.

    Raises:
        UserError: Some are missing; all are told at once.
    """
    found = {field: project.secrets.find(name, field) for field in fields}
    missing = [project.secrets.missing(name, field) for field, secret in found.items() if secret is None]
    if missing:
        problems = tuple(Problem(where="", what=str(each), hint=each.next_step) for each in missing)
        raise UserError("E302", problems, exit_=Exit.SIGN_IN)
    return {field: secret.origin for field, secret in found.items() if secret is not None}


def _sure(session: Session, name: str) -> None:
    if session.yes:
        return
    if session.no_input or not sys.stdin.isatty():
        raise _usage("removing secrets needs a yes", f"npsync auth clear {name} --yes")
    typer.confirm(f"Remove the secrets of `{name}` from the keyring?", abort=True, err=True)


def _no_keyring(name: str, field: str, trouble: str) -> UserError:
    from connectors.secrets import variable

    hint = (
        f"Without a keyring: a file `{name}.{field}` (chmod 600) in $CREDENTIALS_DIRECTORY, as systemd's "
        f"LoadCredential= makes it, or the environment variable {variable(name, field)}."
    )
    return UserError("E302", Problem(where="keyring", what=trouble, hint=hint), exit_=Exit.SIGN_IN)


def _usage(what: str, hint: str) -> UserError:
    return UserError("E105", Problem(where="command line", what=what, hint=hint))
