"""Pydantic's errors as problems with a place, in the words of someone who edits a file."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from sync.config.document import MOST_PROBLEMS
from sync.config.findings import FINDING, choices
from sync.config.keys import known_keys, meaning

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

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
_WHOLE = "the file"
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
    """Return every error as a problem, once; without those at *told* paths."""
    details = [(path_of(document, detail["loc"]), detail) for detail in error.errors(include_url=False)]
    wrong = {path for path, _ in details}
    found: dict[tuple[str, str], Problem] = {}
    for path, detail in details:
        echo = detail["type"] == "too_short" and any(len(other) > len(path) == _common(other, path) for other in wrong)
        if not (echo or path in told or document.is_broken(path)):
            problem = _problem(document, path, detail, model)
            found.setdefault((problem.where, problem.what), problem)
    return tuple(found.values())


def _common(one: Path, other: Path) -> int:
    return len(tuple(takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))))


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return problems in the order of the file, not more than a reader can take in."""
    return tuple(sorted(problems, key=_place)[:MOST_PROBLEMS])


def _place(problem: Problem) -> tuple[int, int]:
    *_, line, column = problem.where.rsplit(":", 2)
    return (int(line), int(column)) if line.isdigit() and column.isdigit() else (0, 0)


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
    name, at_key = _name(path), kind in _AT_KEY or detail["loc"][-1:] == ("[key]",)
    if kind == FINDING:
        context = detail["ctx"]
        return document.problem(
            (*path, *context["at"]), context["what"], context["hint"], at_key=bool(context["at"]) and context["at_key"]
        )
    what, hint = _sentence(name, detail), meaning(model, path, document.data)
    if kind == "extra_forbidden":
        hint = choices(str(path[-1]), known_keys(model, path[:-1], document.data), "Keys here")
    elif kind == "missing":
        hint = meaning(model, (*path, detail["loc"][-1]), document.data) or "Add the key."
    elif kind == "union_tag_not_found":
        hint = "Say what it is, such as `type: file`."
    elif kind in ("literal_error", "enum"):
        what, hint = _wrong_word(name, value, list(_words(str(detail["ctx"]["expected"]))))
    elif kind == "string_pattern_mismatch" and at_key:
        hint = "Take lower case letters, digits and `_`, a letter first."
    elif kind in _TYPES:
        hint = _type_hint(kind, value) or hint
    return document.problem(path, what, hint, at_key=at_key)


def _sentence(name: str, detail: ErrorDetails) -> str:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    last = detail["loc"][-1] if detail["loc"] else ""
    sentences = {
        "extra_forbidden": f"unknown key `{str(last)[:60]}`",
        "missing": f"`{last}` is missing{'' if name == _WHOLE else f' in {name}'}",
        "union_tag_not_found": f"`type` is missing in {name}",
        "value_error": f"{name}: {context.get('error')}",
        "greater_than_equal": f"{name} should be at least {context.get('ge')}, not {value}",
        "less_than_equal": f"{name} should be at most {context.get('le')}, not {value}",
        "string_pattern_mismatch": f"{name} does not have the form {context.get('pattern')}",
        "string_too_short": f"{name} is empty",
        "string_too_long": f"{name} is longer than {context.get('max_length')} characters",
        "too_short": f"{name} is empty" if not value else f"{name} needs {context.get('min_length')} items or more",
    }
    if kind in _TYPES:
        return f"{name} should be {_TYPES[kind]}, not {_shown(value)}"
    return sentences.get(kind) or f"{name}: {detail['msg'][:1].lower()}{detail['msg'][1:]}"


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
    return f"`{'.'.join(words)[:80]}`" if words else _WHOLE


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
