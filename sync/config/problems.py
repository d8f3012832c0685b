"""Pydantic's errors as problems with a place, in the words of someone who edits a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.config.document import MOST_PROBLEMS
from sync.config.findings import FINDING, choices
from sync.config.keys import known_keys

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

    from sync.config.document import Document, Path
    from sync.errors import Problem

_TYPES = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "`true` or `false`",
    "bool_parsing": "`true` or `false`",
    "dict_type": "a block of `key: value` lines",
    "model_type": "a block of `key: value` lines",
    "model_attributes_type": "a block of `key: value` lines",
    "list_type": "a list",
    "tuple_type": "a list",
}
_AT_KEY = ("extra_forbidden", "missing", "union_tag_not_found")
_YAML_1_1 = {
    "yes": "true",
    "on": "true",
    "y": "true",
    "true": "true",
    "no": "false",
    "off": "false",
    "n": "false",
    "false": "false",
}


def problems_of(
    document: Document, error: ValidationError, model: type[BaseModel], told: Collection[Path] = ()
) -> tuple[Problem, ...]:
    """Return every error as a problem, in the order of the file, one for each place; without those at *told* paths."""
    found: dict[tuple[int, int, str], Problem] = {}
    for detail in error.errors(include_url=False):
        path = path_of(document, detail["loc"])
        if path in told or document.is_broken(path):
            continue
        problem = _problem(document, path, detail, model)
        _, line, column = problem.where.rsplit(":", 2)
        found.setdefault((int(line), int(column), problem.what), problem)
    return tuple(found[place] for place in sorted(found))[:MOST_PROBLEMS]


def unknown_things(error: ValidationError) -> set[str]:
    """Return the kinds of errors: `type`, `name` for something named that is not there, else an empty text."""
    return {str(detail.get("ctx", {}).get("unknown", "")) for detail in error.errors(include_url=False)}


def path_of(document: Document, loc: Path) -> Path:
    """Return the part of a pydantic location that the file has; names of union branches fall out."""
    path: Path = ()
    for part in loc:
        if document.has((*path, part)):
            path = (*path, part)
    return path


def _problem(document: Document, path: Path, detail: ErrorDetails, model: type[BaseModel]) -> Problem:
    kind, value = detail["type"], detail["input"]
    name, at_key = _name(path), kind in _AT_KEY
    what, hint = f"{name}: {detail['msg'][:1].lower()}{detail['msg'][1:]}", ""
    if kind == FINDING:
        what, hint, below = (detail["ctx"][key] for key in ("what", "hint", "at"))
        path, at_key = (*path, *below), bool(below)
    elif kind == "extra_forbidden":
        known = known_keys(model, path[:-1], document.data)
        what, hint = f"unknown key `{path[-1]}`", choices(str(path[-1]), known, "Keys here")
    elif kind == "missing":
        what, hint = f"`{detail['loc'][-1]}` is missing{f' in {name}' if path else ''}", "Add the key."
    elif kind == "union_tag_not_found":
        what, hint = f"`type` is missing in {name}", "Say what it is, such as `type: file`."
    elif kind in ("literal_error", "enum"):
        what, hint = _wrong_word(name, value, list(_words(str(detail["ctx"]["expected"]))))
    elif kind == "value_error":
        what = f"{name}: {detail['ctx']['error']}"
    elif kind in _TYPES:
        what, hint = f"{name} should be {_TYPES[kind]}, not {_shown(value)}", _type_hint(kind, value)
    return document.problem(path, what, hint, at_key=at_key)


def _wrong_word(name: str, value: Any, allowed: list[str]) -> tuple[str, str]:  # noqa: ANN401 - whatever YAML holds
    if allowed == ["1"]:
        hint = "This npsync reads version 1; a newer file needs a newer npsync."
        return f"{name} should be 1, not {_shown(value)}", hint
    hint = choices(str(value), allowed, "It can be") if isinstance(value, str) else f"It can be: {', '.join(allowed)}."
    return f"{name} cannot be {_shown(value)}", hint


def _words(expected: str) -> Iterator[str]:
    for word in expected.replace(" or ", ", ").split(", "):
        yield word.strip("'")


def _type_hint(kind: str, value: Any) -> str:  # noqa: ANN401 - whatever YAML holds
    if kind == "string_type" and isinstance(value, bool | int | float):
        return "Put it in quotes if you mean the text."
    if kind.startswith("bool") and isinstance(value, str) and value.lower() in _YAML_1_1:
        return f"Write `{_YAML_1_1[value.lower()]}`."
    if value is None:
        return "Give a value, or delete the line to take the default."
    return ""


def _name(path: Path) -> str:
    words = [str(part) if isinstance(part, str) else f"#{part + 1}" for part in path]
    return f"`{'.'.join(words)[:80]}`" if words else "the file"


def _shown(value: Any) -> str:  # noqa: ANN401 - whatever YAML holds
    match value:
        case None:
            return "empty"
        case bool():
            return f"`{str(value).lower()}`"
        case dict():
            return "a block of keys"
        case list():
            return "a list"
        case str():
            return f"the text `{value[:40]}`"
        case _:
            return f"the number {str(value)[:40]}"
