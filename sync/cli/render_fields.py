"""Schemas, plans for fields, and rights, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.cli.screen import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.shaping import Object, Right, Rights
    from connectors.values import Field
    from sync.field_plan import FieldPlan, ObjectPlan
    from sync.fitting import Finding

#: Values of a choice that a line shows.
_SHOWN = 6
_YES, _NO = "yes", "-"


def objects(found: Sequence[Object]) -> str:
    """Return the objects, and what we may do with their records."""
    rows = [[each.name, each.label, _yes(each.creates), _yes(each.edits), _yes(each.deletes)] for each in found]
    return table(["object", "label", "create", "edit", "delete"], rows)


def fields(found: Sequence[Field]) -> str:
    """Return the fields of an object."""
    rows = [
        [
            each.name,
            _type(each),
            _length(each),
            _yes(each.writable),
            _yes(each.unique),
            _yes(each.required),
            _about(each),
        ]
        for each in found
    ]
    return table(["field", "type", "length", "writable", "unique", "required", "values"], rows)


def counted(number: int) -> str:
    """Return so many fields.

    >>> counted(1), counted(3)
    ('1 field', '3 fields')
    """
    return f"{number} field{'' if number == 1 else 's'}"


def plan(planned: FieldPlan) -> str:
    """Return what stands against a mapping's fields, object by object."""
    return "\n".join([f"{planned.mapping} -> {planned.connection}", *map(_object, planned.objects)])


def rights(found: Rights) -> str:
    """Return what is allowed beside what is needed, what is missing first."""
    rows = [
        *_lines("MISSING", found.missing),
        *_lines("not told", found.untold),
        *_lines("granted", found.needed),
        *_lines("not needed", found.superfluous),
    ]
    return table(["right", "state", "why"], rows)


def _lines(state: str, listed: Sequence[Right]) -> list[list[str]]:
    return [[each.name, state, each.why] for each in listed]


def _object(one: ObjectPlan) -> str:
    names = {each.field for each in one.findings}
    fitting = 0 if None in names else sum(name not in names for name in one.needed.needs)
    lines = [f"  {one.name}: {counted(len(one.needed.needs))} written, {fitting} fit"]
    width = max((len(each.field or "") for each in one.findings), default=0)
    for each in one.findings:
        lines += _finding(one, each, width)
    return "\n".join(lines)


def _finding(one: ObjectPlan, each: Finding, width: int) -> list[str]:
    made = one.makes.get(each.field or "")
    head = f"    {(each.field or '').ljust(width)}  {each.trouble.value.ljust(14)}  "
    if made is not None:
        return [f"{head}can be made: {made}"]
    kind = "" if each.is_error else "note: "
    return [f"{head}{kind}{each.what}", f"{' ' * len(head)}-> {each.next_step}"]


def _type(field: Field) -> str:
    if field.refers_to:
        return "id"
    if field.values and field.type == "text":
        return "choices" if field.several else "choice"
    return field.type


def _length(field: Field) -> str:
    if field.decimals is not None:
        return f".{field.decimals}" if field.decimals else "whole"
    return _NO if field.length is None else f"{field.length}"


def _about(field: Field) -> str:
    if field.refers_to:
        return f"of {_listed(field.refers_to)}"
    return _listed(field.values) + ("" if field.restricted or not field.values else ", or any other")


def _listed(values: Sequence[str]) -> str:
    more = len(values) - _SHOWN
    return ", ".join(values[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _yes(flag: object) -> str:
    return _YES if flag else _NO
