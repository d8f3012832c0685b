"""What a database's errors mean for the engine.

One table per driver maps its codes to `connectors.errors`. Neither the statement nor its values enter a message:
drivers quote values in theirs, so only names of tables, columns and constraints are taken from them.
"""

from __future__ import annotations

import re
import sqlite3
import sys
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from connectors.errors import ConnectorError, Deferred, Refused, Rejected, SchemaDrift

if TYPE_CHECKING:
    import psycopg

#: What a driver raises for one bad value: a number too large, a lone surrogate, a NUL where none may be.
VALUE_ERRORS = (OverflowError, UnicodeError, sqlite3.InterfaceError, sqlite3.ProgrammingError)

_SQLITE_MISSING = re.compile(r"no such (table|column|index): (\S+)|has no column named (\S+)")
_SQLITE_CONSTRAINT = re.compile(r"(?:NOT NULL|UNIQUE) constraint failed: (.+)")
_PG_KEY = re.compile(r"^Key \(([^)]*)\)")
_PG_SIGN_IN = re.compile(r"authentication failed|no password supplied|no pg_hba\.conf entry|role .* does not exist")
_PG_NO_DATABASE = re.compile(r"database .* does not exist")


def driver_errors() -> tuple[type[Exception], ...]:
    """Return what a failure may arrive as. PostgreSQL's driver takes 0.1 s to load, so only its users load it."""
    psycopg = sys.modules.get("psycopg")
    return (DBAPIError, sqlite3.Error) if psycopg is None else (DBAPIError, sqlite3.Error, psycopg.Error)


def judge(error: Exception, where: str) -> ConnectorError:
    """Return our failure for a driver's; `Rejected` means one row is to blame.

    Args:
        error: The driver's, or SQLAlchemy's around it.
        where: The connection, for the message; never a URL, which may hold a password.
    """
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, sqlite3.Error):
        return _sqlite(original, where)
    import psycopg

    if isinstance(original, psycopg.Error):
        return _postgres(original, where)
    return ConnectorError(f"{where}: the database failed ({type(original).__name__})")


def _sqlite(error: sqlite3.Error, where: str) -> ConnectorError:  # noqa: PLR0911 - a table, one line per code
    missing = _SQLITE_MISSING.search(str(error))
    if missing:
        what = missing[1] or "column"
        return SchemaDrift(f"{where}: no {what} `{missing[2] or missing[3]}`", next_step=_LOOK_AT_MAPPING)
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return Deferred(f"{where}: the database is locked by another program", next_step=_NEXT_RUN)
        case sqlite3.SQLITE_FULL:
            return Deferred(f"{where}: the disk is full", next_step=_FREE_SPACE)
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_NOMEM | sqlite3.SQLITE_INTERRUPT | sqlite3.SQLITE_PROTOCOL:
            return Deferred(f"{where}: the database file cannot be read or written now", next_step=_FREE_SPACE)
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return Refused(f"{where}: the database file cannot be opened for writing", next_step=_RIGHTS_OF_FILE)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return Refused(
                f"{where}: the file is damaged or is no SQLite database",
                code="E112",
                next_step="Check the path in `url`; restore the file from a backup if it was a database.",
            )
        case sqlite3.SQLITE_CONSTRAINT | sqlite3.SQLITE_MISMATCH | sqlite3.SQLITE_TOOBIG | sqlite3.SQLITE_RANGE:
            found = _SQLITE_CONSTRAINT.search(str(error))
            named = found[1].split(", ") if found else []
            return Rejected(f"{where}: a row was refused", fields=tuple(name.rpartition(".")[2] for name in named))
        case _ if isinstance(error, (sqlite3.DataError, sqlite3.IntegrityError, *VALUE_ERRORS)):
            return Rejected(f"{where}: a row was refused")
        case _:
            return ConnectorError(f"{where}: SQLite failed ({getattr(error, 'sqlite_errorname', 'no code')})")


def _postgres(error: psycopg.Error, where: str) -> ConnectorError:  # noqa: PLR0911 - a table, one line per code
    state = error.sqlstate or ""
    match state[:2]:
        case "22" | "23" | "21":
            return Rejected(f"{where}: a row was refused", fields=_fields(error))
        case "53" if state == "53100":
            return Deferred(f"{where}: the database's disk is full", next_step=_FREE_SPACE)
        case "08" | "40" | "53" | "55" | "57" | "58":
            return Deferred(f"{where}: the database is busy or restarting ({state})", next_step=_NEXT_RUN)
        case "28" | "3D" | "0L" | "0P":
            return Refused(f"{where}: the database refused the sign-in ({state})", next_step=_SIGN_IN)
    match state:
        case "42501" | "25006":
            return Refused(f"{where}: the user has no right to do this ({state})", next_step=_GRANT)
        case "42P01" | "42703" | "3F000" | "42P10" | "42704":
            named = error.diag.column_name or error.diag.table_name or "a table or column"
            return SchemaDrift(f"{where}: `{named}` does not exist ({state})", next_step=_LOOK_AT_MAPPING)
        case "42804" | "42846":
            return Rejected(f"{where}: a value has the wrong type", fields=_fields(error))
        case "":
            return _without_state(error, where)
        case _:
            return ConnectorError(f"{where}: PostgreSQL failed ({state})")


def _without_state(error: psycopg.Error, where: str) -> ConnectorError:
    """Sort what the driver itself raises: at sign-in, when the line drops, or for a value it cannot send."""
    import psycopg

    text = str(error)
    if _PG_SIGN_IN.search(text):
        return Refused(f"{where}: the database refused the sign-in", next_step=_SIGN_IN)
    if _PG_NO_DATABASE.search(text):
        return Refused(f"{where}: there is no such database", next_step="Check the database's name in `url`.")
    if isinstance(error, psycopg.DataError | psycopg.ProgrammingError | psycopg.NotSupportedError):
        return Rejected(f"{where}: a value cannot be sent")
    return Deferred(f"{where}: the database cannot be reached", next_step=_REACH)


def _fields(error: psycopg.Error) -> tuple[str, ...]:
    if error.diag.column_name:
        return (error.diag.column_name,)
    key = _PG_KEY.match(error.diag.message_detail or "")
    return tuple(name.strip('" ') for name in key[1].split(",")) if key else ()


_LOOK_AT_MAPPING = "Compare the mapping with the table: `npsync validate` lists what it has."
_NEXT_RUN = "Nothing was changed; the next run tries again."
_FREE_SPACE = "Free some space and run again; nothing was changed."
_RIGHTS_OF_FILE = "Let this user write the file and its folder."
_SIGN_IN = "Check the user in `url`, and the password: NPSYNC_<CONNECTION>_PASSWORD, a credential file or the keyring."
_GRANT = "Grant SELECT, INSERT, UPDATE and DELETE on the table to the user in `url`."
_REACH = "Check host and port in `url` and that the server runs; the next run tries again."
