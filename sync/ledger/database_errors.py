"""What a ledger's database errors mean for the person running npsync: place, reason, next step.

The statement and its values stay out: drivers quote values in their messages, so only codes are taken from them.
"""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

from sync.errors import Exit, Problem, UserError
from sync.ledger.encryption import wrong_key

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy.exc import DBAPIError

# At sign-in the driver gives no code, only the server's or its own words.
_SIGN_IN = re.compile(r"authentication failed|no password supplied|no pg_hba\.conf entry|role .* does not exist")
_NO_CONNECT = re.compile(r"permission denied for database")
_NO_DATABASE = re.compile(r"database .* does not exist")

_RIGHTS = "Grant this role CREATE and USAGE on the schema, and all rights on the ledger's tables."
_PASSWORD = "Check the user in `ledger:` and the password: NPSYNC_LEDGER_PASSWORD, a credential file or the keyring."  # noqa: S105 - advice
_AGAIN = "Nothing was lost: run the same command again later."
_SPACE = "Free some space, then run the same command again: it goes on where this one stopped."


def explain(error: DBAPIError, where: str, busy_timeout_s: float) -> UserError:
    """Return what stops the command.

    Args:
        error: SQLAlchemy's, around the driver's.
        where: The ledger, without a password.
        busy_timeout_s: How long a statement waited for another process's write.
    """
    encrypted = type(error.orig).__module__.partition(".")[0] == "sqlcipher3"
    if encrypted and "not a database" in str(error.orig):
        return wrong_key(where)
    if encrypted or isinstance(error.orig, sqlite3.Error):
        code, what, hint = _sqlite(str(error.orig).lower(), f"{busy_timeout_s:g}")
    else:
        code, what, hint = _postgres(error.orig)  # type: ignore[arg-type]  # the only other driver
    exit_ = Exit.SIGN_IN if code == "E301" else Exit.UNAVAILABLE
    return UserError(code, Problem(where=where, what=what, hint=hint), exit_=exit_)


def _sqlite(text: str, waited_s: str) -> tuple[str, str, str]:
    if "locked" in text or "busy" in text:
        what = f"another process has been writing for over {waited_s} s"
        return "E601", what, "Wait for it to finish, then run the same command again. Nothing was lost."
    if "full" in text or "no space" in text:
        return "E602", "the disk is full", _SPACE
    if "readonly" in text or "read-only" in text or "unable to open" in text or "disk i/o" in text:
        hint = "Check the folder's rights and the disk, then run the same command again."
        return "E602", "the ledger cannot be written", hint
    if "malformed" in text or "not a database" in text:
        hint = (
            "If it was encrypted, say so: `privacy: {encrypt_ledger: true}`; `npsync ledger convert` makes it plain. "
            "Else restore it from a backup, or name another file: a new ledger starts from the sources again."
        )
        return "E602", "the file is encrypted, damaged, or no ledger", hint
    hint = "Check the file with `PRAGMA integrity_check`, and that no other program has changed its tables."
    return "E602", "the database refused a statement", hint


def _postgres(error: psycopg.Error) -> tuple[str, str, str]:  # noqa: PLR0911 - a table, one line per code
    import psycopg  # not for a ledger on SQLite: it takes a third of a small command's time

    state = error.sqlstate or ""
    match state[:2]:
        case "" if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            return _unreached(str(error))
        case "28" | "0L" | "0P":
            return "E301", f"the database refused the sign-in ({state})", _PASSWORD
        case "08" | "40" | "53" | "55" | "57" if state != "53100":
            return "E601", f"the database is busy or restarting ({state})", _AGAIN
    match state:
        case "42501" | "3F000":  # without rights on its schema, a role has none "to create in"
            return "E301", f"the role has not the rights that the ledger needs ({state})", _RIGHTS
        case "53100":
            return "E602", "the database's disk is full", _SPACE
        case "25006":
            hint = "Name a server that takes writes in `ledger:`; this one is a standby, or read-only by its settings."
            return "E602", "the database takes no writes", hint
        case _:
            hint = "Check that nobody has changed the ledger's tables; the server's own log has the statement."
            return "E602", f"the database refused a statement ({state or type(error).__name__})", hint


def _unreached(text: str) -> tuple[str, str, str]:
    if _SIGN_IN.search(text):
        return "E301", "the database refused the sign-in", _PASSWORD
    if _NO_CONNECT.search(text):
        return "E301", "the role may not connect to this database", "Grant this role CONNECT on the database."
    if _NO_DATABASE.search(text):
        return "E601", "there is no such database", "Check its name in `ledger:`, or create it: createdb NAME."
    hint = "Check host and port in `ledger:` and that the server runs, then run the same command again."
    return "E601", "the database cannot be reached", hint
