"""`try`: one response shown before -> after, written on a yes, read back, and taken back if wanted."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync.cli.session import Session, chosen
from sync.errors import Exit, Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.values import SurveyResponse
    from sync.trying import Check, Look, Trier, Wrote
    from sync.undo_report import UndoReport
    from sync.wiring import Project

#: Matched responses that are looked at for one that would change something.
LOOKED_AT = 5


def add_to(app: typer.Typer) -> None:
    """Put the command of this module into the tree."""
    app.command("try")(try_)


def try_(
    ctx: typer.Context,
    mapping: Annotated[str | None, typer.Argument(help="Needed if there are several.")] = None,
    response: Annotated[
        str | None, typer.Argument(help="Its id in the source; the newest one that matches by default.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take it back at once, when it was read back.")] = False,
) -> None:
    """Show what one response would change, and write it when you say yes; then read it back.

    Nothing else is written. What was written can be taken back at once, or later with `npsync undo`.
    """
    from sync.wiring import open_project

    session: Session = ctx.obj
    with open_project(session.config_path()) as project:  # no bars: they would be drawn over the questions
        names = chosen([mapping] if mapping else (), project.mappings)
        if len(names) > 1:
            raise _usage("there are several mappings", f"Name one: npsync try {names[0]}")
        trier = trier_of(project, names[0])
        found = _named(project, names[0], response) if response else candidates(project, names[0])
        look = first_look(trier, found)
        if look is None:
            raise _usage("none of the responses tried matches a record", f"See why: npsync sync {names[0]} -n")
        told, status = carry_out(session, trier, look, undo=undo)
    if session.screen.json:
        session.screen.object({"mapping": names[0]} | told)
    raise typer.Exit(status)


def trier_of(project: "Project", name: str) -> "Trier":
    """Return what tries responses of one mapping."""
    from sync.trying import Trier

    mapping = project.mappings[name]
    return Trier(
        mapping,
        project.ledger,
        project.connection(mapping.to),
        lambda source: project.engine(name, source=source),
        project.undoer(name),
    )


def candidates(project: "Project", name: str) -> "list[SurveyResponse]":
    """Return the newest responses of a sample that match a record, newest first."""
    from sync.identity.settings import Rule
    from sync.mapping.schema import rules
    from sync.sample import sample_of
    from sync.trial import match

    mapping = project.mappings[name]
    sample = sample_of(project.connection(mapping.from_))
    if sample.trouble is not None and not sample.responses:
        raise sample.trouble
    asked = [Rule(kind=rule.kind, object=rule.object) for rule in rules(mapping)]
    directory = project.directory(mapping, read_only=True)
    met = match(sample.responses, directory, asked, project.settings.identity)
    return [each for each in sample.responses if met[each.response_id].record is not None]


def first_look(trier: "Trier", found: "Sequence[SurveyResponse]") -> "Look | None":
    """Return the first of a few that would change something; else the first of them."""
    looks = []
    for each in found[:LOOKED_AT]:
        looks.append(trier.look(each))
        if looks[-1].changes:
            return looks[-1]
    return looks[0] if looks else None


def carry_out(session: Session, trier: "Trier", look: "Look", *, undo: bool) -> tuple[dict[str, Any], Exit]:
    """Show a response; write it, read it back and take it back as far as a person says yes."""
    told: dict[str, Any] = {"response": look.response.response_id, "changes": _changes(look), "written": False}
    _say(session, shown(look))
    if not look.changes:
        return told, Exit.DONE
    if not asked(session, "Write this one response, and read it back?"):
        session.screen.say("Nothing was written." + ("" if _can_ask(session) else " Add --yes to write it."))
        return told, Exit.DONE
    wrote = trier.write(look)
    told |= {"written": True, "run": wrote.run, "status": wrote.report.status.value, "checks": _checks(wrote.checks)}
    _say(session, _verified(wrote))
    status = Exit.DONE if wrote.is_good else Exit.SOME_ROWS_FAILED
    if not undo:
        session.screen.say(f"To take it back later: npsync undo {wrote.run}")
    if undo or (not session.yes and asked(session, "Take it back now?")):
        report = trier.undo(wrote.run)
        restored = trier.restored(look)
        told |= {"undone": report.run, "left": report.left, "restored": _checks(restored)}
        _say(session, _undone(report, restored))
        if report.left or not all(each.holds for each in restored):
            status = Exit.SOME_ROWS_FAILED
    return told, status


def shown(look: "Look") -> str:
    """Return what a response would change, record by record."""
    from sync.cli.render_run import shown_key, value
    from sync.cli.screen import listed

    lines = [f"response {look.response.response_id}"]
    record = ("", "")
    for each in look.changes:
        if (each.object, each.record) != record:
            record = (each.object, each.record)
            new = "   (a new record)" if record in look.made else ""
            lines.append(f"  {each.object} {shown_key(each.record)}{new}")
        lines.append(f"    {each.field}: {value(each.old)} -> {value(each.new)}")
    if not look.changes:
        lines.append(f"  nothing to write: {look.why}")
    return listed(lines)


def _named(project: "Project", name: str, wanted: str) -> "list[SurveyResponse]":
    """Return the response of that id, as the source has it."""
    source = project.mappings[name].from_
    ids = {wanted, wanted.removeprefix(f"{source}:")}
    for page in project.connection(source).pull({}):
        found = [each for each in page.responses if each.response_id in ids]
        if found:
            return found
    raise _usage(f"`{source}` has no usable response `{wanted[:80]}`", "Give its id as the survey tool shows it.")


def _verified(wrote: "Wrote") -> str:
    from sync.cli.render_run import value
    from sync.cli.screen import listed

    held = sum(each.holds for each in wrote.checks)
    lines = [f"written (run {wrote.run}), and read back: {held} of {len(wrote.checks)} fields hold it"]
    lines += [
        f"  {each.object}.{each.field}: {value(each.wanted)} was written, and it holds {value(each.held)}"
        for each in wrote.checks
        if not each.holds
    ]
    lines += [f"  {what}" for what, _, _ in wrote.report.troubles]
    return listed(lines)


def _undone(report: "UndoReport", restored: "Sequence[Check]") -> str:
    held = sum(each.holds for each in restored)
    left = f", {report.left} records were left as they are: npsync runs {report.run}" if report.left else ""
    return f"taken back (run {report.run}): {held} of {len(restored)} fields hold what they held before{left}"


def _changes(look: "Look") -> list[dict[str, Any]]:
    names = ("object", "record", "field", "old", "new")
    return [{name: getattr(each, name) for name in names} for each in look.changes]


def _checks(found: "Sequence[Check]") -> list[dict[str, Any]]:
    names = ("object", "record", "field", "wanted", "held", "holds")
    return [{name: getattr(each, name) for name in names} for each in found]


def asked(session: Session, question: str) -> bool:
    """Tell whether a person says yes; nobody to be asked says no."""
    if session.yes:
        return True
    return _can_ask(session) and typer.confirm(question, default=False, err=True)


def _can_ask(session: Session) -> bool:
    return not session.no_input and sys.stdin.isatty()


def _say(session: Session, text: str) -> None:
    """Print data on stdout, unless that holds one object of JSON."""
    if session.screen.json:
        session.screen.say(text)
    else:
        session.screen.data(text)


def _usage(what: str, hint: str) -> UserError:
    return UserError("E105", Problem(where="command line", what=what, hint=hint))
