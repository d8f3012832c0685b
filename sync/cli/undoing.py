"""`undo`: what a run wrote, taken back."""

import logging
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync.cli.session import Session
from sync.errors import Exit, Problem, UserError

if TYPE_CHECKING:
    from sync.undo_report import UndoReport, Wish
    from sync.wiring import Project

log = logging.getLogger(__name__)

#: So many records are put back without asking.
HANDFUL = 10
#: What was left as it was, as far as the text shows it; JSON has as many, `npsync runs` has all.
LEFT_SHOWN = 50


def add_to(app: typer.Typer) -> None:
    """Put the command of this module into the tree."""
    app.command()(undo)


def undo(
    ctx: typer.Context,
    run: Annotated[str, typer.Argument(help="The run to take back, as `npsync runs` names it.")],
    fields: Annotated[
        str | None, typer.Option(metavar="F,G", help="Only these fields; rows that the run made or deleted stay.")
    ] = None,
    object_: Annotated[str | None, typer.Option("--object", metavar="O", help="Only records of this object.")] = None,
    dry_run: Annotated[
        bool, typer.Option("-n", "--dry-run", help="Print each value, now -> then; write nothing.")
    ] = False,
) -> None:
    """Put back what a run replaced, where the record still holds it.

    What somebody changed since stays and is listed. Rows that the run made are deleted where they are npsync's own; a
    person's record and a task never are. An undo is a run: it can be undone, too.
    """
    from sync.undo_report import Wish

    session: Session = ctx.obj
    with session.project() as project:
        name = _mapping_of(project, run)
        names = frozenset(_fields(project, name, fields)) if fields else frozenset[str]()
        wish = Wish(run=run, fields=names, object=object_)
        if not dry_run:
            _ask(session, project, wish)
        undoer = project.undoer(name, begun=lambda id_: _say_begun(session, id_))
        report = undoer.undo(wish, dry_run=dry_run)
        log.info("run.undone", extra={"run": report.run, "undone": run, "status": report.status.value})
        left = [] if dry_run else _left(project, report)
    _show(session, report, left, dry_run=dry_run)
    raise typer.Exit(_status(report))


def _mapping_of(project: "Project", run: str) -> str:
    from sync.ledger import runs

    with project.ledger.read() as connection:
        found = runs.one(connection, run)
    if found is None:
        raise _usage(f"no run `{run}`", "See the runs there were: npsync runs")
    name: str = found["mapping"]
    if name not in project.mappings:
        raise _usage(f"the mapping of this run, `{name}`, is no longer here", "Put its file back into mappings/.")
    return name


def _fields(project: "Project", name: str, given: str) -> list[str]:
    from sync.shapes import Shapes

    wanted = [each.strip() for each in given.split(",") if each.strip()]
    known = {field for shape in Shapes(project.mappings[name]).all() for field in shape.rules}
    unknown = [each for each in wanted if each not in known]
    if unknown:
        raise _usage(f"`{name}` writes no field `{unknown[0]}`", f"It writes: {', '.join(sorted(known))}.")
    return wanted


def _ask(session: Session, project: "Project", wish: "Wish") -> None:
    """Have a person say yes before more than a handful of records is written."""
    from sync.cli.render_run import counts
    from sync.ledger import writes

    with project.ledger.read() as connection:
        found = writes.counts(connection, wish.run)
    found = {name: number for name, number in found.items() if wish.object in (None, name)}
    total = sum(found.values())
    if total <= HANDFUL:
        return
    session.screen.say(f"Run {wish.run} wrote {counts(found)}. What still stands of it is taken back.")
    if session.yes:
        return
    if session.no_input or not sys.stdin.isatty():
        hint = f"Look at it with `npsync undo {wish.run} -n`, then add --yes."
        what = f"{total:,} writes would be taken back, and nobody was asked"
        raise UserError("E406", Problem(where=f"run {wish.run}", what=what, hint=hint), exit_=Exit.STOPPED_BY_GUARD)
    typer.confirm("Go on?", abort=True, err=True)


def _left(project: "Project", report: "UndoReport") -> list[dict[str, Any]]:
    from sync.ledger import undos

    with project.ledger.read() as connection:
        return undos.left(connection, report.run, most=LEFT_SHOWN)


def _show(session: Session, report: "UndoReport", left: list[dict[str, Any]], *, dry_run: bool) -> None:
    from sync.cli import render_undo
    from sync.cli.render_run import change_as_json, changes

    told = report.as_json()
    if session.screen.json:
        shown = {"changes": [change_as_json(change) for change in report.changes]} if dry_run else {"left_alone": left}
        session.screen.object(told | shown)
        return
    if report.changes:
        session.screen.data(changes(report.changes))
    parts = (render_undo.summary(told), render_undo.left(left, report.left, report.run))
    session.screen.data("\n".join(part for part in parts if part))
    if report.ended:
        session.screen.warn(f"[{report.ended[1]}] npsync help {report.ended[1]}")


def _status(report: "UndoReport") -> Exit:
    from sync.cli.failures import exit_of
    from sync.report import Status

    if report.status in (Status.DONE, Status.DRY_RUN):
        return Exit.DONE
    return Exit.SOME_ROWS_FAILED if report.ended is None else exit_of(report.ended[1])


def _say_begun(session: Session, run: str) -> None:
    session.screen.say(f"Run {run} begins. If it is interrupted, undo the same run again: it goes on from there.")


def _usage(what: str, hint: str) -> UserError:
    return UserError("E105", Problem(where="command line", what=what, hint=hint))
