"""`replay`: what failed, sent again with today's data."""

from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.session import Session, chosen
from sync.errors import Problem, UserError

if TYPE_CHECKING:
    from datetime import datetime

    from sync.wiring import Project


def add_to(app: typer.Typer) -> None:
    """Put the command of this module into the tree."""
    app.command()(replay)


def replay(
    ctx: typer.Context,
    mappings: Annotated[list[str] | None, typer.Argument(metavar="MAPPING", help="All mappings by default.")] = None,
    run: Annotated[str | None, typer.Option(metavar="RUN", help="Only what failed last in this run.")] = None,
    error: Annotated[str | None, typer.Option(metavar="CODE", help="Only what failed with this code.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only what failed since: 2h, 3d, or 2026-11-22T08:00.")
    ] = None,
    row: Annotated[
        str | None, typer.Option(metavar="ROW", help="Only one: a response's key, FILE:ROW, or a record's id.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("-n", "--dry-run", help="Print what would be sent and why it failed; write nothing.")
    ] = False,
    confirm: Annotated[
        str | None, typer.Option(metavar="PLAN", help="Let the plan through that a guard has stopped.")
    ] = None,
) -> None:
    """Send again what failed, computed from today's data.

    Nothing older than what is there is ever written. Of each group of failures (the same object, code and fields) one
    goes first, then ten, then the rest; a group of which more than a fifth fails is left alone.
    """
    from sync.cli.running import perform
    from sync.engine import Choices
    from sync.ledger.failures import Selection

    session: Session = ctx.obj
    with session.project() as project:
        names = chosen(mappings or (), project.mappings)
        at = None if since is None else _since(since, project.clock())
        selection = Selection(run=run, code=error, since=at, row=None if row is None else _row(project, row))
        perform(session, project, names, Choices(dry_run=dry_run, confirm=confirm, replay=selection))


def _row(project: "Project", word: str) -> str:
    """Return the response that *word* names, else *word* itself: then it is a record."""
    from sync.ledger import trace

    with project.ledger.read() as connection:
        keys = trace.find(connection, word)
    return keys[0] if len(keys) == 1 else word


def _since(word: str, now: "datetime") -> str:
    """Return a time of the ledger: so long before *now*, or the moment that *word* is."""
    from datetime import datetime

    from connectors.durations import parse_duration
    from sync.times import to_text

    try:
        if word[-1:].isalpha() and word[:-1].isdigit():
            return to_text(now - parse_duration(word))
        moment = datetime.fromisoformat(word)
    except (ValueError, OverflowError):  # the latter: so long ago that there is no such date
        hint = "Give how long ago (30m, 2h, 3d) or a moment (2026-11-22, 2026-11-22T08:00)."
        raise UserError("E105", Problem(where="command line", what=f"`{word}` is no time", hint=hint)) from None
    return to_text(moment if moment.tzinfo else moment.astimezone())
