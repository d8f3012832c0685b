"""Invented objects of CRMs, and what each of their fields is for; written before the proposing was.

A line is `name | label | type | word`: the word, where there is one, is what belongs into the field, and all others are
traps. Types: `number`, `whole`, `currency`, `percent`, `text N`, `long N`, `pick A;B` (restricted), `list A;B` (any
value may be written), `many A;B`, `date`, `datetime`, `yes`, `email`, `phone`, `url`, `id OBJECT`. `!` before it: we
may not write it; `=`: a formula.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.values import Field

_NUMBERS = {"number": None, "whole": 0, "currency": 2, "percent": 2}
_OTHERS = {"date": "date", "datetime": "datetime", "yes": "boolean"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One object, as a person who knows it would map it."""

    name: str
    object: str
    fields: tuple[Field, ...]
    #: Word -> field.
    truth: dict[str, str]
    #: The tool that the responses come from, and their kind.
    tool: str = ""
    kind: str = "relational"


def case(name: str, object_: str, lines: str, *, tool: str = "", kind: str = "relational") -> Case:
    """Read a case from its lines."""
    fields, truth = [], {}
    for line in lines.strip().splitlines():
        told, label, type_, *word = (part.strip() for part in line.split("|"))
        fields.append(field(told, label, type_))
        if word:
            truth[word[0]] = told
    return Case(name=name, object=object_, fields=tuple(fields), truth=truth, tool=tool, kind=kind)


def field(name: str, label: str, told: str) -> Field:
    """Read one field."""
    native = "formula" if told.startswith("=") else ""
    writable = told[0] not in "!="
    kind, _, rest = told.lstrip("!=").partition(" ")
    made = {"name": name, "label": label, "writable": writable, "native": native or kind}
    if kind in _NUMBERS:
        return Field(type="number", decimals=_NUMBERS[kind], **made)  # type: ignore[arg-type]
    if kind in _OTHERS:
        return Field(type=_OTHERS[kind], **made)  # type: ignore[arg-type]
    if kind in ("pick", "list", "many"):
        values = tuple(rest.split(";"))
        return Field(type="text", values=values, restricted=kind == "pick", several=kind == "many", **made)  # type: ignore[arg-type]
    if kind == "id":
        return Field(type="text", length=18, refers_to=(rest,), **made)  # type: ignore[arg-type]
    length = int(rest) if rest else 80
    return Field(type="text", length=length, **made)  # type: ignore[arg-type]
