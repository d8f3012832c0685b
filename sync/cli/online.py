"""`validate --online`: mappings held against what their destinations have, each problem at its line of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.contract import Schema
from connectors.shaping import Guarded
from sync.config.load import read
from sync.errors import UserError
from sync.field_plan import plan
from sync.mapping.load import mapping_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path as File

    from sync.cli.session import Session
    from sync.config.document import Path
    from sync.errors import Problem
    from sync.field_plan import FieldPlan, ObjectPlan
    from sync.fitting import Finding
    from sync.mapping.schema import Mapping
    from sync.wiring import Project


def check(session: Session, project: Project, names: Sequence[str], config: File) -> None:
    """Compare each mapping with its destination; nothing is changed there. What is no hindrance is only said.

    Raises:
        UserError: Something stands against a mapping (E120); everything is told at once.
        ConnectorError: A destination cannot be reached, or we may not look.
    """
    files = {path.stem: path for path in mapping_files(config, project.settings)}
    problems: list[Problem] = []
    for name in names:
        mapping = project.mappings[name]
        destination = project.connection(mapping.to)
        if isinstance(destination, Schema):
            planned = plan(mapping, project.settings.segments, destination)
            errors, notes = _problems(planned, mapping, files[name])
            problems += [*errors, *_rights(planned, destination, files[name])]
            for note in notes:
                session.screen.say(f"note: {note}")
    if problems:
        raise UserError("E120", tuple(problems))


def _problems(planned: FieldPlan, mapping: Mapping, file: File) -> tuple[list[Problem], list[Problem]]:
    document = read(file, missing="E110")
    errors: list[Problem] = []
    notes: list[Problem] = []
    for one in planned.objects:
        for each in one.findings:
            subject = f"`{each.field}` of `{each.object}`" if each.field else f"`{each.object}`"
            place = _place(one, each, mapping)
            problem = document.problem(place, f"{subject}: {each.what}", each.next_step, at_key=True)
            (errors if each.is_error else notes).append(problem)
    return errors, notes


def _rights(planned: FieldPlan, destination: object, file: File) -> list[Problem]:
    """Return the rights to whole objects that are missing; those to single fields are told with the fields."""
    if not isinstance(destination, Guarded):
        return []
    there = {one.name: one for one in planned.objects if not any(each.field is None for each in one.findings)}
    rights = destination.rights([one.needed.wanted for one in there.values()])
    document = read(file, missing="E110")
    problems: list[Problem] = []
    for each in rights.missing:
        verb, _, object_ = each.name.partition(" ")
        if object_ and object_ not in there:
            continue  # a field, or nothing of this mapping
        written = next(iter(there[object_].needed.needs.values()), None) if object_ else None
        place: Path = ("to",) if not object_ else (*(() if written is None else written.at[:-2]), "object")
        what = f"we may not {verb} records of `{object_}`" if object_ else f"the right `{each.name}` is missing"
        problems.append(document.problem(place, f"{what}: {each.why}", each.next_step, at_key=True))
    return problems


def _place(one: ObjectPlan, finding: Finding, mapping: Mapping) -> Path:
    """Return where in the file the line stands that a finding is about."""
    need = one.needed.needs.get(finding.field or "")
    if need is not None:
        return need.at
    for index, rule in enumerate(mapping.match):
        if rule.field == finding.field and (rule.object or mapping.home) == finding.object:
            return ("match", index)
    written = next(iter(one.needed.needs.values()), None)
    block = () if written is None else written.at[:-2]
    return (*block, "object") if written is not None or mapping.records is None else ("records", "object")
