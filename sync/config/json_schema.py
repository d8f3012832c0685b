"""JSON Schemas of the config and of mappings, for completion and checks in editors.

They ship as `mappings/config.schema.json` and `mappings/mapping.schema.json`; a test holds the files to `schemas`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sync.config.descriptions import described_schema
from sync.config.schema import Settings
from sync.mapping.schema import Mapping

if TYPE_CHECKING:
    from pydantic import BaseModel

_Node = dict[str, Any]


def schemas() -> dict[str, _Node]:
    """Return each schema by its file's name."""
    return {
        "config.schema.json": _schema(Settings, "npsync config"),
        "mapping.schema.json": _schema(Mapping, "npsync mapping"),
    }


def as_text(schema: _Node) -> str:
    """Return a schema as its file holds it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _schema(model: type[BaseModel], title: str) -> _Node:
    raw = described_schema(model)
    return _draft_7({"$schema": "http://json-schema.org/draft-07/schema#"} | raw | {"title": title})


def _draft_7(node: _Node) -> _Node:
    """Return a node without what draft 7 readers ignore or misread, and without pydantic's titles."""
    found: _Node = {}
    for key, value in node.items():
        if key == "discriminator" or (key == "title" and isinstance(value, str) and "$schema" not in node):
            continue
        if key in ("properties", "patternProperties", "$defs"):
            found[key] = {name: _draft_7(child) for name, child in value.items()}
        elif isinstance(value, dict) and key != "default":
            found[key] = _draft_7(value)
        elif isinstance(value, list) and key in ("anyOf", "oneOf", "allOf"):
            found[key] = [_draft_7(child) for child in value]
        else:
            found[key] = value
    if "patternProperties" in found:  # pydantic refuses the other names; say so
        found.setdefault("additionalProperties", False)
    if "$ref" in found and len(found) > 1:  # what stands beside a `$ref` is ignored
        found = {"allOf": [{"$ref": found.pop("$ref")}], **found}
    return found
