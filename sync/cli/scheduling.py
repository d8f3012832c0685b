"""`schedule`: run every mapping at its interval as a service, or print what makes a scheduler do so."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import random
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.session import Session
from sync.errors import Exit

if TYPE_CHECKING:
    from datetime import datetime

schedule = typer.Typer(
    no_args_is_help=True, help="Sync at an interval: as a service here, or by cron, systemd or Kubernetes."
)

Mappings = Annotated[list[str] | None, typer.Argument(metavar="MAPPING", help="All mappings by default.")]
Into = Annotated[Path | None, typer.Option("--into", help="Write the files into this folder instead.")]
AsService = Annotated[
    bool, typer.Option("--service", help="For `npsync schedule run`, which webhooks need, instead of a timer.")
]


def add_to(app: typer.Typer) -> None:
    """Put the commands of this module into the tree."""
    app.add_typer(schedule, name="schedule")


@schedule.command("run")
def run_(
    ctx: typer.Context,
    mappings: Mappings = None,
    once: Annotated[bool, typer.Option("--once", help="Run every mapping one time, then end.")] = False,
) -> None:
    """Sync every `schedule.every` of the config, and when an event arrives, until Ctrl-C or SIGTERM.

    One line for each run. A changed config or mapping counts from the next run on. A run that fails ends nothing.
    """
    session: Session = ctx.obj
    with signals() as asked:
        status = serve(session, mappings or [], asked, once=once)
    raise typer.Exit(status)


@schedule.command("cron")
def cron(ctx: typer.Context, mappings: Mappings = None) -> None:
    """Print the lines for a crontab."""
    from sync.cli import unit_cron
    from sync.cli.units import job_of, show

    session: Session = ctx.obj
    show(session, {"crontab": unit_cron.crontab(job_of(session, mappings or ()))}, None)


@schedule.command("systemd")
def systemd(ctx: typer.Context, mappings: Mappings = None, service: AsService = False, into: Into = None) -> None:
    """Print a hardened service unit, and the timer that starts it."""
    from sync.cli import unit_systemd
    from sync.cli.units import job_of, show

    session: Session = ctx.obj
    show(session, unit_systemd.units(job_of(session, mappings or ()), service=service), into)


@schedule.command("kubernetes")
def kubernetes(
    ctx: typer.Context,
    mappings: Mappings = None,
    image: Annotated[str, typer.Option(help="An image in which npsync is installed.")] = "npsync",
    service: AsService = False,
    into: Into = None,
) -> None:
    """Print a CronJob with its ConfigMap and the volume of the ledger."""
    from sync.cli import unit_kubernetes
    from sync.cli.units import job_of, show

    session: Session = ctx.obj
    job = job_of(session, mappings or ())
    show(session, {"npsync.yaml": unit_kubernetes.manifests(job, image, service=service)}, into)


def serve(
    session: Session,
    names: list[str],
    asked: list[int],
    *,
    once: bool = False,
    clock: "Callable[[], datetime] | None" = None,
    timer: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Exit:
    """Run the service until it is asked to end; return the exit status.

    Raises:
        UserError: The config or the ledger cannot be used.
        KeyboardInterrupt: Ctrl-C; or SIGTERM before `--once` had run every mapping.
    """
    from sync.cli.service_work import ProjectWork
    from sync.service import Service
    from sync.timetable import Timetable

    with ProjectWork(session, names, clock=clock) as work:
        timetable = Timetable(rand=random)
        service = Service(work=work, timetable=timetable, asked=asked, clock=work.clock, timer=timer, sleep=sleep)
        if once:
            return service.once()
        try:
            service.serve()
        except KeyboardInterrupt:
            if signal.SIGINT in asked or not asked:
                raise
    if signal.SIGINT in asked:
        raise KeyboardInterrupt
    session.screen.say("ended as asked; what was under way goes on with the next run")
    return Exit.DONE


@contextmanager
def signals() -> Iterator[list[int]]:
    """Yield a list of the signals that ask for an end; the second one does not wait for the durable step any more.

    A closed terminal asks for an end, too; without one SIGHUP asks for what happens anyway: to notice a changed config.
    """
    # A list, because a handler may run while the main thread holds an Event's own lock.
    asked: list[int] = []

    def ask(number: int, _frame: object) -> None:
        asked.append(number)
        if len(asked) > 1:
            raise KeyboardInterrupt

    handlers: dict[int, Callable[[int, object], None]] = {signal.SIGINT: ask, signal.SIGTERM: ask}
    hang_up = getattr(signal, "SIGHUP", None)  # not on Windows
    if hang_up is not None and signal.getsignal(hang_up) is not signal.SIG_IGN:
        handlers[hang_up] = ask if sys.stderr.isatty() else _go_on
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _go_on(_number: int, _frame: object) -> None:
    """Do nothing of it."""
