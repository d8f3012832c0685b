"""`doctor`: look at everything that a sync needs, change nothing, and say how to put right what is wrong."""

from __future__ import annotations

import getpass
import subprocess
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.failures import exit_of
from sync.cli.screen import GREEN, RED, YELLOW, listed
from sync.doctor.finding import State
from sync.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sync.cli.screen import Screen
    from sync.cli.session import Session
    from sync.doctor.finding import Finding

_MARKS = {State.FINE: ("ok", GREEN), State.NOTE: ("note", YELLOW), State.WRONG: ("WRONG", RED), State.UNSEEN: ("-", "")}
#: Seconds for a whole examination in another process.
LONGEST_S = 600
_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from sync.cli import main; main()"


def add_to(app: typer.Typer) -> None:
    """Put the command of this module into the tree."""
    app.command()(doctor)


def doctor(
    ctx: typer.Context,
    as_scheduler: Annotated[
        bool, typer.Option("--as-scheduler", help="Look with the environment that a job of cron has, not with yours.")
    ] = False,
) -> None:
    """Check the machine, the secrets, the ledger, both ends and the mappings; say how to put right what is wrong.

    Nothing is written anywhere. The exit status is that of the gravest thing found.
    """
    session: Session = ctx.obj
    if as_scheduler:
        raise typer.Exit(_as_scheduler(session))
    from sync.cli.examining import examine

    found = examine(session)
    wrong = [each for each in found if each.state is State.WRONG]
    status = max((exit_of(each.code) for each in wrong), default=Exit.DONE)
    if session.screen.json:
        told = {"status": "wrong" if wrong else "fine", "exit": int(status), "findings": [asdict(one) for one in found]}
        session.screen.object(told)
    else:
        _show(session.screen, found)
    raise typer.Exit(status)


def _show(screen: Screen, found: Sequence[Finding]) -> None:
    for one in found:
        word, colour = _MARKS[one.state]
        mark = screen.paint(f"{word:<5}", colour) if colour else f"{word:<5}"
        about = f" {one.about}" if one.about else ""
        screen.data(f"{mark} {listed([f'{one.check}{about}: {one.found}'])}")
        if one.fix and one.state is not State.FINE:
            code = f" [{one.code}]" if one.code else ""
            screen.data(f"      {listed([one.fix])}{code}")
    many = Counter(one.state for one in found)
    summary = f"{many[State.WRONG]} wrong, {many[State.NOTE]} to know, {many[State.FINE]} fine"
    screen.data(summary + (f", {many[State.UNSEEN]} not looked at" if many[State.UNSEEN] else ""))


def _as_scheduler(session: Session) -> int:
    """Examine in a process of its own: a keyring is found by the environment that a process began with."""
    config = session.config_path().absolute()
    words = ["-C", str(config), "--no-input", *(["--output", "json"] if session.screen.json else []), "doctor"]
    root = str(Path(__file__).parents[2])
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", _START, root, *words],
        env=job_environment(config.parent),
        cwd=Path.home(),
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_S,
    )
    if done.stderr.strip():
        session.screen.warn(done.stderr.rstrip("\n"))
    if done.stdout.strip():
        session.screen.data(done.stdout.rstrip("\n"))
    return done.returncode


def job_environment(root: Path) -> dict[str, str]:
    """Return what a job of cron finds in its environment, with what `npsync schedule cron` sets."""
    user = getpass.getuser()
    return {
        "HOME": str(Path.home()),
        "LOGNAME": user,
        "USER": user,
        "SHELL": "/bin/sh",
        "PATH": "/usr/bin:/bin",
        "CREDENTIALS_DIRECTORY": str(root / ".npsync" / "secrets"),
    }
