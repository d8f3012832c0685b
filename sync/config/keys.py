"""Which keys a place in a file may have and what they mean, read from a model's JSON Schema; for hints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.config.descriptions import described_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from sync.config.document import Path

_Node = dict[str, Any]


def known_keys(model: type[BaseModel], path: Path, data: Any) -> set[str]:  # noqa: ANN401 - whatever YAML holds
    """Return the keys that *model* knows at *path*; of several branches, the one that the data's `type` chose."""
    return {key for node in _nodes(model, path, data) for key in node.get("properties", {})}


def meaning(model: type[BaseModel], path: Path, data: Any) -> str:  # noqa: ANN401 - whatever YAML holds
    """Return what *model* says of the key at *path*; empty when it says nothing, or several things."""
    if not path:
        return ""
    parents = _nodes(model, path[:-1], data)
    texts = {node.get("properties", {}).get(path[-1], {}).get("description", "") for node in parents} - {""}
    return texts.pop() if len(texts) == 1 else ""


def _nodes(model: type[BaseModel], path: Path, data: Any) -> list[_Node]:  # noqa: ANN401 - whatever YAML holds
    root = described_schema(model)
    nodes = list(_branches(root, root, data))
    for part in path:
        data = _step(data, part)
        nodes = [branch for node in nodes for child in _children(node, part) for branch in _branches(child, root, data)]
    return nodes


def _step(data: Any, part: str | int) -> Any:  # noqa: ANN401 - whatever YAML holds
    try:
        return data[part]
    except (KeyError, IndexError, TypeError):
        return None


def _children(node: _Node, part: str | int) -> Iterator[_Node]:
    if isinstance(part, int):
        candidates = [node.get("items"), *node.get("prefixItems", ())]
    else:
        named = node.get("properties", {}).get(part)
        candidates = (
            [named] if named else [node.get("additionalProperties"), *node.get("patternProperties", {}).values()]
        )
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
