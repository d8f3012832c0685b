"""Which keys a place in a file may have, read from a model's JSON Schema; for "did you mean"."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from sync.config.document import Path

_Node = dict[str, Any]


def known_keys(model: type[BaseModel], path: Path, data: Any) -> set[str]:  # noqa: ANN401 - whatever YAML holds
    """Return the keys that *model* knows at *path*; of several branches, the one that the data's `type` chose."""
    root = _schema(model)
    nodes = list(_branches(root, root, data))
    for part in path:
        data = _step(data, part)
        nodes = [branch for node in nodes for child in _children(node, part) for branch in _branches(child, root, data)]
    return {key for node in nodes for key in node.get("properties", {})}


@lru_cache(maxsize=8)
def _schema(model: type[BaseModel]) -> _Node:
    return model.model_json_schema(by_alias=True)


def _step(data: Any, part: str | int) -> Any:  # noqa: ANN401 - whatever YAML holds
    try:
        return data[part]
    except (KeyError, IndexError, TypeError):
        return None


def _children(node: _Node, part: str | int) -> Iterator[_Node]:
    if isinstance(part, int):
        candidates = [node.get("items"), *node.get("prefixItems", ())]
    else:
        candidates = [node.get("properties", {}).get(part, node.get("additionalProperties"))]
    yield from (child for child in candidates if isinstance(child, dict))


def _branches(node: _Node, root: _Node, data: Any) -> Iterator[_Node]:  # noqa: ANN401 - whatever YAML holds
    if "$ref" in node:
        yield from _branches(root["$defs"][node["$ref"].rpartition("/")[2]], root, data)
        return
    inner = [child for word in ("anyOf", "oneOf", "allOf") for child in node.get(word, ())]
    if not inner:
        const = node.get("properties", {}).get("type", {}).get("const")
        if const is None or not isinstance(data, dict) or data.get("type") == const:
            yield node
    for child in inner:
        yield from _branches(child, root, data)
