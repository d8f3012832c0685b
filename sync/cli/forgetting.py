"""`forget` and `export-person`: what a person may ask of whoever holds their data."""

import json
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync.cli.session import Session
from sync.errors import Exit, Problem, UserError

if TYPE_CHECKING:
    from sync.receipt import Receipt

log = logging.getLogger(__name__)

Who = Annotated[
    str,
    typer.Argument(help="E-mail address, response key (source:id), respondent, or record id; - reads it from stdin."),
]


def add_to(app: typer.Typer) -> None:
    """Put the commands of this module into the tree."""
    app.command()(forget)
    app.command("export-person")(export_person)


def forget(
    ctx: typer.Context,
    who: Annotated[str | None, typer.Argument(metavar="WHO", help=Who.__metadata__[0].help)] = None,
    also_clear: Annotated[
        bool, typer.Option("--also-clear", help="Empty the fields that npsync wrote to the CRM as well.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("-n", "--dry-run", help="Say what would be erased; erase nothing.")] = False,
    lift: Annotated[
        str | None, typer.Option(metavar="RECEIPT", help="Let somebody who was forgotten be imported again.")
    ] = None,
) -> None:
    """Erase a person for good, and let no import bring them back.

    Everything in the ledger goes, with what npsync's own tables in a warehouse hold; the files are searched afterwards.
    The other tables of the warehouse and the records of a CRM are yours: they stay.
    """
    from sync.cli import render_receipt

    session: Session = ctx.obj
    with session.project() as project:
        forgetter = project.forgetter()
        if lift is not None:
            _lifted(session, lift, forgetter.lift(lift))
            return
        name = _name(who)
        if not dry_run:
            _ask(session, forgetter.forget(name, also_clear=also_clear, dry_run=True))
        receipt = forgetter.forget(name, also_clear=also_clear, dry_run=dry_run)
    log.info("person.forgotten", extra={"receipt": receipt.receipt, "dry_run": dry_run})
    if session.screen.json:
        session.screen.object(receipt.as_json())
    else:
        session.screen.data(render_receipt.text(receipt))
    raise typer.Exit(Exit.DONE if receipt.clean else Exit.SOME_ROWS_FAILED)


def export_person(
    ctx: typer.Context,
    who: Who,
    into: Annotated[
        Path | None, typer.Option("--into", metavar="FILE", help="Write it there, readable by you alone.")
    ] = None,
) -> None:
    """Print everything that npsync holds about a person, as JSON.

    Responses, identifiers, matches with their evidence, the profile, and what was written where and when.
    """
    session: Session = ctx.obj
    with session.project() as project:
        found = {table: [_opened(row) for row in rows] for table, rows in project.forgetter().told(_name(who)).items()}
    log.info("person.exported", extra={"tables": len(found), "rows": sum(map(len, found.values()))})
    if into is None:
        session.screen.object({"held": found})
        return
    try:
        with os.fdopen(os.open(into, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            json.dump({"held": found}, file, indent=2, ensure_ascii=False)
    except OSError as error:
        what, hint = f"the file cannot be made ({error.strerror})", "Name a file that is not there yet."
        raise UserError("E105", Problem(where=str(into), what=what, hint=hint)) from error
    session.screen.say(f"{sum(map(len, found.values())):,} rows written to {into}; it holds personal data.")


def _name(who: str | None) -> str:
    if who == "-":
        who = sys.stdin.readline()
    if who is None or not who.strip():
        hint = "Give an e-mail address, a response key, a respondent or a record id, or - and one of them on stdin."
        raise UserError("E105", Problem(where="command line", what="nobody is named", hint=hint))
    return who.strip()


def _ask(session: Session, planned: "Receipt") -> None:
    """Have a person say yes: what is erased cannot be got back."""
    from sync.cli import render_receipt

    if session.yes:
        return
    session.screen.say(render_receipt.text(planned))
    if session.no_input or not sys.stdin.isatty():
        hint = "Look at it with -n, then add --yes."
        what = "a person would be erased for good, and nobody was asked"
        raise UserError("E408", Problem(where="command line", what=what, hint=hint), exit_=Exit.STOPPED_BY_GUARD)
    typer.confirm("Erase this for good?", abort=True, err=True)


def _lifted(session: Session, receipt: str, digests: int) -> None:
    if not digests:
        hint = "It is printed by `npsync forget`, such as F-20261122-1a2b3c4d."
        raise UserError("E105", Problem(where="command line", what=f"no receipt `{receipt}`", hint=hint))
    if session.screen.json:
        session.screen.object({"lifted": receipt, "digests": digests})
    else:
        session.screen.data("Whoever it was may be imported again: npsync sync --full-refresh")


def _opened(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its JSON texts as what they say."""
    return {name: _value(value) for name, value in row.items()}


def _value(value: Any) -> Any:  # noqa: ANN401 - whatever a table holds
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
