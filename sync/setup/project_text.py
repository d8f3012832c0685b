"""The config of a first mapping, as text. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Options = Mapping[str, object]

_PLAIN = re.compile(r"[A-Za-z][A-Za-z_./-]*")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def config_text(connections: Mapping[str, Options]) -> str:
    r"""Return a config with *connections*, by name, and their options in order.

    >>> print(config_text({"survey": {"type": "file", "path": "a b.csv"}}).partition("version")[2])
    : 1
    connections:
      survey:
        type: file
        path: "a b.csv"
    <BLANKLINE>
    """
    return "\n".join(_lines(connections)) + "\n"


def _lines(connections: Mapping[str, Options]) -> Iterator[str]:
    yield "# Made by `npsync init`. config.example.yaml tells every key with its default."
    yield "# Secrets are not here: `npsync auth set NAME`, a credential file, or the environment."
    yield "version: 1"
    yield "connections:"
    for name, options in connections.items():
        yield f"  {name}:"
        for key, value in options.items():
            if value not in (None, "", {}, []):
                yield f"    {key}: {_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)
