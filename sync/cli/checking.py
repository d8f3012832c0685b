"""Commands that need no run: `validate`, `state`, `json-schema`, `help`."""

from pathlib import Path
from typing import Annotated

import typer

from sync.cli.session import Session, chosen
from sync.errors import Problem, UserError

state = typer.Typer(no_args_is_help=True, help="Show or export what was read of each source.")


def add_to(app: typer.Typer) -> None:
    """Put the commands of this module into the tree."""
    app.command()(validate)
    app.add_typer(state, name="state")
    app.command("json-schema")(json_schema)
    app.command("help")(help_)


def validate(
    ctx: typer.Context,
    mappings: Annotated[list[str] | None, typer.Argument(metavar="MAPPING", help="All mappings by default.")] = None,
    online: Annotated[
        bool, typer.Option("--online", help="Also compare them with what the destinations have.")
    ] = False,
) -> None:
    """Check the config and the mappings.

    Every problem is told at once, with file, line and column. Without --online nothing is connected; no export is read.
    """
    from sync.wiring import open_project

    session: Session = ctx.obj
    config = session.config_path()
    # Nothing is connected and no ledger is opened until somebody asks for one.
    with open_project(config) as project:
        settings, known = project.settings, project.mappings
        for name, connection in settings.connections.items():
            if (
                connection.type == "file"
            ):  # its preset is a file that may be missing or wrong; making it reads no export
                project.connection(name)
        names = chosen(mappings or (), known)
        if online:
            from sync.cli.online import check

            check(session, project, names, config)
    if session.screen.json:
        told = {"config": str(config), "connections": sorted(settings.connections), "mappings": names, "problems": []}
        session.screen.object({"status": "valid"} | told)
        return
    session.screen.data(f"{config}: valid, {len(settings.connections)} connections")
    for name in names:
        session.screen.data(f"{name}: valid, {known[name].from_} -> {known[name].to} {known[name].object}")


@state.command("show")
def show(
    ctx: typer.Context,
    mapping: Annotated[str | None, typer.Argument(help="All mappings by default.")] = None,
) -> None:
    """Show how far each source has been read."""
    from sync.cli.screen import table
    from sync.ledger import overview

    session: Session = ctx.obj
    with session.project() as project, project.ledger.read() as connection:
        names = chosen([mapping] if mapping else (), project.mappings)
        found = [one for name in names for one in overview.cursors(connection, name)]
        where = project.ledger.where
    if session.screen.json:
        session.screen.object({"ledger": where, "cursors": found})
        return
    session.screen.say(f"ledger: {where}")
    if found:
        rows = [[one["mapping"], one["stream"], one["cursor"]] for one in found]
        session.screen.data(table(["mapping", "stream", "cursor"], rows))
    else:
        session.screen.say("Nothing was read yet: npsync sync")


@state.command("export")
def export(ctx: typer.Context) -> None:
    """Print cursors and people's decisions as JSON: what a new ledger could not find out again."""
    from sync.ledger import overview, waiting

    session: Session = ctx.obj
    with session.project() as project, project.ledger.read() as connection:
        told = {"version": 1, "cursors": overview.cursors(connection), "decisions": waiting.said(connection)}
    session.screen.object(told)


def json_schema(
    ctx: typer.Context,
    which: Annotated[str | None, typer.Argument(metavar="[config|mapping]", help="Both by default.")] = None,
    folder: Annotated[Path | None, typer.Option("--into", help="Write them as files into this folder.")] = None,
) -> None:
    """Print the JSON Schemas that editors use."""
    from sync.config.json_schema import as_text, schemas

    session: Session = ctx.obj
    found = {file.partition(".")[0]: schema for file, schema in schemas().items()}
    if which is not None and which not in found:
        hint = f"There are: {', '.join(found)}."
        raise UserError("E105", Problem(where="command line", what=f"no schema `{which}`", hint=hint))
    wanted = {which: found[which]} if which else found
    if folder is None:
        session.screen.object(found[which] if which else found)
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in wanted.items():
        path = folder / f"{name}.schema.json"
        path.write_text(as_text(schema), encoding="utf-8")
        session.screen.data(str(path))


def help_(
    ctx: typer.Context,
    topic: Annotated[
        str | None, typer.Argument(help="An error code (E103), a row's reason (many), or a command.")
    ] = None,
) -> None:
    """Explain an error code, a reason, or a command."""
    from sync.cli.pages import NoPage, codes, page
    from sync.cli.screen import table

    session: Session = ctx.obj
    if topic is None:
        session.screen.data(table(["code", "meaning"], list(codes().items())))
        session.screen.say("One of them: npsync help CODE")
        return
    root = ctx.parent.command if ctx.parent else None
    command = getattr(root, "commands", {}).get(topic)
    if command is not None and ctx.parent is not None:
        session.screen.data(command.get_help(type(ctx)(command, info_name=topic, parent=ctx.parent)))
        return
    try:
        text = page(topic)
    except NoPage as missing:
        meant = f"Did you mean `{missing.near}`? " if missing.near else ""
        hint = f"{meant}Codes with a page: npsync help"
        raise UserError("E105", Problem(where="command line", what=f"no page about `{topic}`", hint=hint)) from None
    if session.screen.json:
        session.screen.object({"topic": topic, "text": text})
    else:
        session.screen.data(text)
