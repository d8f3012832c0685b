"""A ledger's file in another form: encrypted, plain, or under another key; nothing is lost and nothing half done.

The rows go into a new file beside the old one, which takes its place in one step. A process that dies before that step
leaves the old file as it was.
"""

from __future__ import annotations

import os
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

from sync.errors import Exit, Problem, UserError
from sync.ledger.encryption import connected, driver, literal, wrong_key
from sync.ledger.statistics import tell_planner
from sync.ledger.store import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BUSY_TIMEOUT_S = 10.0
#: Written into the old file when it is no longer the ledger, so that a process that waited for it does not go on there.
_GONE = "UPDATE schema_version SET version = 1000000"


def opens(path: Path, key: str) -> bool:
    """Tell whether *key* is that of the encrypted file at *path*."""
    try:
        with closing(connected(str(path), key, BUSY_TIMEOUT_S)) as raw:
            raw.execute("SELECT count(*) FROM sqlite_master")
    except driver().DatabaseError as error:
        if "not a database" in str(error):
            return False
        raise _failed(path, error) from error
    return True


def convert(
    path: Path,
    old: str | None,
    new: str | None,
    step: Callable[[str], None] = lambda _name: None,
    *,
    busy_timeout_s: float = BUSY_TIMEOUT_S,
) -> None:
    """Bring the ledger at *path* from the key *old* to *new*; None: plain.

    Args:
        path: Its file.
        old: What it is encrypted with.
        new: What it shall be encrypted with.
        step: Called before every durable step with its name.
        busy_timeout_s: How long to wait for another process to let go of it.

    Raises:
        UserError: Somebody has it open (E601), there is no room for a second file (E602), *old* is not its key (E607).
    """
    beside = path.with_name(f"{path.name}.new")
    _remove(beside)
    try:
        with closing(connected(str(path), old, busy_timeout_s)) as raw:
            _take(raw)
            step("convert.copy")
            os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            _copy(raw, beside, new)
            _complete(beside, new)
            step("convert.replace")
            if os.name == "nt":  # it replaces no file that is open
                raw.close()
            beside.replace(path)
            _settle(path.parent)
            step("convert.leave")
            if os.name != "nt":
                raw.execute(_GONE)
    except (driver().Error, OSError) as error:
        _remove(beside)
        raise _failed(path, error) from error
    for ending in ("-wal", "-shm", "-journal"):
        path.with_name(f"{path.name}{ending}").unlink(missing_ok=True)


def _take(raw: Any) -> None:  # noqa: ANN401 - the driver's connection
    """Keep everybody else out until *raw* is closed; what stood in the write-ahead log is in the file then."""
    raw.execute("PRAGMA locking_mode = EXCLUSIVE")
    raw.execute("PRAGMA journal_mode = DELETE").fetchall()
    # A journal on disk would lie beside the new file in the end, and be taken for its own.
    raw.execute("PRAGMA journal_mode = MEMORY").fetchall()
    raw.execute("BEGIN EXCLUSIVE")
    raw.execute("COMMIT")


def _copy(raw: Any, beside: Path, new: str | None) -> None:  # noqa: ANN401 - the driver's connection
    raw.execute("ATTACH ? AS new KEY ?", (str(beside), "" if new is None else literal(new)))
    raw.execute("BEGIN EXCLUSIVE")
    raw.execute("SELECT sqlcipher_export('new')").fetchall()
    raw.execute("COMMIT")
    for (name,) in raw.execute("SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"):
        here, there = (raw.execute(f'SELECT count(*) FROM {of}."{name}"').fetchone() for of in ("main", "new"))  # noqa: S608 - our own names
        assert here == there, f"{name} was not copied whole"
    raw.execute("DETACH new")


def _complete(beside: Path, new: str | None) -> None:
    """Give the new file what a copy leaves out: what the planner is told."""
    ledger = Ledger(f"sqlite:///{beside}", key=new)
    try:
        with ledger.write() as connection:
            tell_planner(connection)
    finally:
        ledger.close()


def _settle(folder: Path) -> None:
    """Have the new name outlive a power cut, where folders can be flushed."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove(beside: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        beside.with_name(f"{beside.name}{ending}").unlink(missing_ok=True)


def _failed(path: Path, error: Exception) -> UserError:
    said = str(error).lower()
    if "not a database" in said:
        return wrong_key(path)
    if "locked" in said or "busy" in said:
        hint = "Wait for it to end, or close it; then run the same command again. The ledger is as it was."
        problem = Problem(where=str(path), what="another program has the ledger open", hint=hint)
        return UserError("E601", problem, exit_=Exit.UNAVAILABLE)
    hint = "It needs as much free space as the ledger takes, and the right to write there. The ledger is as it was."
    return UserError(
        "E602", Problem(where=str(path), what="the ledger could not be copied", hint=hint), exit_=Exit.UNAVAILABLE
    )
