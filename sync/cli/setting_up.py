"""`init`: the first mapping, asked for step by step; each answer is also an option, and a setup can be resumed."""

import getpass
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync.errors import Exit, Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sync.cli.session import Session
    from sync.setup.answers import Answers
    from sync.setup.bench import Bench
    from sync.setup.events import Event, Question
    from sync.setup.steps import Plan


def add_to(app: typer.Typer) -> None:
    """Put the command of this module into the tree."""
    app.command()(init)


def init(
    ctx: typer.Context,
    source: Annotated[str | None, typer.Option(help="file, or a survey service such as typeform.")] = None,
    path: Annotated[str | None, typer.Option(help="The export: a file, a folder or a pattern.")] = None,
    settings: Annotated[str | None, typer.Option(help="What the service needs: domain=acme.")] = None,
    surveys: Annotated[str | None, typer.Option(help="Ids of surveys, where they are not listed.")] = None,
    crm: Annotated[str | None, typer.Option(help="salesforce or hubspot.")] = None,
    auth: Annotated[str | None, typer.Option(help="Salesforce: client_credentials or jwt.")] = None,
    domain: Annotated[str | None, typer.Option(help="Salesforce: such as acme.my.")] = None,
    username: Annotated[str | None, typer.Option(help="Salesforce, jwt: the user to act as.")] = None,
    tier: Annotated[str | None, typer.Option(help="HubSpot: free, professional or enterprise.")] = None,
    object_: Annotated[str | None, typer.Option("--object", help="Such as Contact, or contacts.")] = None,
    match: Annotated[str | None, typer.Option(help="The match rules in order: Id, Email.")] = None,
    on_none: Annotated[str | None, typer.Option(help="hold or skip.")] = None,
    on_many: Annotated[str | None, typer.Option(help="hold or skip.")] = None,
    fields: Annotated[str | None, typer.Option(help="Proposals to take: all, none, or words.")] = None,
    missing: Annotated[str | None, typer.Option(help="Fields to make: all, none, or words.")] = None,
    make: Annotated[str | None, typer.Option(help="create, metadata or later.")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take the row that is tried back at once.")] = False,
    url: Annotated[str | None, typer.Option(help="The CRM's sandbox on this machine.")] = None,
    source_url: Annotated[str | None, typer.Option(help="The service's sandbox on this machine.")] = None,
) -> None:
    """Set up connections and a first mapping, step by step, and try one row.

    Nothing is written to the CRM before the last step, and there only on a yes. Ctrl-C at any question: the same
    command goes on from there.
    """
    from sync.setup.answers import Answers
    from sync.setup.bench import Bench
    from sync.setup.events import drive
    from sync.setup.steps import setup

    session: Session = ctx.obj
    options = {
        "source": source,
        "path": path,
        "settings": settings,
        "surveys": surveys,
        "crm": crm,
        "auth": auth,
        "domain": domain,
        "username": username,
        "tier": tier,
        "object": object_,
        "match": match,
        "on-none": on_none,
        "on-many": on_many,
        "fields": fields,
        "missing": missing,
        "make": make,
        "url": url,
        "source-url": source_url,
    }
    given = {key: value for key, value in options.items() if value is not None}
    root = _folder(session)
    answers = Answers(root)
    if (root / "config.yaml").exists() and not answers.resumed:
        hint = "Propose fields for another mapping: npsync suggest CONNECTION OBJECT --draft"
        raise UserError("E105", Problem(where=str(root / "config.yaml"), what="there is a config already", hint=hint))
    face = Terminal(session)
    if answers.resumed:
        session.screen.say("Going on where it was left. To begin anew, delete .npsync/init.json.")
    bench = Bench(root, dict(os.environ))
    try:
        plan = drive(setup(bench), face, given=given, kept=answers)
        status, told = _finish(session, face, bench, answers, plan, undo=undo)
    except typer.Abort:
        raise KeyboardInterrupt from None
    finally:
        bench.close()
    if session.screen.json:
        session.screen.object(told)
    raise typer.Exit(status)


class Terminal:
    """Asks and shows on a terminal; see `sync.setup.events.Face`."""

    def __init__(self, session: "Session") -> None:
        self._session = session

    def tell(self, event: "Event", answer: str | None = None) -> None:
        """See `Face.tell`."""
        from sync.setup.events import Heading, Note, Question, Shown

        screen = self._session.screen
        match event:
            case Heading():
                screen.say(f"\n{event.number}/6 {event.title}")
            case Note():
                (screen.warn if event.is_warning else screen.say)(f"  {event.text}")
            case Question():
                screen.say(f"  {event.ask}: {'(given)' if event.secret else answer}")
            case Shown():
                screen.say(_indented(_drawn(event)))

    def ask(self, question: "Question", problem: str) -> str | None:
        """See `Face.ask`."""
        session = self._session
        if problem:
            session.screen.warn(f"  {problem}")
        if session.no_input or not sys.stdin.isatty():
            return None
        choices = f" ({', '.join(question.choices)})" if question.choices else ""
        default = f" [{question.default}]" if question.default else ""
        prompt = f"  {question.ask}{choices}{default}: "
        if question.secret:
            return getpass.getpass(f"  {question.ask} (not shown): ", stream=sys.stderr)
        sys.stderr.write(prompt)
        sys.stderr.flush()
        said = sys.stdin.readline()
        if not said:
            raise KeyboardInterrupt
        return said.strip()


def _drawn(event: Any) -> str:  # noqa: ANN401 - a `Shown`
    """Return what was found as text."""
    from sync.cli import render_fields
    from sync.cli.screen import table
    from sync.cli.suggesting import as_text

    match event.name:
        case "matches":
            rows = [[name, *asdict(one).values()] for name, one in event.value.items()]
            return table(["rules, in order", "matched", "none", "many", "doubtful"], rows)
        case "fields":
            return as_text(*event.value)
        case "rights":
            return render_fields.rights(event.value)
        case _:
            return render_fields.plan(event.value)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _folder(session: "Session") -> Path:
    path = session.config or Path()
    return path.parent if path.suffix in (".yaml", ".yml") else path


def _finish(
    session: "Session", face: Terminal, bench: "Bench", answers: "Answers", plan: "Plan", *, undo: bool
) -> "tuple[Exit, dict[str, Any]]":
    """Write the files, make the fields on a yes, and try one row."""
    from sync.setup.events import Heading

    face.tell(Heading(number=6, title="Try one row"))
    files = {"config.yaml": plan.config, f"mappings/{plan.name}.yaml": plan.mapping}
    for name, text in files.items():
        wrote = answers.write(name, text)
        session.screen.say(f"  wrote {name}" if wrote else f"  {name} was changed by somebody, and stays as it is")
    told: dict[str, Any] = {"files": list(files), "mapping": plan.name, "make": plan.make}
    if not _made(session, bench, plan):
        answers.finish()
        session.screen.say(f"When the fields are there: npsync validate --online, then npsync try {plan.name}")
        return Exit.DONE, told | {"tried": None}
    status, tried = _try(session, bench, plan, undo=undo)
    answers.finish()
    session.screen.say(f"Next: npsync sync {plan.name} -n")
    return status, told | {"tried": tried}


def _made(session: "Session", bench: "Bench", plan: "Plan") -> bool:
    """Make what is missing as was said; tell whether everything is there."""
    from connectors.errors import Refused
    from connectors.shaping import Deployable
    from sync.cli.shaping import write_files
    from sync.cli.trying import asked
    from sync.field_plan import make, wanted

    destination = bench.project.connection(plan.name)
    if plan.make == "metadata" and isinstance(destination, Deployable):
        folder = bench.root / ".npsync" / "salesforce"
        package = destination.package(wanted(plan.fields))
        write_files(folder, package.files)
        session.screen.say(f"  wrote {len(package.files)} files into {folder}")
        for step in package.next_steps:
            session.screen.say("  " + step.replace("{folder}", str(folder)))
        return not plan.fields.makes()
    if plan.make == "create" and plan.fields.makes():
        if not asked(session, f"Make {plan.fields.makes()} fields in `{plan.name}` now?"):
            session.screen.say(f"  Nothing was made. Later: npsync fields create {plan.name}")
            return False
        try:
            for object_, names in make(plan.fields, destination):
                session.screen.say(f"  made {', '.join(names)} of {object_}")
        except Refused as error:
            session.screen.warn(f"  {error}. {error.next_step}")
            session.screen.say(f"  Or as files for an administrator: npsync fields metadata {plan.name} --into DIR")
            return False
    left = bench.plan(bench.mapping(plan.mapping, plan.name)).left()
    for each in left:
        session.screen.warn(f"  {each.object}.{each.field}: {each.what}")
    return not left


def _try(session: "Session", bench: "Bench", plan: "Plan", *, undo: bool) -> "tuple[Exit, Mapping[str, Any] | None]":
    from sync.cli.trying import candidates, carry_out, first_look, trier_of
    from sync.wiring import open_project

    with open_project(bench.root / "config.yaml") as project:  # no bars: they would be drawn over the questions
        project.secrets = bench.project.secrets
        trier = trier_of(project, plan.name)
        look = first_look(trier, candidates(project, plan.name))
        if look is None:
            session.screen.warn("  None of the responses tried matches a record, so there is nothing to try.")
            return Exit.DONE, None
        told, status = carry_out(session, trier, look, undo=undo)
    return status, told
