"""Commands about what systems hold: `schema`, `suggest`, `fields plan`, `fields create`, `fields metadata`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync.cli.session import Session, chosen
from sync.errors import Exit, Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sync.field_plan import FieldPlan
    from sync.wiring import Project

fields = typer.Typer(no_args_is_help=True, help="Compare a mapping's fields with the destination's, and make them.")

Mappings = Annotated[list[str] | None, typer.Argument(metavar="MAPPING", help="All mappings by default.")]


def add_to(app: typer.Typer) -> None:
    """Put the commands of this module into the tree."""
    from sync.cli import setting_up, suggesting, trying

    app.command()(schema)
    suggesting.add_to(app)
    trying.add_to(app)
    setting_up.add_to(app)
    app.add_typer(fields, name="fields")


def schema(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="CONNECTION", help="As the config names it.")],
    object_: Annotated[str | None, typer.Argument(metavar="OBJECT", help="List its fields.")] = None,
) -> None:
    """List the objects of a connection, or an object's fields, as the signed-in user sees them."""
    from connectors.contract import Schema
    from connectors.shaping import Browsable
    from sync.cli import render_fields
    from sync.wiring import open_connections

    session: Session = ctx.obj
    with open_connections(session.config_path()) as project:
        if name not in project.settings.connections:
            raise _unknown("connection", name, project.settings.connections)
        connection = project.connection(name)
        if not isinstance(connection, Schema):
            raise _usage(f"`{name}` holds no records that are written", "Name a connection that a mapping writes to.")
        if object_ is None:
            if not isinstance(connection, Browsable):
                raise _usage(f"`{name}` does not list its objects", f"Name one: npsync schema {name} OBJECT")
            listed = connection.objects()
            _print(session, {"connection": name, "objects": _plain(listed)}, render_fields.objects(listed))
            return
        found = connection.fields(object_)
        if not found:
            names = [each.name for each in connection.objects()] if isinstance(connection, Browsable) else []
            raise _unknown("object", object_, names)
        told = {"connection": name, "object": object_, "fields": _plain(found)}
        _print(session, told, render_fields.fields(found))


@fields.command("plan")
def plan(ctx: typer.Context, mappings: Mappings = None) -> None:
    """Show which of a mapping's fields are missing, closed, too short or of another kind; nothing is changed."""
    from sync.cli import render_fields
    from sync.field_plan import as_object

    session: Session = ctx.obj
    with session.project() as project:
        planned = list(_plans(project, mappings))
    _print(session, {"plans": [as_object(one) for one in planned]}, "\n".join(map(render_fields.plan, planned)))
    for one in planned:
        for step in _next(one):
            session.screen.say(step)


@fields.command("create")
def create(ctx: typer.Context, mappings: Mappings = None) -> None:
    """Make the fields that are missing, after showing which. What exists is never altered."""
    from sync.cli import render_fields

    session: Session = ctx.obj
    left = 0
    told = []
    with session.project() as project:
        for planned in _plans(project, mappings):
            _show(session, render_fields.plan(planned))
            made = _make(session, project, planned) if planned.makes() else []
            after = _plan(project, planned.mapping) if made else planned
            left += len(after.left())
            told.append({"mapping": planned.mapping, "made": made, "left": _findings(after)})
            _say_result(session, after, len(made))
    if session.screen.json:
        session.screen.object({"mappings": told})
    if left:
        raise typer.Exit(Exit.USAGE)


@fields.command("metadata")
def metadata(
    ctx: typer.Context,
    into: Annotated[Path, typer.Option("--into", metavar="DIR", help="An empty or new folder.")],
    mapping: Annotated[str | None, typer.Argument(help="Needed if there are several.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also the fields that are there already.")] = False,
) -> None:
    """Write missing objects, fields and rights as files that an administrator deploys (Salesforce)."""
    from connectors.shaping import Deployable
    from sync.field_plan import wanted

    session: Session = ctx.obj
    with session.project() as project:
        names = chosen([mapping] if mapping else (), project.mappings)
        if len(names) > 1:
            raise _usage("there are several mappings", f"Name one: npsync fields metadata {names[0]} --into {into}")
        destination = project.connection(project.mappings[names[0]].to)
        if not isinstance(destination, Deployable):
            raise _usage(f"`{project.mappings[names[0]].to}` takes no such files", f"npsync fields create {names[0]}")
        package = destination.package(wanted(_plan(project, names[0])), everything=everything)
    if not package.files:
        session.screen.say("Nothing is missing, so nothing was written; --all writes what is there, too.")
    else:
        write_files(into, package.files)
    if session.screen.json:
        told = {"mapping": names[0], "folder": str(into), "files": list(package.files)}
        session.screen.object(
            told | {"next_steps": [step.replace("{folder}", str(into)) for step in package.next_steps]}
        )
        return
    for path in package.files:
        session.screen.data(str(into / path))
    for step in package.next_steps if package.files else ():
        session.screen.say(step.replace("{folder}", str(into)))


def _plans(project: "Project", mappings: list[str] | None) -> "Iterator[FieldPlan]":
    for name in chosen(mappings or (), project.mappings):
        yield _plan(project, name)


def _plan(project: "Project", name: str) -> "FieldPlan":
    from sync.field_plan import plan as planned

    mapping = project.mappings[name]
    return planned(mapping, project.settings.segments, project.connection(mapping.to))


def _make(session: Session, project: "Project", planned: "FieldPlan") -> list[str]:
    """Make what *planned* says, once a person agreed; return what was made, as `object.field`."""
    from sync.cli.render_fields import counted
    from sync.field_plan import make

    if not session.yes:
        if session.no_input or not sys.stdin.isatty():
            raise _usage("making fields needs a yes", f"npsync fields create {planned.mapping} --yes")
        typer.confirm(f"Make {counted(planned.makes())} in `{planned.connection}`?", abort=True, err=True)
    made: list[str] = []
    for object_, names in make(planned, project.connection(planned.connection)):
        session.screen.say(f"made {counted(len(names))} of {object_}")
        made += [f"{object_}.{name}" for name in names]
    return made


def _say_result(session: Session, after: "FieldPlan", made: int) -> None:
    left = after.left()
    for each in left if made else ():
        name = f"{each.object}.{each.field}" if each.field else each.object
        session.screen.warn(f"still: {name}: {each.what}")
    if not left:
        stands = "a sync makes what is missing" if after.by_sync else "every field that it writes is there"
        session.screen.say(f"{after.mapping}: {stands}. Next: npsync sync {after.mapping} -n")
    for step in _next(after):
        session.screen.say(step)


def _next(planned: "FieldPlan") -> "Iterator[str]":
    from sync.fitting import Trouble

    missing = any(each.trouble is Trouble.OBJECT_MISSING for each in planned.findings())
    if planned.makes():
        yield f"Make what can be made: npsync fields create {planned.mapping}"
    if planned.deployable and (missing or planned.makes()):
        yield f"Or as files for an administrator: npsync fields metadata {planned.mapping} --into DIR"


def _findings(planned: "FieldPlan") -> list[dict[str, Any]]:
    return [
        {"object": each.object, "field": each.field, "trouble": each.trouble.value, "what": each.what}
        for each in planned.left()
    ]


def write_files(folder: Path, files: Any) -> None:  # noqa: ANN401 - a mapping of paths to texts
    """Write files into a folder that holds nothing else: what was left there would be deployed, too."""
    others = sorted(
        path.relative_to(folder).as_posix()
        for path in (folder.rglob("*") if folder.is_dir() else ())
        if path.is_file() and path.relative_to(folder).as_posix() not in files
    )
    if others:
        hint = f"Take a new folder, or remove what is not part of it, such as `{others[0]}`."
        raise UserError("E105", Problem(where=str(folder), what="the folder holds other files", hint=hint))
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def _show(session: Session, text: str) -> None:
    """Print a plan: data on stdout, unless that holds one object of JSON."""
    if session.screen.json:
        session.screen.say(text)
    else:
        session.screen.data(text)


def _print(session: Session, told: dict[str, Any], text: str) -> None:
    if session.screen.json:
        session.screen.object(told)
    else:
        session.screen.data(text)


def _plain(values: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a sequence of dataclasses
    from dataclasses import asdict

    return [asdict(each) for each in values]


def _unknown(what: str, name: str, known: Any) -> UserError:  # noqa: ANN401 - names, however held
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=1)
    meant = f"Did you mean `{near[0]}`? " if near else ""
    listed = ", ".join(list(known)[:50])
    return _usage(f"there is no {what} `{name[:80]}`, or we may not see it", f"{meant}There are: {listed or 'none'}.")


def _usage(what: str, hint: str) -> UserError:
    return UserError("E105", Problem(where="command line", what=what, hint=hint))
