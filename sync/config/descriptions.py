"""What the fields of a model mean, read from the `#:` comments above them: one text for code, editors and reference."""

from __future__ import annotations

import inspect
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMENT = re.compile(r"\s+#:\s?(?P<text>.*)")
_FIELD = re.compile(r"\s+(?P<name>\w+)\s*:")


@lru_cache(maxsize=64)
def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """Return the description of each field that has one, by the field's name in the code."""
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if issubclass(kind, BaseModel) and kind is not BaseModel:
            found |= dict(_comments(kind))
    return found


def _comments(kind: type) -> Iterator[tuple[str, str]]:
    pending: list[str] = []
    for line in _source(kind).splitlines():
        if comment := _COMMENT.fullmatch(line):
            pending.append(comment["text"].strip())
            continue
        if pending and (field := _FIELD.match(line)):
            yield field["name"], " ".join(pending)
        pending = []


def _source(kind: type) -> str:
    try:
        return inspect.getsource(kind)
    except (OSError, TypeError):  # a program packed without its sources still runs; it only says less
        return ""


def models_in(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """Return *model* and every model that its fields hold, by class name."""
    found: dict[str, type[BaseModel]] = {}
    waiting = [model]
    while waiting:
        current = waiting.pop()
        if current.__name__ not in found:
            found[current.__name__] = current
            waiting += [
                kind for field in current.model_fields.values() for kind in _models((field.annotation, field.metadata))
            ]
    return found


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - any annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for part in annotation if isinstance(annotation, list | tuple) else get_args(annotation):
        yield from _models(part)


@lru_cache(maxsize=8)
def described_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return pydantic's JSON Schema of *model*, every property with what its comment, or else its block, says of it."""
    schema = model.model_json_schema(by_alias=True)
    definitions = schema.get("$defs", {})
    for name, kind in models_in(model).items():
        node = schema if kind is model else definitions.get(name, {})
        if "description" in node:
            node["description"] = _first_sentence(node)
        _describe(node, kind, definitions)
    return schema


def _describe(node: dict[str, Any], model: type[BaseModel], definitions: dict[str, Any]) -> None:
    texts = descriptions(model)
    for name, field in model.model_fields.items():
        child = node.get("properties", {}).get(field.alias or name)
        if child is None:
            continue
        block = definitions.get(child.get("$ref", "").rpartition("/")[2], {})
        if text := texts.get(name) or _first_sentence(block):
            child["description"] = text


def _first_sentence(node: dict[str, Any]) -> str:
    """Return the summary of a docstring: what follows speaks to programmers."""
    return str(node.get("description", "")).partition("\n\n")[0]
