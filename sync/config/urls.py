"""Database addresses in the config: which ones are taken, and that no password is in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, WithJsonSchema

from sync.config.findings import finding

if TYPE_CHECKING:
    from pathlib import Path

_SQLITE = re.compile(r"sqlite:///(?P<path>[^?]+)(?P<query>\?.*)?")
_POSTGRES = re.compile(r"postgresql(?:\+psycopg)?://(?P<login>[^/@]*@)?(?P<rest>.*)")
_SECRET_PARAMETER = re.compile(r"[?&](?:password|passwd|pwd|sslpassword|token|secret)=", re.IGNORECASE)


def secret_step(name: str) -> str:
    """Return where the secret of a connection goes.

    >>> secret_step("my-store").partition(",")[0]
    'Delete it here and set NPSYNC_MY_STORE_PASSWORD in the environment'
    """
    variable = f"NPSYNC_{re.sub(r'[^A-Za-z0-9]', '_', name).upper()}_PASSWORD"
    return (
        f"Delete it here and set {variable} in the environment, or keep it in the system's keyring "
        f"(service `npsync`, name `{name}.password`). Change the password if this file was ever shared."
    )


def has_password(url: str) -> bool:
    """Tell whether a URL carries a secret.

    >>> has_password("postgresql://me:x@db/nps"), has_password("postgresql://me@db/nps?password=x")
    (True, True)
    >>> has_password("postgresql://me@db/nps"), has_password("sqlite:///a:b@c.db")
    (False, False)
    """
    return bool(re.match(r"[^/]*://[^/@]*:[^/@]*@", url.replace(":///", ":/")) or _SECRET_PARAMETER.search(url))


def _check(url: str) -> str:
    if not _SQLITE.fullmatch(url) and not _POSTGRES.fullmatch(url):
        raise finding(
            "this is not a database address",
            "Write `sqlite:///folder/file.db` or `postgresql+psycopg://user@host/database`.",
        )
    return url


def within(url: str, root: Path) -> str:
    """Return *url* with a relative SQLite path counted from *root*.

    >>> from pathlib import PurePosixPath
    >>> within("sqlite:///.npsync/ledger.db", PurePosixPath("/srv/nps"))
    'sqlite:////srv/nps/.npsync/ledger.db'
    >>> within("sqlite:////var/nps.db", PurePosixPath("/srv/nps"))
    'sqlite:////var/nps.db'
    """
    found = _SQLITE.fullmatch(url)
    if found is None or found["path"] == ":memory:":
        return url
    return f"sqlite:///{(root / found['path']).as_posix()}{found['query'] or ''}"


DatabaseUrl = Annotated[
    str,
    AfterValidator(_check),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^(sqlite:///.|postgresql(\+psycopg)?://)",
            "examples": ["sqlite:///.npsync/profiles.db", "postgresql+psycopg://npsync@localhost/nps"],
        }
    ),
]
