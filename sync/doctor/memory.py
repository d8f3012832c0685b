"""The ledger: whether it can be written, which version it has, and who is at work on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.doctor.finding import Finding, State

if TYPE_CHECKING:
    from collections.abc import Sequence


def writable(where: str, blocked: str) -> Finding:
    """Judge whether the ledger can be written; *blocked*: the file or folder that cannot, empty where all can."""
    if not blocked:
        return Finding(check="ledger", about=where, found="can be written")
    return Finding(
        check="ledger",
        about=where,
        state=State.WRONG,
        found=f"{blocked} cannot be written by this user",
        fix="`chown` it to the user that runs npsync, or name another place in `ledger:`. The folder must be writable, "
        "too: SQLite makes files beside its own.",
        code="E602",
    )


def version(where: str, found: int | None, known: int) -> Finding:
    """Judge the version of the ledger's tables; *found* None: it is new."""
    if found is None:
        return Finding(check="version", about=where, found="there is no ledger yet; the first sync makes it")
    if found == known:
        return Finding(check="version", about=where, found=f"the ledger is of version {found}, as this npsync")
    if found < known:
        return Finding(
            check="version",
            about=where,
            state=State.NOTE,
            found=f"the ledger is of the older version {found}; this npsync writes {known}",
            fix="The next command that opens it brings it up to date; no older npsync can read it then: copy it first.",
            code="E603",
        )
    return Finding(
        check="version",
        about=where,
        state=State.WRONG,
        found=f"the ledger is of version {found}; this npsync knows up to {known}",
        fix="Install the newer npsync that wrote it.",
        code="E603",
    )


def at_work(holders: Sequence[tuple[str, str, int]], here: str) -> Finding:
    """Judge who holds leases; *holders*: mapping (or what else), machine and process of those that live."""
    if not holders:
        return Finding(check="processes", found="no run is under way")
    told = ", ".join(f"{what}: process {process} on {host}" for what, host, process in holders)
    local = sorted({process for _, host, process in holders if host == here})
    hangs = f" If it hangs, end it: `kill {local[0]}`; what it did is kept." if local else ""
    return Finding(
        check="processes",
        state=State.NOTE,
        found=f"another process is at work ({told})",
        fix=f"A sync of the same mapping leaves with 75 until it ends; look with `npsync status`.{hangs}",
        code="E604",
    )


def service(state: str, host: str, process: int) -> Finding:
    """Judge the service that runs the schedule; *state*: see `sync.ledger.services.Standing`."""
    who = f"process {process} on {host}"
    again = "Start it again: `npsync schedule run`, or the unit that runs it."
    match state:
        case "runs":
            return Finding(check="schedule", found=f"a service runs ({who})")
        case "silent":
            told = f"nothing was heard of the service ({who}) for over 10 min"
            return Finding(check="schedule", state=State.NOTE, found=told, fix=f"Look whether it hangs. {again}")
        case _:
            told = f"the service ({who}) ended without saying so"
            return Finding(check="schedule", state=State.NOTE, found=told, fix=again)
