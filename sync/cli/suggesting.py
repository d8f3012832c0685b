"""`suggest`: which fields of a CRM's object our words belong into, and why."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync.errors import Problem, UserError

if TYPE_CHECKING:
    from sync.cli.session import Session
    from sync.config.schema import Settings
    from sync.sample import Sample
    from sync.suggest.choosing import Passed, Proposal, Suggested
    from sync.suggest.preview import Preview
    from sync.wiring import Project

#: Characters of a sample's value that a line shows.
SHOWN = 40


def add_to(app: typer.Typer) -> None:
    """Put the command of this module into the tree."""
    app.command()(suggest)


def suggest(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="CONNECTION", help="The CRM, as the config names it.")],
    object_: Annotated[str, typer.Argument(metavar="OBJECT", help="Such as Contact, or contacts.")],
    source: Annotated[
        str | None, typer.Option("--from", metavar="SOURCE", help="Where responses come from; needed if several.")
    ] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Print a mapping to keep as a file, with comments.")] = False,
    missing: Annotated[
        bool, typer.Option("--with-missing", help="In the draft, also lines for fields that are to be made.")
    ] = False,
) -> None:
    """Propose which fields of an object are meant for NPS; nothing is changed.

    What is not certain is not proposed: it is listed, with why.
    """
    from sync.wiring import open_connections

    session: Session = ctx.obj
    with open_connections(session.config_path()) as project:
        kind = _kind(project.settings, name)
        chosen = _source(project.settings, source)
        if draft and chosen is None:
            raise _usage("a mapping needs a source", "Add one to `connections`, such as {type: file, path: ...}.")
        found, sample = proposed(project, name, object_, chosen)
    previews = _previews(found, sample)
    if sample is not None and sample.trouble is not None:
        session.screen.warn(f"{chosen}: {sample.trouble}; the proposals were made without all of its responses")
    if draft:
        session.screen.data(_draft(found, previews, chosen or "", name, kind, with_missing=missing).rstrip("\n"))
        return
    if session.screen.json:
        session.screen.object({"connection": name} | as_object(found, previews))
        return
    session.screen.data(as_text(found, previews))
    if found.proposals:
        session.screen.say(f"As a mapping: npsync suggest {name} {object_} --draft > mappings/{name}.yaml")


def proposed(project: "Project", name: str, object_: str, source: str | None) -> "tuple[Suggested, Sample | None]":
    """Compare an object's fields with our words, and read a sample of the source.

    Raises:
        UserError: The connection has no such object, or no fields.
        ConnectorError: It cannot be reached.
    """
    from connectors.contract import Schema
    from sync.sample import sample_of
    from sync.suggest.choosing import Origin, suggest

    connection = project.connection(name)
    if not isinstance(connection, Schema):
        raise _usage(f"`{name}` holds no records that are written", "Name a connection that a mapping writes to.")
    fields = connection.fields(object_)
    if not fields:
        hint = f"See what there is: npsync schema {name}"
        raise _usage(f"there is no object `{object_[:80]}`, or we may not see it", hint)
    sample = sample_of(project.connection(source)) if source is not None else None
    given = project.settings.connections[source] if source is not None else None
    tool = getattr(given, "service", None) or (sample.preset if sample else "")
    kind = getattr(given, "kind", None)
    return suggest(object_, fields, Origin(tool=tool or "", kind=kind.value if kind else "")), sample


def as_object(found: "Suggested", previews: "dict[str, Preview]") -> dict[str, Any]:
    """Return proposals as JSON holds them."""
    return {
        "object": found.object,
        "proposals": [_proposal(each, previews.get(each.field.name)) for each in found.proposals],
        "left_alone": [_passed(each) for each in found.passed],
    }


def as_text(found: "Suggested", previews: "dict[str, Preview]") -> str:
    """Return proposals as tables."""
    from sync.cli.screen import table

    rows = [[each.word, each.field.name, _shown(previews.get(each.field.name)), each.why] for each in found.proposals]
    parts = [table(["word", "field", "before -> after", "why"], rows)] if rows else ["Nothing is certain enough."]
    if found.passed:
        left = [[each.field.name, each.why] for each in found.passed]
        parts += ["", table(["left alone", "why"], left)]
    return "\n".join(parts)


def _draft(
    found: "Suggested", previews: "dict[str, Preview]", source: str, name: str, kind: str, *, with_missing: bool
) -> str:
    from sync.suggest.draft import STYLES, Draft

    if kind not in STYLES:
        hint = "Take mappings/warehouse.yaml as a start: a table needs its `records` named."
        raise _usage(f"a draft is made for {' and '.join(STYLES)}, and `{name}` is a {kind}", hint)
    made = Draft(source=source, destination=name, system=kind, suggested=found, previews=previews)
    return (replace(made, make=made.missing()) if with_missing else made).text()


def _previews(found: "Suggested", sample: "Sample | None") -> "dict[str, Preview]":
    from sync.suggest.preview import preview

    responses = sample.responses if sample is not None else ()
    shown = {each.field.name: preview(each, responses) for each in found.proposals}
    return {name: each for name, each in shown.items() if each is not None}


def _kind(settings: "Settings", name: str) -> str:
    if name not in settings.connections:
        listed = ", ".join(settings.connections)
        raise _usage(f"there is no connection `{name[:80]}`", f"There are: {listed}.")
    return settings.connections[name].type


def _source(settings: "Settings", given: str | None) -> str | None:
    """Return the connection that responses come from: the one that is named, or the only one."""
    if given is not None:
        if given not in sources(settings):
            raise _usage(f"`{given[:80]}` gives no responses", f"Sources: {', '.join(sources(settings)) or 'none'}.")
        return given
    found = sources(settings)
    return found[0] if len(found) == 1 else None


def sources(settings: "Settings") -> list[str]:
    """Return the connections that give responses."""
    others = ("salesforce", "hubspot", "warehouse")
    return [name for name, one in settings.connections.items() if one.type not in others]


def _proposal(each: "Proposal", shown: "Preview | None") -> dict[str, Any]:
    told: dict[str, Any] = {"word": each.word, "field": each.field.name, "label": each.field.label, "why": each.why}
    told |= {"values": dict(each.values), "truncate": each.truncate}
    if shown is not None:
        told["sample"] = {"before": shown.before, "after": shown.after, "cut": shown.cut, "of": shown.of}
    return told


def _passed(each: "Passed") -> dict[str, Any]:
    return {"field": each.field.name, "why": each.why, "word": each.word, "ambiguous": each.ambiguous}


def _shown(one: "Preview | None") -> str:
    if one is None:
        return "-"
    cut = f", {one.cut} of {one.of} are cut" if one.cut else ""
    return f"{_short(one.before)} -> {_short(one.after)}{cut}"


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def _usage(what: str, hint: str) -> UserError:
    return UserError("E105", Problem(where="command line", what=what, hint=hint))
