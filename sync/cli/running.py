"""`sync`: the command that changes something, and the exit status of what it did."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Performed:
    """What became of one mapping's run: a report, or the error that kept it from having one."""

    status: Exit
    report: "RunReport | None"
    error: Exception | None
    #: As JSON holds it.
    told: dict[str, Any]


def perform(session: Session, project: "Project", names: Iterable[str], choices: "Choices") -> NoReturn:
    """Run the mappings *names* one after the other, show what each did, and leave with the gravest exit status."""
    from sync.cli.failures import show

    done: list[Performed] = []
    messages = session.screen.without_json()
    for name in names:
        one = run_one(project, name, choices, begun=lambda run: _say_begun(session, run))
        if one.error is not None:
            show(one.error, messages)
        elif one.report is not None:
            _show(one.report, session)
        done.append(one)
    if session.screen.json:
        session.screen.object(done[0].told if len(done) == 1 else {"runs": [one.told for one in done]})
    raise typer.Exit(max((one.status for one in done), default=Exit.DONE))


def run_one(
    project: "Project",
    name: str,
    choices: "Choices",
    *,
    begun: Callable[[str], None],
    step: Callable[[str], None] = lambda _name: None,
) -> Performed:
    """Run one mapping; its failure is part of the answer, for it must not keep others from running."""
    from sync.cli.failures import as_json, as_user_error

    log.info("mapping.started", extra={"mapping": name, "dry_run": choices.dry_run})
    try:
        report = project.engine(name, begun=begun, step=step).sync(choices)
    except Exception as error:  # noqa: BLE001 - see above
        said = as_user_error(error)
        log.info("mapping.failed", extra={"mapping": name, "code": said.code})
        return Performed(status=said.exit, report=None, error=error, told={"mapping": name} | as_json(said))
    log.info("mapping.finished", extra=_event(report))
    told = _told(report, dry_run=choices.dry_run)
    return Performed(status=exit_status(report), report=report, error=None, told=told)


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


def _show(report: "RunReport", session: Session) -> None:
    """Print a report, and the codes behind what went wrong."""
    from sync.cli.render_replay import replayed
    from sync.cli.render_run import changes, summary

    if not session.screen.json:
        if report.changes:
            session.screen.data(changes(report.changes))
        if report.replayed is not None:
            session.screen.data(replayed(report.replayed))
        session.screen.data(summary(report.as_json()))
    for code in codes(report):
        session.screen.warn(f"[{code}] npsync help {code}")


def codes(report: "RunReport") -> list[str]:
    """Return the error codes behind what went wrong."""
    from sync.report import Status

    stopped = ["E401"] if report.status is Status.STOPPED else []
    return list(dict.fromkeys([*(code for _, code, _ in report.troubles), *stopped]))
