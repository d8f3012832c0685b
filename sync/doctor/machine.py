"""The machine: its clock, its disk, and who else's packages stand where ours should."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.doctor.finding import Finding, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: What we import, and so must own.
NAMES = ("connectors", "mappings", "sync", "sandbox", "console")
OURS = "npsync"
#: Seconds. Replies take their time and name whole seconds; from a minute on cursors and tokens suffer.
CLOCK_NOTE_S, CLOCK_WRONG_S = 60.0, 900.0
_MIB = 1 << 20
#: Bytes; a first sync of 100,000 responses writes about 400 MiB.
DISK_WRONG, DISK_NOTE = 200 * _MIB, 1024 * _MIB


def clock(connection: str, offset_s: float | None) -> Finding:
    """Judge this machine's clock by a service's.

    Args:
        connection: Whose service it is.
        offset_s: How far our clock is ahead; None: the service did not tell its time.
    """
    if offset_s is None:
        return Finding(check="clock", about=connection, state=State.UNSEEN, found="the service did not tell its time")
    off = abs(offset_s)
    if off < CLOCK_NOTE_S:
        return Finding(check="clock", about=connection, found=f"within {max(1, round(off))} s of the service's")
    way = "ahead of" if offset_s > 0 else "behind"
    return Finding(
        check="clock",
        about=connection,
        state=State.WRONG if off >= CLOCK_WRONG_S else State.NOTE,
        found=f"this machine's clock is {_span(off)} {way} the service's",
        fix="Let the system keep it: `sudo timedatectl set-ntp true`; in a virtual machine or container, on its host.",
        code="E121",
    )


def disk(folder: str, free: int, ledger: int) -> Finding:
    """Judge the free space where the ledger stands.

    Args:
        folder: Where.
        free: Bytes left for this user.
        ledger: Bytes of the ledger's file; `forget` writes it a second time.
    """
    told = f"{free // _MIB:,} MiB left"
    if free >= max(DISK_NOTE, ledger):
        return Finding(check="disk", about=folder, found=told)
    why = f", and the ledger has {ledger // _MIB:,} MiB" if ledger > DISK_NOTE else ""
    return Finding(
        check="disk",
        about=folder,
        state=State.WRONG if free < DISK_WRONG else State.NOTE,
        found=f"nearly full: {told}{why}",
        fix="Free some space, or move the ledger (`ledger:` in the config). A run without room stops; nothing is lost.",
        code="E602",
    )


def names(owners: Mapping[str, Sequence[str]], places: Mapping[str, str], root: str) -> Finding:
    """Judge whether what we import is ours.

    Args:
        owners: Import name → installed packages that bring it.
        places: Import name → the folder that Python would take; a name that it would not find is left out.
        root: The folder that ours stand in.
    """
    others = sorted({owner for name in NAMES for owner in owners.get(name, ()) if owner.lower() != OURS})
    elsewhere = sorted(name for name, place in places.items() if place != f"{root}/{name}")
    if not others and not elsewhere:
        return Finding(check="packages", found="nothing else owns our import names")
    wrong = []
    if others:
        wrong.append(f"installed beside npsync, with the same import names: {', '.join(others)}")
    if elsewhere:
        wrong.append(f"Python takes from elsewhere: {', '.join(f'{name} ({places[name]})' for name in elsewhere)}")
    whose = f"`pip uninstall {' '.join(others)}`, or better: " if others else "Start npsync from another folder, or: "
    return Finding(
        check="packages",
        state=State.WRONG,
        found="; ".join(wrong),
        fix=f"{whose}give npsync an environment of its own: `pipx install npsync` or `uv tool install npsync`.",
        code="E121",
    )


def _span(seconds: float) -> str:
    """Say how long.

    >>> _span(75), _span(3600)
    ('75 s', '60 min')
    """
    return f"{round(seconds)} s" if seconds < 120 else f"{round(seconds / 60)} min"
