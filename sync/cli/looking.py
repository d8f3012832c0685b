"""Commands that look at the ledger: `status`, `runs`, `held` (which also takes decisions), `explain`, `report`."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync.cli.session import Session, chosen
from sync.errors import Problem, UserError

if TYPE_CHECKING:
    from sync.mapping.schema import Mapping

Mappings = Annotated[list[str] | None, typer.Argument(metavar="MAPPING", help="All mappings by default.")]
#: Held respondents that the text shows; JSON has them all.
SHOWN = 50


def add_to(app: typer.Typer) -> None:
    """Put the commands of this module into the tree."""
    for command in (status, runs, held, explain, report):
        app.command()(command)


def status(ctx: typer.Context, mappings: Mappings = None) -> None:
    """Show the last run of each mapping, what waits, and the service that runs them if there is one."""
    from sync.cli import render_rows
    from sync.ledger import overview, services

    session: Session = ctx.obj
    with session.project() as project, project.ledger.read() as connection:
        found = [overview.status(connection, name) for name in chosen(mappings or (), project.mappings)]
        service = services.standing(connection, project.clock())
    told = None if service is None else asdict(service)
    text = render_rows.status(found) + (f"\n{render_rows.service(told)}" if told else "")
    _print(session, {"mappings": found, "schedule": told}, text)


def runs(
    ctx: typer.Context,
    run: Annotated[str | None, typer.Argument(help="One run, with its rows and what it wrote.")] = None,
    most: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="Runs, or rows of one, to show.")] = 20,
    skip: Annotated[int, typer.Option(min=0, metavar="N", help="Rows of one run to leave out first.")] = 0,
) -> None:
    """Show the history, or one run: where each of its rows stands and why, and what it wrote over what."""
    from sync.cli import one_run, render_rows, render_run, render_undo
    from sync.ledger import runs as history

    session: Session = ctx.obj
    with session.project() as project, project.ledger.read() as connection:
        if run is None:
            found = [_brief(one) for one in history.latest(connection, most=most)]
            _print(session, {"runs": found}, render_rows.runs(found))
            return
        one = history.one(connection, run)
        if one is None:
            raise _unknown("run", run, "See the runs there were: npsync runs")
        rows = one_run.told(connection, one, most, skip)
    report = one["report"] or {}
    told = _brief(one) | report | rows
    finished = render_undo.summary if "looked_at" in report else render_run.summary
    summary = finished(told) if "seconds" in report else render_rows.runs([told])
    _print(session, told, one_run.text(summary, run, rows, most, skip))


def held(
    ctx: typer.Context,
    mapping: Annotated[str | None, typer.Argument(help="Needed with --link and --drop if there are several.")] = None,
    link: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="RESPONDENT RECORD", help="This respondent is this record. Holds until you decide again."),
    ] = None,
    drop: Annotated[
        str | None, typer.Option(metavar="RESPONDENT", help="This respondent is no customer of ours; do not ask again.")
    ] = None,
    most: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="Respondents to show as text.")] = SHOWN,
) -> None:
    """Show who needs a person's decision, or decide.

    Nobody matches, or too many do. For --link and --drop, the key of a response names its respondent, too.
    """
    from sync.cli import render_rows
    from sync.ledger import waiting

    session: Session = ctx.obj
    with session.project() as project:
        names = chosen([mapping] if mapping else (), project.mappings)
        if link or drop:
            from sync.cli.deciding import decide

            _print(session, *decide(session, project, names, link=link, drop=drop))
            return
        with project.ledger.read() as connection:
            found = [one for name in names for one in waiting.held(connection, name)]
    more = f"\n{len(found) - most:,} more: --limit {len(found)}" if len(found) > most else ""
    _print(session, {"held": found}, render_rows.held(found[:most], len(found)) + more)


def explain(
    ctx: typer.Context,
    response: Annotated[str, typer.Argument(help="Its key (source:id), its id in the source, or FILE:ROW.")],
) -> None:
    """Tell the whole way of one response.

    From its file and row by way of evidence, record and profile to the fields that were written.
    """
    from sync.cli import render_chain, render_rows
    from sync.ledger import trace

    session: Session = ctx.obj
    with session.project() as project, project.ledger.read() as connection:
        objects = {name: _objects(mapping) for name, mapping in project.mappings.items()}
        keys = trace.find(connection, response)
        rejects = [] if keys else trace.rejected(connection, response)
        found = trace.trace(connection, keys[0], objects) if len(keys) == 1 else None
    if len(keys) > 1:
        raise _unknown("single response", response, f"It could be one of: {', '.join(keys)}")
    if found is not None:
        _print(session, found, render_chain.chain(found))
    elif rejects:
        _print(session, {"rejected": rejects}, render_rows.rejects(rejects))
    else:
        hint = "Give its key as `npsync held` shows it, its id in the source, or FILE:ROW as in the last run."
        raise _unknown("response", response, hint)


def report(ctx: typer.Context, mappings: Mappings = None) -> None:
    """Show where NPS stands.

    With its interval, freshness, trend, segments, and the lowest accounts.
    """
    from sync.cli import render_standing
    from sync.ledger import overview

    session: Session = ctx.obj
    with session.project() as project, project.ledger.read() as connection:
        found = [overview.standing(connection, name) for name in chosen(mappings or (), project.mappings)]
    _print(session, {"mappings": found}, "\n\n".join(render_standing.standing(one) for one in found))


def _objects(mapping: "Mapping") -> list[str]:
    """The objects that a mapping writes, the customer's first."""
    blocks = (mapping.responses, mapping.rollup, mapping.follow_up)
    return [mapping.object, *mapping.others, *(block.object for block in blocks if block is not None)]


def _brief(run: dict[str, Any]) -> dict[str, Any]:
    """A run without its report, but with the rows it counted."""
    names = ("run", "mapping", "status", "started_at", "finished_at")
    report = run["report"] or {}
    told = {"rows": report.get("rows", {}), "error": report.get("error"), "undoes": report.get("undoes")}
    return {name: run[name] for name in names} | told


def _print(session: Session, value: Any, text: str) -> None:  # noqa: ANN401 - whatever JSON can hold
    if session.screen.json:
        session.screen.object(value)
    else:
        session.screen.data(text)


def _unknown(what: str, word: str, hint: str) -> UserError:
    return UserError("E105", Problem(where="command line", what=f"no {what} `{word}`", hint=hint))
