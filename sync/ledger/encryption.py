"""A ledger whose file is encrypted: SQLCipher in the place of SQLite, with a key of 256 random bits.

Every page of the file, of its write-ahead log and of its journals is encrypted and carries a digest; temporary tables
stay in memory. The key is used as it is, so that opening costs a millisecond: a password would have to be stretched
each time, and could be guessed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from sync.errors import Exit, Problem, UserError

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from sqlalchemy import Engine

#: How a SQLite file begins that everybody can read; an encrypted one begins with random bytes.
_PLAIN = b"SQLite format 3\x00"
_KEY = re.compile(r"[0-9a-fA-F]{64}")
CODE = "E607"
CONVERT = "Run `npsync ledger convert`"


def is_key(text: str) -> bool:
    """Tell whether *text* can be a key: 64 hexadecimal digits.

    >>> is_key("0f" * 32), is_key("a password")
    (True, False)
    """
    return _KEY.fullmatch(text) is not None


def is_plain(path: Path) -> bool | None:
    """Tell whether anybody can read a database file; None: there is none yet, or nothing in it."""
    try:
        with path.open("rb") as file:
            begin = file.read(len(_PLAIN))
    except FileNotFoundError:
        return None
    return begin == _PLAIN if begin else None


def check(path: Path, key: str) -> None:
    """Refuse a file that *key* cannot belong to, before it is opened.

    Raises:
        UserError: The file is not encrypted, or the key is none (E607).
    """
    checked(key, path)
    if is_plain(path):
        hint = f"{CONVERT}: it is encrypted then, and nothing is lost. Or drop `encrypt_ledger` from the config."
        raise problem(path, "the config says that the ledger is encrypted, and the file is not", hint)


def checked(key: str, where: object) -> str:
    """Return *key*, which must have the form of one.

    Raises:
        UserError: It has not (E607).
    """
    if not is_key(key):
        hint = "It is 64 hexadecimal digits; `openssl rand -hex 32` makes one, or `npsync auth set ledger --make`."
        raise problem(where, "the key has not the form of one", hint)
    return key


def wrong_key(path: object) -> UserError:
    """Return what is said of a file that does not open."""
    hint = (
        "Give the key that it was made with: NPSYNC_LEDGER_KEY, a credential file or the keyring. After a change of "
        "key: `npsync ledger convert`. If the key is right, restore the file from a backup."
    )
    return problem(path, "the ledger does not open with this key, or is damaged", hint)


def problem(where: object, what: str, hint: str) -> UserError:
    """Return the error of this module."""
    return UserError(CODE, Problem(where=str(where), what=what, hint=hint), exit_=Exit.SIGN_IN)


def driver() -> ModuleType:
    """Return the driver of encrypted files, which is SQLite's with a key.

    Raises:
        UserError: It is not installed (E607).
    """
    try:
        from sqlcipher3 import dbapi2
    except ImportError:
        hint = "Install it where npsync is: pip install 'npsync[encryption]' (pipx inject npsync sqlcipher3)."
        raise problem("ledger", "encrypting needs a package that is not installed", hint) from None
    found: ModuleType = dbapi2
    return found


def connected(path: str, key: str | None, busy_timeout_s: float) -> Any:  # noqa: ANN401 - the driver's connection
    """Open a file with the driver of encrypted ones; without *key* a plain one."""
    raw = driver().connect(path, timeout=busy_timeout_s, isolation_level=None)
    unlock(raw, key)
    return raw


def unlock(raw: Any, key: str | None) -> None:  # noqa: ANN401 - the driver's connection
    """Give a new connection its key, first of all."""
    raw.execute("PRAGMA cipher_log_level = NONE")  # it would write to stderr of its own accord
    if key is not None:
        raw.execute(f'PRAGMA key = "{literal(key)}"')


def literal(key: str) -> str:
    """Return a key as SQLCipher takes it: as it is, and not as a password."""
    assert is_key(key)
    return f"x'{key}'"


def unlock_each(engine: Engine, key: str) -> None:
    """Have every connection of *engine* opened with *key*; SQLAlchemy asks new ones before we hear of them."""

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, _record: object, places: Any, names: Any) -> Any:  # noqa: ANN401 - the driver's
        raw = dialect.connect(*places, **names)
        unlock(raw, key)
        return raw
