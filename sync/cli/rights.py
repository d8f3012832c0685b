"""What a connection may do, beside what the mappings need of it: the second half of `auth test`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from connectors.shaping import Guarded
from sync.errors import Exit, Problem, UserError
from sync.needs import needs_of

if TYPE_CHECKING:
    from connectors.shaping import Rights, Wanted
    from sync.cli.session import Session
    from sync.wiring import Project


def rights_of(session: Session, project: Project, name: str) -> Rights | None:
    """Compare the rights of a connection with what the mappings write to it.

    None: it tells nothing of rights, or no mapping writes to it.
    """
    connection = project.connection(name)
    if not isinstance(connection, Guarded):
        return None
    try:
        wanted = _wanted(session, project, name)
    except UserError as error:
        why = "there is no mapping yet" if error.code == "E110" else "the mappings have errors (`npsync validate`)"
        session.screen.say(f"Rights are not compared with what is needed: {why}.")
        return None
    if not wanted:
        session.screen.say(f"Rights are not compared with what is needed: no mapping writes to `{name}` yet.")
        return None
    return connection.rights(wanted)


def as_object(found: Rights | None) -> dict[str, Any]:
    """Return rights as JSON holds them."""
    return {} if found is None else {"rights": asdict(found)}


def show(session: Session, found: Rights | None) -> None:
    """Print what is granted and needed, what is missing first; warn of what is granted without need.

    Raises:
        UserError: Something is missing (E303).
    """
    if found is None:
        return
    if not session.screen.json:
        from sync.cli.render_fields import rights

        session.screen.data(rights(found))
    if found.superfluous:
        many = len(found.superfluous)
        listed = f"{many} rights are granted and not needed" if many > 1 else "one right is granted and not needed"
        session.screen.warn(f"warning: {listed}. {found.superfluous[0].next_step}")
    if found.untold:
        session.screen.say("It does not tell everything: what is `not told` shows when a sync needs it.")
    if not found.missing:
        return
    if session.screen.json:
        raise typer.Exit(Exit.SIGN_IN)
    problems = tuple(
        Problem(where=each.name, what=f"this right is missing: {each.why}", hint=each.next_step)
        for each in found.missing
    )
    raise UserError("E303", problems, exit_=Exit.SIGN_IN)


def _wanted(session: Session, project: Project, name: str) -> list[Wanted]:
    """Return what the mappings write to a connection.

    Raises:
        UserError: There are none (E110), or they have errors.
    """
    from sync.mapping.load import load_mappings

    mappings = load_mappings(session.config_path(), project.settings)
    found = [
        each for mapping in mappings if mapping.to == name for each in needs_of(mapping, project.settings.segments)
    ]
    return [each.wanted for each in found]
