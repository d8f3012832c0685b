"""`sync`: the command that changes something, and the exit status of what it did."""

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from sync.cli.session import Session, chosen
from sync.errors import Exit

if TYPE_CHECKING:
    from sync.engine import Choices
    from sync.report import RunReport
    from sync.wiring import Project

log = logging.getLogger(__name__)


def add_to(app: typer.Typer) -> None:
    """Put the commands of this module into the tree."""
    from sync.cli import demo, sandbox

    app.command()(demo.demo)
    app.command()(sync)
    app.command()(sandbox.sandbox)


def sync(
    ctx: typer.Context,
    mappings: Annotated[list[str] | None, typer.Argument(metavar="MAPPING", help="All mappings by default.")] = None,
    dry_run: Annotated[
        bool,
        typer.Option("-n", "--dry-run", help="Print each changed field, old -> new with its reason; write nothing."),
    ] = False,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Read every source from its start again.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Read at most so many rows.")] = None,
    confirm: Annotated[
        str | None, typer.Option(metavar="PLAN", help="Let the plan through that a guard has stopped.")
    ] = None,
) -> None:
    """Pull, match, compute, and write what changed."""
    from sync.engine import Choices

    session: Session = ctx.obj
    choices = Choices(dry_run=dry_run, full_refresh=full_refresh, limit=limit, confirm=confirm)
    with session.project() as project:
        names = chosen(mappings or (), project.mappings)
        if not names:
            session.screen.warn("No mappings yet. Put one into mappings/, then: npsync validate")
        perform(session, project, names, choices)


def perform(session: Session, project: "Project", names: Iterable[str], choices: "Choices") -> NoReturn:
    """Run the mappings *names* one after the other, show what each did, and leave with the gravest exit status."""
    from sync.cli.failures import as_json, as_user_error, show

    told: list[dict[str, Any]] = []
    statuses: list[int] = []
    messages = session.screen.without_json()
    for name in names:
        log.info("mapping.started", extra={"mapping": name, "dry_run": choices.dry_run})
        try:
            report = project.engine(name, begun=lambda run: _say_begun(session, run)).sync(choices)
        except Exception as error:  # noqa: BLE001 - one mapping's failure must not keep the others from running
            statuses.append(show(error, messages))
            said = as_user_error(error)
            log.info("mapping.failed", extra={"mapping": name, "code": said.code})
            told.append({"mapping": name} | as_json(said))
            continue
        log.info("mapping.finished", extra=_event(report))
        told.append(_told(report, dry_run=choices.dry_run))
        statuses.append(_show(report, session))
    if session.screen.json:
        session.screen.object(told[0] if len(told) == 1 else {"runs": told})
    raise typer.Exit(max(statuses, default=Exit.DONE))


def _say_begun(session: Session, run: str) -> None:
    log.info("run.started", extra={"run": run})
    session.screen.say(f"Run {run} begins. To look at it, also if it is interrupted: npsync runs {run}")


def _event(report: "RunReport") -> dict[str, Any]:
    """What a log says of a run: ids and counts."""
    told = report.as_json()
    event: dict[str, Any] = {name: told[name] for name in ("mapping", "run", "status", "seconds")}
    event |= told["rows"]
    return event


def exit_status(report: "RunReport") -> Exit:
    """Return what a report means for the caller.

    A part that could not be read or reached counts by its code, whatever else the run did: so a run that finds the same
    file as useless as the one before ends alike, although it has nothing else left to read.
    """
    from sync.cli.failures import exit_of
    from sync.report import Status

    match report.status:
        case Status.DONE | Status.DRY_RUN:
            return Exit.DONE
        case Status.STOPPED:
            return Exit.STOPPED_BY_GUARD
        case _:
            return max((exit_of(code) for _, code, _ in report.troubles), default=Exit.SOME_ROWS_FAILED)


def _told(report: "RunReport", *, dry_run: bool) -> dict[str, Any]:
    from sync.cli.render_run import change_as_json

    told = report.as_json()
    return told | {"changes": [change_as_json(change) for change in report.changes]} if dry_run else told


def _show(report: "RunReport", session: Session) -> Exit:
    """Print a report, and the codes behind what went wrong; return its exit status."""
    from sync.cli.render_replay import replayed
    from sync.cli.render_run import changes, summary
    from sync.report import Status

    if not session.screen.json:
        if report.changes:
            session.screen.data(changes(report.changes))
        if report.replayed is not None:
            session.screen.data(replayed(report.replayed))
        session.screen.data(summary(report.as_json()))
    codes = [code for _, code, _ in report.troubles] + (["E401"] if report.status is Status.STOPPED else [])
    for code in dict.fromkeys(codes):
        session.screen.warn(f"[{code}] npsync help {code}")
    return exit_status(report)
